"""Files that people send: fetched with the bot's token, from Slack alone.

https://docs.slack.dev/reference/objects/file-object
"""

from typing import Any

import structlog

from bot.commands import Upload
from bot.platforms.slack.clients import NETWORK, Clients
from bot.platforms.slack.places import Json
from storage.library_files import MAX_BYTES

LACKING = (
    "the app lacks the scope `files:read`, or the file is gone; ask whoever looks after the app to "
    "add that, or paste it with `import`"
)
TOO_LARGE = f"{MAX_BYTES // 1_000_000} MB are the most; export it in parts"
UNREACHABLE = "Slack did not hand it over; please try again in a while"

log = structlog.get_logger()


async def fetched(clients: Clients, workspace: str, files: list[Json]) -> Upload:
    """The one file that came with a message, or why it is not there."""
    if len(files) != 1:
        return Upload(refused="send one file at a time")
    size, url = files[0].get("size"), files[0].get("url_private_download")
    if isinstance(size, int) and size > MAX_BYTES:
        return Upload(refused=TOO_LARGE)
    if not isinstance(url, str) or not clients.is_ours(url):
        return Upload(refused=LACKING)
    try:
        kind, data = await clients.fetch(workspace, url, MAX_BYTES + 1)
    except NETWORK as error:
        log.warning("slack file refused", error=type(error).__name__)
        return Upload(refused=UNREACHABLE)
    if kind is None or "text/html" in kind:  # what Slack shows to whom it does not let in
        log.warning("slack file refused", error="no access")
        return Upload(refused=LACKING)
    return Upload(refused=TOO_LARGE) if len(data) > MAX_BYTES else Upload(data=data)


def sent_with(event: Any) -> list[Json]:
    """The files of a message."""
    files = event.get("files")
    return [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []
