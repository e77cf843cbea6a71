"""Pruning: what is deleted when nobody needs it any more, a few rows at a time.

Three things stay whatever their age, since the promise rests on them: what was read (dumps,
papers), how far it was read (cursors), and what was decided (digests with their papers, alert
hits). The row of a settled delivery goes, and what became of it is first written down with the
digest and the hits that it brought; so "sent before", and the reason why something was not sent,
outlive it.

Bodies of messages hold what people are interested in and go earlier: from then on no button under
a message changes it any more (a vote is cast all the same, and the message stays as it is). What
could not be sent keeps its body to its end: an operator may still send it.
"""

from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from storage import answers, handled, readers
from storage.database import Tx
from storage.instants import to_text

BUTTONS = timedelta(days=90)
"""So long the buttons under a message work in full."""

KEPT = timedelta(days=180)
"""So long an operator can look a settled delivery up, and a person a notice that was told."""

HOLDS = timedelta(days=1)
"""A hold that ended so long ago says nothing any more."""

AT_ONCE = 500
"""Rows of each kind in one transaction: some 30 ms, so that nobody waits for the writer."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long is kept what an operator may decide on."""

    messages: timedelta = BUTTONS
    """The text of what was sent."""
    deliveries: timedelta = KEPT
    """That it was sent, and notices that were told; no shorter than the text."""


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """How many rows went, by what they were."""

    bodies: int = 0
    """Sent messages whose text went; their rows stay until KEPT."""
    deliveries: int = 0
    answers: int = 0
    events: int = 0
    """Numbers of events that were handled."""
    notices: int = 0
    """Those that were told."""
    holds: int = 0
    readers: int = 0
    """That somebody did something in a channel, too long ago to say that they read it."""
    install_states: int = 0

    def __bool__(self) -> bool:
        """Whether anything went; then there may be more."""
        return any(astuple(self))


def prune(
    tx: Tx, now: datetime, retention: Retention | None = None, *, limit: int = AT_ONCE
) -> Pruned:
    """Delete at most `limit` rows of each kind that are too old; call it until nothing goes."""
    kept = retention or Retention()
    return Pruned(
        bodies=_bodies(tx, now - kept.messages, limit),
        deliveries=_deliveries(tx, now - kept.deliveries, limit),
        answers=_older(tx, "answers", "id", "created_at", now - answers.KEPT, limit),
        events=_older(
            tx, "handled_events", "platform, event", "handled_at", now - handled.KEPT, limit
        ),
        notices=_older(tx, "notices", "id", "told_at", now - kept.deliveries, limit),
        holds=_holds(tx, now, limit),
        readers=_readers(tx, now - readers.REMEMBERED, limit),
        install_states=_older(tx, "install_states", "state", "expires_at", now, limit),
    )


def _bodies(tx: Tx, before: datetime, limit: int) -> int:
    return tx.execute(
        """
        UPDATE outbox SET body = '{}' WHERE id IN (
            SELECT id FROM outbox
            WHERE body <> '{}' AND settled_at < :before AND status || '' = 'sent' LIMIT :limit
        )
        """,
        before=to_text(before),
        limit=limit,
    )


def _deliveries(tx: Tx, before: datetime, limit: int) -> int:
    """A message goes with or after its parts, never while one of them is on its way."""
    keys = [
        {"key": row["key"]}
        for row in tx.rows(
            """
            SELECT key FROM outbox
            WHERE status IN ('sent', 'dead') AND settled_at < :before AND NOT EXISTS (
                SELECT 1 FROM outbox AS part
                WHERE part.key > outbox.key || '#' AND part.key < outbox.key || '$'
                    AND part.status NOT IN ('sent', 'dead')
            )
            LIMIT :limit
            """,
            before=to_text(before),
            limit=limit,
        )
    ]
    for table in ("digests", "alert_hits"):
        tx.many(
            f"""
            UPDATE {table} SET delivery_key = NULL,
                (settled, settled_at, settled_reason) = (
                    SELECT status, settled_at, reason FROM outbox WHERE key = :key
                )
            WHERE delivery_key = :key
            """,
            keys,
        )
    return tx.many("DELETE FROM outbox WHERE key = :key", keys)


def _holds(tx: Tx, now: datetime, limit: int) -> int:
    return tx.execute(
        """
        DELETE FROM destinations WHERE (platform, address) IN (
            SELECT platform, address FROM destinations
            WHERE dead IS NULL AND held_until < :before LIMIT :limit
        )
        """,
        before=to_text(now - HOLDS),
        limit=limit,
    )


def _readers(tx: Tx, before: datetime, limit: int) -> int:
    return tx.execute(
        """
        DELETE FROM readers WHERE (platform, member, address, how) IN (
            SELECT platform, member, address, how FROM readers
            WHERE how = :how AND seen_at < :before LIMIT :limit
        )
        """,
        how=readers.How.ACTED,
        before=to_text(before),
        limit=limit,
    )


def _older(tx: Tx, table: str, key: str, column: str, before: datetime, limit: int) -> int:
    return tx.execute(
        f"""
        DELETE FROM {table} WHERE ({key}) IN (
            SELECT {key} FROM {table} WHERE {column} < :before LIMIT :limit
        )
        """,
        before=to_text(before),
        limit=limit,
    )
