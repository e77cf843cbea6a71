"""The archive: papers of the past, which are no news to anyone.

They have a `seq` below 1, the latest to come in the lowest. Cursors never are below 0, so no digest
and no alert meets them; search, similar papers and trials of alerts do. They are stored without
a vector, and embedded when nothing else is to be done. A paper that turns up as news becomes news:
it moves to a `seq` of its own at the end, with all that hangs on it; messages and people go on
using the old one, which is never given to another.
"""

import json
from collections.abc import Iterable

from storage.database import Tx
from storage.records import Entry


def next_seq(tx: Tx) -> int:
    """Where the next paper of the archive goes."""
    lowest: int = tx.value(
        """
        SELECT MIN(0, COALESCE((SELECT MIN(seq) FROM papers), 0),
            COALESCE((SELECT MIN(old) FROM old_seqs), 0))
        """
    )
    return lowest - 1


def is_news(seq: int, entry: Entry) -> bool:
    """Whether a live sighting of a paper of the archive makes it news: all but revisions do."""
    return seq < 1 and not entry.facts.is_revision


def promoted(tx: Tx, seqs: Iterable[int]) -> dict[int, int]:
    """Of these seqs, those of papers that became news since, each with the seq that it has now."""
    old = [seq for seq in seqs if seq < 1]
    if not old:
        return {}
    rows = tx.rows(
        "SELECT old, seq FROM old_seqs WHERE old IN (SELECT value FROM json_each(:old))",
        old=json.dumps(old),
    )
    return {row["old"]: row["seq"] for row in rows}


def promote(tx: Tx, seq: int, dump_id: int, now: str) -> int:
    """Make a paper of the archive the newest there is; its new seq. Votes and vectors go along."""
    new: int = tx.value(
        """
        SELECT 1 + MAX(0, (SELECT COALESCE(MAX(seq), 0) FROM papers),
            COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'papers'), 0))
        """
    )
    tx.execute("PRAGMA defer_foreign_keys = ON")
    for row in tx.rows(
        """
        SELECT tables.name, keys."from" AS field
        FROM sqlite_master AS tables JOIN pragma_foreign_key_list(tables.name) AS keys
        WHERE tables.type = 'table' AND keys."table" = 'papers'
        """
    ):
        tx.execute(
            f"UPDATE {row['name']} SET {row['field']} = :new WHERE {row['field']} = :old",
            new=new,
            old=seq,
        )
    tx.execute(
        "UPDATE mutes SET value = :new WHERE kind = 'paper' AND value = :old",
        new=str(new),
        old=str(seq),
    )
    tx.execute(
        "UPDATE papers SET seq = :new, first_seen = :now, first_dump = :dump WHERE seq = :old",
        new=new,
        old=seq,
        now=now,
        dump=dump_id,
    )
    tx.execute("INSERT INTO old_seqs (old, seq) VALUES (:old, :new)", old=seq, new=new)
    return new
