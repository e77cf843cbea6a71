"""Receipts tell every digest and alert with what became of it, and what was left out."""

from datetime import timedelta

import pytest
from fakes import small_field
from fakes.pages import dump

from bot import alerts, desk, digests, hits, receipts, timetable
from matching.alerts import parse
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, exports, mutes, outbox, profiles
from storage.mutes import MuteKind
from storage.records import DeliveryKind, DeliveryStatus, Destination, OwnerKind

PAPERS = (
    "Graph Networks for Molecules",
    "Graph Networks for Traffic",
    "Graph Networks for Farms",
    "Speech Recognition in Noisy Kitchens",
)
WEEK = timedelta(days=7)


class Person:
    """Somebody who follows graph networks, with a digest at 08:30 in Berlin."""

    def __init__(self, library, clock) -> None:
        self.library, self.db, self.clock = library, library.db, clock

    async def begin(self, owner="UADA", size=8):
        now = self.clock.now
        self.profile = await self.db.write(
            profiles.add, kind=OwnerKind.PERSON, platform="slack", workspace="T1", owner=owner,
            name=owner.lower(), zone="Europe/Berlin", now=now,
        )  # fmt: skip
        await self.db.write(profiles.add_interest, self.profile.id, "graph networks", now)
        schedule = timetable.read_schedule("daily 08:30", "Europe/Berlin")
        await desk.subscribe(self.db, self.profile, schedule, size, now)
        return self

    async def arrive(self, *titles, name="page.txt"):
        await ingest(self.db, self.library.encoder, dump(*titles, name=name), self.clock.now)

    async def digest(self):
        """The clock at 08:30 in Berlin, and the digest decided."""
        self.clock.now = self.clock.now.replace(hour=7, minute=30)
        await digests.queue_due(self.library, self.clock.now)

    async def receipts(self):
        (profile,) = (await self.db.read(profiles.by_id, [self.profile.id])).values()
        return await receipts.of(self.db, profile, self.clock.now - WEEK, self.clock.now)

    async def claim(self):
        (one,) = await self.db.write(
            outbox.claim,
            owner="me",
            platforms=["slack"],
            limit=1,
            lease=timedelta(minutes=2),
            now=self.clock.now,
        )
        return one

    async def send(self):
        one = await self.claim()
        await self.db.write(outbox.settle, one, "me", f"ts-{one.id}", self.clock.now)
        return one


@pytest.fixture
async def library(db, encoder, clock) -> Library:
    """With papers of last month to stand out from."""
    old = [paper.title for paper in small_field.papers(60)]
    await ingest(db, encoder, dump(*old, name="old"), clock.now - timedelta(days=30))
    return Library(db, encoder)


@pytest.fixture
async def ada(library, clock) -> Person:
    return await Person(library, clock).begin()


async def test_a_digest_is_told_with_its_papers_their_scores_and_reasons(ada):
    await ada.arrive(*PAPERS)
    await ada.digest()
    await ada.send()
    (one,) = await ada.receipts()
    assert one.kind is DeliveryKind.DIGEST
    assert one.digest_id == 1
    assert one.at == ada.clock.now
    assert one.outcome == "3 papers of 4"
    assert one.state == "sent Tue 28 Oct 08:30"
    assert {paper.title for paper in one.papers} == set(PAPERS[:3])
    assert [paper.score for paper in one.papers] == sorted(
        (paper.score for paper in one.papers), reverse=True
    )
    assert all("graph networks" in paper.reason for paper in one.papers)
    assert one.left_out == ()


async def test_an_empty_digest_is_told_with_the_reason(ada):
    await ada.arrive(PAPERS[3])
    await ada.digest()
    (one,) = await ada.receipts()
    assert one.outcome.startswith("none of 1 new paper fits well enough")
    assert one.state == "nothing was sent"
    assert one.papers == ()


async def test_what_was_left_out_is_counted_by_its_reason(library, clock):
    ada = await Person(library, clock).begin(size=1)
    await ada.db.write(mutes.add, ada.profile.id, MuteKind.WORD, "farms", clock.now)
    await desk.add_alert(ada.db, ada.profile, parse("molecules"), clock.now)
    await ada.arrive(*PAPERS, "Graph Networks for Bridges")
    await alerts.queue_new(ada.db, clock.now)
    await ada.digest()
    digest = next(one for one in await ada.receipts() if one.kind is DeliveryKind.DIGEST)
    assert digest.left_out == (
        "1 more fitted, beyond the digest's size.",
        "1 more had come as an alert.",
        "1 more would have fitted and is muted.",
    )


