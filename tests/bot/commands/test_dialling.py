"""The dial in chat: turned by words or by the form, told wherever the digest is told."""

import pytest
from fakes.chat import ADA, ask, text
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
