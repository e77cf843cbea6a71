"""Imports: a person's own library trains their profile. Needs no model.

What is stored is liked; what is not, and has a title, goes on the profile's shelf: it says what is
liked and is never sent. An arXiv id that nothing is known of is reported.
"""

from dataclasses import dataclass, field
from datetime import datetime

from storage import changes, library_papers, votes
from storage.changes import IMPORTED, Change, Delta
from storage.database import Database, Tx
from storage.library_files import Item, LibraryFile, Unread
from storage.records import VoteKind

MOST_SHELVED = 2_000
"""Papers of one profile's own: each is weighed against every new one."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of each paper of a file."""

    file: LibraryFile
    liked: int
    """Stored papers that are liked from now on."""
    said: int
    """Stored papers of which the profile had said something before; that stands."""
    shelved: int
    """Papers that are not stored, and count from now on."""
    known: int
    """Papers that were on the shelf before, or stand in the file twice."""
    unknown: tuple[Item, ...] = field(repr=False)
    """Bare ids that no stored paper has."""
    no_room: int
    """Papers that the shelf has no room for."""
    change: Change | None
    """None where nothing is new."""

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What the file holds and could not be read."""
        return self.file.unread


async def take(db: Database, profile_id: int, file: LibraryFile, now: datetime) -> Imported:
    """Like what is stored of a library and shelve the rest, all of it in one change."""
    return await db.write(_take, profile_id, file, now)


def _take(tx: Tx, profile_id: int, file: LibraryFile, now: datetime) -> Imported:
    seqs = library_papers.stored(tx, [one.shelved for one in file.items])
    stored = dict.fromkeys(seq for seq in seqs if seq is not None)
    new = [seq for seq in stored if not votes.on(tx, profile_id, seq)]
    for seq in new:
        votes.vote(tx, profile_id, seq, VoteKind.LIKE, now, source=IMPORTED)
    rest = [one for one, seq in zip(file.items, seqs, strict=True) if seq is None]
    unknown = tuple(one for one in rest if not one.shelved.title)
    titled = [one.shelved for one in rest if one.shelved.title]
    room = max(0, MOST_SHELVED - library_papers.count(tx, profile_id))
    change = changes.add(tx, profile_id, Delta(liked=tuple(new)), now)
    made = library_papers.add(tx, profile_id, change.id, titled[:room], now)
    if made:
        change = changes.amend(tx, change, Delta(liked=tuple(new), library=made))
    elif not new:
        changes.drop(tx, change)
    return Imported(
        file=file,
        liked=len(new),
        said=len(stored) - len(new),
        shelved=made,
        known=len(titled[:room]) - made,
        unknown=unknown,
        no_room=len(titled) - len(titled[:room]),
        change=change if made or new else None,
    )
