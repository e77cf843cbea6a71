"""Dumps coming in: which of their entries are new, which were seen before, all stored in batches.

A dump goes in twice: first all of its papers with a sighting for each entry, within a second, so
that keyword alerts can read them; then their vectors, which take the model's time. Digests wait for
these, since `papers.horizon` ends before a dump that is not done and composing before a paper that
has no vector. A stored abstract only ever changes together with its vector. Each batch is one
transaction and harmless to repeat, so a dump killed at any instant is simply ingested again.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from storage import archive, refused
from storage.database import Tx
from storage.identity import is_clipped, merged, title_key
from storage.instants import to_text
from storage.known import as_entry, columns, known
from storage.papers import by_seq, paper
from storage.records import Dump, Entry, Paper, RawDump, Vectors
from storage.vectors import having, put_vector


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
            (sha256, name, layout, status, entries, rejects, notes, arrived_at, touched_at,
             source, day, is_past)
        VALUES (:sha256, :name, :layout, 'open', :entries, :rejects, :notes, :now, :now,
            :source, :day, :is_past)
        ON CONFLICT (sha256) DO NOTHING
        """,
        sha256=raw.sha256,
        name=raw.name,
        layout=dump.layout,
        entries=entries,
        rejects=json.dumps([asdict(reject) for reject in dump.rejects]),
        notes=json.dumps(dump.notes),
        now=to_text(now),
        source=raw.source,
        day=raw.day.isoformat() if raw.day else None,
        is_past=raw.is_past,
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


def store(
    tx: Tx,
    dump_id: int,
    entries: Sequence[Entry],
    now: datetime,
    touched_at: datetime,
    *,
    is_past: bool = False,
) -> None:
    """Store a batch of entries with a sighting each: papers that are new, and what known ones
    lacked. What needs a vector first, `wanting_vectors` tells.

    now: when the dump arrived.  touched_at: when this batch did, for the horizon.  is_past: what is
    new goes to the archive, and needs no vector.
    """
    at = to_text(now)
    for entry in entries:
        row = known(tx, entry)
        if row is not None:
            seq = _fill(tx, row, entry, is_past)
        else:
            seq = _insert(tx, entry, dump_id, at, is_past or entry.facts.is_revision)
        if not is_past and archive.is_news(seq, entry):
            seq = archive.promote(tx, seq, dump_id, at)
        tx.execute(
            """
            INSERT INTO sightings (seq, dump_id, comments, announced, version, upvotes)
            VALUES (:seq, :dump, :comments, :announced, :version, :upvotes)
            ON CONFLICT (seq, dump_id) DO NOTHING
            """,
            seq=seq,
            dump=dump_id,
            comments=entry.comments,
            announced=entry.facts.announced,
            version=entry.facts.version,
            upvotes=entry.facts.upvotes,
        )
    _touch(tx, dump_id, touched_at)


def close_papers(tx: Tx, dump_id: int, now: datetime) -> None:
    """Mark the dump as stored: each of its papers is there, with a vector or without."""
    tx.execute(
        "UPDATE dumps SET stored_at = :now, touched_at = :now WHERE id = :id AND stored_at IS NULL",
        id=dump_id,
        now=to_text(now),
    )


def wanting_vectors(tx: Tx, entries: Sequence[Entry], model_id: int) -> list[Paper]:
    """The stored papers of these entries that need a vector of the model, each as it is to be
    encoded: those that have none, and those whose abstract goes on where the stored one breaks off.
    """
    found: dict[int, Paper] = {}
    for entry in entries:
        row = known(tx, entry)
        if row is None or row["seq"] < 1:
            continue  # the archive is embedded when there is time
        stored = found.get(row["seq"]) or paper(row)
        whole = merged(as_entry(stored), entry).abstract
        if whole != row["abstract"] or not (
            having(tx, model_id, [stored.seq]) or refused.reason(tx, model_id, stored.seq)
        ):
            found[stored.seq] = replace(stored, abstract=whole)
    return list(found.values())


def embed(
    tx: Tx,
    dump_id: int,
    encoded: Sequence[Paper],
    vectors: Vectors,
    model_id: int,
    touched_at: datetime,
) -> None:
    """Store vectors, and with each the abstract that it was made of where that is new.

    vectors: a row for each of `encoded`. A paper that changed meanwhile keeps what it has: whoever
    changed it brought its vector.
    """
    stored = {one.seq: one for one in by_seq(tx, [one.seq for one in encoded])}
    for one, vector in zip(encoded, vectors, strict=True):
        was = stored.get(one.seq)
        if was is None or (was.abstract != one.abstract and not is_clipped(was, one)):
            continue
        if was.abstract != one.abstract:
            tx.execute(
                "UPDATE papers SET abstract = :abstract WHERE seq = :seq",
                seq=one.seq,
                abstract=one.abstract,
            )
            tx.execute("DELETE FROM vectors WHERE seq = :seq", seq=one.seq)
        put_vector(tx, model_id, one.seq, vector.tobytes())
    _touch(tx, dump_id, touched_at)


def _touch(tx: Tx, dump_id: int, at: datetime) -> None:
    tx.execute("UPDATE dumps SET touched_at = :at WHERE id = :id", id=dump_id, at=to_text(at))


def _insert(tx: Tx, entry: Entry, dump_id: int, now: str, is_past: bool) -> int:
    seq: int = tx.value(
        """
        INSERT INTO papers (seq, title, title_key, abstract, authors, organisation,
            organisation_handle, published, comments, arxiv_id, author_names, source, facts, doi,
            first_seen, first_dump)
        VALUES (:seq, :title, :title_key, :abstract, :authors, :organisation,
            :organisation_handle, :published, :comments, :arxiv_id, :author_names, :source, :facts,
            :doi, :now, :dump)
        RETURNING seq
        """,
        seq=archive.next_seq(tx) if is_past else None,
        title=entry.title,
        title_key=title_key(entry.title),
        abstract=entry.abstract,
        now=now,
        dump=dump_id,
        **columns(entry),
    )
    return seq


def _fill(tx: Tx, row: sqlite3.Row, entry: Entry, is_past: bool) -> int:
    """Add what the stored paper lacks, and what is newer; its abstract waits for a vector, but in
    the archive. The past rewrites nothing of today.
    """
    seq: int = row["seq"]
    whole = merged(as_entry(paper(row)), entry)
    if is_past and seq > 0:
        whole = replace(whole, comments=row["comments"])
    tx.execute(
        """
        UPDATE papers SET authors = :authors, organisation = :organisation,
            organisation_handle = :organisation_handle, published = :published,
            comments = :comments, arxiv_id = :arxiv_id, author_names = :author_names,
            source = :source, facts = :facts, doi = :doi
        WHERE seq = :seq
        """,
        seq=seq,
        **columns(whole),
    )
    if seq < 1 and whole.abstract != row["abstract"]:
        tx.execute(
            "UPDATE papers SET abstract = :abstract WHERE seq = :seq",
            seq=seq,
            abstract=whole.abstract,
        )
        tx.execute("DELETE FROM vectors WHERE seq = :seq", seq=seq)
    return seq
