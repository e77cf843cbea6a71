"""Events that were handled: platforms deliver one again when an answer was slow or got lost."""

from datetime import datetime, timedelta

from storage.database import Tx
from storage.instants import to_text

KEPT = timedelta(days=2)
"""Slack delivers an event again for up to an hour, Discord not at all."""


def first_time(tx: Tx, platform: str, event: str, now: datetime) -> bool:
    """Whether this event is new; it is not from now on."""
    tx.execute("DELETE FROM handled_events WHERE handled_at < :before", before=to_text(now - KEPT))
    return bool(
        tx.execute(
            """
            INSERT INTO handled_events (platform, event, handled_at)
            VALUES (:platform, :event, :now) ON CONFLICT (platform, event) DO NOTHING
            """,
            platform=platform,
            event=event,
            now=to_text(now),
        )
    )
