"""What feeds and APIs know of a paper beyond what its page shows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson


class Announced(StrEnum):
    """As what arXiv announces a paper, https://info.arxiv.org/help/rss_specifications.html."""

    NEW = "new"
    CROSS = "cross"
    """Listed in a further category."""
    REPLACED = "replace"
    """A later version, or corrected metadata, of a paper that was announced before."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All optional; empty where the source says nothing."""

    doi: str | None = None
    categories: tuple[str, ...] = ()
    """As arXiv writes them, the primary one first: `cs.CL`."""
    version: int | None = None
    """The latest that was seen."""
    announced: Announced | None = None
    """As what this sighting announced it; a stored paper has none, its sightings do."""
    upvotes: int | None = None
    keywords: tuple[str, ...] = ()
    thumbnail: str | None = None
    url: str | None = None
    """Where to read it, for papers that are not on arXiv."""
    is_on_hugging_face: bool = False

    @property
    def is_revision(self) -> bool:
        """Whether it was announced as something that is not new."""
        return self.announced is Announced.REPLACED

    def merged(self, new: "Facts") -> "Facts":
        """These with what a later sighting adds; what changes with time is the newer one's."""
        return Facts(
            doi=self.doi or new.doi,
            categories=tuple(dict.fromkeys((*self.categories, *new.categories))),
            version=max(filter(None, (self.version, new.version)), default=None),
            upvotes=new.upvotes if new.upvotes is not None else self.upvotes,
            keywords=self.keywords or new.keywords,
            thumbnail=self.thumbnail or new.thumbnail,
            url=self.url or new.url,
            is_on_hugging_face=self.is_on_hugging_face or new.is_on_hugging_face,
        )


NOTHING = Facts()


def to_text(facts: Facts) -> str | None:
    """As the database keeps them, only what is known; None: nothing is."""
    known = {name: value for name, value in vars(facts).items() if value and name != "announced"}
    if facts.upvotes == 0:
        known["upvotes"] = 0
    return orjson.dumps(known).decode() if known else None


def from_text(text: str | None) -> Facts:
    """The facts that `to_text` wrote."""
    if text is None:
        return NOTHING
    known: dict[str, Any] = orjson.loads(text)
    for name in ("categories", "keywords"):
        if name in known:
            known[name] = tuple(known[name])
    return Facts(**known)