async def test_older_papers_that_were_passed_over_are_counted(ada):
    await ada.arrive(*PAPERS)
    ada.clock.advance(days=20)
    await ada.arrive("Graph Networks for Bridges", name="later")
    await ada.digest()
    (one,) = await ada.receipts()
    assert one.left_out == ("4 older papers passed over.",)


async def test_an_alert_is_told_with_its_hits_also_after_it_was_removed(ada):
    alert = await desk.add_alert(ada.db, ada.profile, parse("traffic"), ada.clock.now)
    await ada.arrive(*PAPERS)
    await alerts.queue_new(ada.db, ada.clock.now)
    await ada.send()
    (one,) = await ada.receipts()
    assert one.kind is DeliveryKind.ALERT
    assert one.digest_id is None
    assert (one.outcome, one.state) == ("1 paper for traffic", "sent Tue 28 Oct 07:00")
    assert [(it.title, it.score) for it in one.papers] == [(PAPERS[1], None)]
    await ada.db.write(profiles.remove_alert, ada.profile.id, alert.id)
    (one,) = await ada.receipts()
    assert one.outcome == "1 paper"
    assert [it.title for it in one.papers] == [PAPERS[1]]


async def test_hits_beyond_the_cards_of_an_alert_are_told_too(ada):
    await desk.add_alert(ada.db, ada.profile, parse("bridge"), ada.clock.now)
    await ada.arrive(*(f"Bridge Number {n} of Many" for n in range(hits.CARDS + 3)))
    await alerts.queue_new(ada.db, ada.clock.now)
    (one,) = await ada.receipts()
    assert len(one.papers) == hits.CARDS + 3
    assert one.papers[-1].reason == "your alert bridge"


# --- what became of it ---------------------------------------------------------------------


async def test_quiet_hours_are_the_reason_of_a_later_time_before_and_after(ada):
    await ada.db.write(profiles.set_quiet, ada.profile.id, timetable.read_quiet("08:00-10:00"))
    await ada.arrive(*PAPERS)
    await ada.digest()
    (one,) = await ada.receipts()
    assert one.state == "waiting until Tue 28 Oct 10:00: quiet hours"
    ada.clock.advance(hours=2)
    await ada.send()
    await ada.db.write(profiles.set_quiet, ada.profile.id, None)  # it is on record by now
    (one,) = await ada.receipts()
    assert one.state == "sent Tue 28 Oct 10:30, after quiet hours"


async def test_a_snooze_is_the_reason_of_an_alert_that_waits(ada):
    await desk.add_alert(ada.db, ada.profile, parse("traffic"), ada.clock.now)
    await desk.snooze(ada.db, ada.profile, ada.clock.now + timedelta(days=2), ada.clock.now)
    await ada.arrive(*PAPERS)
    await alerts.queue_new(ada.db, ada.clock.now)
    (one,) = await ada.receipts()
    assert one.state == "waiting until Thu 30 Oct 07:00: a snooze"


async def test_a_snooze_that_ends_in_quiet_hours_is_told_as_both(ada, clock):
    until = clock.now + timedelta(days=1)
    await ada.db.write(profiles.set_quiet, ada.profile.id, timetable.read_quiet("06:00-09:00"))
    await ada.db.write(profiles.snooze, ada.profile.id, until)
    (profile,) = (await ada.db.read(profiles.by_id, [ada.profile.id])).values()
    due = timetable.free(clock.now, profile)
    assert receipts.held_by(profile, clock.now, due) == "a snooze and quiet hours"
    assert receipts.held_by(profile, clock.now, clock.now) is None
    assert receipts.held_by(profile, clock.now, due + timedelta(hours=1)) is None


async def test_a_failed_try_and_a_place_on_hold_are_reasons_to_wait(ada):
    await desk.add_alert(ada.db, ada.profile, parse("traffic"), ada.clock.now)
    await ada.arrive(*PAPERS)
    await alerts.queue_new(ada.db, ada.clock.now)
    await ada.digest()
    one = await ada.claim()
    until = ada.clock.now + timedelta(minutes=5)
    await ada.db.write(
        outbox.postpone, one, "me", until=until, reason="too many messages", maybe_posted=False
    )
    states = {it.kind: it.state for it in await ada.receipts()}
    assert states == {
        DeliveryKind.ALERT: "waiting until Tue 28 Oct 08:35: too many messages",
        DeliveryKind.DIGEST: "waiting until Tue 28 Oct 08:35: too many messages",
    }
    ada.clock.advance(minutes=6)
    states = {it.kind: it.state for it in await ada.receipts()}
    assert states == {
        DeliveryKind.ALERT: "on its way; the last try: too many messages",
        DeliveryKind.DIGEST: "on its way",
    }


