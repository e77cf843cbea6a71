"""Papers as readers find them: by cursor, by name, by words.

Readers ask for papers up to the `horizon`, which waits for a dump that is still coming in, so that
one dump reaches a person in one message.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from storage import archive, facts, fulltext
from storage.database import Tx
from storage.facts import Announced
from storage.identity import arxiv_key, title_key
from storage.instants import from_text, to_text
from storage.records import Paper, Sighting

COLUMNS = (
    "seq, title, abstract, first_seen, authors, organisation, organisation_handle, published, "
    "comments, arxiv_id, author_names, source, facts"
)

NOBODY = 2**62
"""A `seq` that no paper has."""

STALLED = timedelta(minutes=1)
"""An open dump that got no batch for so long no longer holds readers back."""


def paper(row: sqlite3.Row) -> Paper:
    """The paper in a row that holds `COLUMNS`."""
    published = row["published"]
    return Paper(
        seq=row["seq"],
        title=row["title"],
        abstract=row["abstract"],
        first_seen=from_text(row["first_seen"]),
        authors=row["authors"],
        organisation=row["organisation"],
        organisation_handle=row["organisation_handle"],
        published=date.fromisoformat(published) if published else None,
        comments=row["comments"],
        arxiv_id=row["arxiv_id"],
        author_names=tuple((row["author_names"] or "").splitlines()),
        source=row["source"],
        facts=facts.from_text(row["facts"]),
    )


def horizon(tx: Tx, now: datetime) -> int:
    """The highest `seq` that readers may use: all papers, or those before a dump still coming."""
    coming = tx.value(
        """
        SELECT MIN(papers.seq) FROM papers JOIN dumps ON dumps.id = papers.first_dump
        WHERE dumps.status = 'open' AND dumps.touched_at > :since AND papers.seq > 0
        """,
        since=to_text(now - STALLED),
    )
    return newest(tx) if coming is None else coming - 1


def arrived(tx: Tx, now: datetime) -> int:
    """The highest `seq` that needs no vectors to be read: all papers, or those before a dump of
    which some are still to be stored.
    """
    coming = tx.value(
        """
        SELECT MIN(papers.seq) FROM papers JOIN dumps ON dumps.id = papers.first_dump
        WHERE dumps.status = 'open' AND dumps.stored_at IS NULL AND dumps.touched_at > :since
            AND papers.seq > 0
        """,
        since=to_text(now - STALLED),
    )
    return newest(tx) if coming is None else coming - 1


def newest(tx: Tx) -> int:
    """The highest `seq` there is; 0 in a store without news."""
    return max(0, tx.value("SELECT MAX(seq) FROM papers") or 0)


def span(tx: Tx) -> int:
    """At least as many as papers are stored, the archive's included; told at once."""
    first, last = tx.value("SELECT MIN(seq) FROM papers"), tx.value("SELECT MAX(seq) FROM papers")
    return 0 if first is None else max(last, 0) - min(first, 0)


def last_before(tx: Tx, at: datetime) -> int:
    """The highest `seq` of the papers first seen before `at`; 0 where there are none."""
    return (
        tx.value("SELECT MAX(seq) FROM papers WHERE seq > 0 AND first_seen < :at", at=to_text(at))
        or 0
    )


def arrivals(tx: Tx, after: int, up_to: int) -> list[tuple[int, datetime]]:
    """`(seq, first seen)` of the papers in (`after`, `up_to`], in the order of arrival."""
    rows = tx.rows(
        "SELECT seq, first_seen FROM papers WHERE seq > :after AND seq <= :up_to ORDER BY seq",
        after=after,
        up_to=up_to,
    )
    return [(row["seq"], from_text(row["first_seen"])) for row in rows]


def number(text: str) -> int | None:
    """The seq that a person writes: `12`, `#12`, `#-7` in the archive; None for anything else.

    A number beyond SQLite's becomes one that no paper has.
    """
    digits = text.removeprefix("#").removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    return int(text.removeprefix("#")) if len(digits) < 19 else NOBODY


def count(tx: Tx) -> int:
    """How many papers are stored."""
    return tx.value("SELECT COUNT(*) FROM papers") or 0


def between(tx: Tx, after: int, up_to: int, limit: int | None = None) -> list[Paper]:
    """Papers with `after` < seq <= `up_to`, in the order of arrival."""
    rows = tx.rows(
        f"""
        SELECT {COLUMNS} FROM papers WHERE seq > :after AND seq <= :up_to
        ORDER BY seq LIMIT :limit
        """,
        after=after,
        up_to=up_to,
        limit=-1 if limit is None else limit,
    )
    return [paper(row) for row in rows]


def by_seq(tx: Tx, seqs: Sequence[int]) -> list[Paper]:
    """The papers of these seqs, in the order given; unknown ones are left out.

    A number that a paper had in the archive is still its own.
    """
    now = archive.promoted(tx, seqs)
    seqs = [now.get(seq, seq) for seq in seqs]
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM papers WHERE seq IN (SELECT value FROM json_each(:seqs))",
        seqs=json.dumps(list(seqs)),
    )
    found = {row["seq"]: paper(row) for row in rows}
    return [found[seq] for seq in seqs if seq in found]


def sightings(tx: Tx, seq: int) -> list[Sighting]:
    """When and with how many comments the paper was seen, oldest first."""
    rows = tx.rows(
        """
        SELECT dumps.name, dumps.arrived_at, sightings.comments, announced, version
        FROM sightings JOIN dumps ON dumps.id = sightings.dump_id
        WHERE sightings.seq = :seq ORDER BY dumps.arrived_at, dumps.id
        """,
        seq=seq,
    )
    return [
        Sighting(
            seq=seq,
            dump=row["name"],
            seen_at=from_text(row["arrived_at"]),
            comments=row["comments"],
            announced=Announced(row["announced"]) if row["announced"] else None,
            version=row["version"],
        )
        for row in rows
    ]


def by_words(tx: Tx, words: Sequence[str], limit: int) -> list[tuple[int, float]]:
    """`(seq, score)` of papers that hold any of the words, best first; see `fulltext.ranked`."""
    return fulltext.ranked(tx, words, limit)


def find(tx: Tx, name: str, limit: int = 5) -> list[Paper]:
    """The papers that a person may mean: a seq, an arXiv id, a title, or words of a title."""
    found = named(tx, name)
    if found or number(name) is not None:
        return found
    return by_seq(tx, fulltext.titled(tx, name.split(), limit, is_begun=False))


def named(tx: Tx, name: str) -> list[Paper]:
    """The papers with this seq, arXiv id or title."""
    if (seq := number(name)) is not None:
        return by_seq(tx, [seq])
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM papers WHERE arxiv_id = :name OR title_key = :key",
        name=arxiv_key(name),
        key=title_key(name),
    )
    return [paper(row) for row in rows]


def by_title(tx: Tx, typed: str, limit: int, *, is_begun: bool = True) -> list[Paper]:
    """Papers whose title has these words, best first; the newest where nothing is typed.

    is_begun: the last word may be only the beginning of one.
    """
    if not fulltext.quoted_words(typed.split()):
        return between(tx, (top := newest(tx)) - limit, top)[::-1]
    return by_seq(tx, fulltext.titled(tx, typed.split(), limit, is_begun=is_begun))
