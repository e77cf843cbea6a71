"""The nouns: frozen records that every floor shares.

Instants are aware and in UTC; a wall time always travels with its IANA zone. A record holds
what the database holds and nothing that is computed from it. Nouns that one room alone knows
(notices, answers, installs) live there.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from storage.facts import NOTHING, Announced, Facts
from storage.layouts import Layout as Layout

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Vector: TypeAlias = "npt.NDArray[np.float32]"
"""(dim,) float32 of length 1."""
Vectors: TypeAlias = "npt.NDArray[np.float32]"
"""(n, dim) float32, each row of length 1."""


@dataclass(frozen=True, kw_only=True)
class RawDump:
    """One batch as it arrived."""

    name: str
    data: bytes = field(repr=False)
    year: int | None = None
    """Of the capture; it wins over what the page suggests."""
    source: str | None = None  # that was asked for it; None: a file
    day: date | None = None  # whose papers a source meant to give
    is_past: bool = False  # what it holds is no news to anyone

    @cached_property
    def sha256(self) -> str:
        """Hex digest: two dumps of one hash are one dump. News is not the past, nor another day."""
        origin = f"{self.source} {self.day} {self.is_past}\n" * bool(self.source or self.is_past)
        return hashlib.sha256(origin.encode() + self.data).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One paper as a reader found it in a dump."""

    title: str
    abstract: str
    lines: tuple[int, ...]
    """Every non-blank line it was read from, 1-based, ascending; in JSON and XML its place."""
    authors: int | None = None
    author_names: tuple[str, ...] = ()
    organisation: str | None = None
    organisation_handle: str | None = None
    published: date | None = None
    comments: int | None = None
    arxiv_id: str | None = None
    source: str | None = None  # as people call it: `arXiv cs.CL`
    facts: Facts = NOTHING


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A line that a reader could not read, and why."""

    line: int
    """1-based."""
    reason: str
    text: str = ""
    """How the line begins, for the person who looks into it."""


@dataclass(frozen=True, kw_only=True)
class Dump:
    """What a reader made of a raw dump: every non-blank line is in exactly one of the three."""

    layout: Layout
    entries: tuple[Entry, ...]
    rejects: tuple[Reject, ...]
    furniture: tuple[int, ...]
    """Lines of the page that belong to no paper: buttons, headings, the page's date."""
    notes: tuple[str, ...] = ()
    """What the reader was unsure of or had to leave out, as sentences for a person."""


# --- papers --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Paper:
    """An entry with an identity and a `seq`."""

    seq: int
    """Rises in the order of arrival; readers keep cursors over it. Below 1 for papers of the
    archive: they are no news to anyone (`storage.archive`)."""
    title: str
    abstract: str
    first_seen: datetime
    authors: int | None = None
    author_names: tuple[str, ...] = ()
    organisation: str | None = None
    organisation_handle: str | None = None
    published: date | None = None
    comments: int | None = None
    """The newest count seen; `Sighting` keeps them all."""
    arxiv_id: str | None = None
    source: str | None = None
    facts: Facts = NOTHING


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A paper as it stood in one dump."""

    seq: int
    dump: str
    seen_at: datetime
    comments: int | None
    announced: Announced | None = None
    version: int | None = None


# --- profiles ------------------------------------------------------------------------------


class OwnerKind(StrEnum):
    """Whose profile it is."""

    PERSON = "person"
    CHANNEL = "channel"


class VoteKind(StrEnum):
    """What a profile said of a paper."""

    LIKE = "like"
    DISLIKE = "dislike"
    SAVE = "save"


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """Wall times between which nothing is sent; `start` may be later than `end` (over midnight)."""

    start: time
    end: time


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What one person or channel wants; interests, votes and alerts point here."""

    id: int
    kind: OwnerKind
    platform: str
    workspace: str
    owner: str
    """The platform's id of the person or channel."""
    name: str
    """What people call it: `ada`, `#reading-group`."""
    zone: str
    """IANA zone for everything this profile is sent."""
    quiet: QuietHours | None
    snoozed_until: datetime | None = None
    alerts_a_day: int | None = None
    """Papers that its alerts may tell of in a day; 0: as many as there are; None: the usual."""
    created_at: datetime

    @property
    def destination(self) -> "Destination":
        """The person's direct messages, or the channel itself."""
        return Destination(platform=self.platform, address=f"{self.workspace}/{self.owner}")


@dataclass(frozen=True, kw_only=True)
class Interest:
    """One free-text line of a profile; it stands for itself."""

    id: int
    profile_id: int
    text: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Vote:
    """Like, dislike or save of one paper by one profile.

    A like replaces a dislike and the other way round; a save stands beside either.
    """

    profile_id: int
    seq: int
    kind: VoteKind
    voted_at: datetime


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A keyword query and where its hits go."""

    id: int
    profile_id: int
    query: str
    destination: "Destination"
    after_seq: int
    """Only papers with a higher `seq` are new to this alert."""
    paused: str | None = None  # why it is paused
    expires_at: datetime | None = None
    """Papers that arrive from then on are none of its hits; None: it stays."""
    created_at: datetime


# --- subscriptions -------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a message goes: a channel, or a person's direct messages."""

    platform: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Wall times at which a digest is due."""

    times: tuple[time, ...]
    """Ascending, at least one."""
    weekdays: frozenset[int]
    """0 is Monday, as in `date.weekday`; all seven for a daily digest."""
    zone: str


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """A profile's digest: where to, when, how long, and how far the papers were read."""

    id: int
    profile_id: int
    destination: Destination
    schedule: Schedule
    size: int  # the most papers that one digest may hold
    cursor: int  # the highest `seq` that a digest has considered
    due_at: datetime
    paused: str | None  # why it is paused
    late_seq: int = 0  # the highest `seq` that was looked at for late additions
    reach: timedelta = timedelta(days=14)  # older papers are no news
    collapses: bool = True  # leaves out what was posted in channels that the person reads


# --- outbox --------------------------------------------------------------------------------


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    LEASED = "leased"
    SENT = "sent"
    DEAD = "dead"


class DeliveryKind(StrEnum):
    """What a delivery brings; the order here is the order of precedence."""

    ALERT = "alert"
    NOTICE = "notice"
    DIGEST = "digest"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One message for one destination under one key."""

    id: int
    key: str
    """Unique; what a platform may use to recognise a message that it already has."""
    kind: DeliveryKind
    destination: Destination
    profile_id: int | None
    body: str = field(repr=False)
    """The platform-neutral message as JSON (`bot.messages`)."""
    status: DeliveryStatus
    attempts: int
    due_at: datetime
    maybe_posted: bool
    """An earlier attempt ended without an answer: look before posting again."""
    thread: str | None = None
    """The platform's id of the message or thread that it belongs under; None: it stands alone."""
    receipt: str | None = None  # the platform's id of what it posted
    reason: str | None = None  # why the last attempt failed, or why it was buried
    queued_at: datetime | None = None
    """When it was decided: nothing of it can have been posted before."""
    trace: str | None = None  # what it came from (`storage.traces`)
