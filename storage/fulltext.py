"""The full text: which papers hold some words, among a million in a fraction of a second.

FTS5 weighs a word by counting every paper that holds it, and a query counts anew. So no word is
counted that stands in more papers than it pays, and no more papers are ranked than some thousands.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from storage.database import Tx

OLDEST = -(2**63)
"""Below every `seq`, the archive's included."""

RANKED = 8_000
"""Papers that a search by words ranks, about: some 40 ms."""

COUNTED = 500_000
"""Papers that common words may stand in, all together, to be ranked by: some 40 ms."""

TITLED = 200
"""Papers of which the best titles are chosen: the newest that have the words."""

MANY, ENOUGH, RARE = 12, 3, 1_000
"""Of more words than MANY, as of a pasted text, only rare ones are asked for where there are
ENOUGH: those that fewer than RARE papers hold.
"""

LONGEST_TITLE, LOOKED_UP = 60, 8
"""Words of a title at the most; and of those that are typed, how many are looked up beforehand."""

Found = list[tuple[int, float]]
"""(seq, score), best first; a higher score is better."""


@dataclass(frozen=True, kw_only=True)
class _Word:
    """A word that was asked for."""

    place: int
    quoted: str
    papers: float
    """How many hold it; of more than RANKED an estimate."""
    share: float
    """That of all papers."""


def ranked(tx: Tx, words: Sequence[str], limit: int) -> Found:
    """Papers that hold any of the words, best first; BM25 as FTS5 computes it, a word of the title
    counting twice.

    Words that stand in more than RANKED papers are not looked for beside rarer ones. Where all are
    so common, the newest papers that hold all of them come first, or any of them; a word in more
    than half of the papers weighs nothing to BM25, and stands back for others.
    """
    asked = _asked(tx, words)
    if not asked:
        return []
    if asked[0].papers <= RANKED:
        telling, many = [asked[0]], asked[0].papers
        for one in asked[1:]:
            many += one.papers
            if many <= RANKED:
                telling.append(one)
        return _best(tx, _any(telling), limit)
    telling = [one for one in asked if one.share <= 1 / 2]
    if not telling:
        return [(seq, 0.0) for seq in _newest(tx, _all(asked), limit)]
    kept, many = [telling[0]], telling[0].papers
    for one in telling[1:]:
        many += one.papers
        if many <= COUNTED:
            kept.append(one)
    every = _newest(tx, _all(telling), RANKED)
    if len(every) >= limit:
        return _best(tx, _all(kept), limit, every[-1])
    some = _newest(tx, _any(kept), RANKED)
    rest = _best(tx, _any(kept), limit, some[-1])
    found = dict.fromkeys(every, rest[0][1] + 1)
    for seq, score in rest:
        found.setdefault(seq, score)
    return [*found.items()][:limit]


def titled(tx: Tx, words: Sequence[str], limit: int, *, is_begun: bool) -> list[int]:
    """Seqs of papers with all these words in their title, the shortest titles first, which hold
    least beside; of equals the newest. Of more than TITLED the newest.

    is_begun: the last word may be only the beginning of one; not so where very many papers hold it.
    """
    quoted = quoted_words(words)
    if not quoted or len(quoted) > LONGEST_TITLE:
        return []
    usual: list[str] = []
    if len(quoted) <= LOOKED_UP:
        asked = [(one, _held(tx, one)) for one in quoted]
        is_begun = is_begun and asked[-1][1][0] <= RANKED
        usual = [one for one, (_, share) in asked if share > 1 / 2]
    last = f"{quoted[-1]}{'*' * is_begun}"
    named = [one for one in [*quoted[:-1], last] if one not in usual]
    found = _newest(tx, f"title : ({' '.join(named or usual)})", TITLED)
    if named and usual:
        found = _of_these(tx, f"title : ({' '.join(usual)})", found)
    return shortest(tx, found, limit)


def shortest(tx: Tx, seqs: Sequence[int], limit: int) -> list[int]:
    """Of these papers those with the shortest titles, of equals the newest."""
    rows = tx.rows(
        """
        SELECT seq FROM papers WHERE seq IN (SELECT value FROM json_each(:seqs))
        ORDER BY LENGTH(title), seq DESC LIMIT :limit
        """,
        seqs=json.dumps(list(seqs)),
        limit=limit,
    )
    return [row["seq"] for row in rows]


