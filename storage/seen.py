"""Seen: which papers of a batch are stored with all that they say, and need a sighting only.

A snapshot that is read again is nearly all of that kind. What says anything else goes the way of
every entry (`arrivals.store`), which also decides where a line's other names lead.
"""

from collections import Counter
from collections.abc import Sequence

import orjson

from storage.database import Tx
from storage.dumps.snapshot import Plain


def sight(tx: Tx, dump_id: int, seen: Sequence[Plain]) -> list[Plain]:
    """Store sightings of papers that say what is stored of them; those that are left over."""
    times = Counter(one.arxiv for one in seen)
    ids = [one.arxiv for one in seen if one.arxiv is not None and times[one.arxiv] == 1]
    rows = tx.rows(
        """
        SELECT arxiv_id, seq, abstract, authors, author_names, published, facts, doi
        FROM papers WHERE arxiv_id IN (SELECT value FROM json_each(:ids))
        """,
        ids=orjson.dumps(ids).decode(),
    )
    stored = {arxiv: (seq, said) for arxiv, seq, *said in rows}
    sightings: list[tuple[int, int | None]] = []
    others: list[Plain] = []
    for one in seen:
        seq, said = stored.get(one.arxiv, (0, None))
        if said == [
            one.abstract,
            one.authors,
            one.author_names,
            one.published,
            one.facts,
            one.doi,
        ]:
            sightings.append((seq, one.version))
        else:
            others.append(one)
    tx.many_at_once(
        "sightings",
        ("dump_id", "seq", "version"),
        sorted(sightings),
        same=(dump_id,),
        then="ON CONFLICT (seq, dump_id) DO NOTHING",
    )
    return others
