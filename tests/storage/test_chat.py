"""What chat keeps: votes of members, notices, kept replies, handled events, workspaces, marks."""

from datetime import timedelta

from storage import (
    answers,
    destinations,
    handled,
    marks,
    notices,
    profiles,
    subscriptions,
    workspaces,
)
from storage.records import Destination, OwnerKind
from storage.workspaces import ChannelChanges


async def profile(db, clock, owner="U1", workspace="T1"):
    return await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="slack",
        workspace=workspace,
        owner=owner,
        name="ada",
        zone="UTC",
        now=clock.now,
    )


async def test_a_profile_is_found_by_its_owner_in_one_workspace_only(db, clock):
    ada = await profile(db, clock)
    assert await db.read(profiles.of, "slack", "T1", "U1") == ada
    assert await db.read(profiles.of, "slack", "T2", "U1") is None
    assert await db.read(profiles.of, "discord", "T1", "U1") is None


async def test_a_gone_destination_pauses_alerts_and_tells_the_owner_once(db, clock):
    ada = await profile(db, clock)
    to = ada.destination
    alert = await db.write(profiles.add_alert, ada.id, "robot", to, 0, clock.now)
    by_hand = await db.write(profiles.add_alert, ada.id, "ship", to, 0, clock.now)
    reason = destinations.PAUSED_BY_OWNER
    assert await db.write(profiles.pause_alert, ada.id, by_hand.id, reason)
    for _ in range(2):
        await db.write(destinations.close, to, "direct messages are closed", clock.now)
    states = {one.id: one.paused for one in await db.read(profiles.alerts, ada.id)}
    assert states == {alert.id: "direct messages are closed", by_hand.id: reason}
    ((number, text),) = await db.read(notices.waiting, ada.id)
    assert "direct messages are closed" in text
    await db.write(notices.told, [number], clock.now)
    assert await db.read(notices.waiting, ada.id) == []


async def test_a_reopened_destination_lets_alerts_go_on_but_not_those_paused_by_hand(db, clock):
    ada = await profile(db, clock)
    alert = await db.write(profiles.add_alert, ada.id, "robot", ada.destination, 0, clock.now)
    by_hand = await db.write(profiles.add_alert, ada.id, "ship", ada.destination, 0, clock.now)
    reason = destinations.PAUSED_BY_OWNER
    await db.write(profiles.pause_alert, ada.id, by_hand.id, reason)
    await db.write(destinations.close, ada.destination, "gone", clock.now)
    assert await db.read(destinations.gone, ada.destination) == "gone"
    await db.write(destinations.reopen, ada.destination)
    assert await db.read(destinations.gone, ada.destination) is None
    states = {one.id: one.paused for one in await db.read(profiles.alerts, ada.id)}
    assert states == {alert.id: None, by_hand.id: reason}
    assert await db.read(subscriptions.of, ada.id) == []


async def test_an_alert_is_resumed_by_its_owner_only(db, clock):
    ada, ben = await profile(db, clock), await profile(db, clock, "U2")
    alert = await db.write(profiles.add_alert, ada.id, "robot", ada.destination, 0, clock.now)
    assert await db.write(profiles.pause_alert, ben.id, alert.id, "x") is False
    assert await db.write(profiles.pause_alert, ada.id, alert.id, "x") is True
    assert await db.write(profiles.resume_alert, ben.id, alert.id, 7) is False
    assert await db.write(profiles.resume_alert, ada.id, alert.id, 7) is True
    (after,) = await db.read(profiles.alerts, ada.id)
    assert (after.paused, after.after_seq) == (None, 7)


async def test_the_same_query_to_two_places_is_two_alerts(db, clock):
    ada = await profile(db, clock)
    channel = Destination(platform="slack", address="T1/C1")
    first = await db.write(profiles.add_alert, ada.id, "robot", ada.destination, 0, clock.now)
    second = await db.write(profiles.add_alert, ada.id, "robot", channel, 0, clock.now)
    assert first.id != second.id
    assert second.destination == channel


async def test_a_kept_reply_is_read_by_the_person_who_got_it_only(db, clock):
    me = {"platform": "slack", "workspace": "T1", "person": "U1"}
    kept = await db.write(answers.add, **me, body="{}", now=clock.now)
    assert await db.read(answers.of, kept, **me) == "{}"
    for other in ({"person": "U2"}, {"workspace": "T2"}, {"platform": "discord"}):
        assert await db.read(answers.of, kept, **me | other) is None


async def test_kept_replies_go_after_their_time(db, clock):
    me = {"platform": "slack", "workspace": "T1", "person": "U1"}
    kept = await db.write(answers.add, **me, body="{}", now=clock.now)
    clock.advance(days=answers.KEPT.days, seconds=1)
    await db.write(answers.add, **me, body="{}", now=clock.now)
    assert await db.read(answers.of, kept, **me) is None


async def test_an_event_is_new_once_on_each_platform(db, clock):
    assert await db.write(handled.first_time, "slack", "Ev1", clock.now) is True
    assert await db.write(handled.first_time, "slack", "Ev1", clock.now) is False
    assert await db.write(handled.first_time, "discord", "Ev1", clock.now) is True


async def test_managers_change_channels_unless_the_workspace_says_otherwise(db):
    assert await db.read(workspaces.channel_changes, "slack", "T1") is ChannelChanges.MANAGERS
    await db.write(workspaces.set_channel_changes, "slack", "T1", ChannelChanges.MEMBERS)
    assert await db.read(workspaces.channel_changes, "slack", "T1") is ChannelChanges.MEMBERS
    assert await db.read(workspaces.channel_changes, "slack", "T2") is ChannelChanges.MANAGERS


async def test_an_install_replaces_the_one_before(db, clock):
    await db.write(workspaces.install, "slack", "T1", b"old", clock.now)
    await db.write(workspaces.install, "slack", "T1", b"new", clock.now)
    assert await db.read(workspaces.installed, "slack", "T1") == b"new"
    assert await db.read(workspaces.every_install, "slack") == ["T1"]
    assert await db.write(workspaces.uninstall, "slack", "T1") is True
    assert await db.read(workspaces.installed, "slack", "T1") is None


async def test_an_install_state_counts_once_and_in_time(db, clock):
    until = clock.now + timedelta(minutes=10)
    for state in ("a", "b"):
        await db.write(workspaces.add_state, state, until, clock.now)
    assert await db.write(workspaces.take_state, "a", clock.now) is True
    assert await db.write(workspaces.take_state, "a", clock.now) is False
    assert await db.write(workspaces.take_state, "b", clock.advance(minutes=11)) is False
    assert await db.write(workspaces.take_state, "c", clock.now) is False


async def test_a_mark_holds_the_last_that_was_written(db):
    assert await db.read(marks.get, "x") is None
    await db.write(marks.put, "x", "1")
    await db.write(marks.put, "x", "2")
    assert await db.read(marks.get, "x") == "2"
