"""Digest times and quiet hours, in every zone there is, across every change of the clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import timetable
from bot.timetable import BadTime
from storage.records import QuietHours, Schedule

ZONES = st.sampled_from(sorted(available_timezones()))
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))
SCHEDULES = st.builds(
    lambda times, days, zone: Schedule(
        times=tuple(sorted(times)), weekdays=frozenset(days), zone=zone
    ),
    st.sets(TIMES, min_size=1, max_size=3),
    st.sets(st.integers(0, 6), min_size=1),
    ZONES,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def daily(wall: str, zone: str) -> Schedule:
    return timetable.read_schedule(f"daily {wall}", zone)


def test_a_daily_digest_is_due_at_its_wall_time():
    schedule = daily("08:30", "Europe/Berlin")
    assert timetable.next_due(schedule, at("2025-07-01T00:00Z")) == at("2025-07-01T06:30Z")
    assert timetable.next_due(schedule, at("2025-07-01T06:30Z")) == at("2025-07-02T06:30Z")
    assert timetable.next_due(schedule, at("2025-12-01T00:00Z")) == at("2025-12-01T07:30Z")


def test_a_weekly_digest_is_due_on_its_days():
    schedule = timetable.read_schedule("weekly mon,thu 09:00", "Asia/Tokyo")
    first = timetable.next_due(schedule, at("2025-10-28T00:00Z"))  # a Tuesday
    assert first == at("2025-10-30T00:00Z")
    assert timetable.next_due(schedule, first) == at("2025-11-03T00:00Z")


def test_an_hour_that_is_skipped_does_not_skip_the_digest():
    schedule = daily("02:30", "Europe/Berlin")  # clocks go from 02:00 to 03:00 on 2025-03-30
    assert timetable.next_due(schedule, at("2025-03-29T12:00Z")) == at("2025-03-30T01:30Z")
    assert timetable.next_due(schedule, at("2025-03-30T01:30Z")) == at("2025-03-31T00:30Z")


def test_an_hour_that_comes_twice_does_not_double_the_digest():
    schedule = daily("02:30", "Europe/Berlin")  # 02:00 to 03:00 comes twice on 2025-10-26
    assert timetable.next_due(schedule, at("2025-10-25T12:00Z")) == at("2025-10-26T00:30Z")
    assert timetable.next_due(schedule, at("2025-10-26T00:30Z")) == at("2025-10-27T01:30Z")


def test_a_zone_that_skips_a_day_goes_on():
    schedule = daily("08:30", "Pacific/Apia")  # had no 2011-12-30
    due, dues = at("2011-12-28T00:00Z"), []
    for _ in range(4):
        due = timetable.next_due(schedule, due)
        dues.append(due.astimezone(ZoneInfo("Pacific/Apia")).date())
    assert dues == [date(2011, 12, 28), date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


@settings(max_examples=300, deadline=None)
@given(schedule=SCHEDULES, after=INSTANTS)
def test_the_next_digest_is_always_later_and_within_eight_days_and_a_bit(schedule, after):
    due = timetable.next_due(schedule, after)
    assert after < due <= after + timedelta(days=8, hours=3)


@settings(max_examples=150, deadline=None)
@given(wall=TIMES, zone=ZONES, start=INSTANTS)
def test_every_local_day_gets_its_digest_once(wall, zone, start):
    """Walked from due to due, no day is left out (but one that a zone skips), none comes twice."""
    schedule = Schedule(times=(wall,), weekdays=timetable.EVERY_DAY, zone=zone)
    due, days = start, []
    for _ in range(20):
        due = timetable.next_due(schedule, due)
        days.append(due.astimezone(ZoneInfo(zone)).date())
    assert len(set(days)) == len(days)
    for before, day in pairwise(days):
        between = [before + timedelta(days=n) for n in range(1, (day - before).days)]
        assert not [gap for gap in between if exists(gap, zone)]


def exists(day: date, zone: str) -> bool:
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == day


@settings(max_examples=200, deadline=None)
@given(schedule=SCHEDULES, after=INSTANTS, later=st.timedeltas(timedelta(0), timedelta(days=9)))
def test_asking_later_never_gives_an_earlier_digest(schedule, after, later):
    assert timetable.next_due(schedule, after) <= timetable.next_due(schedule, after + later)


@settings(max_examples=200, deadline=None)
@given(now=INSTANTS, start=TIMES, end=TIMES, zone=ZONES)
def test_quiet_hours_end_where_they_say(now, start, end, zone):
    quiet = QuietHours(start=start, end=end)
    moved = timetable.leave_quiet(now, quiet, zone)
    assert now <= moved <= now + timedelta(hours=28)
    # Leaving twice is leaving once, save where the clocks went back into the quiet hours.
    again = timetable.leave_quiet(moved, quiet, zone)
    assert again - moved <= timedelta(hours=4) or start == end


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        ("2025-10-28T20:59Z", "2025-10-28T20:59Z"),  # 21:59 in Berlin
        ("2025-10-28T21:00Z", "2025-10-29T06:00Z"),  # 22:00, until 07:00 tomorrow
        ("2025-10-29T03:00Z", "2025-10-29T06:00Z"),
        ("2025-10-29T06:00Z", "2025-10-29T06:00Z"),
    ],
)
def test_quiet_hours_over_midnight(now, moved):
    quiet = timetable.read_quiet("22:00-07:00")
    assert timetable.leave_quiet(at(now), quiet, "Europe/Berlin") == at(moved)


def test_quiet_hours_within_a_day():
    quiet = timetable.read_quiet("9-12:30")
    assert timetable.leave_quiet(at("2025-10-28T10:00Z"), quiet, "UTC") == at("2025-10-28T12:30Z")
    assert timetable.leave_quiet(at("2025-10-28T13:00Z"), quiet, "UTC") == at("2025-10-28T13:00Z")
    assert timetable.read_quiet("off") is None


@pytest.mark.parametrize(
    ("text", "times", "days"),
    [
        ("daily 8:30", ["08:30"], range(7)),
        ("Daily 17:00,08:30", ["08:30", "17:00"], range(7)),
        ("daily 8:30 8:30", ["08:30"], range(7)),
        ("weekdays 9", ["09:00"], range(5)),
        ("weekly Mon 09:00", ["09:00"], [0]),
        ("weekly monday,sun 23:59", ["23:59"], [0, 6]),
        ("weekly mon, thu 09:00", ["09:00"], [0, 3]),
        ("WEEKLY Mon , THU 9, 17:30", ["09:00", "17:30"], [0, 3]),
        ("weekly mon thu 9 17", ["09:00", "17:00"], [0, 3]),
        ("Daily 08:30, 17:00", ["08:30", "17:00"], range(7)),
        ("weekdays 8 , 9", ["08:00", "09:00"], range(5)),
    ],
)
def test_schedules_as_people_write_them(text, times, days):
    schedule = timetable.read_schedule(text, "UTC")
    assert [wall.isoformat("minutes") for wall in schedule.times] == times
    assert schedule.weekdays == frozenset(days)


@pytest.mark.parametrize(
    "text",
    ["", "daily", "hourly 08:30", "daily 24:00", "daily 8:60", "weekly 09:00", "weekly foo 9",
     "daily ,", "weekly mon"],
)  # fmt: skip
def test_a_schedule_that_cannot_be_read_is_refused_with_an_example(text):
    with pytest.raises(BadTime, match=r"use |write "):
        timetable.read_schedule(text, "UTC")


# --- a schedule that moves to another zone -------------------------------------------------


def test_a_digest_that_was_sent_today_is_not_doubled_by_moving_west():
    schedule = daily("08:30", "Europe/Berlin")
    now = at("2025-10-28T08:00Z")  # 09:00 in Berlin, 04:00 in New York
    due = timetable.next_due(schedule, now)
    moved = timetable.moved(schedule, due, "America/New_York", now)
    assert moved == at("2025-10-29T12:30Z")  # tomorrow at 08:30 there, not today


def test_a_digest_that_is_still_due_today_is_not_left_out_by_moving_east():
    schedule = daily("08:30", "America/New_York")
    now = at("2025-10-28T11:00Z")  # 07:00 in New York, 12:00 in Berlin
    due = timetable.next_due(schedule, now)
    assert timetable.moved(schedule, due, "Europe/Berlin", now) == now


def test_a_schedule_that_moves_keeps_its_day_across_a_change_of_the_clocks():
    schedule = daily("02:30", "Europe/London")
    now = at("2025-10-25T12:00Z")
    due = timetable.next_due(schedule, now)  # 26 October 02:30 in London
    moved = timetable.moved(schedule, due, "Europe/Berlin", now)
    assert moved == at("2025-10-26T00:30Z")  # the first 02:30 of that night in Berlin
    assert timetable.next_due(daily("02:30", "Europe/Berlin"), moved) == at("2025-10-27T01:30Z")


@settings(max_examples=300, deadline=None)
@given(schedule=SCHEDULES, zone=ZONES, now=INSTANTS)
def test_moving_neither_skips_nor_doubles_a_digest(schedule, zone, now):
    due = timetable.next_due(schedule, now)
    moved = timetable.moved(schedule, due, zone, now)
    day = due.astimezone(ZoneInfo(schedule.zone)).date()
    there = [
        datetime.combine(one, wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for one in (day, day - timedelta(days=1))
        for wall in schedule.times
    ]
    assert moved == now or moved in there, "the day and wall time that it was for"
    if moved == now:
        assert any(one <= now for one in there), "only where they have passed"
    after = timetable.next_due(replace(schedule, zone=zone), moved)
    assert after > moved


# --- silence -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("3d", "2025-10-31T10:15"),
        ("3 days", "2025-10-31T10:15"),
        ("for a week", "2025-11-04T10:15"),
        ("2w", "2025-11-11T10:15"),
        ("1h", "2025-10-28T11:15"),
        ("until monday", "2025-11-03T00:00"),
        ("Monday", "2025-11-03T00:00"),
        ("until tue", "2025-11-04T00:00"),  # it is Tuesday: the next one
        ("until tomorrow", "2025-10-29T00:00"),
        ("until 2026-01-05", "2026-01-05T00:00"),
        ("90d", "2026-01-26T10:15"),
    ],
)
def test_a_snooze_as_people_write_it(text, ends):
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2025, 10, 28, 10, 15, tzinfo=zone)
    until = timetable.read_snooze(text, "Europe/Berlin", now.astimezone(UTC))
    assert until.astimezone(zone).replace(tzinfo=None) == datetime.fromisoformat(ends)


def test_a_snooze_of_days_ends_at_the_same_wall_time_after_a_change_of_the_clocks():
    until = timetable.read_snooze("2d", "Europe/Berlin", at("2025-10-25T06:00Z"))  # 08:00 there
    assert until == at("2025-10-27T07:00Z")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "can't read"),
        ("forever", "can't read"),
        ("-3d", "can't read"),
        ("until 2026-02-30", "can't read"),
        ("until 20260105", "can't read"),
        ("0d", "over already"),
        ("until 2020-01-01", "over already"),
        ("91d", "too far ahead"),
        ("9999w", "too far ahead"),
        ("until 9999-12-31", "too far ahead"),
        ("99999999999d", "can't read"),
    ],
)
def test_a_snooze_that_cannot_be_is_refused_with_one_that_can(text, said):
    with pytest.raises(BadTime, match=said) as refused:
        timetable.read_snooze(text, "Europe/Berlin", at("2025-10-28T06:00Z"))
    assert "`until monday`" in str(refused.value)


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(max_size=40)
    | st.builds("{} {}".format, st.integers(0, 10_000), st.sampled_from("hdw"))
    | st.dates().map(str),
    zone=ZONES,
    now=INSTANTS,
)
def test_any_snooze_is_ahead_and_bounded_or_refused(text, zone, now):
    try:
        until = timetable.read_snooze(text, zone, now)
    except BadTime:
        return
    assert now < until <= now + timedelta(days=90, hours=2)


@pytest.mark.parametrize(
    ("text", "wall"), [("8", "08:00"), ("8:30pm", "20:30"), ("12 am", "00:00"), ("12pm", "12:00"),
                       ("8.30", "08:30")],
)  # fmt: skip
def test_times_as_people_write_them(text, wall):
    assert timetable.read_time(text).isoformat("minutes") == wall
    assert timetable.read_schedule(f"daily {text}", "UTC").times == (timetable.read_time(text),)


@pytest.mark.parametrize("text", ["13pm", "0am", "25", "8:60", "", "8:3", "²"])
def test_times_that_are_none_are_refused(text):
    with pytest.raises(BadTime, match="08:30"):
        timetable.read_time(text)


def test_quiet_hours_may_be_written_in_words():
    assert timetable.read_quiet("10pm to 7am") == timetable.read_quiet("22:00-07:00")


def test_quiet_hours_that_end_when_they_begin_are_refused():
    with pytest.raises(BadTime, match="`off`"):
        timetable.read_quiet("08:00-8")


@settings(max_examples=100, deadline=None)
@given(schedule=SCHEDULES)
def test_a_schedule_is_read_as_it_is_typed(schedule):
    assert timetable.read_schedule(timetable.typed(schedule), schedule.zone) == schedule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("daily 8:30", "daily at 08:30, UTC"),
        ("weekdays 9", "on weekdays at 09:00, UTC"),
        ("weekly mon,thu 9,17", "weekly on Mon and Thu at 09:00 and 17:00, UTC"),
    ],
)
def test_a_schedule_is_echoed_in_words(text, said):
    assert timetable.describe(timetable.read_schedule(text, "UTC")) == said
