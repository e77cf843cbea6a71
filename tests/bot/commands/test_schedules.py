"""Digests, zones and silences: set as people say it, told in their time, none lost or doubled."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, message, person, press, text
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import desk, digests, messages, timetable
from bot.commands import Commands, alerting, interests, schedules, table
from bot.demo import samples
from matching.ingest import ingest
from storage import deliveries, destinations, notices, profiles, subscriptions
from storage.records import DeliveryStatus

TITLES = (
    "Graph Networks for Invented Molecules",
    "Graph Networks for Traffic",
    "Speech Recognition in Noisy Kitchens",
)
FOREIGN = person("eve", zone=None)
"""Someone on a platform that does not know where they are."""


class Woken:
    """How often the dispatcher was woken."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def commands(library, clock, woken) -> Commands:
    return Commands(library, clock, woken)


@pytest.fixture
async def reader(commands) -> Commands:
    """Ada follows graph networks; there are no papers."""
    await ask(commands, "follow graph networks")
    return commands


@pytest.fixture
async def stocked(library, clock, reader) -> Commands:
    """There are papers of last month to stand out from, and three new ones, two of them for Ada."""
    for raw in samples():
        await ingest(library.db, library.encoder, raw, clock.now - timedelta(days=30))
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now - timedelta(days=1))
    return reader


async def mine(db, who=ADA):
    """The profile and its only subscription, or None for either."""
    profile = await db.read(profiles.of, who.platform, who.workspace, who.id)
    found = await db.read(subscriptions.of, profile.id) if profile else []
    assert len(found) <= 1
    return profile, found[0] if found else None


async def set_at(db, clock, when: datetime, due_at: datetime) -> None:
    """The clock stands at `when`, and Ada's digest is due at `due_at`."""
    _, one = await mine(db)
    await db.write(subscriptions.reschedule, one.id, due_at)
    clock.now = when


def utc(wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=UTC)


# --- the digest ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said", "size"),
    [
        ("daily 08:30", "Daily at 08:30, UTC, up to 8 papers.", 8),
        ("08:30", "Daily at 08:30, UTC", 8),
        ("weekdays 9", "On weekdays at 09:00, UTC", 8),
        ("weekly mon 09:00", "Weekly on Mon at 09:00, UTC", 8),
        ("daily 08:30 size 5", "Daily at 08:30, UTC, up to 5 papers.", 5),
        ("size 5, daily 8:30 pm", "Daily at 20:30, UTC, up to 5 papers.", 5),
        ("Daily 08:30,17:00 SIZE 12", "Daily at 08:30 and 17:00, UTC, up to 12 papers.", 12),
    ],
)
async def test_a_digest_is_set_as_people_say_it(reader, db, typed, said, size):
    reply = await ask(reader, f"digest {typed}")
    assert said in text(reply)
    assert "The next one comes" in text(reply)
    _, one = await mine(db)
    assert one.size == size
    assert one.destination == ADA.destination


async def test_the_size_changes_alone_and_the_next_digest_stays_due(reader, db):
    await ask(reader, "digest daily 08:30 size 5")
    _, before = await mine(db)
    assert "up to 9 papers" in text(await ask(reader, "digest size 9"))
    _, after = await mine(db)
    assert (after.size, after.due_at, after.cursor) == (9, before.due_at, before.cursor)


async def test_a_digest_that_is_due_just_now_is_not_passed_over_by_a_change(reader, db, clock):
    await ask(reader, "digest daily 08:30")
    clock.advance(hours=2, minutes=30, seconds=5)
    for typed in ("digest size 3", "digest daily 08:30 size 4"):
        assert "comes within a minute" in text(await ask(reader, typed))
        _, one = await mine(db)
        assert one.due_at < clock.now


@pytest.mark.parametrize(
    "typed",
    ["sometimes", "daily", "daily 25:00", "weekly 09:00", "weekly foo 9", "x" * 10_000, "\0",
     "9" * 99],
)  # fmt: skip
async def test_a_schedule_that_cannot_be_read_is_answered_with_some_that_can(reader, db, typed):
    reply = await ask(reader, f"digest {typed}")
    assert "`/papers digest daily 08:30`" in text(reply)
    assert len(text(reply)) < 400
    assert (await mine(db))[1] is None


