"""Bulk: files of millions of papers into the archive, for searching by words.

What is new is inserted many rows at a time, in the order of the file and ready to be found when its
batch is committed; what is known goes the slow way of every sighting. The full text gathers more in
memory than usual before it writes, and merges what it wrote at the end.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from storage import archive, arrivals
from storage.database import Tx
from storage.identity import arxiv_key, resolve, title_key
from storage.instants import to_text
from storage.known import columns
from storage.records import Entry

HASH_BYTES = 16 * 1024 * 1024
"""Of new index entries that are kept before they are written; SQLite's own limit is 1 MB,
https://www.sqlite.org/fts5.html#the_hashsize_configuration_option"""

USUAL_HASH_BYTES = 1024 * 1024
USUAL_MERGE = 4


def begin(tx: Tx) -> None:
    """Tell the full text that much is coming."""
    _configure(tx, hashsize=HASH_BYTES, automerge=0)


def end(tx: Tx) -> None:
    """Tell the full text that it is over."""
    _configure(tx, hashsize=USUAL_HASH_BYTES, automerge=USUAL_MERGE)


def store(tx: Tx, dump_id: int, batch: Sequence[Entry], now: datetime) -> int:
    """Store a batch; how many of its papers were new. The batch may name a paper several times."""
    entries = resolve(batch)
    keys = [title_key(entry.title) for entry in entries]
    known = _known(tx, entries, keys)
    fresh = [
        (entry, key)
        for entry, key, is_known in zip(entries, keys, known, strict=True)
        if not is_known
    ]
    first = archive.next_seq(tx)
    at = to_text(now)
    trigger = tx.value("SELECT sql FROM sqlite_master WHERE name = 'papers_fts_insert'")
    # A trigger's savepoint makes the full text write after each row, which takes four times as
    # long: it is told of all rows at once. The transaction ends with the trigger as it was.
    tx.execute("DROP TRIGGER papers_fts_insert")
    tx.many(
        """
        INSERT INTO papers (seq, title, title_key, abstract, authors, organisation,
            organisation_handle, published, comments, arxiv_id, author_names, source, facts, doi,
            first_seen, first_dump)
        VALUES (:seq, :title, :title_key, :abstract, :authors, :organisation,
            :organisation_handle, :published, :comments, :arxiv_id, :author_names, :source, :facts,
            :doi, :now, :dump)
        """,
        (
            columns(entry)
            | {
                "seq": first - place,
                "title": entry.title,
                "abstract": entry.abstract,
                "title_key": key,
                "now": at,
                "dump": dump_id,
            }
            for place, (entry, key) in enumerate(fresh)
        ),
    )
    tx.execute(trigger)
    fields = ", ".join(row["name"] for row in tx.rows("PRAGMA table_info(papers_fts)"))
    tx.execute(
        f"""
        INSERT INTO papers_fts (rowid, {fields}) SELECT seq, {fields} FROM papers
        WHERE seq > :last AND seq <= :first
        """,
        first=first,
        last=first - len(fresh),
    )
    tx.execute(
        """
        INSERT INTO sightings (seq, dump_id)
        SELECT seq, first_dump FROM papers WHERE seq > :last AND seq <= :first
        """,
        first=first,
        last=first - len(fresh),
    )
    seen = [entry for entry, is_known in zip(entries, known, strict=True) if is_known]
    arrivals.store(tx, dump_id, seen, now, now, is_past=True)
    return len(fresh)


def _known(tx: Tx, entries: Sequence[Entry], titles: Sequence[str]) -> list[bool]:
    """Whether the store may have each of them: by id, DOI or title."""
    ids = [arxiv_key(one.arxiv_id) if one.arxiv_id else None for one in entries]
    dois = [one.facts.doi for one in entries]
    found = {
        field: {
            row[field]
            for row in tx.rows(
                f"SELECT {field} FROM papers WHERE {field} IN (SELECT value FROM json_each(:all))",
                all=json.dumps([one for one in values if one is not None]),
            )
        }
        for field, values in (("arxiv_id", ids), ("doi", dois), ("title_key", titles))
    }
    return [
        arxiv in found["arxiv_id"] or doi in found["doi"] or title in found["title_key"]
        for arxiv, doi, title in zip(ids, dois, titles, strict=True)
    ]


def _configure(tx: Tx, *, hashsize: int, automerge: int) -> None:
    for name, value in (("hashsize", hashsize), ("automerge", automerge)):
        tx.execute(
            "INSERT INTO papers_fts (papers_fts, rank) VALUES (:name, :value)",
            name=name,
            value=value,
        )
