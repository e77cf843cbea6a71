"""A database in which everything has happened once: for what looks at all of it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from storage import alert_hits, digests, outbox, papers, profiles, subscriptions, vectors
from storage.database import Tx
from storage.digests import DigestLine, NewDigest
from storage.records import (
    DeliveryKind,
    Destination,
    OwnerKind,
    Profile,
    Schedule,
)

OWNER = "a service"
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class Life:
    """One reader, whom a digest brought paper 1, with a further part, and an alert paper 2."""

    reader: Profile
    alert: int
    subscription: int


def live(tx: Tx, now: datetime) -> Life:
    """Everything is decided, nothing is sent. Papers 1 and 2 have to be there."""
    reader = profiles.add(
        tx,
        kind=OwnerKind.PERSON,
        platform="slack",
        workspace="T1",
        owner="U1",
        name="ada",
        zone="UTC",
        now=now,
    )
    newest = papers.newest(tx)
    alert = profiles.add_alert(tx, reader.id, "graphs", reader.destination, 0, now)
    mine = subscriptions.add(
        tx,
        profile_id=reader.id,
        destination=reader.destination,
        schedule=Schedule(times=(time(8),), weekdays=frozenset({0}), zone="UTC"),
        size=8,
        cursor=newest,
        due_at=now + timedelta(hours=1),
        now=now,
    )
    for key, kind in (("digest/1", DeliveryKind.DIGEST), ("alert/1", DeliveryKind.ALERT)):
        queue(tx, key, kind, reader.destination, reader.id, now)
    digests.record(
        tx,
        NewDigest(
            was=mine,
            due_at=now,
            up_to=newest,
            considered=1,
            outcome="1 paper",
            delivery_key="digest/1",
            lines=[DigestLine(seq=1, score=0.9, reason="close to graphs")],
        ),
        vectors.model_id(tx, "a model", 3, now),
        now,
    )
    alert_hits.add(tx, {"alert/1": [(alert.id, 2)]})
    alert_hits.advance(tx, alert_hits.cursor(tx), newest)
    return Life(reader=reader, alert=alert.id, subscription=mine.id)


def queue(
    tx: Tx,
    key: str,
    kind: DeliveryKind,
    to: Destination,
    profile_id: int | None,
    now: datetime,
) -> None:
    """A delivery that is due now."""
    outbox.queue(
        tx,
        key=key,
        kind=kind,
        destination=to,
        profile_id=profile_id,
        body='{"what": "people care about"}',
        due_at=now,
        now=now,
    )


def send_all(tx: Tx, now: datetime) -> None:
    """Claim and settle until nothing is due; the digest has a second part."""
    while found := outbox.claim(
        tx, owner=OWNER, platforms=["slack"], limit=1, lease=LEASE, now=now
    ):
        outbox.settle(tx, found[0], OWNER, f"post of {found[0].key}", now)
        if found[0].key == "digest/1":
            outbox.follow_up(tx, found[0], [('{"part": 2}', "thread")], now)


def bury_all(tx: Tx, reason: str, now: datetime) -> None:
    """Claim and give up until nothing is due."""
    while found := outbox.claim(
        tx, owner=OWNER, platforms=["slack"], limit=1, lease=LEASE, now=now
    ):
        outbox.bury(tx, found[0], OWNER, reason=reason, now=now)