@pytest.mark.parametrize("size", ["0", "51", "-3", "x", "9" * 5000, ""])
async def test_a_size_that_cannot_be_is_answered_with_one_that_can(reader, db, size):
    reply = await ask(reader, f"digest daily 08:30 size {size}")
    assert "A digest holds 1 to 50 papers: `/papers digest size 8`." in text(reply)
    assert (await mine(db))[1] is None


async def test_a_size_without_a_digest_is_answered_with_both(reader, db):
    reply = await ask(reader, "digest size 5")
    assert "`/papers digest daily 08:30 size 5`" in text(reply)
    await press(reader, reply, "Daily")
    assert (await mine(db))[1].size == 5


async def test_the_state_of_a_digest_is_shown_with_what_can_be_done(reader):
    assert "No digest yet" in text(await ask(reader, "digest"))
    await ask(reader, "digest daily 08:30")
    reply = await ask(reader, "digest")
    assert "The next one comes Tue 28 Oct 08:30, by direct message." in text(reply)
    assert [one.label for one in buttons(reply)] == ["Send one now", "Preview", "Edit", "Turn off"]
    assert button(reply, "Turn off").confirm
    await ask(reader, "quiet 08:00-10:00")
    assert "comes Tue 28 Oct 10:00" in text(await ask(reader, "digest"))
    await ask(reader, "snooze 1d")
    assert "Nothing comes before Wed 29 Oct 06:00" in text(await ask(reader, "digest"))


async def test_who_follows_nothing_is_told_that_a_digest_would_stay_empty(commands):
    reply = await ask(commands, "digest daily 08:30")
    assert "add an interest first" in text(reply)
    assert button(reply, "Add an interest").action == "follow"
    for typed in ("digest now", "digest preview"):
        assert "Nothing is followed yet" in text(await ask(commands, typed))


async def test_who_never_said_where_they_are_is_told_that_times_are_utc(commands):
    reply = await ask(commands, "digest daily 08:30", person=FOREIGN)
    assert "Times are in UTC; `/papers timezone Berlin` changes that." in text(reply)
    assert "Times are in UTC" not in text(await ask(commands, "digest daily 08:30"))


async def test_a_preview_shows_the_next_digest_and_sends_nothing(stocked, db):
    await ask(stocked, "digest daily 08:30")
    _, before = await mine(db)
    reply = await ask(stocked, "digest preview size 1")
    assert "The next digest would hold 1 paper" in text(reply)
    (card,) = message(reply).cards
    assert card.title in TITLES[:2]
    assert reply.ref
    assert await db.read(deliveries.newest) == []
    assert (await mine(db))[1] == before


async def test_a_digest_asked_for_comes_at_once_even_in_quiet_hours(stocked, db, woken, clock):
    await ask(stocked, "digest daily 08:30")
    await ask(stocked, "quiet 05:00-09:00")
    _, before = await mine(db)
    reply = await ask(stocked, "digest now")
    assert "A digest of 2 papers comes by direct message now." in text(reply)
    assert woken.times == 1
    (delivery,) = await db.read(deliveries.newest)
    assert delivery.due_at == clock.now
    assert delivery.destination == ADA.destination
    assert {card.title for card in messages.from_json(delivery.body).cards} == set(TITLES[:2])
    assert (await mine(db))[1].due_at == before.due_at
    clock.advance(minutes=1)
    again = await ask(stocked, "digest now")
    assert "Nothing new to send" in text(again)
    assert "No new papers." in text(again)
    assert len(await db.read(deliveries.newest)) == 1


async def test_a_digest_asked_for_without_a_subscription_is_a_one_off_in_the_reply(stocked, db):
    reply = await ask(stocked, "digest now")
    assert "A one-off digest of 2 papers" in text(reply)
    assert "`/papers digest daily 08:30`" in text(reply)
    assert len(message(reply).cards) == 2
    assert button(reply, "Daily at 08:30")
    assert await db.read(deliveries.newest) == []
    assert (await mine(db))[1] is None


