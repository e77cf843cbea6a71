"""The doctor's looks: what is wrong comes with its remedy, and nothing is posted or changed."""

from collections import namedtuple
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes.discord.server import DiscordServer
from fakes.slack.server import SlackServer
from fakes.slack_bot import settings as slack_settings

from bot import checkups
from bot.checkups import Level
from bot.cli import doctor
from bot.platforms.discord.checkup import checkup as look_at_discord
from bot.platforms.slack.checkup import checkup as look_at_slack
from bot.settings import Settings
from storage import outbox, overview, profiles, upkeep
from storage.records import DeliveryKind, Destination, OwnerKind, Schedule, Subscription

Free = namedtuple("Free", "free")


def daily(zone: str, due_at: datetime, paused: str | None = None) -> Subscription:
    return Subscription(
        id=1,
        profile_id=1,
        destination=Destination(platform="console", address="local/ada"),
        schedule=Schedule(times=(time(8, 30),), weekdays=frozenset(range(7)), zone=zone),
        size=6,
        cursor=0,
        due_at=due_at,
        paused=paused,
    )


async def found(looks) -> dict[str, checkups.Finding]:
    return {one.check: one async for one in looks}


def test_the_next_digest_is_told_across_the_next_change_of_the_clocks():
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    (one,) = checkups.runs([("ada", daily("Europe/Berlin", now + timedelta(hours=19.5)))], now)
    assert one.level is Level.PASSED
    assert "next Sun 22 Nov 08:30 Europe/Berlin (07:30 UTC)" in one.said
    assert "after the clocks change, Mon 29 Mar 08:30 Europe/Berlin (06:30 UTC)" in one.said


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "UTC", "Asia/Tokyo"])
def test_a_zone_that_never_changes_its_clocks_says_nothing_of_it(zone):
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert checkups.next_change(zone, now) is None
    (one,) = checkups.runs([("ada", daily(zone, now))], now)
    assert "change" not in one.said


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_the_change_that_is_found_is_the_next_one(zone):
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    change = checkups.next_change(zone, now)
    here = ZoneInfo(zone)
    assert change.astimezone(here).utcoffset() != now.astimezone(here).utcoffset()
    day_before = change - timedelta(days=1)
    assert day_before.astimezone(here).utcoffset() == now.astimezone(here).utcoffset()


def test_a_paused_digest_and_one_that_is_long_due_are_warned_of():
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    late = daily("UTC", now - timedelta(hours=2))
    paused = daily("UTC", now, paused="the channel is archived")
    first, second = checkups.runs([("ada", late), ("ben", paused)], now)
    assert (first.level, second.level) == (Level.WARNED, Level.WARNED)
    assert "paperround run" in first.said
    assert "archived" in second.said


@pytest.mark.parametrize(
    ("free", "level"), [(2**40, Level.PASSED), (2**28, Level.WARNED), (2**20, Level.FAILED)]
)
def test_room_on_the_disk_is_looked_at(tmp_path, monkeypatch, free, level):
    monkeypatch.setattr(checkups.shutil, "disk_usage", lambda folder: Free(free))
    assert checkups.disk(tmp_path / "a.db").level is level


async def test_a_clock_that_went_back_is_found_in_what_is_on_record(db, clock):
    await db.write(
        outbox.queue,
        key="one",
        kind=DeliveryKind.NOTICE,
        destination=Destination(platform="console", address="local/ada"),
        profile_id=None,
        body="{}",
        due_at=clock.now,
        now=clock.now,
    )
    assert (await db.read(checkups.clock, clock.now)).level is Level.PASSED
    back = await db.read(checkups.clock, clock.now - timedelta(days=1))
    assert back.level is Level.FAILED
    assert "NTP" in back.said


async def test_only_channels_that_something_goes_to_are_asked_about(db, clock):
    def set_up(tx):
        for kind, owner in (
            (OwnerKind.CHANNEL, "C1"),
            (OwnerKind.CHANNEL, "C2"),
            (OwnerKind.PERSON, "U1"),
        ):
            made = profiles.add(
                tx,
                kind=kind,
                platform="slack",
                workspace="T1",
                owner=owner,
                name=owner,
                zone="UTC",
                now=clock.now,
            )
            if owner != "C2":
                place = Destination(platform="slack", address=f"T1/{owner}")
                profiles.add_alert(tx, made.id, "bees", place, 0, clock.now)

    await db.write(set_up)
    assert await db.read(overview.channels_in_use) == [
        Destination(platform="slack", address="T1/C1")
    ]
    assert await db.read(overview.next_digests) == []


# --- Slack -----------------------------------------------------------------------------------


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server
        assert server.violations == []


async def asked_slack(slack, db, clock, *channels, **more):
    chosen = slack_settings(slack, **more)
    looks = look_at_slack(chosen, db, [f"{slack.workspace.id}/{one}" for one in channels], clock())
    said = await found(looks)
    return {check.replace(f"{slack.workspace.id}/", ""): one for check, one in said.items()}


async def test_slack_with_everything_right(slack, db, clock):
    room = slack.channel("papers", bot=True)
    said = await asked_slack(slack, db, clock, room.id)
    assert said["slack token"].level is Level.PASSED
    assert said["slack socket"].level is Level.PASSED
    assert said[f"slack {room.id}"].level is Level.PASSED
    assert slack.history(room) == []


