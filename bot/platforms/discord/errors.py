"""What Discord's refusals mean for a delivery: try later, never, or nobody knows.

A status below 500 means that nothing was posted. Codes:
https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from datetime import timedelta
from enum import IntEnum

import aiohttp
import discord

from bot.platforms import Reason, RetryLater, Undeliverable
from bot.platforms.discord import limits


class Code(IntEnum):
    """Discord's error codes, by what they are to us."""

    UNKNOWN_CHANNEL = 10003
    UNKNOWN_GUILD = 10004
    UNKNOWN_MESSAGE = 10008
    UNKNOWN_USER = 10013
    EXPLICIT = 20009
    SLOW_MODE = 20016
    CHANNEL_WRITES = 20028
    SERVER_WRITES = 20029
    TOO_FAST_DMS = 40003
    SENDING_DISABLED = 40004
    FEATURE_DISABLED = 40006
    NO_POST_IN_FORUM = 40058
    SERVICE_LIMIT = 40062
    NO_FREE_TAG = 40066
    TAG_REQUIRED = 40067
    MISSING_ACCESS = 50001
    EMPTY = 50006
    DM_CLOSED = 50007
    NO_TEXT_CHANNEL = 50008
    VERIFICATION = 50009
    MISSING_PERMISSIONS = 50013
    WRONG_CHANNEL_TYPE = 50024
    INVALID_RECIPIENT = 50033
    INVALID_FORM = 50035
    ARCHIVED = 50083
    NOTHING_SHARED = 50278
    OVERLOADED = 130000
    THREAD_EXISTS = 160004
    THREAD_LOCKED = 160005
    TOO_MANY_THREADS = 160006
    TOO_MANY_NEWS_THREADS = 160007
    BLOCKED = 200000
    TITLE_BLOCKED = 200001
    HARMFUL_LINK = 240000


DM_GONE = (
    "your direct messages are closed to me: allow direct messages in the privacy settings of a "
    "server that we share, or add me to your apps"
)
NOT_ALLOWED = (
    "I may not post there: let me view the channel, send messages, send messages in threads and "
    "read the message history"
)
NO_PLACE = "the channel is none that I can post in: choose a text channel or a forum"
NO_TAG = (
    "the forum wants a tag with each post and has none to choose: make one that anybody may use"
)
FILTERED = "the server's automatic moderation blocked the message: make an exception for me"

GONE = {
    Code.UNKNOWN_CHANNEL: "the channel was deleted: choose another one",
    Code.UNKNOWN_GUILD: "I am no longer in that server: invite me again",
    Code.UNKNOWN_USER: "the account no longer exists",
    Code.INVALID_RECIPIENT: "the account takes no direct messages",
    Code.DM_CLOSED: DM_GONE,
    Code.NOTHING_SHARED: DM_GONE,
    Code.MISSING_ACCESS: NOT_ALLOWED,
    Code.MISSING_PERMISSIONS: NOT_ALLOWED,
    Code.VERIFICATION: NOT_ALLOWED,
    Code.NO_TEXT_CHANNEL: NO_PLACE,
    Code.NO_POST_IN_FORUM: NO_PLACE,
    Code.WRONG_CHANNEL_TYPE: NO_PLACE,
    Code.TAG_REQUIRED: NO_TAG,
    Code.NO_FREE_TAG: NO_TAG,
}
"""The destination can't be used; told to its owner, with the remedy."""

LATER = {
    Code.SLOW_MODE: timedelta(minutes=1),
    Code.CHANNEL_WRITES: timedelta(minutes=1),
    Code.SERVER_WRITES: timedelta(minutes=1),
    Code.TOO_FAST_DMS: timedelta(minutes=10),
    Code.SERVICE_LIMIT: timedelta(minutes=1),
    Code.TOO_MANY_THREADS: timedelta(hours=1),
    Code.TOO_MANY_NEWS_THREADS: timedelta(hours=1),
}
"""Limits that name no time."""

UNAVAILABLE = {Code.SENDING_DISABLED, Code.FEATURE_DISABLED, Code.OVERLOADED}

REFUSED = {
    Code.UNKNOWN_MESSAGE: "it was posted before, and someone deleted it",
    Code.EXPLICIT: "Discord took the message for explicit content",
    Code.BLOCKED: FILTERED,
    Code.TITLE_BLOCKED: FILTERED,
    Code.HARMFUL_LINK: "Discord blocks a link in the message",
}

NO_THREAD = {
    Code.UNKNOWN_MESSAGE,
    Code.MISSING_ACCESS,
    Code.MISSING_PERMISSIONS,
    Code.WRONG_CHANNEL_TYPE,
    Code.NO_TEXT_CHANNEL,
    Code.TOO_MANY_THREADS,
    Code.TOO_MANY_NEWS_THREADS,
    Code.TITLE_BLOCKED,
}
"""There can be no thread: what would stand in it follows in the channel."""

THREAD_SHUT = {
    Code.MISSING_ACCESS,
    Code.MISSING_PERMISSIONS,
    Code.ARCHIVED,
    Code.THREAD_LOCKED,
}
"""Nothing more may be posted in the thread."""

COMPONENTS_REFUSED = {Code.INVALID_FORM, Code.EMPTY}

UNAUTHORISED, TOO_MANY = 401, 429


def code_of(error: BaseException) -> int:
    """Discord's code of a refusal; 0 where there is none."""
    return error.code if isinstance(error, discord.HTTPException) else 0


def meaning(error: Exception) -> Exception:
    """What to raise instead of the error: RetryLater, Undeliverable, or itself if nobody knows."""
    if isinstance(error, discord.RateLimited):
        after = timedelta(seconds=error.retry_after)
        return RetryLater(Reason.RATE_LIMITED, "rate limited", after=after)
    if isinstance(error, aiohttp.ClientConnectorError):
        return RetryLater(Reason.UNAVAILABLE, "Discord can't be reached")
    if isinstance(error, discord.InvalidData):
        return Undeliverable(Reason.DESTINATION_GONE, NO_PLACE)
    if isinstance(error, discord.HTTPException) and error.status < 500:
        return _refusal(error)
    return error


def _refusal(error: discord.HTTPException) -> Exception:
    code = error.code
    if error.status == TOO_MANY or code in LATER:
        after = LATER.get(Code(code)) if code in LATER else None
        return RetryLater(
            Reason.RATE_LIMITED, f"rate limited ({code})", after=after or _retry_after(error)
        )
    if error.status == UNAUTHORISED:
        return RetryLater(Reason.UNAVAILABLE, "the bot is not logged in: check its token")
    if code in UNAVAILABLE or not code:  # no code: it never got to Discord's API
        return RetryLater(Reason.UNAVAILABLE, f"Discord answered {error.status} ({code})")
    if code in GONE:
        return Undeliverable(Reason.DESTINATION_GONE, GONE[Code(code)])
    said = REFUSED[Code(code)] if code in REFUSED else f"Discord refused it ({code})"
    return Undeliverable(Reason.MESSAGE_REFUSED, said)


def _retry_after(error: discord.HTTPException) -> timedelta:
    try:
        return timedelta(seconds=float(error.response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return limits.RETRY_AFTER