async def test_a_paused_digest_says_why_and_goes_on_at_a_press(stocked, db, clock, woken):
    await ask(stocked, "digest daily 08:30")
    await db.write(destinations.close, ADA.destination, "direct messages are closed", clock.now)
    assert "It is paused: direct messages are closed." in text(await ask(stocked, "digest"))
    refused = await ask(stocked, "digest now")
    assert "The digest is paused: direct messages are closed." in text(refused)
    done = await press(stocked, refused, "Try again")
    assert "The digest goes on; the next one comes Tue 28 Oct 08:30, by direct message" in text(
        done
    )
    assert woken.times == 1
    assert (await mine(db))[1].paused is None
    assert "On its way" in text(await ask(stocked, "digest now"))


async def test_a_digest_is_turned_off_and_back_on_as_it_was(reader, db):
    await ask(reader, "digest weekly mon,thu 09:00,17:00 size 12")
    _, before = await mine(db)
    reply = await ask(reader, "digest off")
    assert "Interests, votes and alerts stay as they are" in text(reply)
    assert (await mine(db))[1] is None
    assert "`/papers digest weekly mon,thu 09:00,17:00 size 12`" in text(reply)
    await press(reader, reply, "Turn it on again")
    _, after = await mine(db)
    assert (after.schedule, after.size) == (before.schedule, 12)
    await ask(reader, "digest off")
    assert "There is no digest" in text(await ask(reader, "digest off"))


async def test_the_form_holds_the_digest_as_it_is_and_changes_it(reader, db):
    await ask(reader, "digest weekly mon,thu 09:00 size 7")
    form = (await press(reader, await ask(reader, "digest"), "Edit")).form
    assert form is not None
    values = {one.name: one.value for one in form.fields}
    assert values == {
        "often": "weekly", "day": "mon,thu", "time": "09:00", "size": "7", "zone": "UTC"
    }  # fmt: skip
    assert all(
        not one.choices or one.value in [choice.value for choice in one.choices]
        for one in form.fields
    )
    _, before = await mine(db)
    await ask(reader, form.action, fields=values)
    assert (await mine(db))[1] == before, "what is left as it is changes nothing"
    changed = values | {"often": "daily", "time": "18:00", "size": "3", "zone": "Berlin"}
    said = text(await ask(reader, form.action, fields=changed))
    assert "Daily at 18:00, Europe/Berlin, up to 3 papers." in said
    profile, one = await mine(db)
    assert (profile.zone, one.schedule.zone) == ("Europe/Berlin", "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("often", ""),
        ("often", "hourly"),
        ("day", "someday"),
        ("day", "x" * 10_000),
        ("time", ""),
        ("time", "soon"),
        ("time", "24:00"),
        ("time", "9" * 10_000),
        ("size", "0"),
        ("size", "9" * 10_000),
        ("zone", "nowhere"),
        ("zone", "USA"),
        ("zone", "+02:00"),
        ("zone", ""),
    ],
)
async def test_a_field_that_cannot_be_read_is_told_at_that_field(reader, db, field, value):
    good = {"often": "weekly", "day": "mon", "time": "09:00", "size": "5", "zone": "UTC"}
    reply = await ask(reader, "digest-form", fields=good | {field: value})
    assert set(reply.errors) == {field}
    assert len(reply.errors[field]) < 250
    assert (await mine(db))[1] is None


async def test_a_channel_has_a_digest_of_its_own_in_the_channel(stocked, db, woken):
    await ask(stocked, "channel follow graph networks", room=ROOM)
    only_you = await ask(stocked, "channel digest now", room=ROOM)
    assert "Only you see it, since the channel has no digest yet" in text(only_you)
    assert button(only_you, "Daily").action == "channel digest daily 08:30"
    reply = await ask(stocked, "channel digest daily 08:30", room=ROOM)
    assert "in #reading-group" in text(reply)
    await ask(stocked, "channel digest now", room=ROOM)
    (delivery,) = await db.read(deliveries.newest)
    assert delivery.destination == ROOM.destination
    assert (await mine(db))[1] is None
    form = (await ask(stocked, "channel digest-form", room=ROOM)).form
    assert form is not None
    assert form.action == "channel digest-form"


