"""Time zones as people say them: understood where one is meant, else answered with near ones."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import timetable, zones
from bot.timetable import BadTime

EVERY = available_timezones()


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("são paulo", "America/Sao_Paulo"),
        ("SAO PAULO", "America/Sao_Paulo"),
        ("europe / berlin", "Europe/Berlin"),
        ("India", "Asia/Kolkata"),
        ("Munich", "Europe/Berlin"),
        ("Germany", "Europe/Berlin"),  # Büsingen keeps its own name and the same clock
        ("Cambridge, UK", "Europe/London"),
        ("Berlin, Germany", "Europe/Berlin"),
        ("Pacific time", "America/Los_Angeles"),
        ("PST", "America/Los_Angeles"),
        ("UTC", "UTC"),
        ("Korea", "Asia/Seoul"),
    ],
)
def test_a_zone_is_understood_as_people_say_it(said, zone):
    assert timetable.read_zone(said) == zone


@pytest.mark.parametrize("zone", ["EST", "MST", "CET", "Etc/GMT+2", "Japan"])
def test_an_exact_name_stays_what_it_is(zone):
    assert timetable.read_zone(zone) == zone
    assert timetable.read_schedule("daily 8", zone).zone == zone


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("berln", r"'berln' is no time zone: did you mean Europe/Berlin\?"),
        ("Sydny", "did you mean Australia/Sydney"),
        ("xyzzy", "use a name such as Europe/Berlin"),
        ("", "use a name such as"),
        ("Cambridge", "has several time zones: use one of America/New_York, Europe/London"),
        ("USA", "use one of America/New_York, America/Chicago"),
        ("IST", "Asia/Kolkata, Europe/Dublin, Asia/Jerusalem"),
        ("+02:00", "an offset, which is wrong as soon as the clocks change"),
        ("UTC+2", "an offset"),
        ("GMT+2", "an offset"),  # Etc/GMT+2 is two hours behind
        ("x" * 10_000, r"x…' is no time zone"),
    ],
)
def test_a_zone_that_is_not_clear_is_refused_with_what_may_be_meant(said, answer):
    with pytest.raises(BadTime, match=answer):
        timetable.read_zone(said)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_is_a_zone_or_refused(text):
    try:
        named = [timetable.read_zone(text)]
    except BadTime as error:
        named = [place.zone for place in error.near]
    assert set(named) <= EVERY


@pytest.mark.parametrize("typed", ["ber", "new y", "", "kol", "united"])
def test_half_a_place_is_completed_by_places_that_are_understood(typed):
    found = zones.beginning(typed, 25)
    assert 0 < len(found) <= 25
    assert all(one.zone in EVERY for one in found)
    assert len(set(found)) == len(found)


def test_an_offset_is_answered_with_cities_that_have_it_now():
    now = datetime.fromisoformat("2025-07-01T00:00Z")
    found = zones.at_offset(timedelta(hours=2), now, 8)
    assert "Europe/Berlin" in {one.zone for one in found}
    assert {now.astimezone(ZoneInfo(one.zone)).utcoffset() for one in found} == {timedelta(hours=2)}
