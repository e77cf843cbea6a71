"""What PAPERROUND_SOURCES asks for: `hf, arxiv:cs.CL, oai:cs, feed:https://journal.example/rss`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

_NEXT = re.compile(r"\s*,\s*(?=(?:hf|arxiv|oai|feed)\b)|\s*,\s*$")
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?(?:\+[a-z-]+(?:\.[A-Za-z-]+)?)*")
_SET = re.compile(r"[a-z-]+(?::[A-Za-z.-]+){0,2}")


class BadSource(ValueError):
    """A source that nobody knows; the message says what would be one."""


class Kind(StrEnum):
    """The adapters there are."""

    HUGGING_FACE = "hf"
    ARXIV = "arxiv"
    OAI = "oai"
    FEED = "feed"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One source as the settings name it."""

    kind: Kind
    of: str = ""
    """The category, the set or the address."""

    @property
    def name(self) -> str:
        """What it is called in the database, in logs and metrics: an address without what may be a
        secret in it.
        """
        if self.kind is Kind.HUGGING_FACE:
            return "hf"
        if self.kind is not Kind.FEED:
            return f"{self.kind}:{self.of}"
        place = urlsplit(self.of)
        return f"feed:{place.hostname}{place.path}"


def parse(text: str | None) -> list[Wanted]:
    """The sources in the order of the setting. Raises BadSource."""
    found = [_one(part.strip()) for part in _NEXT.split(text or "") if part.strip()]
    names = [one.name for one in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadSource(f"{min(twice)} is named twice: name each source once")
    return found


def _one(text: str) -> Wanted:
    kind, _, of = text.partition(":")
    match kind:
        case "hf" if not of:
            return Wanted(kind=Kind.HUGGING_FACE)
        case "arxiv" if _CATEGORY.fullmatch(of):
            return Wanted(kind=Kind.ARXIV, of=of)
        case "oai" if _SET.fullmatch(of):
            return Wanted(kind=Kind.OAI, of=of)
        case "feed" if _is_address(of):
            return Wanted(kind=Kind.FEED, of=of)
    raise BadSource(
        f"{text.partition('?')[0]!r} is no source: write hf, arxiv:cs.CL, oai:cs or "
        "feed:https://…, with commas between them"
    )


def _is_address(text: str) -> bool:
    try:
        place = urlsplit(text)
    except ValueError:
        return False
    return place.scheme in ("http", "https") and bool(place.hostname) and " " not in text