# --- zones ---------------------------------------------------------------------------------


async def test_a_zone_is_taken_as_people_say_it_and_the_digest_moves_with_it(reader, db):
    await ask(reader, "digest daily 08:30")
    reply = await ask(reader, "timezone berlin")
    assert "It is Tue 28 Oct 07:00 there now (Europe/Berlin)." in text(reply)
    assert "The next digest comes Tue 28 Oct 08:30, by direct message." in text(reply)
    profile, one = await mine(db)
    assert (profile.zone, one.schedule.zone) == ("Europe/Berlin", "Europe/Berlin")
    assert one.due_at == utc("2025-10-28T07:30")


@pytest.mark.parametrize(
    ("now", "due", "zone", "moved"),
    [
        # 09:00 in Berlin, today's was sent: New York gets the next one tomorrow, not again today.
        ("2025-10-28T08:00", "2025-10-29T07:30", "New York", "2025-10-29T12:30"),
        # 05:00 in Berlin, 13:00 in Tokyo: today's is over there, and comes at once.
        ("2025-10-28T04:00", "2025-10-28T07:30", "Tokyo", "2025-10-28T04:00"),
        # The clocks go back in Berlin that night and stay in Tokyo.
        ("2025-10-25T08:00", "2025-10-26T07:30", "Tokyo", "2025-10-25T23:30"),
        # The clocks of New York go back a week later than those of Berlin.
        ("2025-10-30T08:00", "2025-10-31T07:30", "New York", "2025-10-31T12:30"),
        ("2025-11-03T08:00", "2025-11-04T07:30", "New York", "2025-11-04T13:30"),
    ],
)
async def test_moving_neither_skips_nor_doubles_a_digest(reader, db, clock, now, due, zone, moved):
    await ask(reader, "timezone Berlin")
    await ask(reader, "digest daily 08:30")
    await set_at(db, clock, utc(now), utc(due))
    await ask(reader, f"timezone {zone}")
    assert (await mine(db))[1].due_at == utc(moved)
    await ask(reader, "timezone Berlin")
    back = (await mine(db))[1].due_at
    assert back == max(utc(due), utc(now)) or utc(moved) == utc(now)


async def test_a_digest_whose_hour_has_passed_there_comes_at_once_and_says_so(reader, db, clock):
    await ask(reader, "digest daily 08:30")
    reply = await ask(reader, "timezone Tokyo")  # 15:00 there
    assert "whose time has passed there, comes within a minute" in text(reply)
    assert (await mine(db))[1].due_at == clock.now


async def test_a_paused_digest_moves_and_stays_paused(reader, db, clock):
    await ask(reader, "digest daily 08:30")
    await db.write(subscriptions.pause, ADA.destination, "gone")
    await ask(reader, "timezone Berlin")
    _, one = await mine(db)
    assert (one.paused, one.schedule.zone) == ("gone", "Europe/Berlin")


async def test_what_waits_for_the_end_of_quiet_hours_waits_for_those_of_the_new_zone(
    stocked, db, library, clock
):
    await ask(stocked, "timezone Berlin")
    await ask(stocked, "digest daily 08:30")
    await ask(stocked, "quiet 07:00-10:00")
    await digests.queue_due(library, clock.advance(hours=2))  # 09:00 in Berlin
    (delivery,) = await db.read(deliveries.newest)
    assert delivery.due_at == utc("2025-10-28T09:00")
    await ask(stocked, "timezone London")
    (delivery,) = await db.read(deliveries.newest)
    assert delivery.due_at == utc("2025-10-28T10:00")


