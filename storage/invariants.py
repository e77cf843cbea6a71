"""Invariants: what must hold of the database for the promise to hold, looked at every night.

Nothing here repairs anything, and nothing here should ever be found: the schema and the rooms
that write see to most of it. What is found is a bug or a damaged file, and its sentence says what
to do before somebody misses a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.database import Tx
from storage.instants import to_text
from storage.trouble import RESTORE as RESTORE_NOW

LONG_LEASED = timedelta(hours=1)
"""A lease that ran out is released by the next claim, within seconds."""

LONG_DUE = timedelta(days=1)
"""A digest that is due is decided within seconds, or within hours after a service that stood."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One thing that should hold and does not."""

    name: str
    count: int
    """In how many places."""
    sentence: str
    """What it means, and what to do."""


@dataclass(frozen=True)
class _Invariant:
    name: str
    query: str
    """One row for each place where it does not hold, of a single column."""
    sentence: str


OUTBOX = "see `paperround outbox list`"
RESTORE = "look with `paperround db check`, and restore a backup if it finds damage"

INVARIANTS = (
    _Invariant(
        "sent without a receipt",
        "SELECT id FROM outbox WHERE status = 'sent' AND COALESCE(receipt, '') = ''",
        f"a message counts as sent and nothing shows that it was posted: {RESTORE}",
    ),
    _Invariant(
        "part before its message",
        """
        SELECT part.id FROM outbox AS part JOIN outbox AS head
            ON head.key = substr(part.key, 1, instr(part.key, '#') - 1)
        WHERE instr(part.key, '#') > 0 AND head.status <> 'sent'
        """,
        f"a further part of a message is queued though the message was not sent: {OUTBOX}",
    ),
    _Invariant(
        "lease long over",
        "SELECT id FROM outbox WHERE status = 'leased' AND lease_until < :leased",
        "a delivery was claimed and never settled, and no claim released it: start the service, "
        "and see in its log why it sends nothing",
    ),
    _Invariant(
        "waiting for a place that is gone",
        """
        SELECT outbox.id FROM outbox JOIN destinations AS place
            ON place.platform = outbox.platform AND place.address = outbox.address
        WHERE outbox.status = 'pending' AND place.dead IS NOT NULL
        """,
        "a message waits for a destination that is gone, and nothing will send or bury it: "
        "`paperround outbox retry ID` tries it again, `paperround outbox bury ID` gives it up",
    ),
    _Invariant(
        "waiting for nobody",
        """
        SELECT id FROM outbox
        WHERE status = 'pending' AND profile_id IS NULL AND kind IN ('digest', 'alert')
        """,
        "a digest or alert waits whose profile was removed: `paperround outbox bury ID` keeps it "
        "from being sent",
    ),
    _Invariant(
        "sent twice",
        """
        SELECT key FROM outbox NOT INDEXED WHERE status = 'sent'
        GROUP BY key HAVING COUNT(*) > 1
        """,  # the index would hide what it should have prevented
        f"a key was sent more than once: {RESTORE}",
    ),
    _Invariant(
        "digest without its message",
        """
        SELECT digests.id FROM digests LEFT JOIN outbox ON outbox.key = digests.delivery_key
        WHERE digests.delivery_key IS NOT NULL AND outbox.key IS NULL
        """,
        f"a digest was decided and its message is not in the outbox: {RESTORE}",
    ),
    _Invariant(
        "alert hit without its message",
        """
        SELECT alert_hits.seq FROM alert_hits
        LEFT JOIN outbox ON outbox.key = alert_hits.delivery_key
        WHERE outbox.key IS NULL AND alert_hits.settled IS NULL
        """,
        f"an alert found a paper and its message is not in the outbox: {RESTORE}",
    ),
    _Invariant(
        "digest long due",
        "SELECT id FROM subscriptions WHERE paused IS NULL AND due_at < :due",
        "a digest was due more than a day ago and was not decided: start the service, and see in "
        "its log why it fails",
    ),
    _Invariant(
        "read beyond the newest paper",
        """
        SELECT name FROM cursors WHERE seq > (SELECT COALESCE(MAX(seq), 0) FROM papers)
        UNION ALL
        SELECT 'subscription ' || id FROM subscriptions
        WHERE cursor > (SELECT COALESCE(MAX(seq), 0) FROM papers)
        UNION ALL
        SELECT 'alert ' || id FROM alerts
        WHERE after_seq > (SELECT COALESCE(MAX(seq), 0) FROM papers)
        """,
        "papers that are still to come count as read and would be passed over: were papers taken "
        f"out by hand? {RESTORE}",
    ),
    _Invariant(
        "row without what it belongs to",
        """SELECT "table" FROM pragma_foreign_key_check""",
        f"rows belong to a profile, paper or message that is not there: {RESTORE}",
    ),
    _Invariant(
        "out of turn",
        """
        SELECT outbox.address FROM outbox LEFT JOIN turns
            ON turns.platform = outbox.platform AND turns.address = outbox.address
            AND turns.precedence = outbox.precedence AND turns.due_at <= outbox.due_at
        WHERE outbox.status = 'pending' AND turns.address IS NULL
        UNION ALL
        SELECT turns.address FROM turns
        LEFT JOIN destinations AS place
            ON place.platform = turns.platform AND place.address = turns.address
        WHERE turns.at IS NOT CASE
            WHEN place.dead IS NOT NULL OR EXISTS (
                SELECT 1 FROM outbox AS flying
                WHERE flying.platform = turns.platform AND flying.address = turns.address
                    AND flying.status = 'leased'
            ) THEN NULL
            ELSE MAX(turns.due_at, COALESCE(place.held_until, ''))
        END
        """,
        f"a message waits that no claim would find, or not in time: {RESTORE}",
    ),
)

DAMAGED = "damaged page"
NAMES = (DAMAGED, *(one.name for one in INVARIANTS))


def damaged(found: Sequence[str]) -> Broken:
    """What `upkeep.check` found, told as the rest is."""
    return Broken(name=DAMAGED, count=len(found), sentence=f"{found[0]}: {RESTORE_NOW}")


def check(tx: Tx, now: datetime) -> list[Broken]:
    """What does not hold, in the order of INVARIANTS; empty when all is well."""
    dates = {"leased": to_text(now - LONG_LEASED), "due": to_text(now - LONG_DUE)}
    found = []
    for one in INVARIANTS:
        count = tx.value(f"SELECT COUNT(*) FROM ({one.query})", **dates)
        if count:
            found.append(Broken(name=one.name, count=count, sentence=one.sentence))
    return found