async def test_what_can_not_be_delivered_says_why(ada):
    await ada.arrive(*PAPERS)
    await ada.digest()
    one = await ada.claim()
    assert [it.state for it in await ada.receipts()] == ["being sent just now"]
    await ada.db.write(outbox.bury, one, "me", reason="the channel is gone", now=ada.clock.now)
    assert [it.state for it in await ada.receipts()] == ["not deliverable: the channel is gone"]


async def test_a_message_in_parts_is_sent_when_its_last_part_is(ada):
    await ada.arrive(*PAPERS)
    await ada.digest()
    head = await ada.send()
    await ada.db.write(outbox.follow_up, head, [(head.body, None)] * 2, ada.clock.now)
    await ada.send()
    (one,) = await ada.receipts()
    assert one.state == "sent Tue 28 Oct 08:30; part 3 of 3 on its way"
    await ada.send()
    (one,) = await ada.receipts()
    assert one.state == "sent Tue 28 Oct 08:30"


async def test_a_digest_whose_message_was_deleted_keeps_its_papers(ada):
    await ada.arrive(*PAPERS)
    await ada.digest()
    await ada.db.write(
        lambda tx: [
            tx.execute("UPDATE digests SET delivery_key = NULL"),
            tx.execute("DELETE FROM outbox"),
        ]
    )
    (one,) = await ada.receipts()
    assert one.state == "the message was deleted"
    assert len(one.papers) == 3


# --- whose, and since when -----------------------------------------------------------------


async def test_receipts_are_newest_first_and_end_where_they_are_asked_to(ada):
    await ada.arrive(*PAPERS[:1], name="one")
    await ada.digest()
    first = ada.clock.now
    ada.clock.advance(days=6)
    await ada.arrive(*PAPERS[1:], name="two")
    await ada.digest()
    assert [one.at for one in await ada.receipts()] == [ada.clock.now, first]
    ada.clock.advance(days=2)
    assert [one.at for one in await ada.receipts()] == [ada.clock.now - timedelta(days=2)]


async def test_nobody_reads_anothers_receipts(library, clock, ada):
    ben = await Person(library, clock).begin("UBEN")
    await desk.add_alert(ben.db, ben.profile, parse("kitchens"), clock.now)
    await ada.arrive(*PAPERS)
    await alerts.queue_new(ada.db, clock.now)
    assert await ada.receipts() == []
    (mine,) = await ben.receipts()
    assert [it.title for it in mine.papers] == [PAPERS[3]]
    await ada.digest()
    assert [one.digest_id for one in await ada.receipts()] == [1]
    assert [one.digest_id for one in await ben.receipts()] == [2, None]


async def test_what_is_forgotten_is_in_no_receipt(ada):
    await ada.arrive(*PAPERS)
    await ada.digest()
    await ada.db.write(exports.forget, "slack", "T1", "UADA", ada.clock.now)
    assert await receipts.of(ada.db, ada.profile, ada.clock.now - WEEK, ada.clock.now) == []
    assert await ada.db.read(deliveries.newest, DeliveryStatus.PENDING) == []
    assert ada.profile.destination == Destination(platform="slack", address="T1/UADA")


async def test_a_hit_that_a_mute_silenced_is_on_record_with_the_mute(ada):
    await desk.add_alert(ada.db, ada.profile, parse("bridge"), ada.clock.now)
    await ada.db.write(mutes.add, ada.profile.id, MuteKind.WORD, "canals", ada.clock.now)
    await ada.arrive("Bridges over Canals", "Bridges over Roads", name="both")
    await alerts.queue_new(ada.db, ada.clock.now)
    ada.clock.advance(hours=1)
    await ada.arrive("More Bridges over Canals", name="one")
    await alerts.queue_new(ada.db, ada.clock.now)
    later, first = await ada.receipts()
    why = "hit your alert bridge and was not told: muted: “canals”."
    assert first.left_out == (f"“Bridges over Canals” {why}",)
    assert [paper.title for paper in first.papers] == ["Bridges over Roads"]
    assert (later.outcome, later.state) == ("nothing to tell", "nothing was sent")
    assert later.left_out == (f"“More Bridges over Canals” {why}",)
