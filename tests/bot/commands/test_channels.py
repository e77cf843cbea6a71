"""Channels: who may look, who may change, and what everybody sees."""

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, channel, message, press, text
from fakes.pages import dump

from bot.commands import Commands, Standing
from bot.commands.table import VERBS
from matching.ingest import ingest
from storage import notices, profiles

MEMBER = channel(standing=Standing.MEMBER)
OUTSIDER = channel(standing=Standing.OUTSIDER)

FILLED = {"text": "graph networks", "query": "graph", "zone": "Europe/Berlin"}
"""A form that any of the verbs may be sent with."""


@pytest.fixture
async def commands(library, clock) -> Commands:
    titles = ("Graph Networks for Traffic", "Speech in Noisy Kitchens", "Small Diffusion Models")
    await ingest(library.db, library.encoder, dump(*titles), clock.now)
    return Commands(library, clock, lambda: None)


async def state(library) -> list[tuple]:
    """Everything that a channel's profile is."""

    def look(tx):
        return [
            tuple(row)
            for table in (
                "profiles interests alerts mutes subscriptions votes workspaces outbox".split()
            )
            for row in tx.rows(f"SELECT * FROM {table}")
        ]

    return await library.db.read(look)


async def follows(library, room=ROOM) -> list[str]:
    profile = await library.db.read(profiles.of, room.platform, room.workspace, room.id)
    if profile is None:
        return []
    return [one.text for one in await library.db.read(profiles.interests, profile.id)]


# --- who may ------------------------------------------------------------------------------


async def test_in_direct_messages_it_says_where_it_belongs(commands):
    for typed in ("channel", "channel follow graphs"):
        assert "Type it in the channel itself" in text(await ask(commands, typed))


@pytest.mark.parametrize("typed", ["", "interests", "follow graphs", "allow members", "why 1", "x"])
async def test_an_outsider_neither_reads_nor_changes(commands, library, typed):
    await ask(commands, "channel follow zebras", room=ROOM)
    before = await state(library)
    said = text(await ask(commands, f"channel {typed}", room=OUTSIDER, person=BOB))
    assert "for members of the channel" in said
    assert "zebras" not in said
    assert await state(library) == before


IN_CHANNEL = [verb for verb in VERBS if verb.in_channel]


@pytest.mark.parametrize("verb", IN_CHANNEL, ids=lambda verb: verb.name)
async def test_a_member_changes_nothing_whatever_the_command(commands, library, verb):
    await ask(commands, "channel follow graph networks", room=ROOM)
    await press(commands, await ask(commands, "channel alert graph", room=ROOM), "Save", room=ROOM)
    await ask(commands, "channel mute survey", room=ROOM)
    await ask(commands, "channel digest daily 08:30", room=ROOM)
    before = await state(library)
    tried = ("", " 1", " remove 1", " off", " now", " daily 09:00", " robots")
    for rest in tried:
        for fields in (None, FILLED):
            reply = await ask(
                commands, f"channel {verb.name}{rest}", room=MEMBER, person=BOB, fields=fields
            )
            assert not reply.is_public
            assert "broke on my side" not in text(reply)
    assert await state(library) == before


async def test_a_member_may_read(commands):
    await ask(commands, "channel follow graph networks", room=ROOM)
    await ask(commands, "channel digest daily 08:30", room=ROOM)
    for typed, says in (
        ("", "graph networks"),
        ("profile", "graph networks"),
        ("interests", "graph networks"),
        ("digest", "Daily at 08:30"),
        ("alerts", "No alerts yet"),
        ("status", "digest comes"),
        ("why 1", "Graph Networks for Traffic"),
    ):
        reply = await ask(commands, f"channel {typed}", room=MEMBER, person=BOB)
        assert says in text(reply), typed
        assert not reply.is_public


async def test_a_page_that_may_not_be_changed_has_no_buttons(commands):
    await ask(commands, "channel follow graph networks", room=ROOM)
    assert buttons(await ask(commands, "channel", room=MEMBER)) == []
    assert "you can read it here" in text(await ask(commands, "channel", room=MEMBER))
    actions = [one.action for one in buttons(await ask(commands, "channel", room=ROOM))]
    assert "channel unfollow 1" in actions
    assert all(one.startswith("channel ") for one in actions if one != "help")


