"""Papers that a model failed on again and again: out of its way, with the reason on record.

They have no vector of that model, and nothing waits for one: no digest brings them, alerts and
searches for words do. The next start of the service tries them once more.
"""

from dataclasses import dataclass
from datetime import datetime

from storage.database import Tx
from storage.instants import to_text


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A paper that a model can't encode."""

    seq: int
    reason: str


def refuse(tx: Tx, model_id: int, seq: int, reason: str, now: datetime) -> None:
    """Let nothing wait for the paper's vector any more."""
    tx.execute(
        """
        INSERT INTO refused_papers (model_id, seq, reason, at) VALUES (:model, :seq, :reason, :now)
        ON CONFLICT (model_id, seq) DO UPDATE SET reason = excluded.reason, at = excluded.at
        """,
        model=model_id,
        seq=seq,
        reason=reason,
        now=to_text(now),
    )


def every(tx: Tx) -> list[Refused]:
    """The papers that a model can't encode, in the order of arrival."""
    rows = tx.rows(
        "SELECT seq, MAX(reason) AS reason FROM refused_papers GROUP BY seq ORDER BY seq"
    )
    return [Refused(seq=row["seq"], reason=row["reason"]) for row in rows]


def reason(tx: Tx, model_id: int, seq: int) -> str | None:
    """Why the model has no vector of a paper and will have none; None where it may have one."""
    found: str | None = tx.value(
        "SELECT reason FROM refused_papers WHERE model_id = :model AND seq = :seq",
        model=model_id,
        seq=seq,
    )
    return found


def forgive(tx: Tx) -> int:
    """Let every model try its refused papers again; how many those are."""
    return tx.execute("DELETE FROM refused_papers")
