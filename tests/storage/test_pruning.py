"""What is old goes, a little at a time; what the promise rests on stays for ever."""

from datetime import timedelta

import pytest
from fakes import long_life
from fakes.pages import dump

from bot import alerts, messages
from matching.ingest import ingest
from storage import (
    alert_hits,
    answers,
    deliveries,
    destinations,
    digests,
    handled,
    invariants,
    notices,
    outbox,
    overview,
    papers,
    pruning,
    readers,
    workspaces,
)
from storage.instants import to_text
from storage.pruning import BUTTONS, KEPT, Pruned, Retention
from storage.records import DeliveryKind, DeliveryStatus, Destination

A_SECOND = timedelta(seconds=1)
ROOM = Destination(platform="slack", address="T1/CROOM")


@pytest.fixture
async def life(db, encoder, clock) -> long_life.Life:
    await ingest(db, encoder, dump("Graphs for All", "More Graphs"), clock.now)
    made = await db.write(long_life.live, clock.now)
    clock.advance(minutes=1)
    return made


async def prune_all(db, now, limit=500) -> Pruned:
    """Until nothing goes; the sum."""
    total = Pruned()
    while gone := await db.write(pruning.prune, now, limit=limit):
        total = Pruned(**{name: getattr(total, name) + n for name, n in vars(gone).items()})
    return total


def facts(tx, life) -> dict[str, object]:
    """What a reader can learn of what was sent, and what sending again is decided by."""
    reader = life.reader.id
    return {
        "tellings": [overview.tellings(tx, reader, seq) for seq in (1, 2)],
        "sent before": [[kind for _, kind in digests.sent_before(tx, reader, s)] for s in (1, 2)],
        "told": alert_hits.told(tx, [reader], 0),
        "hits": alert_hits.counts(tx, reader),
        "considered": digests.considering(tx, reader, 1),
        "cursor": alert_hits.cursor(tx),
    }


async def left(db) -> list[str]:
    return sorted(one.key for one in await db.read(deliveries.newest))


# --- what stays known ----------------------------------------------------------------------


async def test_what_was_sent_is_known_as_well_when_its_row_is_gone(db, clock, life):
    await db.write(long_life.send_all, clock.now)
    before = await db.read(facts, life)
    assert await left(db) == ["alert/1", "digest/1", "digest/1#2"]
    gone = await prune_all(db, clock.now + KEPT + A_SECOND)
    assert (gone.deliveries, await left(db)) == (3, [])
    assert await db.read(facts, life) == before
    assert [one.status for one in before["tellings"][0]] == [DeliveryStatus.SENT]
    assert before["sent before"] == [["digest"], ["alert"]]


async def test_why_something_was_not_sent_is_known_when_its_row_is_gone(db, clock, life):
    await db.write(long_life.bury_all, "DMs are closed", clock.now)
    before = await db.read(facts, life)
    await prune_all(db, clock.now + KEPT + A_SECOND)
    assert await left(db) == []
    after = await db.read(facts, life)
    assert after == before
    assert [[one.reason for one in tellings] for tellings in after["tellings"]] == [
        ["DMs are closed"],
        ["DMs are closed"],
    ]


async def test_nothing_is_told_again_after_pruning(db, encoder, clock, life):
    await db.write(long_life.send_all, clock.now)
    await prune_all(db, clock.advance(days=400))
    await ingest(db, encoder, dump("Graphs for All", "More Graphs", name="again"), clock.now)
    assert await alerts.queue_new(db, clock.now) == 0
    assert await left(db) == []


async def test_what_was_read_is_never_pruned(db, clock, life):
    await db.write(long_life.send_all, clock.now)

    def counted(tx):
        names = "dumps papers sightings vectors digests digest_papers alert_hits profiles alerts"
        return {name: tx.value(f"SELECT COUNT(*) FROM {name}") for name in names.split()}

    before = await db.read(counted)
    await prune_all(db, clock.now + timedelta(days=36_500))
    assert await db.read(counted) == before
    assert all(before.values())


