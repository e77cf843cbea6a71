"""Which stored paper an entry is, and how an entry and a stored paper turn into each other."""

import sqlite3
from collections.abc import Sequence

from storage import facts
from storage.database import Tx
from storage.identity import arxiv_agrees, arxiv_key, may_be_one, title_key
from storage.papers import COLUMNS, paper
from storage.records import Entry, Paper


def known(tx: Tx, entry: Entry) -> sqlite3.Row | None:
    """The stored paper that the entry is, as `papers.COLUMNS`: by arXiv id, by DOI, by title."""
    if entry.arxiv_id is not None:
        row = tx.row(
            f"SELECT {COLUMNS} FROM papers WHERE arxiv_id = :id", id=arxiv_key(entry.arxiv_id)
        )
        if row is not None:
            return row
    if entry.facts.doi is not None:
        for row in tx.rows(
            f"SELECT {COLUMNS} FROM papers WHERE doi = :doi ORDER BY seq", doi=entry.facts.doi
        ):
            if arxiv_agrees(as_entry(paper(row)), entry):
                return row
    for row in tx.rows(
        f"SELECT {COLUMNS} FROM papers WHERE title_key = :key ORDER BY seq < 1, seq",
        key=title_key(entry.title),
    ):
        if may_be_one(as_entry(paper(row)), entry):
            return row
    return None


def as_entry(stored: Paper) -> Entry:
    """The stored paper as an entry, to be merged with another."""
    return Entry(
        title=stored.title,
        abstract=stored.abstract,
        lines=(),
        authors=stored.authors,
        author_names=stored.author_names,
        source=stored.source,
        organisation=stored.organisation,
        organisation_handle=stored.organisation_handle,
        published=stored.published,
        comments=stored.comments,
        arxiv_id=stored.arxiv_id,
        facts=stored.facts,
    )


def columns(entry: Entry) -> dict[str, object]:
    """What of an entry changes with later sightings, by column."""
    return {
        "authors": entry.authors,
        "author_names": "\n".join(_one_line(entry.author_names)) or None,
        "source": entry.source,
        "organisation": entry.organisation,
        "organisation_handle": entry.organisation_handle,
        "published": entry.published.isoformat() if entry.published else None,
        "comments": entry.comments,
        "arxiv_id": arxiv_key(entry.arxiv_id) if entry.arxiv_id else None,
        "facts": facts.to_text(entry.facts),
        "doi": entry.facts.doi,
    }


def _one_line(names: Sequence[str]) -> list[str]:
    return [name for one in names if (name := " ".join(one.split()))]
