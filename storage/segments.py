"""Segments: parts of the full text that are built apart, in memory, on a thread of their own.

FTS5's index is a set of segments, each a b-tree in rows of the index's data table, and a structure
record lists them, https://www.sqlite.org/fts5.html#fts5_shadow_tables. A segment says nothing of
the table that it stands in. So several can be built side by side, which takes nearly all of the
time, and `add` then copies a segment's rows and lists it: what is on the disk reads as what FTS5
itself would have written. FTS5's own check of the index tells. They are written by `tokens` and
`leaves`, which takes a quarter of FTS5's time; few texts, and what is too strange for these, are
left to FTS5 in a scratch table.

A connection whose FTS5 has read the structure does not notice that it changed by such a copy on
that same connection, though it does for all others: only `Database.write_apart` may `add`.
"""

from dataclasses import dataclass

from storage import varints
from storage.database import Tx
from storage.varints import packed

TABLE = "papers_fts"
LEVEL = 1
"""Where the copies go: the small segments of everyday writing, on level 0, are merged among
themselves first."""

MOST = 16
"""Segments of a level that FTS5 puts up with before it merges them all within somebody's write
(`crisismerge`)."""

MERGED_AT_ONCE = 4_000
"""Pages, some sixteen megabytes: others may write in between."""

FORMAT = 4  # https://www.sqlite.org/src/file/ext/fts5/fts5Int.h, FTS5_CURRENT_VERSION
AVERAGES, STRUCTURE = 1, 10  # rows of the data table that are no pages
SEGMENT_BITS = 37  # a page's id: segment, then 37 bits that stay as they are
_MANY_IDS = 2_000

Text = tuple[int, str, str, str | None]
"""seq, title, abstract, names."""


class Unusual(Exception):
    """Texts that our own hand does not write: they are left to FTS5."""


class UnknownFormat(Exception):
    """The index is of a format that this room does not write: use FTS5's own inserts."""


@dataclass(frozen=True, kw_only=True)
class Structure:
    """The structure record: levels of `(segment id, first page, last page)`, and how many segments
    of each are being merged.
    """

    cookie: bytes
    written: int
    levels: tuple[tuple[tuple[int, int, int], ...], ...]
    merging: tuple[int, ...]

    @classmethod
    def parse(cls, record: bytes) -> "Structure":
        """Raises UnknownFormat."""
        numbers = numbers_of(record[4:])
        try:
            depth, total, written = numbers[:3]
            at, levels, merging = 3, [], []
            for _ in range(depth):
                merging.append(numbers[at])
                end = at + 2 + 3 * numbers[at + 1]
                flat = numbers[at + 2 : end]
                levels.append(tuple(zip(flat[::3], flat[1::3], flat[2::3], strict=True)))
                at = end
        except (IndexError, ValueError) as error:
            raise UnknownFormat from error
        if at != len(numbers) or sum(map(len, levels)) != total:
            raise UnknownFormat
        return cls(cookie=record[:4], written=written, levels=tuple(levels), merging=tuple(merging))

    def record(self) -> bytes:
        """As FTS5 keeps it."""
        numbers = [len(self.levels), sum(map(len, self.levels)), self.written]
        for merged, level in zip(self.merging, self.levels, strict=True):
            numbers += [merged, len(level), *(one for segment in level for one in segment)]
        return self.cookie + packed(numbers)

    def free_id(self) -> int:
        """For one segment more."""
        taken = {segment[0] for level in self.levels for segment in level}
        free = next((n for n in range(1, _MANY_IDS) if n not in taken), None)
        if free is None:
            raise UnknownFormat
        return free

    def with_segment(self, segment: tuple[int, int, int]) -> "Structure":
        """With one more, the newest of its level."""
        lacking = max(0, LEVEL + 1 - len(self.levels))
        levels = [*self.levels, *[()] * lacking]
        levels[LEVEL] = (*levels[LEVEL], segment)
        return Structure(
            cookie=self.cookie,
            written=self.written,
            levels=tuple(levels),
            merging=(*self.merging, *[0] * lacking),
        )


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A part of an index, to be copied into another."""

    pages: tuple[tuple[int, int], ...]
    """(first, last) leaf of each segment of the scratch table."""
    data: list[tuple[int, int, bytes]]
    """(which segment, id within it, block)"""
    terms: list[tuple[int, bytes, int]]
    sizes: list[tuple[int, bytes]]
    totals: list[int]
    """How many texts, then how many tokens each column has."""


def definition(tx: Tx) -> str:
    """The statement that makes a scratch index that is read as the stored one is: the same columns
    and tokenizer, without content. Raises UnknownFormat.
    """
    version = tx.value(f"SELECT v FROM {TABLE}_config WHERE k = 'version'")
    made: str = tx.value("SELECT sql FROM sqlite_master WHERE name = :name", name=TABLE)
    alone = made.replace("content='papers'", "content=''").replace("content_rowid='seq',", "")
    if version != FORMAT or alone == made:
        raise UnknownFormat
    Structure.parse(record(tx, STRUCTURE))
    return alone


def add(tx: Tx, segment: Segment) -> int:
    """Copy a segment into the index; how many stand on its level now. Raises UnknownFormat."""
    structure = Structure.parse(record(tx, STRUCTURE))
    if not segment.sizes:
        return 0
    ids = []
    for first, last in segment.pages:
        ids.append(free := structure.free_id())
        structure = structure.with_segment((free, first, last))
    tx.many_at_once(
        f"{TABLE}_data",
        ("id", "block"),
        [(ids[place] << SEGMENT_BITS | row, block) for place, row, block in segment.data],
    )
    tx.many_at_once(
        f"{TABLE}_idx",
        ("segid", "term", "pgno"),
        [(ids[place], term, page) for place, term, page in segment.terms],
    )
    tx.many_at_once(f"{TABLE}_docsize", ("id", "sz"), segment.sizes)
    totals = numbers_of(record(tx, AVERAGES)) or [0] * len(segment.totals)
    summed = [one + more for one, more in zip(totals, segment.totals, strict=True)]
    _put(tx, AVERAGES, packed(summed))
    _put(tx, STRUCTURE, structure.record())
    return len(structure.levels[LEVEL]) if segment.pages else 0


def merge(tx: Tx) -> bool:
    """Let FTS5 merge some pages of a level that has several segments; whether it did."""
    before = tx.value("SELECT total_changes()")
    tx.execute(
        f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('merge', :pages)", pages=MERGED_AT_ONCE
    )
    # https://www.sqlite.org/fts5.html#the_merge_command: less than 2 means that nothing was done.
    changes: int = tx.value("SELECT total_changes()") - before
    return changes > 1


def record(tx: Tx, number: int) -> bytes:
    """A row of the data table; empty where there is none."""
    return tx.value(f"SELECT block FROM {TABLE}_data WHERE id = :id", id=number) or b""


def _put(tx: Tx, number: int, record: bytes) -> None:
    tx.execute(f"UPDATE {TABLE}_data SET block = :block WHERE id = :id", id=number, block=record)


def numbers_of(record: bytes) -> list[int]:
    """What a record says. Raises UnknownFormat."""
    try:
        return varints.numbers(record)
    except ValueError as error:
        raise UnknownFormat from error