async def test_all_is_well_after_pruning(db, clock, life):
    await db.write(long_life.send_all, clock.now)
    now = clock.advance(days=400)
    await prune_all(db, now)
    found = [one.name for one in await db.read(invariants.check, now)]
    assert found == ["digest long due"], "its reader was away for a year"


# --- when ----------------------------------------------------------------------------------


@pytest.mark.parametrize("settle", [long_life.send_all, None], ids=["sent", "dead"])
async def test_a_settled_delivery_stays_until_it_is_old(db, clock, life, settle):
    if settle is None:
        await db.write(long_life.bury_all, "refused", clock.now)
    else:
        await db.write(settle, clock.now)
    before = await left(db)
    await prune_all(db, clock.now + KEPT)
    assert await left(db) == before
    await prune_all(db, clock.now + KEPT + A_SECOND)
    assert await left(db) == []


async def test_what_is_not_settled_stays_however_old_it_is(db, clock, life):
    claimed = await db.write(
        outbox.claim,
        owner="one",
        platforms=["slack"],
        limit=1,
        lease=timedelta(minutes=2),
        now=clock.now,
    )
    assert [one.status for one in claimed] == [DeliveryStatus.LEASED]
    await prune_all(db, clock.now + timedelta(days=3_650))
    assert await left(db) == ["alert/1", "digest/1"]


async def test_a_message_stays_while_a_part_of_it_is_on_its_way(db, clock, life):
    await db.write(long_life.send_all, clock.now)
    await db.write(
        lambda tx: tx.execute(
            "UPDATE outbox SET status = 'dead', reason = 'x' WHERE key = 'digest/1#2'"
        )
    )
    part = next(one for one in await db.read(deliveries.newest) if one.key == "digest/1#2")
    await db.write(deliveries.retry, part.id, clock.now)
    now = clock.now + KEPT + A_SECOND
    await prune_all(db, now)
    assert await left(db) == ["digest/1", "digest/1#2"]
    await db.write(long_life.send_all, now)
    await prune_all(db, now + A_SECOND)
    assert await left(db) == ["digest/1#2"], "the part was sent just now"


# --- the text of messages ------------------------------------------------------------------


async def test_the_text_of_what_was_sent_goes_when_its_buttons_need_not_work(db, clock, life):
    await db.write(long_life.send_all, clock.now)
    assert not await prune_all(db, clock.now + BUTTONS)
    gone = await prune_all(db, clock.now + BUTTONS + A_SECOND)
    assert (gone.bodies, gone.deliveries) == (3, 0)
    found = await db.read(deliveries.newest)
    assert {one.body for one in found} == {"{}"}
    assert {one.receipt for one in found} == {f"post of {one.key}" for one in found}


def test_a_message_without_its_text_is_none():
    """A press under it is told so, and does not fail."""
    with pytest.raises(ValueError, match="no message"):
        messages.from_json("{}")


async def test_what_could_not_be_sent_keeps_its_text_and_can_be_sent(db, clock, life):
    await db.write(long_life.bury_all, "refused", clock.now)
    now = clock.now + KEPT
    assert not await prune_all(db, now)
    for one in await db.read(deliveries.newest):
        assert await db.write(deliveries.retry, one.id, now)
        assert one.body != "{}"


async def test_the_text_of_what_waits_stays(db, clock, life):
    await prune_all(db, clock.now + timedelta(days=3_650))
    assert "{}" not in {one.body for one in await db.read(deliveries.newest)}


# --- a little at a time --------------------------------------------------------------------


@pytest.mark.parametrize("settle", ["sent", "dead"])
async def test_no_more_goes_at_once_than_was_asked_for(db, clock, settle):
    def many(tx):
        for n in range(25):
            long_life.queue(tx, f"{n}", DeliveryKind.DIGEST, ROOM, None, clock.now)
        if settle == "sent":
            long_life.send_all(tx, clock.now)
        else:
            long_life.bury_all(tx, "refused", clock.now)

    await db.write(many)
    now = clock.now + KEPT + A_SECOND
    counts = []
    while gone := await db.write(pruning.prune, now, limit=10):
        counts.append(gone.deliveries)
    assert counts == [10, 10, 5]
    assert await left(db) == []


