"""What the concordance has not read yet: papers that came in, and those that changed since."""

import json
import zlib
from dataclasses import dataclass

from storage.database import Tx
from storage.segments import Text

READ = 4_096
"""Papers that are read in one snapshot: some 5 MB of text."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How far the database has been read: papers from `low` to `high`, and their changes."""

    low: int = 1
    high: int = 0
    change: int = 0
    """The last row of `paper_changes`."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What the database holds beyond an extent."""

    texts: list[Text]
    changed: list[int]
    """Seqs of papers that are gone, or have other words than they had."""
    extent: Extent
    """How far this is."""


def news(tx: Tx, since: Extent) -> News:
    """What came next, at most `READ` of each kind."""
    changed: list[int] = []
    change = tx.value("SELECT COALESCE(MAX(id), 0) FROM paper_changes")
    if since.low <= since.high:
        changes = tx.rows(
            "SELECT id, seq FROM paper_changes WHERE id > :change ORDER BY id LIMIT :most",
            change=since.change,
            most=READ,
        )
        change = changes[-1]["id"] if changes else since.change
        known = {row["seq"] for row in changes}
        changed = sorted(seq for seq in known if since.low <= seq <= since.high)
    high = _texts(tx, "seq > :high ORDER BY seq", high=max(since.high, 0))
    low = _texts(tx, "seq < :low ORDER BY seq DESC", low=min(since.low, 1))
    again = _texts(tx, "seq IN (SELECT value FROM json_each(:seqs))", seqs=json.dumps(changed))
    return News(
        texts=[*again, *high, *low],
        changed=changed,
        extent=Extent(
            low=low[-1][0] if low else min(since.low, 1),
            high=high[-1][0] if high else max(since.high, 0),
            change=change,
        ),
    )


def behind(tx: Tx, extent: Extent) -> int:
    """As many papers as were not read, about; told at once."""
    first = tx.value("SELECT MIN(seq) FROM papers")
    last = tx.value("SELECT MAX(seq) FROM papers")
    changes = tx.value("SELECT MAX(id) FROM paper_changes") or 0
    if first is None:
        return max(0, changes - extent.change)
    new = max(0, last - max(extent.high, 0)) + max(0, min(extent.low, 1) - first)
    return int(new + max(0, changes - extent.change))


def marks(tx: Tx, extent: Extent) -> dict[str, int]:
    """What the first and the last paper are called, as a number: another database has others."""
    return {str(seq): _mark(tx, seq) for seq in (extent.low, extent.high)}


def goes_on(tx: Tx, extent: Extent, known: dict[str, int]) -> bool:
    """Whether this is the database that was read so far, and no other that was restored.

    known: its marks then.
    """
    if extent.change > (tx.value("SELECT MAX(id) FROM paper_changes") or 0):
        return False
    return all(
        _mark(tx, int(seq)) == mark
        or tx.value(
            "SELECT 1 FROM paper_changes WHERE seq = :seq AND id > :change",
            seq=int(seq),
            change=extent.change,
        )
        for seq, mark in known.items()
    )


def _mark(tx: Tx, seq: int) -> int:
    title = tx.value("SELECT title FROM papers WHERE seq = :seq", seq=seq)
    return zlib.crc32((title or "").encode())


def _texts(tx: Tx, which: str, **parameters: int | str) -> list[Text]:
    rows = tx.rows(
        f"SELECT seq, title, abstract, author_names FROM papers WHERE {which} LIMIT :most",
        most=READ,
        **parameters,
    )
    return [tuple(row) for row in rows]
