"""The doctor's look at Discord: the token, and each channel that something goes to."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
import discord

from bot.checkups import Finding, failed, passed, skew, warned
from bot.platforms.discord.adapter import REFUSED, point_at
from bot.platforms.discord.invite import PERMISSIONS, WHY
from bot.settings import Settings

NETWORK = (aiohttp.ClientError, TimeoutError, OSError, discord.DiscordServerError)


async def checkup(
    settings: Settings, channels: Sequence[str], now: datetime
) -> AsyncIterator[Finding]:
    """Everything that can be asked of Discord without posting. channels: `server/channel`."""
    if settings.discord_token is None:
        return
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    dates: list[str] = []

    async def answered(_: object, __: object, end: aiohttp.TraceRequestEndParams) -> None:
        dates.append(end.response.headers.get("Date", ""))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(answered)
    async with discord.Client(intents=discord.Intents(guilds=True), http_trace=trace) as client:
        try:
            await client.login(settings.discord_token.get_secret_value())
            _, _, left = await client.http.get_bot_gateway()
        except discord.LoginFailure:
            yield failed("discord token", REFUSED)
            return
        except (discord.HTTPException, *NETWORK) as error:
            yield failed(
                "discord token", f"Discord could not be asked: {type(error).__name__}; try again"
            )
            return
        yield passed("discord token", f"accepted as {client.user}")
        if dates and dates[-1]:
            yield skew("discord", parsedate_to_datetime(dates[-1]), now)
        said = f"{left['remaining']} of {left['total']} connections are left today"
        yield (passed if left["remaining"] > 20 else warned)("discord connections", said)
        for address in channels:
            yield await _channel(client, address)


async def _channel(client: discord.Client, address: str) -> Finding:
    check = f"discord {address}"
    server, _, channel_id = address.partition("/")
    try:
        guild = await client.fetch_guild(int(server))
        channels = await guild.fetch_channels()
        me = await guild.fetch_member(client.user.id if client.user else 0)
    except discord.NotFound:
        return failed(check, "the bot is not in that server: `paperround discord invite`")
    except discord.Forbidden:
        return failed(check, "the bot may not look there: `paperround discord invite` adds it anew")
    except ValueError:
        return failed(check, "the address names no server and channel: set it up again there")
    except (discord.HTTPException, *NETWORK) as error:
        return failed(check, f"Discord could not be asked: {type(error).__name__}; try again")
    found = next((one for one in channels if str(one.id) == channel_id), None)
    if found is None:
        return failed(check, "the channel is gone, or hidden from the bot: choose another")
    has = found.permissions_for(me)
    missing = [name for name, wanted in PERMISSIONS if wanted and not getattr(has, name)]
    if not missing:
        return passed(check, "the bot may post")
    said = "; ".join(f"{name.replace('_', ' ')} (to {WHY[name]})" for name in missing)
    return failed(check, f"the bot lacks {said}: allow it in the channel's permissions")