async def test_a_workspace_may_let_every_member_change_its_channels(commands, library):
    refused = await ask(commands, "channel follow graphs", room=MEMBER, person=BOB)
    assert "`/papers channel allow members`" in text(refused)
    assert await follows(library) == []
    shown = await ask(commands, "channel", room=ROOM)
    decided = await press(commands, shown, "Let members change it", room=ROOM)
    assert decided.is_public
    await ask(commands, "channel follow graphs", room=MEMBER, person=BOB)
    assert await follows(library) == ["graphs"]
    await ask(commands, "channel allow managers", room=ROOM)
    await ask(commands, "channel follow more", room=MEMBER, person=BOB)
    assert await follows(library) == ["graphs"]


async def test_what_one_workspace_allows_says_nothing_of_another(commands, library):
    await ask(commands, "channel allow members", room=ROOM)
    there = channel(workspace="T2", standing=Standing.MEMBER)
    await ask(commands, "channel follow graphs", room=there)
    assert await follows(library, there) == []


@pytest.mark.parametrize("room", [MEMBER, OUTSIDER])
async def test_only_managers_decide_who_may_change(commands, library, room):
    await ask(commands, "channel allow members", room=room, person=BOB)
    await ask(commands, "channel follow graphs", room=MEMBER, person=BOB)
    assert await follows(library) == []


async def test_a_member_who_may_change_still_does_not_decide_who_may(commands):
    await ask(commands, "channel allow members", room=ROOM)
    reply = await ask(commands, "channel allow managers", room=MEMBER)
    assert "Only an admin" in text(reply)
    assert "Let members" not in str(buttons(await ask(commands, "channel", room=MEMBER)))


@pytest.mark.parametrize("typed", ["channel allow", "channel allow everybody"])
async def test_allowing_nobody_in_particular_says_how(commands, typed):
    assert "`/papers channel allow members`" in text(await ask(commands, typed, room=ROOM))


# --- what everybody sees -------------------------------------------------------------------


async def test_a_change_is_for_everybody_to_see_and_names_nobody(commands, library):
    reply = await ask(commands, "channel follow graph networks", room=ROOM)
    assert reply.is_public
    assert not reply.is_profile_changed, "the person's own page is as it was"
    assert not reply.ref, "no reply of one person"
    assert ADA.name not in text(reply)
    assert ADA.id not in text(reply)
    assert await follows(library) == ["graph networks"]
    assert await library.db.read(profiles.of, "slack", "T1", ADA.id) is None


async def test_what_fails_or_asks_is_for_the_asker_alone(commands):
    for typed in ("channel follow", "channel unfollow 99", "channel alert graph", "channel digest"):
        assert not (await ask(commands, typed, room=ROOM)).is_public, typed


async def test_a_form_for_the_channel_comes_back_to_the_channel(commands, library):
    form = (await ask(commands, "channel follow", room=ROOM)).form
    assert form.action == "channel follow"
    reply = await ask(commands, form.action, room=ROOM, fields={"text": "graph networks"})
    assert reply.is_public
    assert await follows(library) == ["graph networks"]
    wrong = await ask(commands, form.action, room=ROOM, fields={"text": "!"})
    assert wrong.errors.keys() == {"text"}


async def test_a_persons_own_notice_is_not_told_to_the_room(commands, library, clock):
    await ask(commands, "follow something of my own")
    mine = await library.db.read(profiles.of, "slack", "T1", ADA.id)
    await library.db.write(notices.add, mine.id, "I could not reach you", clock.now)
    public = await ask(commands, "channel follow graph networks", room=ROOM)
    assert public.is_public
    assert "could not reach" not in text(public)
    assert "could not reach" in text(await ask(commands, "help"))


async def test_what_went_wrong_for_the_channel_is_told_to_who_can_act(commands, library, clock):
    await ask(commands, "channel follow graph networks", room=ROOM)
    room = await library.db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)
    await library.db.write(notices.add, room.id, "The channel was archived", clock.now)
    assert "archived" not in text(await ask(commands, "channel", room=MEMBER, person=BOB))
    assert "archived" in text(await ask(commands, "channel", room=ROOM))
    assert "archived" not in text(await ask(commands, "channel", room=ROOM))


