"""What it means for a delivery when Slack says no, each reason with its remedy.

Slack's own words: https://docs.slack.dev/reference/methods/chat.postMessage
"""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.platforms import Reason, RetryLater, Undeliverable
from bot.platforms.slack import limits
from bot.platforms.slack.clients import error_code, is_rate_limit, needed_scope

T = TypeVar("T")

UNSURE = frozenset("internal_error fatal_error service_unavailable".split())
"""Slack may have done what it was asked: its pages say so of the first two."""

NOT_IN_CHANNEL = "the bot is not in the channel: invite it there with /invite"
_CLOSED_CHANNEL = "only some may post in the channel: ask an admin to let the bot do so"
_DEACTIVATED = "the person's account is deactivated"
_ARCHIVED = "the channel is archived: unarchive it, or choose another"

GONE = {
    "channel_not_found": "the channel is gone, or private and without the bot: "
    "invite it there with /invite",
    "not_in_channel": NOT_IN_CHANNEL,
    "is_archived": _ARCHIVED,
    "is_inactive": _ARCHIVED,
    "user_not_found": "Slack does not know this person any more",
    "users_not_found": "Slack does not know this person any more",
    "user_disabled": _DEACTIVATED,
    "user_not_visible": "the bot may not see this person: ask an admin of the workspace",
    "cannot_dm_bot": "bots can't be sent direct messages",
    "method_not_supported_for_channel_type": "the bot can't post in this kind of channel",
    "restricted_action": _CLOSED_CHANNEL,
    "restricted_action_read_only_channel": _CLOSED_CHANNEL,
    "restricted_action_non_threadable_channel": _CLOSED_CHANNEL,
    "restricted_action_thread_only_channel": _CLOSED_CHANNEL,
}
"""The destination is closed; its owner reads the sentence."""

_NO_THREAD = "the message that it belongs under was deleted or is locked"

REFUSED = {
    "thread_not_found": _NO_THREAD,
    "message_not_found": _NO_THREAD,
    "cannot_reply_to_message": _NO_THREAD,
    "restricted_action_thread_locked": _NO_THREAD,
    "no_text": "there is nothing in it",
    "msg_too_long": "it is too long",
    "metadata_too_large": "its key is too long",
}
"""This message can't be posted; others can."""

CONTENT = frozenset(
    "invalid_blocks invalid_blocks_format msg_blocks_too_long invalid_arguments".split()
)
"""Slack does not take the blocks; a plain text may do."""

_TOKEN = "the bot's token is not valid any more: install the bot again"  # noqa: S105 - a sentence
_ADMIN = "the workspace does not let the bot do this: ask an admin of the workspace"

OPERATOR = {
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "account_inactive": _TOKEN,
    "token_revoked": _TOKEN,
    "token_expired": _TOKEN,
    "not_allowed_token_type": "the token is of the wrong kind: the bot needs the one of xoxb-",
    "messages_tab_disabled": "the app's settings switch its messages off: allow the Messages Tab",
    "no_permission": _ADMIN,
    "access_denied": _ADMIN,
    "accesslimited": _ADMIN,
    "ekm_access_denied": _ADMIN,
    "enterprise_is_restricted": _ADMIN,
    "org_login_required": _ADMIN,
    "team_access_not_granted": _ADMIN,
}
"""Neither the message nor the destination is to blame: it goes on once somebody has seen to it."""

OPERATOR_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
UNSAID_WAIT = timedelta(seconds=30)
"""Where Slack says "too fast" and not for how long."""


def meaning(error: SlackApiError) -> RetryLater | Undeliverable | None:
    """What is certain after an error; None: the call may have been obeyed."""
    code = error_code(error)
    if is_rate_limit(error):
        return RetryLater(Reason.RATE_LIMITED, "Slack asks to wait", after=_wait(error))
    if not code or code in UNSURE or _status(error) >= 500:
        return None
    if code in GONE:
        return Undeliverable(Reason.DESTINATION_GONE, GONE[code])
    if code in REFUSED:
        return Undeliverable(Reason.MESSAGE_REFUSED, REFUSED[code])
    if scope := needed_scope(error):
        said = f"the bot lacks the scope {scope}: add it to the app and install the bot again"
        return RetryLater(Reason.UNAVAILABLE, said, after=OPERATOR_WAIT)
    if code in OPERATOR:
        return RetryLater(Reason.UNAVAILABLE, OPERATOR[code], after=OPERATOR_WAIT)
    return RetryLater(Reason.UNAVAILABLE, f"Slack says {code}")


@contextmanager
def certain() -> Iterator[None]:
    """Around calls that post nothing: what they raise becomes RetryLater or Undeliverable."""
    try:
        yield
    except SlackApiError as error:
        raise meaning(error) or RetryLater(Reason.UNAVAILABLE, "Slack is in trouble") from error
    except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        raise unreachable(error) from error


def unreachable(error: Exception) -> RetryLater:
    """For a call that surely did not arrive, or did not matter."""
    return RetryLater(Reason.UNAVAILABLE, f"Slack can't be reached ({type(error).__name__})")


async def bounded(call: Awaitable[T]) -> T:
    """The answer, or TimeoutError."""
    async with asyncio.timeout(limits.CALL.total_seconds()):
        return await call


def _wait(error: SlackApiError) -> timedelta:
    headers = getattr(error.response, "headers", None) or {}
    try:
        seconds = int(headers.get("Retry-After", ""))
    except ValueError:
        return UNSAID_WAIT
    return max(timedelta(seconds=1), min(timedelta(seconds=min(seconds, 10**6)), LONGEST_WAIT))


def _status(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", 0) or 0)
