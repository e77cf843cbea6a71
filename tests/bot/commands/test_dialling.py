"""The dial in chat: turned by words or by the form, told wherever the digest is told."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, ROOM, ask, press, text
from fakes.pages import dump
from fakes.small_field import papers

from bot.commands import Commands
from matching.ingest import ingest
from storage import dials, profiles, subscriptions


@pytest.fixture
async def commands(library, clock) -> Commands:
    await ingest(library.db, library.encoder, dump(*[p.title for p in papers(60)]), clock.now)
    made = Commands(library, clock, lambda: None)
    await ask(made, "follow nectar pollen hive")
    await ask(made, "digest daily 08:30")
    return made


async def mine(db):
    profile = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    (one,) = await db.read(subscriptions.of, profile.id)
    return one, (await db.read(dials.of, [one.id])).get(one.id)


async def test_about_six_a_day_is_turned_and_told(commands, db):
    said = text(await ask(commands, "digest about 6"))
    assert "about 6 a day" in said.casefold()
    one, dial = await mine(db)
    assert dial.about == 6
    assert dial.floor is not None
    assert one.size == 12
    for question in ("digest", "status", "profile", "digest preview"):
        assert "about 6 a day" in text(await ask(commands, question)).casefold()


@pytest.mark.parametrize("typed", ["digest sure 80", "digest sure 80%", "digest sure 0.8"])
async def test_how_sure_is_said_in_percent_or_as_a_share(commands, db, typed):
    said = text(await ask(commands, typed))
    assert "80% likelihood" in said
    assert "0 votes here" in said
    assert (await mine(db))[1].sure == pytest.approx(0.8)


async def test_a_schedule_and_a_dial_go_in_one_line(commands, db):
    await ask(commands, "digest weekdays 09:00 about 5 a day")
    one, dial = await mine(db)
    assert one.schedule.weekdays == frozenset(range(5))
    assert dial.about == 5
    assert one.size == 14
    await ask(commands, "digest daily 07:00 size 4 about 2")
    assert (await mine(db))[0].size == 4


async def test_the_dial_goes_off_again(commands, db):
    await ask(commands, "digest about 6")
    assert "Everything that fits comes." in text(await ask(commands, "digest dial off"))
    dial = (await mine(db))[1]
    assert not dial.is_set
    assert dial.floor is None


async def test_the_surprise_is_switched_off_and_on(commands, db):
    await ask(commands, "digest surprise off")
    assert not (await mine(db))[1].surprise
    await ask(commands, "digest surprise on")
    assert (await mine(db))[1].surprise


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("digest about six", "digest about 6"),
        ("digest about 0", "about 6"),
        ("digest sure 20", "sure 80"),
        ("digest about 6 sure 80", "digest about 6"),
        ("digest preview about 6", "digest about 6"),
        ("digest surprise maybe", "digest surprise on"),
    ],
)
async def test_a_dial_that_cannot_be_says_what_can(commands, db, typed, remedy):
    assert remedy in text(await ask(commands, typed))
    assert (await mine(db))[1] is None


async def test_without_a_digest_the_dial_says_how_to_begin(library, clock):
    made = Commands(library, clock, lambda: None)
    assert "digest daily 08:30 about 6" in text(await ask(made, "digest about 6"))


async def test_the_form_offers_the_dial_and_takes_it(commands, db):
    form = (await ask(commands, "digest-form")).form
    values = {field.name: field.value for field in form.fields}
    choices = next(field.choices for field in form.fields if field.name == "size")
    assert {"8", "about 6", "sure 80"} <= {choice.value for choice in choices}
    await ask(commands, form.action, fields=values | {"size": "about 6"})
    one, dial = await mine(db)
    assert (dial.about, one.size) == (6, 12)
    again = (await ask(commands, "digest-form")).form
    assert {field.name: field.value for field in again.fields}["size"] == "about 6"
    await ask(commands, form.action, fields=values | {"size": "5"})
    one, dial = await mine(db)
    assert (dial.is_set, one.size) == (False, 5)


@pytest.fixture
async def read(library, clock) -> Commands:
    """Ten days of forty papers, and somebody with two interests."""
    titles = [paper.title for paper in papers(400)]
    for day in range(10):
        at = clock.now - timedelta(days=10 - day)
        await ingest(library.db, library.encoder, dump(*titles[day * 40 :][:40], name=f"{day}"), at)
    made = Commands(library, clock, lambda: None)
    await ask(made, "follow nectar pollen hive")
    await ask(made, "follow moraine ice firn")
    await ask(made, "digest daily 08:30 size 50")
    return made


async def test_a_dial_that_takes_much_is_asked_about_with_what_would_go(read, db):
    asked = await ask(read, "digest about 0.1")
    assert "Turn the dial to about 0.1 a day?" in text(asked)
    assert "−" in text(asked).split("replayed:")[1], "what would go"
    assert (await mine(db))[1] is None, "nothing is turned yet"
    done = await press(read, asked, "Turn it")
    assert "replayed: −" in text(done)
    assert (await mine(db))[1].about == pytest.approx(0.1)


async def test_a_dial_stands_in_the_history_and_is_undone_with_the_size_it_made(commands, db):
    before = (await mine(db))[0].size
    done = await ask(commands, "digest about 6")
    assert "Digests of the last" in text(done)
    assert "turned the dial to about 6 a day instead of everything that fits" in text(
        await ask(commands, "history")
    )
    assert (await mine(db))[0].size == 12
    undone = await press(commands, done, "Undo")
    one, dial = await mine(db)
    assert (dial.is_set, one.size) == (False, before)
    again = await press(commands, undone, "Redo")
    one, dial = await mine(db)
    assert (dial.about, one.size) == (6, 12)
    assert "turned the dial" in text(again).casefold()


async def test_turning_it_to_the_same_again_is_no_change(commands):
    await ask(commands, "digest about 6")
    said = text(await ask(commands, "digest about 6"))
    assert "replayed" not in said
    assert text(await ask(commands, "history")).count("about 6 a day") == 1


async def test_with_a_dial_another_interest_shares_the_volume(read, library, clock):
    """About so many a day stays so many: the replay knows that the cut-off follows."""
    from bot import shadows
    from storage.changes import Delta

    await ask(read, "digest about 3 yes")
    profile = await library.db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    was = await shadows.wish(library, profile, clock.now)
    delta = Delta(followed=("harbour moon gauge",))
    will = await shadows.changed(library, profile, was, delta, clock.now)
    assert will.floor > was.floor
    shadow = await shadows.ahead(library, profile, was, delta, clock.now)
    assert shadow.more > 0
    assert shadow.after == pytest.approx(shadow.before, abs=1)


async def test_the_form_shows_what_its_dial_makes_of_the_month(commands):
    form = (await ask(commands, "digest-form")).form
    values = {field.name: field.value for field in form.fields}
    turned = await ask(commands, form.action, fields=values | {"size": "about 6"})
    assert "Digests of the last" in text(turned)
    off = await ask(commands, form.action, fields=values | {"size": "50"})
    assert "Digests of the last" in text(off)


async def test_a_channels_dial_is_asked_about_for_the_channel(read, db):
    await ask(read, "channel follow nectar pollen hive", room=ROOM)
    await ask(read, "channel digest daily 08:30 size 50", room=ROOM)
    asked = await ask(read, "channel digest about 0.1", room=ROOM)
    done = await press(read, asked, "Turn it", room=ROOM)
    assert done.is_public
    profile = await db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)
    (one,) = await db.read(subscriptions.of, profile.id)
    assert (await db.read(dials.of, [one.id]))[one.id].about == pytest.approx(0.1)
    assert (await mine(db))[1] is None
