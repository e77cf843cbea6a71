"""Changes of a profile, in words. Pure."""

from collections.abc import Iterable, Sequence

from bot.messages import counted
from storage.changes import Delta, Muted
from storage.dials import Dial, Turned
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
    if delta.dial is not None:
        was, now = (wished(one) for one in delta.dial)
        parts.append(f"turned the dial to {now} instead of {was}")
    if delta.taught:
        parts.append(f"liked {counted(len(delta.taught), 'paper')}")
    if delta.liked or delta.library:
        own = f", {counted(delta.library, 'paper')} of one's own" if delta.library else ""
        parts.append(f"imported a library: {counted(len(delta.liked), 'like')}{own}")
    return "; ".join(parts)


def proposed(delta: Delta, liked: Sequence[str] = ()) -> str:
    """What would be done, as `follow “graph networks”`; liked: the titles of papers to like."""
    parts = []
    if len(delta.followed) == len(delta.unfollowed) == 1:
        parts.append(f"change {_quoted(delta.unfollowed)} to {_quoted(delta.followed)}")
    elif delta.followed:
        parts.append(f"follow {_quoted(delta.followed)}")
    elif delta.unfollowed:
        parts.append(f"stop following {_quoted(delta.unfollowed)}")
    parts += [f"mute {_muted(delta.muted)}"] * bool(delta.muted)
    parts += [f"unmute {_muted(delta.unmuted)}"] * bool(delta.unmuted)
    if delta.dial is not None:
        parts.append(f"turn the dial to {wished(delta.dial[1])} instead of {wished(delta.dial[0])}")
    if delta.size is not None:
        parts.append(f"let a digest hold {counted(delta.size[1], 'paper')}, not {delta.size[0]}")
    parts += [f"like {_quoted(liked)}"] * bool(liked)
    return "; ".join(parts)


def wished(one: Dial | Turned) -> str:
    """`about 6 a day`, `only what fits with 80% likelihood`, `everything that fits`."""
    if one.about is not None:
        return f"about {one.about:g} a day"
    if one.sure is not None:
        return f"only what is liked with {one.sure:.0%} likelihood"
    return "everything that fits"


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