def quoted_words(words: Sequence[str]) -> list[str]:
    """The words as FTS5 strings, which hold no operators; those without a letter are left out."""
    return [
        '"' + word.replace('"', '""').replace("\0", "") + '"'
        for word in words
        if any(character.isalnum() for character in word)
    ]


def _asked(tx: Tx, words: Sequence[str]) -> list[_Word]:
    """The words, each once, the rarest first; of very many those that are rare, if some are."""
    every = list(dict.fromkeys(quoted_words(words)))
    if len(every) > MANY:
        rare = [one for one in every if _counted(tx, one, RARE) < RARE]
        every = rare if len(rare) >= ENOUGH else every
    found = []
    for place, quoted in enumerate(every):
        papers, share = _held(tx, quoted)
        if papers:
            found.append(_Word(place=place, quoted=quoted, papers=papers, share=share))
    return sorted(found, key=lambda one: (one.papers, one.place))


def _counted(tx: Tx, quoted: str, most: int) -> int:
    """How many papers hold a word, counted no further than to `most`."""
    count: int = tx.value(
        """
        SELECT COUNT(*) FROM (
            SELECT 1 FROM papers_fts WHERE papers_fts MATCH :word LIMIT :most
        )
        """,
        word=quoted,
        most=most,
    )
    return count


def _held(tx: Tx, quoted: str) -> tuple[float, float]:
    """How many papers hold a word, and what share of all; those beyond `RANKED` are not counted but
    estimated, by how far one has to go for so many among the oldest and among the newest. What is
    new has other words: of the two the share is the smaller one.
    """
    # Each on its own is looked up; both in one statement would be looked for among all.
    first = tx.value("SELECT MIN(seq) FROM papers") or 0
    last = tx.value("SELECT MAX(seq) FROM papers") or 0
    every = last - first + 1
    shares = []
    for order, end in (("", first), ("DESC", last)):
        some = tx.one(
            f"""
            SELECT COUNT(*) AS held, MIN(rowid) AS lowest, MAX(rowid) AS highest FROM (
                SELECT rowid FROM papers_fts WHERE papers_fts MATCH :word
                ORDER BY rowid {order} LIMIT :most
            )
            """,
            word=quoted,
            most=RANKED + 1,
        )
        if some["held"] <= RANKED:
            return some["held"], some["held"] / every
        reached = max(some["highest"] - end, end - some["lowest"]) + 1
        shares.append(some["held"] / reached)
    return max(max(shares) * every, RANKED + 1), min(shares)


def _newest(tx: Tx, query: str, limit: int) -> list[int]:
    """Seqs of the newest papers that a query finds, the newest first."""
    rows = tx.rows(
        """
        SELECT rowid FROM papers_fts WHERE papers_fts MATCH :query
        ORDER BY rowid DESC LIMIT :limit
        """,
        query=query,
        limit=limit,
    )
    return [row["rowid"] for row in rows]


def _of_these(tx: Tx, query: str, seqs: Sequence[int]) -> list[int]:
    """Those of the papers that a query finds."""
    rows = tx.rows(
        """
        SELECT rowid FROM papers_fts
        WHERE papers_fts MATCH :query AND rowid IN (SELECT value FROM json_each(:seqs))
        """,
        query=query,
        seqs=json.dumps(list(seqs)),
    )
    return [row["rowid"] for row in rows]


def _best(tx: Tx, query: str, limit: int, first: int = OLDEST) -> Found:
    rows = tx.rows(
        """
        SELECT rowid, -bm25(papers_fts, 2.0, 1.0, 1.0) AS score FROM papers_fts
        WHERE papers_fts MATCH :query AND rowid >= :first
        ORDER BY score DESC, rowid LIMIT :limit
        """,
        query=query,
        first=first,
        limit=limit,
    )
    return [(row["rowid"], row["score"]) for row in rows]


def _any(words: Sequence[_Word]) -> str:
    return " OR ".join(one.quoted for one in sorted(words, key=lambda one: one.place))


def _all(words: Sequence[_Word]) -> str:
    return " AND ".join(one.quoted for one in sorted(words, key=lambda one: one.place))
