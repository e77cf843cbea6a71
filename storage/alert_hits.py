"""How far alerts have read, and which paper was told for which of them."""

from collections.abc import Sequence

from storage.database import Tx


def cursor(tx: Tx) -> int:
    """The highest `seq` that alerts were matched with."""
    seq: int = tx.one("SELECT seq FROM cursors WHERE name = 'alerts'")["seq"]
    return seq


def advance(tx: Tx, was: int, seq: int) -> bool:
    """Move the cursor, unless another pass came first."""
    return bool(
        tx.execute(
            "UPDATE cursors SET seq = :seq WHERE name = 'alerts' AND seq = :was", seq=seq, was=was
        )
    )


def add(tx: Tx, delivery_key: str, hits: Sequence[tuple[int, int]]) -> None:
    """Write down `(alert id, seq)` hits; those of an alert that was removed meanwhile are not."""
    tx.many(
        """
        INSERT INTO alert_hits (alert_id, seq, delivery_key)
        SELECT id, :seq, :key FROM alerts WHERE id = :alert
        ON CONFLICT (alert_id, seq) DO NOTHING
        """,
        [{"alert": alert, "seq": seq, "key": delivery_key} for alert, seq in hits],
    )
