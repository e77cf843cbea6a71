"""Building: segments of the full text, in memory, on a thread of one's own."""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from storage.connections import scratch
from storage.database import Tx
from storage.segments import (
    AVERAGES,
    SEGMENT_BITS,
    STRUCTURE,
    TABLE,
    Segment,
    Structure,
    Text,
    Unusual,
    numbers_of,
    record,
)

if TYPE_CHECKING:
    from storage.tokens import Tokenizer

log = structlog.get_logger()

FEW = 2_000
"""Texts that FTS5 has done before what is compiled is even loaded."""

HASH_BYTES = 256 * 1024 * 1024
"""More than a batch takes: it becomes one segment."""


class Builder:
    """Builds segments, one after another, on the thread that made it."""

    def __init__(self, table: str) -> None:
        """table: the statement that made the index to be added to, as `definition` gives it."""
        self._table = table
        self._db: sqlite3.Connection | None = None
        self._fields: tuple[str, ...] = ()
        self._tokenizer: Tokenizer | None = None
        self._is_ours = True

    def build(self, texts: Sequence[Text]) -> Segment:
        """A segment of texts with ascending seqs."""
        if self._is_ours and len(texts) > FEW:
            try:
                return self._written(texts)
            except Unusual:
                log.info("full text of a batch left to FTS5", texts=len(texts))
        return self._build(texts)

    def close(self) -> None:
        """Let the memory go."""
        if self._tokenizer is not None:
            self._tokenizer.close()
        if self._db is not None:
            self._db.close()

    def _written(self, texts: Sequence[Text]) -> Segment:
        """By our own hand, byte for byte what FTS5 reads. Raises Unusual."""
        try:
            # What they import takes half a second, and only long files need it.
            from storage.leaves import leaves, packed_rows
            from storage.tokens import Tokenizer

            self._tokenizer = self._tokenizer or Tokenizer(self._table)
        except (Unusual, ImportError) as error:
            self._is_ours = False
            log.warning("full text left to FTS5: this takes longer", why=repr(error))
            raise Unusual from error
        seqs = [text[0] for text in texts]
        postings = self._tokenizer.read([text[1:] for text in texts])
        written = leaves(postings, seqs)
        return Segment(
            pages=((1, written.count),) if written.count else (),
            data=[(0, row, block) for row, block in written.data],
            terms=[(0, term, page) for term, page in written.terms],
            sizes=list(zip(seqs, packed_rows(postings.sizes), strict=True)),
            totals=[len(texts), *postings.sizes.sum(axis=0).tolist()],
        )

    def _build(self, texts: Sequence[Text]) -> Segment:
        """By FTS5 itself, in a table in memory."""
        db = self._db = self._db or self._scratch()
        tx = Tx(db)
        db.execute("BEGIN")
        tx.many_at_once(TABLE, ("rowid", *self._fields), texts)
        db.execute("COMMIT")
        found = Structure.parse(record(tx, STRUCTURE))
        made = [segment for level in reversed(found.levels) for segment in level]
        places = {segment[0]: place for place, segment in enumerate(made)}
        low = (1 << SEGMENT_BITS) - 1
        segment = Segment(
            pages=tuple((first, last) for _, first, last in made),
            data=[
                (places[row[0] >> SEGMENT_BITS], row[0] & low, row[1])
                for row in db.execute(
                    f"SELECT id, block FROM {TABLE}_data WHERE id >= ?", (1 << SEGMENT_BITS,)
                )
            ],
            terms=[
                (places[row[0]], row[1], row[2])
                for row in db.execute(f"SELECT segid, term, pgno FROM {TABLE}_idx")
            ],
            sizes=db.execute(f"SELECT id, sz FROM {TABLE}_docsize").fetchall(),
            totals=numbers_of(record(tx, AVERAGES)),
        )
        db.execute(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')")
        return segment

    def _scratch(self) -> sqlite3.Connection:
        db = scratch()
        db.execute("PRAGMA journal_mode = OFF")
        db.execute(self._table)
        db.execute(f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('hashsize', ?)", (HASH_BYTES,))
        self._fields = tuple(row[1] for row in db.execute(f"PRAGMA table_info({TABLE})"))
        return db
