"""Changes of a profile, in words. Pure."""

from collections.abc import Iterable

from bot.messages import counted
from storage.changes import Delta, Muted
from storage.mutes import MuteKind

LONGEST = 120
"""Characters of an interest that are shown."""


def described(delta: Delta) -> str:
    """What was done, as `followed “graph networks”`; without a full stop."""
    parts = []
    if len(delta.followed) == len(delta.unfollowed) == 1:
        parts.append(f"changed {_quoted(delta.unfollowed)} to {_quoted(delta.followed)}")
    else:
        parts += [f"followed {_quoted(delta.followed)}"] * bool(delta.followed)
        parts += [f"stopped following {_quoted(delta.unfollowed)}"] * bool(delta.unfollowed)
    parts += [f"muted {_muted(delta.muted)}"] * bool(delta.muted)
    parts += [f"unmuted {_muted(delta.unmuted)}"] * bool(delta.unmuted)
    if delta.size is not None:
        before, after = delta.size
        parts.append(f"set digests to {counted(after, 'paper')} instead of {before}")
    if delta.liked or delta.library:
        own = f", {counted(delta.library, 'paper')} of one's own" if delta.library else ""
        parts.append(f"imported a library: {counted(len(delta.liked), 'like')}{own}")
    return "; ".join(parts)


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f"“{_short(text)}”" for text in texts)


def _short(text: str) -> str:
    plain = text.replace("`", "'")
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1].rstrip() + "…"


def _muted(muted: Iterable[Muted]) -> str:
    return ", ".join(_one_muted(MuteKind(kind), value) for kind, value in muted)


def _one_muted(kind: MuteKind, value: str) -> str:
    match kind:
        case MuteKind.WORD:
            return f"“{_short(value)}”"
        case MuteKind.ORGANISATION:
            return f"the organisation {_short(value)}"
        case MuteKind.AUTHOR:
            return f"the author {_short(value)}"
        case MuteKind.PAPER:
            return f"paper #{value}"