async def test_the_channel_and_its_members_have_profiles_of_their_own(commands, library):
    await ask(commands, "channel follow graph networks", room=ROOM)
    await ask(commands, "follow speech recognition", room=ROOM)
    assert await follows(library) == ["graph networks"]
    assert "graph networks" not in text(await ask(commands, "interests", room=ROOM))


# --- the rest ------------------------------------------------------------------------------


async def test_a_verb_about_oneself_is_told_apart_from_one_nobody_knows(commands):
    assert "leave out `channel`" in text(await ask(commands, "channel export", room=ROOM))
    reply = await ask(commands, "channel frobnicate", room=ROOM)
    assert "`/papers channel help channel`" not in text(reply)
    assert button(reply, "Help").action == "help channel"
    assert "All of them" in text(await press(commands, reply, "Help", room=ROOM))


async def test_help_in_a_channel_is_about_channels(commands):
    assert "All of them" in text(await ask(commands, "channel help", room=MEMBER))


async def test_channel_within_channel_goes_nowhere(commands):
    assert "about you" in text(await ask(commands, "channel channel follow x", room=ROOM))


async def test_the_first_words_in_a_channel_have_buttons_that_work(commands, library):
    hello = await commands.welcome_channel(ROOM, ADA)
    assert [one.action for one in hello.buttons] == [
        "channel start",
        "channel follow",
        "channel digest-form",
    ]
    assert "`/papers channel follow graph neural networks`" in hello.intro
    for one in hello.buttons:
        assert (await ask(commands, one.action, room=ROOM)).form is not None


async def test_an_empty_channel_says_how_to_begin(commands, library):
    reply = await ask(commands, "channel", room=ROOM)
    assert "#reading-group follows nothing yet" in text(reply)
    assert "`/papers channel follow" in text(reply)
    assert await state(library) == [], "looking makes nothing"


async def test_every_button_of_a_channels_page_works(commands):
    await ask(commands, "channel follow graph networks", room=ROOM)
    await press(commands, await ask(commands, "channel alert graph", room=ROOM), "Save", room=ROOM)
    await ask(commands, "channel mute survey", room=ROOM)
    await ask(commands, "channel quiet 22:00-07:00", room=ROOM)
    await ask(commands, "channel digest daily 08:30", room=ROOM)
    shown = await ask(commands, "channel", room=ROOM)
    for one in sorted(buttons(shown), key=lambda one: one.style == "danger"):
        said = text(await ask(commands, one.action, room=ROOM))
        assert "That did not work" not in said, one.action
        assert "broke on my side" not in said, one.action


async def test_a_channels_votes_are_counted_and_nobodys(commands, library, clock):
    await ask(commands, "channel follow graph networks", room=ROOM)
    room = await library.db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)

    def vote(tx):
        from storage import votes
        from storage.records import VoteKind

        votes.toggle_member(tx, room.id, 1, "T1/UADA", VoteKind.LIKE, clock.now)

    await library.db.write(vote)
    rows = [row.text for row in message(await ask(commands, "channel", room=ROOM)).rows]
    assert "The channel's votes: 1 liked, 0 not wanted" in rows
    assert not any("ada" in row.casefold().split() for row in rows)


async def test_who_made_a_channel_changes_it_and_does_not_decide_for_all_of_them(commands):
    made_it = channel(standing=Standing.MANAGER)
    reply = await ask(commands, "channel follow graph networks", room=made_it)
    assert reply.is_public
    refused = await ask(commands, "channel allow members", room=made_it)
    assert "admin" in refused.message.intro
    shown = await ask(commands, "channel", room=made_it)
    assert not any("allow" in button.action for button in shown.message.buttons)


async def test_a_slip_in_a_command_of_the_channel_is_answered_with_what_was_meant(commands):
    said = text(await ask(commands, "channel digst daily 9", room=ROOM))
    assert "A channel knows no command “digst”. Did you mean `channel digest`?" in said


async def test_where_no_channel_is_the_hint_has_the_command_as_it_is_called_here(commands):
    said = text(await ask(commands, "channel", prefix="/abstracts "))
    assert "`/abstracts channel follow graph neural networks`" in said
