"""`try`: what a change would do, told before it is made."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, ROOM, ask, press, text
from fakes.pages import dump
from fakes.small_field import papers

from bot.commands import Commands
from matching.ingest import ingest
from storage import changes, mutes, profiles


@pytest.fixture
async def commands(library, clock) -> Commands:
    """Six days of forty papers, and somebody with two interests and a digest."""
    titles = [paper.title for paper in papers(240)]
    for day in range(6):
        raw, at = dump(*titles[day * 40 :][:40], name=f"{day}"), clock.now - timedelta(days=6 - day)
        await ingest(library.db, library.encoder, raw, at)
    made = Commands(library, clock, lambda: None)
    await ask(made, "follow nectar pollen hive")
    await ask(made, "digest daily 08:30 size 50")
    return made


async def recorded(db) -> list:
    profile = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    return await db.read(changes.of, profile.id)


@pytest.mark.parametrize(
    ("change", "told", "effect"),
    [
        ("follow moraine ice firn", "To follow “moraine ice firn”", "replayed: +"),
        ("unfollow nectar", "To stop following “nectar pollen hive”", "replayed: −"),
        ("mute nectar", "To mute “nectar”", "replayed: −"),
        ("digest about 0.2", "To turn the dial to about 0.2 a day", "replayed: −"),
        ("digest size 1", "To let a digest hold 1 paper, not 50", "replayed: −"),
    ],
)
async def test_a_change_is_replayed_and_made_only_by_the_press(commands, db, change, told, effect):
    before = await recorded(db)
    reply = await ask(commands, f"try {change}")
    assert told in text(reply)
    assert effect in text(reply)
    assert await recorded(db) == before
    await press(commands, reply, "Make this change")
    after = await recorded(db)
    assert len(after) == len(before) + 1
    assert after[0].delta


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("try", "`follow graph networks`"),
        ("try dance", "`follow graph networks`"),
        ("try unfollow 99", "by its number"),
        ("try unmute 99", "by its number"),
        ("try follow !?", "plain words"),
        ("try digest about 900", "about 6"),
        ("try digest sure 3", "sure 80"),
        ("try digest size 400", "1 to 50"),
        ("try digest weekly mon 09:00", "its size and dial"),
        ("try follow nectar pollen hive", "so already"),
    ],
)
async def test_what_cannot_be_tried_says_what_can(commands, db, typed, remedy):
    before = await recorded(db)
    assert remedy in text(await ask(commands, typed))
    assert await recorded(db) == before


async def test_somebody_new_is_told_how_to_begin(library, clock):
    empty = Commands(library, clock, lambda: None)
    assert "/papers start" in text(await ask(empty, "try follow graphs"))


async def test_a_channel_tries_its_own(commands, db):
    await ask(commands, "channel follow moraine ice firn", room=ROOM)
    reply = await ask(commands, "channel try mute moraine", room=ROOM)
    await press(commands, reply, "Make this change", room=ROOM)
    profile = await db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)
    assert [one.value for one in await db.read(mutes.of, profile.id)] == ["moraine"]
