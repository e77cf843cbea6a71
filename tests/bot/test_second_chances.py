"""Second chances: told once more, once, and at most one a week."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, ask, message
from fakes.pages import dump

from bot import desk, digests, messages, receipts, second_chances, timetable
from bot.commands import Commands
from matching.ingest import ingest
from storage import deliveries, mutes, profiles
from storage import second_chances as kept
from storage.database import Database
from storage.mutes import MuteKind
from storage.records import DeliveryKind, OwnerKind
from storage.sightings import Growth

GRAPHS = ("Graph Networks for Invented Molecules", "Graph Networks for Traffic")
OTHERS = tuple(f"{what} in Noisy Kitchens" for what in ("Speech", "Robots", "Proteins", "Tables"))


@pytest.fixture
async def ada(db, library, clock):
    profile = await db.write(
        profiles.add, kind=OwnerKind.PERSON, platform=ADA.platform, workspace=ADA.workspace,
        owner=ADA.id, name="ada", zone="Europe/Berlin", now=clock.now,
    )  # fmt: skip
    await db.write(profiles.add_interest, profile.id, "graph networks", clock.now)
    await ingest(db, library.encoder, dump(*OTHERS, name="others", comments=2), clock.now)
    await ingest(db, library.encoder, dump(*GRAPHS, name="first", comments=3), clock.now)
    return profile


async def talked_about(library, clock, *titles, comments=41, days=4):
    clock.advance(days=days)
    later = dump(*titles, name=f"later {clock.now}", comments=comments)
    await ingest(library.db, library.encoder, later, clock.now)


async def again(db) -> list[messages.Message]:
    return [
        messages.from_json(one.body)
        for one in await db.read(deliveries.newest)
        if one.kind is DeliveryKind.NOTICE
    ]


async def sent_digest(library, profile, clock):
    schedule = timetable.read_schedule("daily 08:30", profile.zone)
    await desk.subscribe(library.db, profile, schedule, 4, clock.now)
    await digests.queue_due(library, clock.advance(hours=3))


async def test_what_was_sent_and_is_much_talked_about_comes_once_more(ada, db, library, clock):
    await sent_digest(library, ada, clock)
    await talked_about(library, clock, GRAPHS[0])
    assert await second_chances.queue(library, clock.now) == 1
    (said,) = await again(db)
    assert said.heading == "Comments 3 → 41"
    assert said.intro == "You saw this on Tuesday: comments 3 → 41 since then."
    assert [card.title for card in said.cards] == [GRAPHS[0]]
    assert "graph networks" in said.cards[0].reason
    assert [button.action for button in said.buttons] == ["alerts second-chances off"]


async def test_it_has_its_receipt(ada, db, library, clock):
    await talked_about(library, clock, GRAPHS[0])
    await second_chances.queue(library, clock.now)
    (one,) = await receipts.of(db, ada, clock.now - timedelta(days=1), clock.now)
    assert (one.kind, one.outcome) == (DeliveryKind.NOTICE, "Comments 3 → 41")
    assert [paper.title for paper in one.papers] == [GRAPHS[0]]
    assert "graph networks" in one.papers[0].reason


async def test_what_fits_and_was_never_sent_says_so(ada, db, library, clock):
    await talked_about(library, clock, GRAPHS[0])
    assert await second_chances.queue(library, clock.now) == 1
    assert (await again(db))[0].intro.startswith("This came on Tuesday and was not sent to you:")


async def test_there_is_one_a_week_and_no_paper_twice(ada, db, library, clock):
    await talked_about(library, clock, *GRAPHS)
    assert [await second_chances.queue(library, clock.now) for _ in range(3)] == [1, 0, 0]
    await talked_about(library, clock, *GRAPHS, comments=90, days=3)
    assert await second_chances.queue(library, clock.now) == 0
    await talked_about(library, clock, *GRAPHS, comments=200, days=4)
    assert await second_chances.queue(library, clock.now) == 0, "the best was told already"
    assert len(await again(db)) == 1


async def test_two_processes_at_once_tell_it_once(ada, db, library, clock, monkeypatch):
    await talked_about(library, clock, GRAPHS[0])
    written = []

    async def twice(fn, *args, **kwargs):
        if fn is not second_chances._queue:
            return await Database.write(db, fn, *args, **kwargs)
        written.extend([await Database.write(db, fn, *args, **kwargs) for _ in range(2)])
        return written[0]

    monkeypatch.setattr(db, "write", twice)
    assert await second_chances.queue(library, clock.now) == 1
    assert written == [True, False]
    assert len(await again(db)) == 1


async def test_killed_before_the_commit_it_is_told_by_the_next(ada, db, library, clock):
    await talked_about(library, clock, GRAPHS[0])

    def half(tx, *args):
        second_chances._queue(tx, *args)
        raise RuntimeError("killed")

    write = db.write

    async def dying(fn, *args, **kwargs):
        return await write(half if fn is second_chances._queue else fn, *args, **kwargs)

    db.write = dying
    with pytest.raises(RuntimeError, match="killed"):
        await second_chances.queue(library, clock.now)
    db.write = write
    assert await again(db) == []
    assert await second_chances.queue(library, clock.now) == 1


async def test_a_mute_keeps_it_away_and_quiet_hours_hold_it_back(ada, db, library, clock):
    one = await db.write(mutes.add, ada.id, MuteKind.WORD, "molecules", clock.now)
    await talked_about(library, clock, GRAPHS[0])
    assert await second_chances.queue(library, clock.now) == 0
    await db.write(mutes.remove, ada.id, one.id)
    await db.write(profiles.set_quiet, ada.id, timetable.read_quiet("05:00-09:00"))
    assert await second_chances.queue(library, clock.now) == 1
    waiting = (await db.read(deliveries.newest))[0]
    assert timetable.local(waiting.due_at, ada.zone) == "Sat 01 Nov 09:00"


async def test_it_is_off_by_one_press_and_on_by_another(ada, db, library, clock):
    await talked_about(library, clock, GRAPHS[0])
    commands = Commands(library, clock, lambda: None)
    said = message(await ask(commands, "alerts second-chances off"))
    assert said.heading == "Second chances are off"
    assert await second_chances.queue(library, clock.now) == 0
    await ask(commands, said.buttons[0].action)
    assert await db.read(kept.wanted, ada.id)
    assert await second_chances.queue(library, clock.now) == 1


async def test_what_does_not_fit_or_gained_little_is_not_told(ada, library, clock):
    await talked_about(library, clock, *OTHERS)
    assert await second_chances.queue(library, clock.now) == 0
    await talked_about(library, clock, GRAPHS[0], comments=9, days=1)
    assert await second_chances.queue(library, clock.now) == 0


def test_only_the_top_percent_are_candidates():
    grown = [Growth(seq=n, before=0, comments=n) for n in range(1, 301)]
    uncounted = [Growth(seq=n, before=None, comments=n) for n in range(301, 900)]
    assert [one.seq for one in second_chances.top(grown + uncounted)] == [300, 299, 298]
    assert second_chances.top([]) == []
