"""Turns of phrase that commands share: whose it is, what was typed, where it goes. Pure."""

from bot.commands.ask import GREATEST_ID, Ask

LABEL = 75
"""Characters of a button's or choice's label."""


def does(ask: Ask, verb: str) -> str:
    """`You follow` or `#reading-group follows`."""
    return f"{ask.request.room.name} {verb}s" if _room(ask) and ask.request.room else f"You {verb}"


def whose(ask: Ask, thing: str) -> str:
    """`Your digest` or `The channel's digest`."""
    return f"The channel's {thing}" if _room(ask) else f"Your {thing}"


def where(ask: Ask) -> str:
    """`by direct message` or `in #reading-group`."""
    room = ask.request.room
    return f"in {room.name}" if _room(ask) and room else "by direct message"


def cut(text: str, most: int) -> str:
    """The text, or its beginning and `…`, in at most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def quoted(text: str, most: int = 120) -> str:
    """What a person wrote, in quotation marks, and no markup."""
    return f"“{cut(plain(text), most)}”"


def code(text: str, most: int = 300) -> str:
    """What a person wrote, as code."""
    return f"`{cut(plain(text), most)}`"


def plain(text: str) -> str:
    """Without the sign that would end or begin code."""
    return text.replace("`", "'")


def sentence(text: str) -> str:
    """With a capital in front and a full stop behind."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text[-1:] in ".?!" else ".")


def number(text: str) -> int | None:
    """The number that `text` is, as `12` or `#12`; None where it is none that a row could have."""
    digits = text.strip().removeprefix("#")
    if not digits.isdecimal() or len(digits) > len(str(GREATEST_ID)):
        return None
    return int(digits) if int(digits) <= GREATEST_ID else None


def _room(ask: Ask) -> bool:
    return ask.for_channel and ask.request.room is not None
