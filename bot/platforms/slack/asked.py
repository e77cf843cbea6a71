"""What Slack sends, as what somebody asks. Pure: payloads in, `Asked` out.

Shapes: https://docs.slack.dev/reference/interaction-payloads
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.platforms.slack.files import sent_with
from bot.platforms.slack.modals import asked as asked_form
from bot.platforms.slack.modals import submitted
from bot.platforms.slack.places import Json, Place, Stand, unpacked

LONGEST_QUOTE = 6_000
"""Characters of a message that something like it is looked for; abstracts have 2,000."""

MORE_LIKE_THIS = "more-like-this"

_REFERENCE = re.compile(
    r"<([@#!]|(?=(?:https?|ftp|mailto|tel):))([^<>|\s]+)(?:\|([^<>]*))?>", re.IGNORECASE
)
"""How Slack writes mentions, channels and links inside a text.
https://docs.slack.dev/messaging/formatting-message-text"""

_WORDS = frozenset("text title pretext".split())


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request before it is known who asks: ids, not names."""

    place: Place
    called: str = field(default="", repr=False)
    """The asker's handle, where the payload tells it."""
    text: str = field(repr=False)
    prefix: str
    fields: Mapping[str, str] | None = field(default=None, repr=False)
    quoted: str = field(default="", repr=False)
    receipt: str | None = None
    files: list[Json] = field(default_factory=list, repr=False)
    """What was sent with it, as Slack describes it; its content is fetched by `files`."""


def command(body: Json, workspace: str) -> Asked:
    """A slash command. In the bot's own direct messages there is no room."""
    place = Place(
        workspace=workspace,
        person=body["user_id"],
        stand=Stand.TYPED,
        channel=body["channel_id"],
        channel_name=_room_name(body.get("channel_name")),
        hook=body.get("response_url"),
        trigger=body.get("trigger_id"),
    )
    return Asked(
        place=place,
        called=body.get("user_name") or "",
        text=plain(body.get("text") or ""),
        prefix=f"{body['command']} ",
    )


def press(body: Json, workspace: str, command_name: str) -> Asked:
    """A button: in a message, a whisper, the home page or a page."""
    container, user = body["container"], body["user"]
    common = {"workspace": workspace, "person": user["id"], "trigger": body.get("trigger_id")}
    if container["type"] == "view":
        stand = Stand.HOME if body["view"]["type"] == "home" else Stand.PAGE
        place = Place(**common, stand=stand, page=container["view_id"])
    else:
        at, thread = container["message_ts"], container.get("thread_ts")
        place = Place(
            **common,
            stand=Stand.WHISPER if container.get("is_ephemeral") else Stand.MESSAGE,
            channel=container["channel_id"],
            channel_name=_room_name((body.get("channel") or {}).get("name")),
            # A message that others are below is no thread's member: what is said stands beside it.
            thread=None if thread == at else thread,
            message=at,
            hook=body.get("response_url"),
        )
    in_direct = place.channel is not None and not place.is_room
    return Asked(
        place=place,
        called=_handle(user),
        text=body["actions"][0].get("value") or "",
        prefix="" if in_direct else f"{command_name} ",
        receipt=place.receipt,
    )


def form(body: Json, workspace: str) -> Asked:
    """A form that was filled in. Raises ValueError where it was none of ours."""
    view, user = body["view"], body["user"]
    action, kept = asked_form(view)
    place, prefix = unpacked(kept, workspace=workspace, person=user["id"])
    return Asked(
        place=place,
        called=_handle(user),
        text=action,
        prefix=prefix,
        fields=submitted(view),
        receipt=place.receipt,
    )


def shortcut(body: Json, workspace: str, command_name: str) -> Asked:
    """The message shortcut: something like that message."""
    channel, user, message = body["channel"], body["user"], body["message"]
    at, thread = body.get("message_ts") or message["ts"], message.get("thread_ts")
    place = Place(
        workspace=workspace,
        person=user["id"],
        stand=Stand.TYPED,
        channel=channel["id"],
        channel_name=_room_name(channel.get("name")),
        thread=None if thread == at else thread,
        hook=body.get("response_url"),
        trigger=body.get("trigger_id"),
    )
    return Asked(
        place=place,
        called=_handle(user),
        text=MORE_LIKE_THIS,
        prefix=f"{command_name} " if place.is_room else "",
        quoted=wording(message),
        receipt=f"{channel['id']}/{at}",
    )


