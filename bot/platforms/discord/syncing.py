"""The slash commands as Discord knows them: told only when they changed.

Discord allows 200 creations a day, and each change takes a while to reach everyone.
"""

import hashlib
import json
from typing import Any

import structlog
from discord import app_commands

from storage import marks
from storage.database import Database

log = structlog.get_logger()


async def sync(tree: app_commands.CommandTree[Any], db: Database, application_id: int) -> bool:
    """Tell Discord of the commands, unless it has them; whether it was told."""
    payload = [
        await command.get_translated_payload(tree, tree.translator)
        if tree.translator is not None
        else command.to_dict(tree)
        for command in tree.get_commands()
    ]
    wanted = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()
    name = f"discord-commands/{application_id}"
    if await db.read(marks.get, name) == wanted:
        return False
    await tree.sync()
    await db.write(marks.put, name, wanted)
    log.info("slash commands synced", count=len(payload))
    return True
