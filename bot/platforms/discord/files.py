"""Files that people send with a command or a direct message."""

import discord
import structlog

from bot.commands import Upload
from storage.library_files import MAX_BYTES

log = structlog.get_logger()


async def fetched(attachment: discord.Attachment) -> Upload:
    """The file, or why it is not there."""
    if attachment.size > MAX_BYTES:
        return Upload(refused=f"{MAX_BYTES // 1_000_000} MB are the most; export it in parts")
    try:
        return Upload(data=await attachment.read())
    except (discord.HTTPException, OSError) as error:
        log.warning("discord file refused", error=type(error).__name__)
        return Upload(refused="Discord did not hand it over; please try again in a while")
