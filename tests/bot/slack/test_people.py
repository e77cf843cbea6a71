"""Names, zones, and who may do what in a channel."""

import pytest

from bot.commands import Standing

CHANGES, READS = "channel unfollow 3", "channel"


@pytest.fixture
def standing(platform, slack, commands):
    """What Slack's answers make of somebody who asks in a channel."""

    async def ask(person, room, text: str = CHANGES) -> Standing | None:
        before = len(commands.requests)
        await person.command("/papers", text, room)
        await platform._errands.finish()
        if len(commands.requests) == before:
            return None
        return commands.requests[-1].room.standing

    return ask


async def test_who_made_the_channel_manages_it(standing, slack, ada):
    ben = slack.user("ben")
    room = slack.channel("papers", creator=ada, members=[ada, ben])
    assert await standing(ada, room) is Standing.MANAGER
    assert await standing(ben, room) is Standing.MEMBER


@pytest.mark.parametrize("office", ["is_admin", "is_owner"])
async def test_admins_and_owners_manage_every_channel(standing, slack, ada, office):
    chief = slack.user("chief", **{office: True})
    room = slack.channel("papers", creator=ada, members=[ada])
    assert await standing(chief, room) is Standing.ADMIN


async def test_who_is_in_no_member_list_is_outside(standing, slack, ada):
    room = slack.channel("papers", creator=ada, members=[ada])
    assert await standing(slack.user("passer-by"), room) is Standing.OUTSIDER


async def test_members_are_found_on_later_pages(standing, slack, ada):
    crowd = [f"UCROWD{n}" for n in range(1500)]
    room = slack.channel("papers", creator=ada, members=[*crowd, slack.user("last")])
    assert await standing(slack.user("last"), room) is Standing.MEMBER
    assert len(slack.calls_of("conversations.members")) == 2


async def test_who_speaks_in_a_private_channel_is_in_it(standing, slack, ada):
    ben = slack.user("ben")
    room = slack.channel("papers", creator=ada, members=[ada, ben], private=True)
    assert await standing(ben, room) is Standing.MEMBER
    assert slack.calls_of("conversations.members") == []


@pytest.mark.parametrize("guest", ["is_restricted", "is_ultra_restricted"])
async def test_guests_may_read_and_not_change(standing, slack, ada, guest, monkeypatch):
    visitor = slack.user("visitor", is_admin=True)
    described = type(visitor.user).as_api
    monkeypatch.setattr(
        type(visitor.user),
        "as_api",
        lambda one: described(one) | ({guest: True} if one.name == "visitor" else {}),
    )
    room = slack.channel("papers", creator=ada, members=[ada, visitor])
    for text in (CHANGES, "channel digest now", "channel alert bees", "channel allow members"):
        assert await standing(visitor, room, text) is Standing.OUTSIDER
    for text in (READS, "channel interests", "channel  Digest", "channel alerts"):
        assert await standing(visitor, room, text) is Standing.MEMBER
    elsewhere = slack.channel("elsewhere", creator=ada, members=[ada])
    assert await standing(visitor, elsewhere, READS) is Standing.OUTSIDER


async def test_people_of_other_workspaces_change_nothing(standing, slack, ada):
    stranger = slack.user("stranger", is_admin=True)
    stranger.user.team = "T0ELSEWHERE"
    room = slack.channel("shared", creator=ada, members=[ada, stranger])
    assert await standing(stranger, room) is Standing.OUTSIDER


async def test_a_standing_is_asked_for_each_time(standing, slack, ada):
    chief = slack.user("chief", is_admin=True)
    room = slack.channel("papers", creator=ada, members=[ada, chief])
    assert await standing(chief, room) is Standing.ADMIN
    chief.user.is_admin = False
    assert await standing(chief, room) is Standing.MEMBER


@pytest.mark.parametrize("method", ["users.info", "conversations.info", "conversations.members"])
@pytest.mark.parametrize("kind", ["status", "drop_before", "error"])
async def test_where_slack_does_not_say_it_nothing_is_granted(standing, slack, ada, method, kind):
    ben = slack.user("ben")
    room = slack.channel("papers", creator=ada, members=[ada, ben])
    slack.fail(method, kind, times=None)
    assert await standing(ben, room) is None
    assert "Please try again" in ben.ephemerals[-1].shown


async def test_a_private_channel_without_the_bot_asks_for_an_invitation(standing, slack, ada):
    room = slack.channel("papers", creator=ada, members=[ada], private=True, bot=False)
    assert await standing(ada, room) is None
    assert "/invite" in ada.ephemerals[-1].shown


async def test_a_missing_scope_is_told(standing, slack, ada):
    room = slack.channel("papers", creator=ada, members=[ada])
    slack.fail("users.info", "error", error="missing_scope")
    assert await standing(ada, room) is None
    assert "lacks a scope" in ada.ephemerals[-1].shown


async def test_a_channel_is_called_by_its_name(standing, slack, commands, ada):
    room = slack.channel("papers", creator=ada, members=[ada], private=True)
    await standing(ada, room)
    assert commands.requests[-1].room.name == "#papers"
    await standing(ada, room, "help")
    assert commands.requests[-1].room.name == "this channel"


async def test_names_and_zones_are_asked_for_once_an_hour(standing, slack, commands, clock, ada):
    room = slack.channel("papers", creator=ada, members=[ada])
    await standing(ada, room, "help")
    await standing(ada, room, "help")
    assert len(slack.calls_of("users.info")) == 1
    ada.user.tz = "Asia/Tokyo"
    clock.advance(minutes=61)
    await standing(ada, room, "help")
    assert len(slack.calls_of("users.info")) == 2
    assert commands.requests[-1].asker.zone == "Asia/Tokyo"


async def test_a_zone_that_does_not_exist_is_left_open(standing, slack, commands, ada):
    ada.user.tz = "Mars/Olympus"
    await standing(ada, slack.channel("papers", members=[ada]), "help")
    assert commands.requests[-1].asker.zone is None