async def test_moving_while_snoozed_stays_silent_until_the_same_moment(reader, db, clock):
    await ask(reader, "digest daily 08:30")
    await ask(reader, "snooze 3d")  # until Friday 06:00 UTC
    await ask(reader, "timezone Tokyo")  # 15:00 there
    profile, one = await mine(db)
    assert profile.snoozed_until == utc("2025-10-31T06:00")
    assert one.due_at == utc("2025-10-31T23:30")


async def test_a_name_of_several_zones_offers_them_with_their_time(reader, db):
    reply = await ask(reader, "timezone USA")
    rows = message(reply).rows
    assert 2 <= len(rows) <= 8
    assert rows[0].text == "New York"
    assert rows[0].detail == "America/New_York, Tue 28 Oct 02:00 now"
    await press(reader, reply, "Choose")
    assert (await mine(db))[0].zone == "America/New_York"


@pytest.mark.parametrize("typed", ["MST", "IST", "Cambridge"])
async def test_an_abbreviation_of_several_zones_is_not_guessed(reader, db, typed):
    assert len(message(await ask(reader, f"timezone {typed}")).rows) >= 2
    assert (await mine(db))[0].zone == "UTC"


@pytest.mark.parametrize(
    ("typed", "there"),
    [("UTC+1", "Europe/Berlin"), ("+01:00", "Europe/Berlin"), ("GMT-4", "America/New_York"),
     ("gmt+2", "Europe/Helsinki")],
)  # fmt: skip
async def test_an_offset_is_answered_with_why_not_and_cities_that_have_it(reader, db, typed, there):
    reply = await ask(reader, f"timezone {typed}")
    assert "An offset is wrong as soon as the clocks change" in text(reply)
    assert there in text(reply)
    assert (await mine(db))[0].zone == "UTC"


async def test_a_misspelled_city_is_offered_as_it_is_written(reader):
    reply = await ask(reader, "timezone Berln")
    assert button(reply, "Choose").action == "timezone Europe/Berlin"


@pytest.mark.parametrize("typed", ["xyzzy", "\0", "x" * 10_000, "../../etc/passwd", "+99:99", "`"])
async def test_a_place_nobody_knows_is_answered_with_an_example(reader, db, typed):
    reply = await ask(reader, f"timezone {typed}")
    assert "`/papers timezone New York`" in text(reply)
    assert len(text(reply)) < 500
    assert (await mine(db))[0].zone == "UTC"


async def test_the_zone_is_shown_and_changed_in_a_form(reader, db):
    shown = await ask(reader, "timezone")
    assert "UTC, where it is Tue 28 Oct 06:00 now." in text(shown)
    form = (await press(reader, shown, "Change")).form
    assert form is not None
    assert form.fields[0].value == "UTC"
    for bad in ("", "nowhere", "USA", "+2"):
        assert set((await ask(reader, form.action, fields={"zone": bad})).errors) == {"zone"}
    await ask(reader, form.action, fields={"zone": "Berlin"})
    assert (await mine(db))[0].zone == "Europe/Berlin"


# --- silence -------------------------------------------------------------------------------


async def test_quiet_hours_are_set_shown_and_removed(reader, db):
    assert "No quiet hours" in text(await ask(reader, "quiet"))
    reply = await ask(reader, "quiet 22:00-07:00")
    assert "From 22:00 to 07:00, UTC, nothing comes" in text(reply)
    assert "That is Tue 28 Oct 07:00 this time." in text(reply)
    assert (await mine(db))[0].quiet == timetable.read_quiet("22:00-07:00")
    await press(reader, await ask(reader, "quiet"), "Turn off")
    assert (await mine(db))[0].quiet is None


async def test_what_waits_keeps_to_the_new_quiet_hours(stocked, db, library, clock):
    await ask(stocked, "digest daily 08:30")
    await ask(stocked, "quiet 08:00-12:00")
    await digests.queue_due(library, clock.advance(hours=3))
    for typed, due in (("quiet 08:00-10:00", "10:00"), ("quiet off", "09:00")):
        await ask(stocked, typed)
        (delivery,) = await db.read(deliveries.newest)
        assert delivery.due_at == utc(f"2025-10-28T{due}")


