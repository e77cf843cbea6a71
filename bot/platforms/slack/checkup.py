"""The doctor's look at Slack: tokens, scopes, the clock, and each channel that is posted to."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.checkups import Finding, failed, passed, skew, warned
from bot.platforms import Misconfigured
from bot.platforms.slack.clients import NETWORK, Clients, error_code, patiently
from bot.platforms.slack.connecting import bot_behind, socket_url
from bot.platforms.slack.installs import Many, NotInstalled, One
from bot.platforms.slack.refusals import GONE
from bot.settings import Settings
from storage.database import Database


async def checkup(
    settings: Settings, db: Database | None, channels: Sequence[str], now: datetime
) -> AsyncIterator[Finding]:
    """Everything that can be asked of Slack without posting. channels: addresses, `T1/C1`."""
    token, key = settings.slack_bot_token, settings.secret_key
    source: One | Many
    if token is not None:
        source = One(token.get_secret_value())
    elif db is None:
        yield warned("slack installs", "no database yet: no workspace has installed the bot")
        return
    else:
        source = Many(db, lambda: now, key.get_secret_value() if key else "")
    clients = Clients(settings.slack_api_url, source)
    try:
        if isinstance(source, One):
            async for finding in _bot(clients.with_token(source.token), source, now):
                yield finding
        else:
            yield passed("slack installs", f"{await source.check()} workspaces")
        if settings.slack_mode == "socket" and settings.slack_app_token is not None:
            yield await _socket(clients.with_token(), settings.slack_app_token.get_secret_value())
        for address in channels:
            yield await _channel(clients, address)
    except Misconfigured as error:
        yield failed("slack", str(error))
    finally:
        await clients.close()


async def _bot(client: AsyncWebClient, source: One, now: datetime) -> AsyncIterator[Finding]:
    try:
        source.install = await patiently(lambda: bot_behind(client, source.token))
        date = (await patiently(client.api_test)).headers.get("Date")
    except Misconfigured as error:
        yield failed("slack token", str(error))
        return
    except (SlackApiError, *NETWORK) as error:
        yield failed("slack token", f"Slack could not be asked: {_short(error)}; try again")
        return
    yield passed("slack token", f"accepted in {source.install.workspace}, with every scope")
    if date:
        yield skew("slack", parsedate_to_datetime(str(date)), now)


async def _socket(client: AsyncWebClient, token: str) -> Finding:
    try:
        await patiently(lambda: socket_url(client, token))
    except Misconfigured as error:
        return failed("slack socket", str(error))
    except (SlackApiError, *NETWORK) as error:
        return failed("slack socket", f"Slack could not be asked: {_short(error)}; try again")
    return passed("slack socket", "can be opened")


async def _channel(clients: Clients, address: str) -> Finding:
    check = f"slack {address}"
    workspace, _, channel = address.partition("/")
    try:
        client = await clients.of(workspace)
        told = (await patiently(lambda: client.conversations_info(channel=channel)))["channel"]
    except NotInstalled as error:
        return failed(check, f"{error}: install it there, or remove the subscription")
    except SlackApiError as error:
        code = error_code(error)
        return failed(check, GONE.get(code, f"Slack says {code}"))
    except NETWORK as error:
        return failed(check, f"Slack could not be asked: {_short(error)}; try again")
    if told.get("is_archived"):
        return failed(check, GONE["is_archived"])
    if not told.get("is_member"):
        if told.get("is_private"):
            return failed(check, GONE["not_in_channel"])
        return warned(check, "the bot is not in the channel yet; it joins at its first post")
    return passed(check, "the bot may post")


def _short(error: Exception) -> str:
    return error_code(error) if isinstance(error, SlackApiError) else type(error).__name__
