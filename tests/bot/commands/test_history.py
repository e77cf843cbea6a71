"""Changes: replayed over the last month as they are made, on record, taken back and made again."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, channel, message, press, text
from fakes.pages import dump

from bot.commands import Commands, Standing
from bot.demo import samples
from matching.ingest import ingest
from storage import changes, mutes, profiles, subscriptions

DAYS = (
    ("Graph Networks for Traffic", "Speech Recognition in Kitchens", "Ice of the Glaciers"),
    ("Graph Networks for Molecules", "Speech Recognition on Boats", "Ice of the Moons"),
    ("Deep Graph Networks", "Speech Recognition for Children", "Ice of the Comets"),
    ("Graph Networks in Space", "Speech Recognition at Night", "Ice of the Poles"),
    ("Fast Graph Networks", "Speech Recognition of Birds", "Ice of the Lakes"),
)


@pytest.fixture
async def commands(library, clock) -> Commands:
    """Papers of two months ago to stand out from, and three a day of the last five days."""
    for raw in samples():
        await ingest(library.db, library.encoder, raw, clock.now - timedelta(days=60))
    for ago, titles in enumerate(DAYS):
        at = clock.now - timedelta(days=5 - ago)
        await ingest(library.db, library.encoder, dump(*titles, name=f"day {ago}"), at)
    return Commands(library, clock, lambda: None)


async def followed(db, who=ADA) -> list[str]:
    profile = await db.read(profiles.of, who.platform, who.workspace, who.id)
    return [one.text for one in await db.read(profiles.interests, profile.id)] if profile else []


async def test_an_interest_is_shown_with_what_it_makes_of_the_last_month(commands):
    said = text(await ask(commands, "follow graph networks"))
    assert "Digests of the last 5 days, replayed: +5 papers (5 instead of 0)." in said
    again = text(await ask(commands, "follow speech recognition"))
    assert "+5 papers (10 instead of 5)" in again


async def test_a_full_digest_says_what_a_new_interest_displaces(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "digest daily 08:30 size 1")
    reply = await ask(commands, "follow speech recognition in kitchens, on boats, at night")
    assert "−" in text(reply)
    gone = [row.text for row in message(reply).rows]
    assert gone
    assert all(row.startswith("− ") and "Graph Networks" in row for row in gone)


async def test_a_smaller_digest_is_replayed_and_can_be_undone(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow speech recognition")
    await ask(commands, "digest daily 08:30")
    reply = await ask(commands, "digest size 1")
    assert "−5 papers (5 instead of 10)" in text(reply)
    undone = await press(commands, reply, "Undo")
    assert "set digests to 1 paper instead of 8" in text(undone)
    assert "+5 papers (10 instead of 5)" in text(undone)
    profile = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    assert [one.size for one in await db.read(subscriptions.of, profile.id)] == [8]
    same = await ask(commands, "digest size 8")
    assert "Undo" not in [one.label for one in buttons(same)], "nothing changed"


async def test_what_takes_much_away_is_asked_about_first(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow ice of the glaciers")
    asked = await ask(commands, "unfollow graph networks")
    assert "Stop following that?" in text(asked)
    assert "−5 papers" in text(asked)
    assert len(message(asked).rows) == 3
    assert await followed(db) == ["graph networks", "ice of the glaciers"]
    await press(commands, asked, "Stop following")
    assert await followed(db) == ["ice of the glaciers"]


async def test_a_mute_that_takes_much_is_asked_about_and_a_small_one_is_not(commands, db):
    await ask(commands, "follow graph networks")
    small = await ask(commands, "mute traffic")
    assert "Muted" in text(small)
    assert "−1 paper (4 instead of 5)" in text(small)
    await press(commands, small, "Undo")
    asked = await ask(commands, "mute graph")
    assert "Mute “graph”?" in text(asked)
    profile = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    assert await db.read(mutes.of, profile.id) == []
    stolen = await press(commands, asked, "Mute it", person=BOB)
    assert "too old" in text(stolen)
    await press(commands, asked, "Mute it")
    assert [one.value for one in await db.read(mutes.of, profile.id)] == ["graph"]


async def test_undo_goes_back_one_change_at_a_time_and_redo_forward(commands, db):
    for typed in ("follow graph networks", "follow speech recognition", "mute traffic"):
        await ask(commands, typed)
    assert "muted “traffic”" in text(await ask(commands, "undo"))
    second = await ask(commands, "undo")
    assert "followed “speech recognition”" in text(second)
    assert await followed(db) == ["graph networks"]
    await press(commands, second, "Redo")
    assert await followed(db) == ["graph networks", "speech recognition"]
    await ask(commands, "undo 1")
    assert await followed(db) == ["speech recognition"]
    assert "No change 1 stands" in text(await ask(commands, "undo 1"))
    await ask(commands, "undo")
    assert "There is nothing to undo" in text(await ask(commands, "undo"))


async def test_history_lists_changes_with_their_state(commands, db):
    assert "No changes yet" in text(await ask(commands, "history"))
    await ask(commands, "follow graph networks")
    await ask(commands, "interest-edit 1 graph theory")
    await ask(commands, "undo")
    listed = await ask(commands, "changes")
    first, second = message(listed).rows
    assert first.text == "Changed “graph networks” to “graph theory”."
    assert "undone" in first.detail
    assert [one.label for one in first.buttons] == ["Redo"]
    assert [one.action for one in second.buttons] == ["undo 1"]
    assert await followed(db) == ["graph networks"]


@pytest.mark.parametrize("named", ["x", "-1", "9" * 5000, "²", "0"])
async def test_what_names_no_change_undoes_nothing(commands, db, named):
    await ask(commands, "follow graph networks")
    reply = await ask(commands, f"undo {named}")
    assert button(reply, "History").action == "history"
    assert await followed(db) == ["graph networks"]


async def test_a_change_of_somebody_else_is_not_undone(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow speech recognition", person=BOB)
    assert "No change 1 stands" in text(await ask(commands, "undo 1", person=BOB))
    await ask(commands, "undo 1")
    assert "was not undone" in text(await ask(commands, "redo 1", person=BOB))
    assert await followed(db) == []
    assert await followed(db, BOB) == ["speech recognition"]


async def test_a_channels_changes_are_undone_by_those_who_may(commands, db):
    await ask(commands, "channel follow graph networks", room=ROOM)
    member = channel(standing=Standing.MEMBER)
    listed = await ask(commands, "channel history", room=member)
    assert "Followed “graph networks”." in text(listed)
    assert "Only an admin" in text(await ask(commands, "channel undo", room=member))
    assert await followed(db, ROOM) == ["graph networks"]
    undone = await ask(commands, "channel undo", room=ROOM)
    assert undone.is_public
    assert await followed(db, ROOM) == []


async def test_a_shadow_leaves_no_trace(commands, db):
    await ask(commands, "follow graph networks")
    before = await db.read(lambda tx: [tuple(row) for row in tx.rows("SELECT * FROM interests")])
    await ask(commands, "unfollow graph networks")  # asked about, and left alone
    after = await db.read(lambda tx: [tuple(row) for row in tx.rows("SELECT * FROM interests")])
    profile = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    assert after == before
    assert len(await db.read(changes.of, profile.id)) == 1