def direct(event: Json, workspace: str, bot_user: str) -> Asked | None:
    """A direct message to the bot; None for what is no command: edits, bots, other rooms."""
    if event.get("channel_type") != "im" or not _is_said_by_a_person(event):
        return None
    place = Place(
        workspace=workspace,
        person=event["user"],
        stand=Stand.DIRECT,
        channel=event["channel"],
        thread=event.get("thread_ts"),
    )
    return _with_files(event, Asked(place=place, text=_typed(event, bot_user), prefix=""))


def mention(event: Json, workspace: str, bot_user: str, command_name: str) -> Asked | None:
    """A mention of the bot; None for edits and for what bots say."""
    if not _is_said_by_a_person(event):
        return None
    place = Place(
        workspace=workspace,
        person=event["user"],
        stand=Stand.TYPED,
        channel=event["channel"],
        thread=event.get("thread_ts"),
    )
    asked = Asked(place=place, text=_typed(event, bot_user), prefix=f"{command_name} ")
    return _with_files(event, asked)


def _with_files(event: Json, asked: Asked) -> Asked:
    """A file without words is a library to import; beside another command it is left alone."""
    files = sent_with(event)
    words = asked.text.casefold().split()
    if files and words in ([], ["import"], ["channel", "import"]):
        return replace(asked, text=asked.text or "import", files=files)
    return asked


def plain(text: str, *, is_read: bool = False) -> str:
    """The text as it was typed, without Slack's escapes: a link is its address, or where the text
    is_read and not obeyed, what stands there instead of it.
    """

    def spelt(found: re.Match[str]) -> str:
        kind, target, label = found.groups()
        if kind:
            return f"{'' if kind == '!' else kind}{label or target}"
        address = target.removeprefix("mailto:")
        was_typed = bool(label) and address.casefold().endswith(label.casefold())
        return label if label and (is_read or was_typed) else address

    shown = _REFERENCE.sub(spelt, text)
    for escape, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("\N{NO-BREAK SPACE}", " ")):
        shown = shown.replace(escape, sign)
    return shown.strip()


def wording(message: Json) -> str:
    """What a message says: its blocks' texts or else its own, and those of its attachments."""
    said = list(_texts(message.get("blocks") or [])) or [message.get("text") or ""]
    said += _texts(message.get("attachments") or [])
    return plain("\n".join(said), is_read=True)[:LONGEST_QUOTE]


def _texts(part: Any) -> Iterator[str]:
    """Every text in blocks and attachments, in reading order, those on buttons excepted."""
    if isinstance(part, list):
        for one in part:
            yield from _texts(one)
    elif isinstance(part, dict) and part.get("type") not in ("button", "overflow"):
        if part.get("type") in ("rich_text_section", "rich_text_quote", "rich_text_preformatted"):
            pieces = part.get("elements") or []
            yield "".join(one.get("text") or one.get("url") or "" for one in pieces)
            return
        for name, value in part.items():
            if not isinstance(value, str):
                yield from _texts(value)
            elif name in _WORDS and value.strip():
                yield value


def _is_said_by_a_person(event: Json) -> bool:
    """Not an edit, nor a bot's; what our own bot says, Slack's library keeps from us."""
    is_new = event.get("subtype") in (None, "file_share", "thread_broadcast")
    is_new = is_new and "edited" not in event and not event.get("hidden")
    return bool(is_new and event.get("user") and not event.get("bot_id"))


def _typed(event: Json, bot_user: str) -> str:
    """The text without the bot's name; a command in `code`, as help shows it, is a command."""
    text = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>", " ", event.get("text") or "")
    return plain(text).strip().strip("`").strip()


def _handle(user: Json) -> str:
    return user.get("username") or user.get("name") or ""


def _room_name(told: str | None) -> str:
    """`#papers`; empty for private channels and direct messages, whose names Slack hides."""
    if not told or told in ("directmessage", "privategroup") or told.startswith("mpdm-"):
        return ""
    return f"#{told}"