@pytest.mark.parametrize("typed", ["late", "22:00", "25-26", "8-8", "\0", "x" * 10_000, "1-2-3"])
async def test_quiet_hours_that_cannot_be_read_are_answered_with_some_that_can(reader, db, typed):
    reply = await ask(reader, f"quiet {typed}")
    assert "`/papers quiet 22:00-07:00`" in text(reply)
    assert set((await ask(reader, "quiet", fields={"hours": typed})).errors) == {"hours"}
    assert (await mine(db))[0].quiet is None


async def test_the_form_for_quiet_hours_holds_them(reader, db):
    await ask(reader, "quiet 23:00-06:30")
    form = (await press(reader, await ask(reader, "quiet"), "Other hours")).form
    assert form is not None
    assert form.fields[0].value == "23:00-06:30"
    await ask(reader, form.action, fields={"hours": "off"})
    assert (await mine(db))[0].quiet is None


async def test_a_snooze_says_until_when_and_that_nothing_is_lost(reader, db):
    await ask(reader, "timezone Berlin")
    await ask(reader, "digest daily 08:30")
    reply = await ask(reader, "snooze 3d")
    assert "Silent until Fri 31 Oct 07:00" in text(reply)
    assert "are in the first digest afterwards" in text(reply)
    assert "The next digest comes Fri 31 Oct 08:30." in text(reply)
    assert "Silent until Fri 31 Oct 07:00" in text(await ask(reader, "snooze"))


async def test_a_long_snooze_outlives_the_correction_of_clocks(reader, db, library, clock):
    """Digests that a clock gone wrong put far away are brought back; those of a snooze are not."""
    await ask(reader, "digest daily 08:30")
    await ask(reader, "snooze 60d")
    _, before = await mine(db)
    assert await desk.correct_clock_jumps(db, clock.now) == 0
    assert (await mine(db))[1] == before
    await ask(reader, "wake")
    await db.write(subscriptions.reschedule, before.id, clock.now + timedelta(days=60))
    assert await desk.correct_clock_jumps(db, clock.now) == 1


async def test_waking_lets_what_waited_go(stocked, db, library, clock, woken):
    await ask(stocked, "digest daily 08:30")
    await digests.queue_due(library, clock.advance(hours=3))
    await ask(stocked, "snooze 1w")
    (delivery,) = await db.read(deliveries.newest)
    assert delivery.due_at == clock.now + timedelta(days=7)
    for typed in ("snooze off", "wake"):
        reply = await ask(stocked, typed)
        if typed == "snooze off":
            assert "Awake again" in text(reply)
            assert "The next digest comes Wed 29 Oct 08:30." in text(reply)
            assert woken.times == 1
        else:
            assert "Nothing is snoozed" in text(reply)
    (delivery,) = await db.read(deliveries.newest)
    assert (delivery.due_at, delivery.status) == (clock.now, DeliveryStatus.PENDING)


@pytest.mark.parametrize("typed", ["forever", "400d", "until 2020-01-01", "\0", "9" * 10_000, "0d"])
async def test_a_snooze_that_cannot_be_is_answered_with_some_that_can(reader, db, typed):
    reply = await ask(reader, f"snooze {typed}")
    assert "`/papers snooze 3d`" in text(reply)
    assert "at most 90 days" in text(reply)
    assert len(text(reply)) < 400
    assert (await mine(db))[0].snoozed_until is None


async def test_a_snooze_that_is_over_is_none(reader, clock):
    await ask(reader, "snooze 1d")
    clock.advance(days=2)
    assert "Nothing is snoozed" in text(await ask(reader, "snooze"))
    assert "Nothing is snoozed" in text(await ask(reader, "wake"))


# --- trying again --------------------------------------------------------------------------