async def test_slack_with_a_wrong_token(slack, db, clock):
    said = await asked_slack(slack, db, clock, slack_bot_token="xoxb-wrong")
    assert said["slack token"].level is Level.FAILED
    assert "PAPERROUND_SLACK_BOT_TOKEN" in said["slack token"].said
    assert "xoxb-wrong" not in said["slack token"].said


async def test_a_channel_that_slack_would_refuse(slack, db, clock):
    said = await asked_slack(slack, db, clock, "C404")
    assert said["slack C404"].level is Level.FAILED
    assert "/invite" in said["slack C404"].said


async def test_a_slack_that_does_not_answer_is_no_stack_trace(slack, db, clock):
    said = await asked_slack(slack, db, clock, slack_api_url="http://127.0.0.1:9/api/")
    assert said["slack token"].level is Level.FAILED
    assert "could not be asked" in said["slack token"].said


# --- Discord -----------------------------------------------------------------------------------


@pytest.fixture
async def discord():
    async with DiscordServer() as server:
        yield server


async def asked_discord(server, *addresses, token=None, now=None):
    chosen = Settings(
        discord_token=token or server.token,
        discord_api_base=server.base_url,
        discord_gateway_url=server.gateway_url,
    )
    return await found(look_at_discord(chosen, addresses, now or datetime.now(UTC)))


async def test_discord_with_everything_right_and_a_channel_that_lacks_a_permission(discord):
    ada = discord.user("ada")
    home = discord.guild("Home", owner=ada)
    open_room, closed = discord.text(home, "open"), discord.text(home, "closed")
    discord.deny(closed, discord.bot, "send_messages")
    addresses = [f"{home.id}/{open_room.id}", f"{home.id}/{closed.id}", f"{home.id}/404"]
    said = await asked_discord(discord, *addresses)
    assert said["discord token"].level is Level.PASSED
    first, second, third = (said[f"discord {one}"] for one in addresses)
    assert first.level is Level.PASSED, first
    assert second.level is Level.FAILED
    assert "send messages" in second.said
    assert third.level is Level.FAILED
    assert "gone" in third.said


async def test_discord_with_a_wrong_token(discord):
    said = await asked_discord(discord, token="wrong")
    assert said["discord token"].level is Level.FAILED
    assert "PAPERROUND_DISCORD_TOKEN" in said["discord token"].said


async def test_a_server_that_the_bot_left_is_told_with_the_invite(discord):
    ada = discord.user("ada")
    home = discord.guild("Home", owner=ada)
    room = discord.text(home, "room")
    discord.leave(home)
    said = await asked_discord(discord, f"{home.id}/{room.id}")
    assert "invite" in said[f"discord {home.id}/{room.id}"].said


async def test_a_clock_that_is_off_is_told_by_either_platform(slack, discord, db, clock):
    off = datetime.now(UTC) + timedelta(minutes=7)
    on_slack = await asked_slack(slack, db, lambda: off)
    on_discord = await asked_discord(discord, now=off)
    for said in (on_slack["slack clock"], on_discord["discord clock"]):
        assert said.level is Level.WARNED
        assert "NTP" in said.said
    assert (await asked_discord(discord))["discord clock"].level is Level.PASSED


# --- this machine ------------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What is said of the machine; nobody is kept out of anything where tests run as root."""

    def look(closed=(), **more):
        chosen = Settings(db=tmp_path / "a.db", inbox=tmp_path / "dumps" / "inbox", **more)
        shut = {str(one) for one in closed}
        monkeypatch.setattr(doctor.os, "access", lambda path, _: str(path) not in shut)
        return {one.check: one for one in doctor._machine(chosen)}

    return look


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_made_there(tmp_path, told):
    fine = told()
    assert (fine["database"].level, fine["inbox"].level) == (Level.PASSED, Level.PASSED)
    shut = told(closed=[tmp_path])
    assert (shut["database"].level, shut["inbox"].level) == (Level.FAILED, Level.FAILED)
    assert "PAPERROUND_DB" in shut["database"].said
    assert "PAPERROUND_INBOX" in shut["inbox"].said
    assert list(tmp_path.iterdir()) == []


def test_a_sound_database_that_cannot_be_written_is_told(tmp_path, told):
    upkeep.migrate(tmp_path / "a.db")
    assert told()["database"].level is Level.PASSED
    for closed in (tmp_path, tmp_path / "a.db"):  # the log is made beside it
        said = told(closed=[closed])["database"]
        assert said.level is Level.FAILED
        assert "who owns it" in said.said


async def test_with_no_platform_set_up_the_doctor_says_so():
    (one,) = [found async for found in doctor._platforms(Settings(), None, offline=True)]
    assert one.level is Level.WARNED
    assert "PAPERROUND_DISCORD_TOKEN" in one.said


def test_a_setting_that_is_none_is_told_with_the_one_that_was_meant(told, monkeypatch):
    assert told()["settings"].level is Level.PASSED
    monkeypatch.setenv("PAPERROUND_SLAK_BOT_TOKEN", "xoxb-secret")
    said = told()["settings"]
    assert said.level is Level.WARNED
    assert "PAPERROUND_SLACK_BOT_TOKEN" in said.said
    assert "secret" not in said.said


@pytest.mark.parametrize("half", ["slack_app_token", "slack_signing_secret"])
def test_half_of_slack_is_refused_with_the_name_of_the_other_half(half):
    with pytest.raises(ValueError, match="PAPERROUND_SLACK_BOT_TOKEN is missing") as refused:
        Settings(**{half: "xapp-secret"})
    assert "xapp-secret" not in str(refused.value)
