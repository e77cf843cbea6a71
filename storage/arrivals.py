"""Dumps coming in: which of their entries are new, which were seen before, all stored in batches.

A batch is one transaction: papers, their vectors and a sighting for each entry. A paper is stored
with its vector or not at all, so a batch killed at any instant is simply stored again.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from storage.database import Tx
from storage.identity import arxiv_key, merged, title_key
from storage.instants import to_text
from storage.papers import COLUMNS, paper
from storage.records import Dump, Entry, RawDump
from storage.vectors import put_vector


@dataclass(frozen=True, kw_only=True)
class OpenedDump:
    """A dump as the store knows it."""

    id: int
    is_done: bool
    """It was ingested before, to the end."""


def open_dump(tx: Tx, raw: RawDump, dump: Dump, entries: int, now: datetime) -> OpenedDump:
    """The store's row for this dump, made if its bytes are new; repeats find the same row."""
    tx.execute(
        """
        INSERT INTO dumps
            (sha256, name, layout, status, entries, rejects, notes, arrived_at, touched_at)
        VALUES (:sha256, :name, :layout, 'open', :entries, :rejects, :notes, :now, :now)
        ON CONFLICT (sha256) DO NOTHING
        """,
        sha256=raw.sha256,
        name=raw.name,
        layout=dump.layout,
        entries=entries,
        rejects=json.dumps([asdict(reject) for reject in dump.rejects]),
        notes=json.dumps(dump.notes),
        now=to_text(now),
    )
    row = tx.one("SELECT id, status FROM dumps WHERE sha256 = :sha256", sha256=raw.sha256)
    return OpenedDump(id=row["id"], is_done=row["status"] == "done")


def close_dump(tx: Tx, dump_id: int, now: datetime) -> tuple[int, int]:
    """Mark the dump as ingested; how many of its papers were new, and how many seen again."""
    tx.execute(
        "UPDATE dumps SET status = 'done', touched_at = :now WHERE id = :id",
        id=dump_id,
        now=to_text(now),
    )
    new = tx.value("SELECT COUNT(*) FROM papers WHERE first_dump = :id", id=dump_id)
    sighted = tx.value("SELECT COUNT(*) FROM sightings WHERE dump_id = :id", id=dump_id)
    return new, sighted - new


def wanting_vectors(tx: Tx, entries: Sequence[Entry]) -> list[int]:
    """Which of the entries need a vector before `store` takes them: new ones, and known ones
    whose abstract the store has only in part. Indices, ascending.
    """
    return [index for index, entry in enumerate(entries) if _needs_vector(entry, _known(tx, entry))]


def store(
    tx: Tx,
    dump_id: int,
    entries: Sequence[Entry],
    vectors: dict[int, bytes],
    model_id: int,
    now: datetime,
    touched_at: datetime,
) -> list[int]:
    """Store a batch of entries with a sighting each; nothing at all if a vector is missing.

    vectors: float32 bytes by index into `entries`.  now: when the dump arrived.  touched_at: when
    this batch did, for the horizon. Returns the indices that still need a vector
    (the store changed since they were asked for): encode them and call again.
    """
    known = [_known(tx, entry) for entry in entries]
    missing = [
        index
        for index, entry in enumerate(entries)
        if index not in vectors and _needs_vector(entry, known[index])
    ]
    if missing:
        return missing
    at = to_text(now)
    for index, entry in enumerate(entries):
        row = _known(tx, entry)  # looked up again: the batch may name one paper twice
        changed = _needs_vector(entry, row)
        seq = _insert(tx, entry, dump_id, at) if row is None else _fill(tx, row, entry)
        if changed and index in vectors:
            put_vector(tx, model_id, seq, vectors[index])
        tx.execute(
            """
            INSERT INTO sightings (seq, dump_id, comments) VALUES (:seq, :dump, :comments)
            ON CONFLICT (seq, dump_id) DO NOTHING
            """,
            seq=seq,
            dump=dump_id,
            comments=entry.comments,
        )
    tx.execute(
        "UPDATE dumps SET touched_at = :at WHERE id = :id", id=dump_id, at=to_text(touched_at)
    )
    return []


def _known(tx: Tx, entry: Entry) -> sqlite3.Row | None:
    """The stored paper that the entry is: by arXiv id where it has one, otherwise by title."""
    key = title_key(entry.title)
    if entry.arxiv_id is None:
        return tx.row(
            f"SELECT {COLUMNS} FROM papers WHERE title_key = :key ORDER BY seq LIMIT 1", key=key
        )
    return tx.row(
        f"SELECT {COLUMNS} FROM papers WHERE arxiv_id = :id", id=arxiv_key(entry.arxiv_id)
    ) or tx.row(
        f"SELECT {COLUMNS} FROM papers WHERE title_key = :key AND arxiv_id IS NULL", key=key
    )


def _needs_vector(entry: Entry, row: sqlite3.Row | None) -> bool:
    return row is None or merged(_as_entry(row), entry).abstract != row["abstract"]


def _insert(tx: Tx, entry: Entry, dump_id: int, now: str) -> int:
    seq: int = tx.value(
        """
        INSERT INTO papers (title, title_key, abstract, authors, organisation,
            organisation_handle, published, comments, arxiv_id, first_seen, first_dump)
        VALUES (:title, :title_key, :abstract, :authors, :organisation,
            :organisation_handle, :published, :comments, :arxiv_id, :now, :dump)
        RETURNING seq
        """,
        title=entry.title,
        title_key=title_key(entry.title),
        now=now,
        dump=dump_id,
        **_columns(entry),
    )
    return seq


def _fill(tx: Tx, row: sqlite3.Row, entry: Entry) -> int:
    """Add what the stored paper lacks, and what is newer."""
    tx.execute(
        """
        UPDATE papers SET abstract = :abstract, authors = :authors, organisation = :organisation,
            organisation_handle = :organisation_handle, published = :published,
            comments = :comments, arxiv_id = :arxiv_id
        WHERE seq = :seq
        """,
        seq=row["seq"],
        **_columns(merged(_as_entry(row), entry)),
    )
    if _needs_vector(entry, row):
        tx.execute("DELETE FROM vectors WHERE seq = :seq", seq=row["seq"])
    seq: int = row["seq"]
    return seq


def _as_entry(row: sqlite3.Row) -> Entry:
    stored = paper(row)
    return Entry(
        title=stored.title,
        abstract=stored.abstract,
        lines=(),
        authors=stored.authors,
        organisation=stored.organisation,
        organisation_handle=stored.organisation_handle,
        published=stored.published,
        comments=stored.comments,
        arxiv_id=stored.arxiv_id,
    )


def _columns(entry: Entry) -> dict[str, object]:
    return {
        "abstract": entry.abstract,
        "authors": entry.authors,
        "organisation": entry.organisation,
        "organisation_handle": entry.organisation_handle,
        "published": entry.published.isoformat() if entry.published else None,
        "comments": entry.comments,
        "arxiv_id": arxiv_key(entry.arxiv_id) if entry.arxiv_id else None,
    }
