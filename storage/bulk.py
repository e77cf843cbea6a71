"""Bulk: files of millions of papers into the archive, for searching by words.

A batch goes in in three steps. `sift` tells which of its papers are new and numbers them; their
part of the full text is built by other threads meanwhile (`segments`); `put` stores them with it in
one transaction, so that what is stored is found. Where somebody else wrote something in between
that makes another answer, they are stored the plain way. What is known goes the slow way of every
sighting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from storage import archive, arrivals, segments
from storage.database import Tx
from storage.dumps.snapshot import COLUMNS, Plain
from storage.instants import to_text
from storage.records import RawDump
from storage.seen import sight
from storage.segments import Segment


@dataclass(frozen=True, kw_only=True)
class Names:
    """What papers go by, some of them stored and others about to be."""

    ids: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    dois: set[str] = field(default_factory=set)
    idless_titles: set[str] = field(default_factory=set)
    idless_dois: set[str] = field(default_factory=set)
    """Of papers that have no arXiv id: two ids are two papers, whatever else is the same."""

    def add(self, arxiv: str | None, title: str, doi: str | None) -> None:
        """One paper more."""
        self.titles.add(title)
        if doi is not None:
            self.dois.add(doi)
        if arxiv is not None:
            self.ids.add(arxiv)
            return
        self.idless_titles.add(title)
        if doi is not None:
            self.idless_dois.add(doi)

    def may_have(self, one: Plain) -> bool:
        """Whether a paper may be among them, by id, DOI or title."""
        if one.arxiv is None:
            return one.key in self.titles or one.doi in self.dois
        return (
            one.arxiv in self.ids or one.key in self.idless_titles or (one.doi in self.idless_dois)
        )

    def may_have_any(self, ids: set[str]) -> bool:
        """Whether papers of these arXiv ids may be among them, if only by another name."""
        return bool(self.idless_titles) or not self.ids.isdisjoint(ids)


class Overtaken(Exception):
    """Somebody stored papers after a batch was sifted: what is new is to be told again."""


@dataclass(frozen=True, kw_only=True)
class Sifted:
    """A batch of which it is known what is new."""

    fresh: list[Plain]
    """In the order of the file."""
    seen: list[Plain]
    """Papers that are stored, or stand in the file before."""
    names: Names
    """Of the fresh ones."""
    first: int
    """The seq of the first fresh one; each further has one less."""
    namesakes: int
    """Seen ones that may turn out to be new: numbers are kept for them."""
    version: int
    """Of the database: another one tells that somebody else wrote."""

    @property
    def after(self) -> int:
        """The seq below the fresh ones."""
        return self.first - len(self.fresh)

    @property
    def next_seq(self) -> int:
        """Where the next batch may begin."""
        return self.after - self.namesakes

    def texts(self) -> list[segments.Text]:
        """What is to be found by words, seqs ascending."""
        return [
            (seq, one.title, one.abstract, one.author_names)
            for seq, one in enumerate(reversed(self.fresh), self.after + 1)
        ]


def sift(
    tx: Tx, batch: Sequence[Plain], coming: Sequence[Names] = (), first: int | None = None
) -> Sifted:
    """Tell new from known, by id, DOI or title.

    coming: of papers that are sifted and not yet stored.  first: the seq to begin with; None: the
    next there is.
    """
    before = (_stored(tx, batch), *coming)
    names = Names()
    fresh: list[Plain] = []
    seen: list[Plain] = []
    ids = {one.arxiv for one in batch if one.arxiv is not None}
    if len(ids) == len(batch) and not any(some.may_have_any(ids) for some in before):
        # As nearly all batches are: no need to look at each.
        fresh = list(batch)
        names = Names(
            ids=ids,
            titles={one.key for one in batch},
            dois={one.doi for one in batch if one.doi is not None},
        )
        batch = ()
    for one in batch:
        if names.may_have(one) or any(some.may_have(one) for some in before):
            seen.append(one)
        else:
            fresh.append(one)
            names.add(one.arxiv, one.key, one.doi)
    return Sifted(
        fresh=fresh,
        seen=seen,
        names=names,
        namesakes=sum(one.arxiv not in before[0].ids for one in seen),
        first=archive.next_seq(tx) if first is None else first,
        version=_version(tx),
    )


def put(tx: Tx, dump_id: int, sifted: Sifted, segment: Segment, now: datetime, lines: int) -> int:
    """Store the new papers of a batch with their part of the full text, to be called on
    `Database.write_apart`; how many segments the level of the index has now. Raises Overtaken.

    lines: how far the file is stored herewith, if the batch saw nothing that is known.
    """
    if archive.next_seq(tx) < sifted.first:
        raise Overtaken
    if _version(tx) != sifted.version:
        stored = _stored(tx, sifted.fresh)
        if any(stored.may_have(one) for one in sifted.fresh):
            raise Overtaken
    # The one key that what goes in here points with; sightings point at papers of the same batch.
    tx.one("SELECT id FROM dumps WHERE id = :id", id=dump_id)
    _insert(tx, dump_id, sifted, now)
    if not sifted.seen:
        _stored_up_to(tx, dump_id, lines)
    return segments.add(tx, segment)


def put_plainly(tx: Tx, dump_id: int, batch: Sequence[Plain], now: datetime, lines: int) -> int:
    """Store a batch without a prepared segment; how many of its papers were new.

    lines: how far the file is stored herewith.
    """
    sifted = sift(tx, batch)
    _insert(tx, dump_id, sifted, now)
    tx.many_at_once("papers_fts", ("rowid", "title", "abstract", "author_names"), sifted.texts())
    return len(sifted.fresh) + see(tx, dump_id, sifted.seen, now, lines)


def see(tx: Tx, dump_id: int, seen: Sequence[Plain], now: datetime, lines: int) -> int:
    """Store what a batch knows of papers that are stored; how many turned out to be new all the
    same, as namesakes do.

    lines: how far the file is stored herewith.
    """
    before = archive.next_seq(tx)
    others = sight(tx, dump_id, seen)
    arrivals.store(tx, dump_id, [one.entry() for one in others], now, now, is_past=True)
    _stored_up_to(tx, dump_id, lines)
    return before - archive.next_seq(tx)


def begun(tx: Tx, raw: RawDump) -> tuple[int | None, bool, int]:
    """The dump that a file is, if it was begun; whether it is done; how many lines are stored."""
    row = tx.row(
        "SELECT id, status, lines_stored FROM dumps WHERE sha256 = :sha256", sha256=raw.sha256
    )
    if row is None:
        return None, False, 0
    return row["id"], row["status"] == "done", row["lines_stored"] or 0


def _insert(tx: Tx, dump_id: int, sifted: Sifted, now: datetime) -> None:
    if not sifted.fresh:
        return
    # A trigger for each row would write its words one by one. The transaction ends with the
    # trigger as it was.
    trigger = tx.value("SELECT sql FROM sqlite_master WHERE name = 'papers_fts_insert'")
    tx.execute("DROP TRIGGER papers_fts_insert")
    seqs = range(sifted.after + 1, sifted.first + 1)
    tx.many_at_once(
        "papers",
        ("first_seen", "first_dump", "seq", *COLUMNS),
        [
            (seq, *one[: len(COLUMNS)])
            for seq, one in zip(seqs, reversed(sifted.fresh), strict=True)
        ],
        same=(to_text(now), dump_id),
    )
    tx.execute(trigger)
    tx.many_at_once(
        "sightings",
        ("dump_id", "seq", "version"),
        [(seq, one.version) for seq, one in zip(seqs, reversed(sifted.fresh), strict=True)],
        same=(dump_id,),
    )


def _stored_up_to(tx: Tx, dump_id: int, lines: int) -> None:
    tx.execute("UPDATE dumps SET lines_stored = :lines WHERE id = :id", lines=lines, id=dump_id)


def _stored(tx: Tx, batch: Sequence[Plain]) -> Names:
    """What those stored papers go by that share a name with one of the batch, as far as that may
    make them one.
    """
    found = Names()
    idless = [one for one in batch if one.arxiv is None]
    for where, asked in (
        ("arxiv_id", [one.arxiv for one in batch if one.arxiv is not None]),
        ("doi", [one.doi for one in batch if one.doi is not None]),
        ("arxiv_id IS NULL AND title_key", [one.key for one in batch]),
        ("arxiv_id IS NOT NULL AND title_key", [one.key for one in idless]),
    ):
        if not asked:
            continue
        for row in tx.rows(
            f"""
            SELECT arxiv_id, title_key, doi FROM papers
            WHERE {where} IN (SELECT value FROM json_each(:all))
            """,
            all=orjson.dumps(asked).decode(),
        ):
            found.add(*row)
    return found


def _version(tx: Tx) -> int:
    """Changes with what other connections write, https://sqlite.org/pragma.html#pragma_data_version"""
    version: int = tx.value("PRAGMA data_version")
    return version