@pytest.mark.parametrize(
    ("name", "days"), [("install_states", 0), ("holds", 1), ("events", 2), ("answers", 30)]
)
async def test_other_things_go_when_they_are_old(db, clock, name, days):
    def put(tx):
        for n in range(5):
            if name == "install_states":
                workspaces.add_state(tx, f"state {n}", clock.now, clock.now - A_SECOND)
            elif name == "holds":
                place = Destination(platform="slack", address=f"T1/U{n}")
                destinations.hold(tx, place, clock.now, "rate-limited")
            elif name == "events":
                handled.first_time(tx, "slack", f"event {n}", clock.now)
            else:
                body, person = "{}", f"U{n}"
                answers.add(
                    tx, platform="slack", workspace="T1", person=person, body=body, now=clock.now
                )

    await db.write(put)
    old = clock.now + timedelta(days=days)
    assert not await db.write(pruning.prune, old)
    assert await db.write(pruning.prune, old + A_SECOND, limit=2) == Pruned(**{name: 2})
    assert await prune_all(db, old + A_SECOND, limit=2) == Pruned(**{name: 3})


async def test_a_place_that_is_gone_is_remembered(db, clock):
    await db.write(destinations.hold, ROOM, clock.now, "rate-limited")
    await db.write(destinations.close, ROOM, "archived", clock.now)
    assert not await prune_all(db, clock.now + timedelta(days=3_650))
    assert await db.read(destinations.gone, ROOM) == "archived"


async def test_a_notice_goes_when_it_was_told_and_never_before(db, clock, life):
    await db.write(notices.add, life.reader.id, "told", clock.now)
    ((told, _),) = await db.read(notices.waiting, life.reader.id)
    await db.write(notices.told, [told], clock.now)
    await db.write(notices.add, life.reader.id, "waits", clock.now)
    assert (await prune_all(db, clock.now + KEPT)).notices == 0
    assert (await prune_all(db, clock.now + KEPT + A_SECOND)).notices == 1
    assert [text for _, text in await db.read(notices.waiting, life.reader.id)] == ["waits"]


async def test_who_runs_it_decides_how_long_texts_and_deliveries_stay(db, clock, life):
    await db.write(long_life.send_all, clock.now)
    kept = Retention(messages=timedelta(days=3), deliveries=timedelta(days=7))

    async def gone(**later) -> Pruned:
        return await db.write(pruning.prune, clock.now + timedelta(**later), kept)

    assert not await gone(days=3)
    assert await gone(days=3, seconds=1) == Pruned(bodies=3)
    assert not await gone(days=7)
    assert (await gone(days=7, seconds=1)).deliveries == 3
    assert await db.read(deliveries.newest) == []


async def test_newer_papers_are_as_new_as_before(db, encoder, clock, life):
    """Deleting rows gives no number away twice."""
    newest = await db.read(papers.newest)
    await prune_all(db, clock.advance(days=400))
    await ingest(db, encoder, dump("A Third", name="third"), clock.now)
    assert await db.read(papers.newest) == newest + 1


async def test_who_was_seen_in_a_channel_long_ago_is_forgotten_and_members_stay(life, db, clock):
    def seen(tx):
        tx.execute("DELETE FROM readers")
        for member, how, at in (
            ("T1/UOLD", "acted", clock.now - readers.REMEMBERED - A_SECOND),
            ("T1/UNEW", "acted", clock.now - readers.REMEMBERED + A_SECOND),
            ("T1/UMEMBER", "member", clock.now - 9 * readers.REMEMBERED),
        ):
            tx.execute(
                "INSERT INTO readers VALUES ('slack', 'T1/CROOM', :member, :how, :at)",
                member=member, how=how, at=to_text(at),
            )  # fmt: skip

    await db.write(seen)
    assert (await prune_all(db, clock.now)).readers == 1
    left = await db.read(lambda tx: tx.rows("SELECT member FROM readers ORDER BY member"))
    assert [row["member"] for row in left] == ["T1/UMEMBER", "T1/UNEW"]
