"""Receipts: what a profile was told, when and why, and what it was not told and why not.

What became of a message is told as it stands now; what a digest left out, as it was when it was
made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import timetable
from bot.messages import Message, counted, from_json
from storage import receipts
from storage.database import Database, Tx
from storage.digests import LeftOut
from storage.receipts import AlertReceipt, DigestReceipt, Sending
from storage.records import DeliveryKind, DeliveryStatus, Profile


@dataclass(frozen=True, kw_only=True)
class Told:
    """One paper of a message."""

    seq: int
    title: str
    score: float | None
    """0..1; None in an alert."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One digest, one message of alerts, or one notice: a second chance, a channel that is gone."""

    kind: DeliveryKind
    at: datetime
    """When it was decided."""
    digest_id: int | None
    """What `digest rebuild` takes; None for all else."""
    outcome: str
    """What it held; for an empty digest, why."""
    state: str
    """What became of the message, in the profile's zone."""
    papers: tuple[Told, ...]
    left_out: tuple[str, ...]
    """What it did not bring and why, as sentences."""


async def of(db: Database, profile: Profile, since: datetime, now: datetime) -> list[Receipt]:
    """All that the profile was told since then, empty digests included, newest first."""
    return await db.read(_of, profile, since, now)


def held_by(profile: Profile, decided: datetime, due: datetime) -> str | None:
    """What keeps something that was decided back until `due`: "quiet hours", "a snooze", or both.

    None where nothing does, or something else.
    """
    if due <= decided or timetable.free(decided, profile) != due:
        return None
    awake = max(decided, profile.snoozed_until or decided)
    causes = ["a snooze"] * (awake > decided) + ["quiet hours"] * (due > awake)
    return " and ".join(causes)


def _of(tx: Tx, profile: Profile, since: datetime, now: datetime) -> list[Receipt]:
    found = [
        *(_digest(one, profile, now) for one in receipts.of_digests(tx, profile.id, since)),
        *(_alert(one, profile, now) for one in receipts.of_alerts(tx, profile.id, since)),
        *(_notice(one, profile, now) for one in receipts.of_notices(tx, profile.id, since)),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _digest(one: DigestReceipt, profile: Profile, now: datetime) -> Receipt:
    left_out = one.left_out or LeftOut()
    if one.sendings:
        state = _state(one.sendings, profile, left_out.held, now)
    else:
        state = "nothing was sent" if one.is_empty else "the message was deleted"
    return Receipt(
        kind=DeliveryKind.DIGEST,
        at=one.composed_at,
        digest_id=one.id,
        outcome=one.outcome,
        state=state,
        papers=tuple(
            Told(seq=it.line.seq, title=it.title, score=it.line.score, reason=it.line.reason)
            for it in one.papers
        ),
        left_out=tuple(_left_out(left_out)),
    )


def _left_out(one: LeftOut) -> list[str]:
    said = []
    if one.beyond:
        said.append(f"{one.beyond:,} more fitted, beyond the digest's size.")
    if one.told:
        said.append(f"{one.told:,} more had come as {'an alert' if one.told == 1 else 'alerts'}.")
    if one.elsewhere:
        said.append(f"{one.elsewhere:,} more {_are(one.elsewhere)} in channels you read.")
    if one.muted:
        said.append(f"{one.muted:,} more would have fitted and {_are(one.muted)} muted.")
    if one.too_old:
        said.append(f"{counted(one.too_old, 'older paper')} passed over.")
    return said


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _alert(one: AlertReceipt, profile: Profile, now: datetime) -> Receipt:
    papers: dict[int, Told] = {}
    message = _message(one.sendings[0].delivery.body) if one.sendings else None
    for card in message.cards if message else ():
        papers[card.seq] = Told(seq=card.seq, title=card.title, score=None, reason=card.reason)
    for hit in one.hits:  # those beyond the message's cards
        told = Told(seq=hit.seq, title=hit.title, score=None, reason=f"your alert {hit.query}")
        papers.setdefault(hit.seq, told)
    asked = list(dict.fromkeys(hit.query for hit in one.hits))
    for_which = f" for {', '.join(asked)}" if asked else ""
    return Receipt(
        kind=DeliveryKind.ALERT,
        at=one.queued_at,
        digest_id=None,
        outcome=f"{counted(len(papers), 'paper')}{for_which}" if papers else "nothing to tell",
        state=_state(one.sendings, profile, None, now) if one.sendings else "nothing was sent",
        papers=tuple(papers.values()),
        left_out=tuple(
            f"“{it.hit.title}” hit your alert {it.hit.query} and was not told: {it.reason}."
            for it in one.silenced
        ),
    )


def _notice(sendings: Sequence[Sending], profile: Profile, now: datetime) -> Receipt:
    head = sendings[0].delivery
    message = _message(head.body)
    cards = message.cards if message else ()
    return Receipt(
        kind=DeliveryKind.NOTICE,
        at=head.queued_at or head.due_at,
        digest_id=None,
        outcome=message.heading if message else "a notice",
        state=_state(sendings, profile, None, now),
        papers=tuple(
            Told(seq=one.seq, title=one.title, score=None, reason=one.reason) for one in cards
        ),
        left_out=(),
    )


def _message(body: str) -> Message | None:
    try:
        return from_json(body)
    except ValueError:  # of another version
        return None


# --- what became of it ---------------------------------------------------------------------


def _state(
    sendings: Sequence[Sending], profile: Profile, was_held: str | None, now: datetime
) -> str:
    """`sent Tue 28 Oct 08:30`, `waiting until …: quiet hours`, `not deliverable: …`."""
    head, parts = sendings[0], len(sendings)
    if head.delivery.status is not DeliveryStatus.SENT:
        return _one_state(head, profile, was_held, now)
    for place, one in enumerate(sendings[1:], 2):
        if one.delivery.status is not DeliveryStatus.SENT:
            said = _one_state(one, profile, None, now)
            return f"sent {_at(head, profile)}; part {place} of {parts} {said}"
    held = _held(head, profile) or was_held
    return f"sent {_at(head, profile)}" + (f", after {held}" if held else "")


def _one_state(one: Sending, profile: Profile, was_held: str | None, now: datetime) -> str:
    delivery = one.delivery
    if delivery.status is DeliveryStatus.SENT:
        return f"sent {_at(one, profile)}"
    if delivery.status is DeliveryStatus.DEAD:
        return f"not deliverable: {delivery.reason}"
    if delivery.status is DeliveryStatus.LEASED:
        return "being sent just now"
    hold = one.held_until if one.held_until and one.held_until > now else None
    until = max(delivery.due_at, hold or delivery.due_at)
    on_hold = one.held_because if hold and hold >= delivery.due_at else None
    why = delivery.reason or on_hold or _held(one, profile) or was_held
    if until <= now:
        return "on its way" + (f"; the last try: {why}" if delivery.reason else "")
    at = timetable.local(until, profile.zone)
    return f"waiting until {at}" + (f": {why}" if why else "")


def _held(one: Sending, profile: Profile) -> str | None:
    """What kept it back, as far as the profile's hours of today tell."""
    decided = one.delivery.queued_at
    return held_by(profile, decided, one.delivery.due_at) if decided else None


def _at(one: Sending, profile: Profile) -> str:
    settled = one.settled_at or one.delivery.due_at
    return timetable.local(settled, profile.zone)
