"""Channels and workspaces that come and go: what is sent there is paused, and goes on again."""

import pytest
from fakes.slack_bot import at_work

from bot import desk, timetable
from bot.dispatcher import Dispatcher
from bot.messages import Message, from_json, to_json
from matching.alerts import parse
from storage import (
    deliveries,
    destinations,
    keepers,
    notices,
    outbox,
    profiles,
    subscriptions,
)
from storage.records import DeliveryKind, Destination, OwnerKind


@pytest.fixture
def room(slack, ada):
    return slack.channel("papers", members=[ada], creator=ada)


@pytest.fixture
async def profile(db, clock, slack, room):
    """The channel's: a digest and an alert."""
    made = await db.write(
        profiles.add,
        kind=OwnerKind.CHANNEL,
        platform="slack",
        workspace=slack.workspace.id,
        owner=room.id,
        name="#papers",
        zone="UTC",
        now=clock.now,
    )
    schedule = timetable.read_schedule("daily 08:30", "UTC")
    await desk.subscribe(db, made, schedule, 4, clock.now)
    await desk.add_alert(db, made, parse("bees"), clock.now)
    return made


async def paused(db, profile) -> set[str | None]:
    subscribed = await db.read(subscriptions.of, profile.id)
    alerts = await db.read(profiles.alerts, profile.id)
    return {one.paused for one in (*subscribed, *alerts)}


async def settled(platform) -> None:
    await platform._errands.finish()


async def test_the_bot_introduces_itself_to_a_channel(platform, slack, ada):
    room = slack.channel("bees", members=[ada], creator=ada, bot=False)
    await slack.joins(room)
    await slack.until(lambda: slack.history(room))
    (message,) = slack.history(room)
    assert message.shown.startswith("Hello #bees, says ada")
    assert message.buttons == ["Begin", "Help"]


async def test_others_may_come_and_go(platform, slack, db, room, profile):
    ben = slack.user("ben")
    await slack.joins(room, ben)
    await slack.leaves(room, ben)
    await settled(platform)
    assert slack.history(room) == []
    assert await paused(db, profile) == {None}


@pytest.mark.parametrize("happens", ["archives", "deletes", "leaves"])
@pytest.mark.parametrize("private", [False, True])
async def test_what_went_to_a_channel_that_is_lost_is_paused_and_told(
    platform, slack, db, room, profile, happens, private
):
    room.kind = "private" if private else "public"
    await getattr(slack, happens)(room)
    await settled(platform)
    (reason,) = await paused(db, profile)
    assert "channel" in reason
    ((_, told),) = await db.read(notices.waiting, profile.id)
    assert reason in told


async def test_the_bots_own_leaving_is_heard_in_either_way(platform, slack, db, room, profile):
    bot = slack.workspace.bot_user_id
    left = {"type": "member_left_channel", "user": bot, "channel": room.id, "channel_type": "C"}
    await slack.emit(left)
    await settled(platform)
    assert await paused(db, profile) == {"Paperround was removed from the channel"}


async def test_a_channel_that_is_back_is_sent_to_again(platform, slack, db, room, profile):
    await slack.archives(room)
    await settled(platform)
    await slack.unarchives(room)
    await settled(platform)
    assert await paused(db, profile) == {None}
    await slack.leaves(room)
    await settled(platform)
    assert await paused(db, profile) != {None}
    await slack.joins(room)
    await settled(platform)
    assert await paused(db, profile) == {None}


async def test_a_workspace_that_removes_the_bot_is_sent_nothing(
    platform, slack, db, room, profile, clock
):
    elsewhere = Destination(platform="slack", address="T0/C0")
    await slack.uninstalls()
    await settled(platform)
    assert await paused(db, profile) == {"Paperround was removed from the workspace"}
    assert await db.read(destinations.gone, elsewhere) is None


async def test_news_of_a_removal_that_come_late_harm_no_new_install(
    platform, slack, db, room, profile
):
    await slack.emit({"type": "app_uninstalled"})
    await settled(platform)
    assert await paused(db, profile) == {None}


async def test_a_person_who_takes_back_their_own_token_ends_nothing(
    platform, slack, db, profile, ada
):
    slack.workspace.revoke()
    await slack.emit({"type": "tokens_revoked", "tokens": {"oauth": [ada.id]}})
    await settled(platform)
    assert await paused(db, profile) == {None}


async def test_a_bot_that_is_back_goes_on_where_it_was(slack, db, clock, commands, profile):
    async with at_work(slack, db, clock, commands) as platform:
        await slack.uninstalls()
        await settled(platform)
    assert await paused(db, profile) != {None}
    slack.workspace.install()
    async with at_work(slack, db, clock, commands):
        assert await paused(db, profile) == {None}


@pytest.mark.parametrize("happens", ["archives", "deletes", "leaves"])
async def test_who_looks_after_the_digest_is_told_once_and_at_once(
    platform, slack, db, room, profile, ada, happens
):
    (one,) = await db.read(subscriptions.of, profile.id)
    keeper = f"{slack.workspace.id}/{ada.id}"
    await db.write(keepers.put, one.id, "slack", keeper, profile.created_at)
    await getattr(slack, happens)(room)
    await settled(platform)
    await slack.emit({"type": "channel_archive", "channel": room.id, "user": ada.id})
    await settled(platform)
    (notice,) = await db.read(deliveries.newest)
    assert notice.destination.address == keeper
    assert from_json(notice.body).heading == "I can't post in #papers any more"


async def test_who_looks_after_the_digest_is_told_when_it_goes_on(
    platform, slack, db, room, profile, ada
):
    (one,) = await db.read(subscriptions.of, profile.id)
    keeper = f"{slack.workspace.id}/{ada.id}"
    await db.write(keepers.put, one.id, "slack", keeper, profile.created_at)
    await slack.archives(room)
    await settled(platform)
    await slack.unarchives(room)
    await settled(platform)
    await slack.unarchives(room)
    await settled(platform)
    said = [from_json(it.body).heading for it in await db.read(deliveries.newest)]
    assert said == ["I can post in #papers again", "I can't post in #papers any more"]


async def test_members_are_asked_for_after_a_digest_and_come_and_go(
    platform, slack, db, room, profile, ada, clock
):
    for person in (ada, ben := slack.user("ben")):
        await db.write(
            profiles.add, kind=OwnerKind.PERSON, platform="slack", workspace=slack.workspace.id,
            owner=person.id, name=person.name, zone="UTC", now=clock.now,
        )  # fmt: skip

    async def members() -> set[str]:
        rows = await db.read(lambda tx: tx.rows("SELECT member FROM readers"))
        return {row["member"].partition("/")[2] for row in rows}

    await db.write(
        outbox.queue, key="digest/1/x", kind=DeliveryKind.DIGEST, destination=profile.destination,
        profile_id=profile.id, body=to_json(Message(heading="1 paper for #papers")),
        due_at=clock.now, now=clock.now,
    )  # fmt: skip
    await Dispatcher(db, [platform], clock, owner="test").drain()
    await settled(platform)
    assert await members() == {ada.id}
    await slack.joins(room, ben)
    await settled(platform)
    assert await members() == {ada.id, ben.id}
    await slack.leaves(room, ada)
    await settled(platform)
    assert await members() == {ben.id}