async def test_trying_again_says_what_goes_on_and_what_stays_paused(reader, db, clock):
    await ask(reader, "digest daily 08:30")
    for query in ("graph", "speech", "video"):
        await press(reader, await ask(reader, f"alert {query}"), "Save")
    await ask(reader, "alerts pause 2")
    await db.write(destinations.close, ADA.destination, "direct messages are closed", clock.now)
    reply = await ask(reader, "resume")
    assert "The digest goes on" in text(reply)
    assert "2 alerts go on with the papers from now on." in text(reply)
    assert "1 alert stays paused by you; `/papers alerts` lists it" in text(reply)
    assert await db.read(destinations.gone, ADA.destination) is None


async def test_trying_again_where_nothing_was_wrong_says_so(reader, commands):
    assert "Nothing was waiting" in text(await ask(commands, "resume", person=BOB))
    await ask(reader, "digest daily 08:30")
    assert "Everything is running" in text(await ask(reader, "resume"))
    await ask(reader, "snooze 3d")
    assert "`/papers wake` ends it" in text(await ask(reader, "resume"))


async def test_trying_again_opens_only_ones_own_direct_messages(reader, db, clock):
    await ask(reader, "digest daily 08:30", person=BOB)
    await db.write(destinations.close, BOB.destination, "closed", clock.now)
    await ask(reader, "resume")
    assert await db.read(destinations.gone, BOB.destination) == "closed"
    profile, _ = await mine(db, BOB)
    assert await db.read(notices.waiting, profile.id)


# --- anything at all -----------------------------------------------------------------------

NAMES = sorted(
    name
    for room in (interests, alerting, schedules)
    for verb in room.VERBS
    for name in (verb.name, *verb.aliases)
)
WORDS = [
    "now",
    "off",
    "preview",
    "size",
    "daily",
    "weekly",
    "mon",
    "08:30",
    "page",
    "1",
    "2",
    "#1",
    "until",
    "3d",
    "pause",
    "edit",
    "remove",
    "org",
    "paper",
    "Berlin",
    "9" * 30,
    "\0",
    "-",
    "x",
]
"""What commands are made of."""  # fmt: skip


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    typed=st.text(max_size=80)
    | st.builds(
        lambda verb, words, rest: " ".join([verb, *words, rest]),
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(WORDS), max_size=4),
        st.text(max_size=30),
    ),
    fields=st.none()
    | st.dictionaries(
        st.sampled_from(["text", "kind", "query", "often", "day", "time", "size", "zone", "hours"]),
        st.text(max_size=30) | st.sampled_from(WORDS),
        max_size=5,
    ),
    in_channel=st.booleans(),
)
async def test_whatever_is_typed_there_is_an_answer(typed, fields, in_channel, stocked, clock):
    clock.advance(seconds=1)
    text_of = f"channel {typed}" if in_channel else typed
    reply = await ask(stocked, text_of, fields=fields, room=ROOM if in_channel else None)
    if reply.message is not None:
        assert reply.message.heading
        assert "broke on my side" not in reply.message.heading, text(reply)
        assert len(reply.message.buttons) <= 5
        for one in buttons(reply):
            assert one.label
            assert len(one.label) <= 75
            assert len(one.action.encode()) <= 90
            verb, _ = table.split(one.action.removeprefix("channel "))
            assert verb in {*table.BY_NAME, "allow"}, one.action
        assert all(len(row.buttons) <= 4 for row in reply.message.rows)
    elif reply.form is not None:
        assert len(reply.form.title) <= 24
        assert 1 <= len(reply.form.fields) <= 5
        for field in reply.form.fields:
            assert len(field.label) <= 45
            assert len(field.hint) <= 100
            assert len(field.choices) <= 25
    else:
        assert all(reply.errors.values())
        assert reply.errors


async def test_every_verb_answers_to_nothing_and_to_too_much(reader):
    for name in NAMES:
        for rest in ("", "x" * 10_000, "9" * 10_000, "\0\ud800\u202e", "𝔘" * 4_000):
            reply = await ask(reader, f"{name} {rest}")
            if reply.message is not None:
                assert "broke on my side" not in reply.message.heading, (name, rest[:10])
                assert len(text(reply)) < 3_000, name
            else:
                assert reply.form or reply.errors
