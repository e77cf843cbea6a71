"""Interests and mutes: kept as they were said, shown with what they bring, and taken back."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, channel, message, press, text
from fakes.pages import dump

from bot import wants
from bot.commands import Commands, Standing
from bot.demo import samples
from matching.ingest import ingest
from storage import mutes, profiles
from storage.mutes import MuteKind
from storage.records import OwnerKind

TITLES = (
    "Graph Networks for Invented Molecules",
    "Graph Networks for Traffic",
    "Speech Recognition in Noisy Kitchens",
)


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


@pytest.fixture
async def stocked(library, clock, commands) -> Commands:
    """Papers of last month to stand out from, and three of this week."""
    for raw in samples():
        await ingest(library.db, library.encoder, raw, clock.now - timedelta(days=30))
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
    return commands


async def followed(db, who=ADA) -> list[str]:
    profile = await db.read(profiles.of, who.platform, who.workspace, who.id)
    return [one.text for one in await db.read(profiles.interests, profile.id)] if profile else []


async def muted(db, who=ADA) -> list[tuple[MuteKind, str]]:
    profile = await db.read(profiles.of, who.platform, who.workspace, who.id)
    return [(one.kind, one.value) for one in await db.read(mutes.of, profile.id)] if profile else []


async def test_a_word_with_a_plus_is_named_as_counting_extra(stocked, db):
    reply = await ask(stocked, 'follow graph networks +molecules +"invented things"')

    assert await followed(db) == ['graph networks +molecules +"invented things"']
    assert "Counting extra: “molecules”, “invented things”." in text(reply)
    assert message(reply).cards[0].title == TITLES[0]


async def test_an_interest_is_kept_and_shown_with_papers_that_it_would_have_brought(stocked, db):
    reply = await ask(stocked, "follow  graph \n networks ")
    assert await followed(db) == ["graph networks"]
    assert "“graph networks”: new papers are compared with it by meaning and by words" in text(
        reply
    )
    shown = message(reply).cards
    assert {card.title for card in shown[:2]} == set(TITLES[:2])
    assert len(shown) <= 3
    for card in shown:
        assert "graph networks" in card.reason
        assert card.sentence
        assert card.score is not None
        assert card.score >= 0.5
    assert reply.ref, "its cards can be voted on"
    assert reply.is_profile_changed


async def test_an_interest_that_nothing_fits_says_how_near_the_best_came(stocked):
    said = text(await ask(stocked, "follow quokka habitat"))
    assert "none fits well enough: the best reaches 0." in said
    assert "0.50 is needed" in said


async def test_an_interest_before_the_first_paper_says_that_there_are_none(commands, db):
    assert "no papers yet" in text(await ask(commands, "follow graph networks"))
    assert await followed(db) == ["graph networks"]


async def test_what_a_mute_silences_is_not_shown_with_an_interest(stocked):
    await ask(stocked, "mute traffic")
    shown = message(await ask(stocked, "follow graph networks")).cards
    assert TITLES[0] in {card.title for card in shown}
    assert TITLES[1] not in {card.title for card in shown}


async def test_an_interest_can_be_undone_and_had_again(commands, db):
    added = await ask(commands, "follow graph networks")
    gone = await press(commands, added, "Undo")
    assert await followed(db) == []
    await press(commands, gone, "Redo")
    assert await followed(db) == ["graph networks"]


async def test_a_removed_interest_that_is_longer_than_a_button_comes_back_whole(commands, db):
    long = "graph networks for molecules " * 10
    await ask(commands, f"follow {long}")
    gone = await ask(commands, "unfollow graph")
    assert len(button(gone, "Undo").action.encode()) <= 90
    stolen = await ask(commands, button(gone, "Undo").action, person=BOB)
    assert "nothing to undo" in text(stolen).lower() or "No change" in text(stolen)
    assert await followed(db, BOB) == []
    await press(commands, gone, "Undo")
    assert await followed(db) == [long.strip()]


async def test_a_digest_is_offered_until_there_is_one(commands):
    offered = await ask(commands, "follow graph networks")
    assert button(offered, "Daily at 08:30").action == "digest daily 08:30"
    await press(commands, offered, "Daily at 08:30")
    again = await ask(commands, "follow speech recognition")
    assert "Daily at 08:30" not in [one.label for one in buttons(again)]


@pytest.mark.parametrize("same", ["graph networks", "Graph  NETWORKS", " graph\tnetworks"])
async def test_the_same_interest_is_not_kept_twice(commands, db, same):
    await ask(commands, "follow graph networks")
    reply = await ask(commands, f"follow {same}")
    assert "You follow “graph networks” already" in text(reply)
    assert await followed(db) == ["graph networks"]


async def test_an_interest_much_like_another_is_kept_and_said(commands, db):
    await ask(commands, "follow graph networks")
    assert "much like" not in text(await ask(commands, "follow speech recognition"))
    reply = await ask(commands, "follow networks: graph")
    assert "much like your interest “graph networks”" in text(reply)
    assert len(await followed(db)) == 3


async def test_without_words_a_form_asks_for_them(commands, db):
    form = (await ask(commands, "follow")).form
    assert form is not None
    assert form.action == "follow"
    await ask(commands, form.action, fields={"text": "graph networks"})
    assert await followed(db) == ["graph networks"]


@pytest.mark.parametrize("bad", ["", "   ", "!?", "\0\x07", "x" * 501, "\ud800", "🦊"])
async def test_a_form_that_holds_no_interest_is_answered_at_its_field(commands, db, bad):
    reply = await ask(commands, "follow", fields={"text": bad})
    assert set(reply.errors) == {"text"}
    assert "500 characters" in reply.errors["text"]
    assert reply.message is None
    assert await followed(db) == []


@pytest.mark.parametrize("bad", ["!?", "…", "x" * 10_000, "\0\x07", "\ud800\udfff", "—"])
async def test_a_refused_interest_shows_one_that_is_good(commands, db, bad):
    reply = await ask(commands, f"follow {bad}")
    assert "`/papers follow graph neural networks for molecules`" in text(reply)
    assert len(text(reply)) < 500
    assert await followed(db) == []


async def test_signs_that_nobody_types_are_left_out_of_an_interest(commands, db):
    await ask(commands, "follow graph\0 net\x07works\ud800 för Moleküle")
    assert await followed(db) == ["graph networks för Moleküle"]


async def test_a_profile_has_room_for_a_hundred_interests(commands, db, monkeypatch):
    monkeypatch.setattr(wants, "MOST_INTERESTS", 2)
    for one in ("graphs", "speech"):
        await ask(commands, f"follow {one}")
    reply = await ask(commands, "follow video")
    assert "2 interests are the most: remove one first" in text(reply)
    assert button(reply, "Your interests").action == "interests"
    assert "“speech” already" in text(await ask(commands, "follow speech"))
    assert len(await followed(db)) == 2


# --- listing, editing, removing ------------------------------------------------------------


async def test_interests_are_listed_with_what_can_be_done_about_each(commands):
    assert "You follow nothing yet" in text(await ask(commands, "interests"))
    await ask(commands, "follow graph networks")
    listed = await ask(commands, "following")
    (row,) = message(listed).rows
    assert row.text == "graph networks"
    assert [one.action for one in row.buttons] == ["interest-edit 1", "unfollow 1"]
    assert button(listed, "Remove").confirm == "Stop following “graph networks”?"
    assert button(listed, "Add").action == "follow"


async def test_a_long_list_is_shown_a_page_at_a_time(commands):
    for n in range(12):
        await ask(commands, f"follow subject number {n}")
    first = await ask(commands, "interests")
    assert len(message(first).rows) == 10
    assert message(first).footer == "1 to 10 of 12."
    second = await press(commands, first, "More")
    assert [row.text for row in message(second).rows] == ["subject number 10", "subject number 11"]
    assert message(await press(commands, second, "Back")).rows == message(first).rows
    for odd in ("page 99", "page -1", "page x", "page " + "9" * 5000, "nonsense"):
        assert message(await ask(commands, f"interests {odd}")).rows


@pytest.mark.parametrize("named", ["1", "#1", "graph networks", "GRAPH Networks", "networks"])
async def test_an_interest_is_removed_by_its_number_or_its_words(commands, db, named):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow speech recognition")
    assert "No longer following" in text(await ask(commands, f"unfollow {named}"))
    assert await followed(db) == ["speech recognition"]


async def test_words_that_fit_several_interests_remove_none_and_list_these(commands, db):
    for one in ("graph networks", "graph theory", "speech"):
        await ask(commands, f"follow {one}")
    reply = await ask(commands, "unfollow graph")
    assert [row.text for row in message(reply).rows] == ["graph networks", "graph theory"]
    assert len(await followed(db)) == 3


async def test_unfollow_without_a_name_lists_what_there_is(commands):
    await ask(commands, "follow graph networks")
    assert len(message(await ask(commands, "unfollow")).rows) == 1


@pytest.mark.parametrize("named", ["2", "9" * 19, "9" * 5000, "-1", "²", "\0", "x" * 10_000, "%"])
async def test_what_names_no_interest_of_ones_own_removes_nothing(commands, db, named):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow speech", person=BOB)  # his is number 2
    reply = await ask(commands, f"unfollow {named}")
    assert "`/papers unfollow 1`" in text(reply)
    assert len(text(reply)) < 500
    assert await followed(db) == ["graph networks"]
    assert await followed(db, BOB) == ["speech"]


async def test_an_interest_is_edited_in_a_form_that_holds_it(commands, db):
    await ask(commands, "follow graph networks")
    form = (await press(commands, await ask(commands, "interests"), "Edit")).form
    assert form is not None
    assert form.fields[0].value == "graph networks"
    assert (await ask(commands, form.action, fields={"text": " "})).errors
    changed = await ask(commands, form.action, fields={"text": "speech recognition"})
    assert "“speech recognition”" in text(changed)
    assert await followed(db) == ["speech recognition"]
    await press(commands, changed, "Undo")
    assert await followed(db) == ["graph networks"]


@pytest.mark.parametrize("named", ["", "2", "x", "9" * 30])
async def test_an_interest_of_somebody_else_is_not_edited(commands, db, named):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow speech", person=BOB)
    for fields in (None, {"text": "mine now"}):
        reply = await ask(commands, f"interest-edit {named}", fields=fields)
        assert "`/papers interests`" in text(reply)
    assert await followed(db, BOB) == ["speech"]
    assert await followed(db) == ["graph networks"]


# --- mutes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept", "said"),
    [
        ("survey", (MuteKind.WORD, "survey"), "Papers with “survey” come no more"),
        ('"large language"', (MuteKind.WORD, "large language"), "with “large language”"),
        ("“large language”", (MuteKind.WORD, "large language"), "with “large language”"),
        ("large  language", (MuteKind.WORD, "large language"), "with “large language”"),
        ("org OpenAI", (MuteKind.ORGANISATION, "OpenAI"), "Papers from OpenAI come no more"),
        ("Organisation Open AI", (MuteKind.ORGANISATION, "Open AI"), "from Open AI"),
        ("paper planes", (MuteKind.WORD, "paper planes"), "with “paper planes”"),
    ],
)
async def test_a_mute_is_kept_as_it_was_said_and_can_be_undone(commands, db, typed, kept, said):
    made = await ask(commands, f"mute {typed}")
    assert said in text(made)
    assert await muted(db) == [kept]
    gone = await press(commands, made, "Undo")
    assert await muted(db) == []
    await press(commands, gone, "Redo")
    assert await muted(db) == [kept]


async def test_a_paper_is_muted_by_its_number(stocked, db):
    assert f"such as “{TITLES[0]}”" in text(await ask(stocked, "mute paper 38"))
    assert await muted(db) == [(MuteKind.PAPER, "38")]
    assert "No stored paper" in text(await ask(stocked, f"mute paper {'9' * 19}"))


@pytest.mark.parametrize("bad", ["!!!", "org", "org !", "x" * 101, "\0", "org " + "x" * 10_000])
async def test_a_refused_mute_shows_one_that_is_good(commands, db, bad):
    reply = await ask(commands, f"mute {bad}")
    if bad == "org":
        assert "organisation" in text(reply)
    assert "`/papers mute org OpenAI`" in text(reply)
    assert await muted(db) == []


async def test_mutes_are_asked_for_in_a_form(commands, db):
    form = (await ask(commands, "mute")).form
    assert form is not None
    reply = await ask(commands, form.action, fields={"text": "", "kind": "word"})
    assert set(reply.errors) == {"text"}
    await ask(commands, form.action, fields={"text": "OpenAI", "kind": "organisation"})
    assert await muted(db) == [(MuteKind.ORGANISATION, "OpenAI")]


async def test_mutes_are_listed_and_unmuted_by_number_or_words(commands, db):
    assert "Nothing is muted" in text(await ask(commands, "mutes"))
    for one in ("survey", "org OpenAI", "benchmark"):
        await ask(commands, f"mute {one}")
    listed = await ask(commands, "mutes")
    assert [row.text for row in message(listed).rows][:2] == [
        "Papers with “survey”",
        "Papers from OpenAI",
    ]
    await press(commands, listed, "Unmute")
    await ask(commands, "unmute openai")
    assert await muted(db) == [(MuteKind.WORD, "benchmark")]
    assert "Muted already" in text(await ask(commands, "mute Benchmark"))


@pytest.mark.parametrize("named", ["2", "zzz", "9" * 5000, "\0"])
async def test_what_names_no_mute_of_ones_own_unmutes_nothing(commands, db, named):
    await ask(commands, "mute survey")
    await ask(commands, "mute video", person=BOB)
    assert "`/papers unmute 1`" in text(await ask(commands, f"unmute {named}"))
    assert len(await muted(db)) == len(await muted(db, BOB)) == 1


# --- channels ------------------------------------------------------------------------------


async def test_a_channel_follows_for_itself(commands, db):
    reply = await ask(commands, "channel follow graph networks", room=ROOM)
    profile = await db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)
    assert profile.kind is OwnerKind.CHANNEL
    assert [one.text for one in await db.read(profiles.interests, profile.id)] == ["graph networks"]
    assert await followed(db) == []
    actions = [one.action for one in buttons(reply)]
    assert actions == [
        "channel digest daily 08:30", "channel undo 1", "channel interests"
    ]  # fmt: skip
    listed = await ask(commands, "channel interests", room=ROOM)
    assert "#reading-group follows 1 interest" in text(listed)
    assert all(one.action.startswith("channel ") for one in buttons(listed))
    form = (await ask(commands, "channel follow", room=ROOM)).form
    assert form is not None
    assert form.action == "channel follow"


async def test_a_member_reads_what_a_channel_follows_and_changes_nothing(commands):
    await ask(commands, "channel follow graph networks", room=ROOM)
    member = channel(standing=Standing.MEMBER)
    assert message(await ask(commands, "channel interests", room=member)).rows
    await ask(commands, "channel unfollow 1", room=member)
    assert message(await ask(commands, "channel interests", room=member)).rows
