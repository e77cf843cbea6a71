"""Papers of people's own libraries that no dump has brought.

They say what somebody likes and are no candidates: nobody is ever sent one. In ranking each goes by
the negative of its number, so that it is never taken for a stored paper; once a dump brings it, the
stored paper stands for it.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storage.database import Tx
from storage.identity import arxiv_key, title_key
from storage.instants import from_text, to_text
from storage.records import Paper

_STANDING = """
    library_papers JOIN profile_changes ON profile_changes.id = library_papers.change_id
        AND profile_changes.undone_at IS NULL
"""
"""An import that was undone counts no more; done again, it does."""

_STORED = """
    (SELECT papers.seq FROM papers WHERE papers.arxiv_id = library_papers.arxiv_id
     UNION ALL
     SELECT papers.seq FROM papers WHERE papers.title_key = library_papers.title_key
        AND (papers.arxiv_id IS NULL OR library_papers.arxiv_id IS NULL)
     LIMIT 1)
"""


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """A paper of somebody's library, as a file names it."""

    title: str = field(repr=False)
    abstract: str = field(default="", repr=False)
    arxiv_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class LibraryPaper:
    """One of them as it is kept."""

    id: int
    paper: Paper
    """As ranking takes it, with its negative number."""
    stored: int | None
    """The `seq` of the stored paper that it is, if a dump has brought it."""


def add(tx: Tx, profile_id: int, change_id: int, shelved: Sequence[Shelved], now: datetime) -> int:
    """Put papers on the profile's shelf; how many were not there. The change is the import's.

    One that is there from an import that was undone belongs to this one from now on.
    """
    return sum(
        tx.execute(
            """
            INSERT INTO library_papers
                (profile_id, change_id, title, title_key, abstract, arxiv_id, added_at)
            VALUES (:profile, :change, :title, :key, :abstract, :arxiv, :now)
            ON CONFLICT (profile_id, title_key) DO UPDATE SET change_id = excluded.change_id
            WHERE library_papers.change_id IN (
                SELECT id FROM profile_changes WHERE undone_at IS NOT NULL
            )
            """,
            profile=profile_id,
            change=change_id,
            title=one.title,
            key=title_key(one.title),
            abstract=one.abstract,
            arxiv=arxiv_key(one.arxiv_id) if one.arxiv_id else None,
            now=to_text(now),
        )
        for one in shelved
    )


def of(tx: Tx, profile_id: int) -> list[LibraryPaper]:
    """What counts of the profile's shelf, oldest first."""
    return of_many(tx, [profile_id])[profile_id]


def of_many(tx: Tx, profile_ids: Sequence[int]) -> dict[int, list[LibraryPaper]]:
    """The same of each of these profiles; an empty list for one without."""
    found: dict[int, list[LibraryPaper]] = {one: [] for one in profile_ids}
    for row in tx.rows(
        f"""
        SELECT library_papers.*, {_STORED} AS stored FROM {_STANDING}
        WHERE library_papers.profile_id IN (SELECT value FROM json_each(:profiles))
        ORDER BY library_papers.id
        """,
        profiles=json.dumps(list(found)),
    ):
        found[row["profile_id"]].append(_kept(row))
    return found


def by_id(tx: Tx, ids: Sequence[int]) -> list[LibraryPaper]:
    """Those of these numbers that there still are, undone or not, in the order given."""
    rows = tx.rows(
        f"""
        SELECT library_papers.*, {_STORED} AS stored FROM library_papers
        WHERE id IN (SELECT value FROM json_each(:ids))
        """,
        ids=json.dumps(list(ids)),
    )
    found = {row["id"]: _kept(row) for row in rows}
    return [found[one] for one in ids if one in found]


def count(tx: Tx, profile_id: int) -> int:
    """How many papers the profile's shelf holds, those of undone imports included."""
    return (
        tx.value(
            "SELECT COUNT(*) FROM library_papers WHERE profile_id = :profile", profile=profile_id
        )
        or 0
    )


def vectors(tx: Tx, model_id: int, ids: Sequence[int]) -> dict[int, bytes]:
    """The vectors of these papers, by id; those not embedded yet are missing."""
    rows = tx.rows(
        """
        SELECT library_id, vector FROM library_vectors
        WHERE model_id = :model AND library_id IN (SELECT value FROM json_each(:ids))
        """,
        model=model_id,
        ids=json.dumps(list(ids)),
    )
    return {row["library_id"]: row["vector"] for row in rows}


def without_vector(tx: Tx, model_id: int, limit: int) -> list[Paper]:
    """Papers that this model has not embedded, oldest first, with their negative numbers."""
    rows = tx.rows(
        """
        SELECT *, NULL AS stored FROM library_papers WHERE NOT EXISTS (
            SELECT 1 FROM library_vectors
            WHERE library_vectors.model_id = :model
                AND library_vectors.library_id = library_papers.id
        ) ORDER BY id LIMIT :limit
        """,
        model=model_id,
        limit=limit,
    )
    return [_kept(row).paper for row in rows]


def put_vector(tx: Tx, model_id: int, library_id: int, vector: bytes) -> None:
    """Store a paper's vector; one that was removed meanwhile is passed over."""
    tx.execute(
        """
        INSERT INTO library_vectors (model_id, library_id, vector)
        SELECT :model, id, :vector FROM library_papers WHERE id = :id
        ON CONFLICT (model_id, library_id) DO NOTHING
        """,
        model=model_id,
        id=library_id,
        vector=vector,
    )


def stored(tx: Tx, shelved: Sequence[Shelved]) -> list[int | None]:
    """For each the `seq` of the stored paper that it is: the same arXiv id, or else title."""
    found: list[int | None] = []
    for one in shelved:
        arxiv = arxiv_key(one.arxiv_id) if one.arxiv_id else None
        seq = tx.value("SELECT seq FROM papers WHERE arxiv_id = :id", id=arxiv) if arxiv else None
        if seq is None and one.title:
            seq = tx.value(
                """
                SELECT seq FROM papers WHERE title_key = :key
                    AND (arxiv_id IS NULL OR :arxiv IS NULL) ORDER BY seq LIMIT 1
                """,
                key=title_key(one.title),
                arxiv=arxiv,
            )
        found.append(seq)
    return found


def _kept(row: sqlite3.Row) -> LibraryPaper:
    return LibraryPaper(
        id=row["id"],
        paper=Paper(
            seq=-row["id"],
            title=row["title"],
            abstract=row["abstract"],
            first_seen=from_text(row["added_at"]),
            arxiv_id=row["arxiv_id"],
        ),
        stored=row["stored"],
    )
