"""The verb `receipts`: what was sent, a page at a time, to whom it belongs."""

from datetime import timedelta

import pytest
from fakes import small_field
from fakes.chat import ADA, BOB, ROOM, ask, button, message, press, text
from fakes.pages import dump

from bot import alerts, digests
from bot.commands import Commands
from matching.ingest import ingest

TITLES = tuple(f"Graph Networks for Purpose {n}" for n in range(14))


@pytest.fixture
async def commands(library, clock) -> Commands:
    """Ada and a channel on the morning of fourteen papers that stand out from last month's."""
    old = [paper.title for paper in small_field.papers(60)]
    before = clock.now - timedelta(days=30)
    await ingest(library.db, library.encoder, dump(*old, name="old"), before)
    made = Commands(library, clock, lambda: None)
    for prefix, room in (("", None), ("channel ", ROOM)):
        await ask(made, f"{prefix}follow graph networks for purpose", room=room)
        await ask(made, f"{prefix}digest daily 08:30", room=room)
    await press(made, await ask(made, 'alert "purpose 7"'), "Save")
    await ask(made, "digest size 12")
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
    await alerts.queue_new(library.db, clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    return made


async def test_a_person_reads_what_was_sent_with_scores_reasons_and_what_was_left_out(commands):
    said = text(await ask(commands, "receipts"))
    assert "Your receipts of the last 7 days" in said
    assert "Tue 28 Oct 09:00 · Digest: 12 papers of 14" in said
    assert (
        "On its way. 1 more fitted, beyond the digest's size. 1 more had come as an alert." in said
    )
    assert "your interest “graph networks for purpose”" in said
    assert "Times are in UTC. 1 to 10 of 15." in said


async def test_further_pages_are_of_the_same_days(commands):
    first = await ask(commands, "receipts 30")
    more = button(first, "More")
    assert more.action == "receipts 30 page 2"
    second = await ask(commands, more.action)
    assert "11 to 15 of 15." in text(second)
    assert "Alert: 1 paper for" in text(second)
    assert "the last 30 days" in message(second).heading
    assert button(second, "Back").action == "receipts 30 page 1"
    assert text(await ask(commands, "receipts page 2")) == text(second).replace("30 days", "7 days")


async def test_each_paper_has_the_way_to_its_reasons(commands):
    shown = await ask(commands, "receipts")
    why = button(shown, "Why?")
    assert why.action.startswith("why ")
    assert "Graph Networks" in text(await ask(commands, why.action))


async def test_every_member_reads_the_channels_receipts_and_not_the_persons(commands):
    said = text(await ask(commands, "channel receipts", person=BOB, room=ROOM))
    assert "The channel's receipts" in said
    assert "Digest: 8 papers of 14" in said
    assert "Alert" not in said


async def test_a_stranger_reads_nothing(commands):
    said = text(await ask(commands, "receipts", person=BOB))
    assert "Nothing was sent in the last 7 days" in said
    assert "Graph" not in said


async def test_a_day_later_than_asked_for_there_is_nothing(commands, clock):
    clock.advance(days=2)
    assert "Nothing was sent in the last day" in text(await ask(commands, "receipts 1"))
    assert "12 papers" in text(await ask(commands, "receipts 3"))


@pytest.mark.parametrize("typed", ["0", "91", "yesterday", "-3", "9" * 40])
async def test_what_is_no_number_of_days_is_refused_with_an_example(commands, typed):
    said = text(await ask(commands, f"receipts {typed}"))
    assert "`/papers receipts 30`" in said


async def test_looking_makes_no_profile(commands, library):
    from storage import profiles

    await ask(commands, "receipts", person=BOB)
    assert await library.db.read(profiles.of, BOB.platform, BOB.workspace, BOB.id) is None
    assert await library.db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id) is not None
