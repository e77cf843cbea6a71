"""The first minute: words, eight papers, and what comes of them."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, channel, message, press, text
from fakes.pages import dump

from bot.commands import Commands, Standing
from bot.demo import samples
from bot.messages import card_buttons, from_json
from matching.ingest import ingest
from storage import deliveries, mutes, profiles, votes
from storage.mutes import MuteKind

PARTS = ("traffic", "molecules", "physics", "languages", "games", "music")


@pytest.fixture
async def commands(library, clock) -> Commands:
    for raw in samples():
        await ingest(library.db, library.encoder, raw, clock.now - timedelta(days=60))
    titles = [f"Graph networks {part} {n}" for part in PARTS for n in ("one", "two", "three")]
    await ingest(library.db, library.encoder, dump(*titles), clock.now)
    return Commands(library, clock, lambda: None)


async def mine(db):
    return await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)


async def test_words_are_followed_and_eight_papers_stand_to_choose_from(commands, db):
    reply = await ask(commands, "start graph networks")
    shown = message(reply).cards
    assert len(shown) == 8
    assert reply.ref, "its cards can be voted on"
    assert all(card.sentence for card in shown)
    profile = await mine(db)
    assert [one.text for one in await db.read(profiles.interests, profile.id)] == ["graph networks"]
    await press(commands, reply, "Undo")
    assert await db.read(profiles.interests, profile.id) == []


async def test_likes_are_cast_in_place_and_shown_with_what_comes(commands, db):
    reply = await ask(commands, "start graph networks")
    like = card_buttons(message(reply).cards[0], reply.ref)[0]
    changed = await ask(commands, like.action)
    assert changed.changed is not None
    assert changed.changed.cards[0].said
    assert button(changed if changed.message else reply, "Show what comes")
    await ask(commands, card_buttons(message(reply).cards[1], reply.ref)[1].action)
    shown = await press(commands, reply, "Show what comes")
    assert "You follow “graph networks”." in text(shown)
    assert "1 like, 1 not for you." in text(shown)
    titles = [card.title for card in message(shown).cards]
    assert titles
    assert message(reply).cards[0].title not in titles, "what was voted on is not sent again"


async def test_others_are_other_papers(commands):
    reply = await ask(commands, "start graph networks")
    others = await press(commands, reply, "Others")
    first = {card.seq for card in message(reply).cards}
    second = {card.seq for card in message(others).cards}
    assert second
    assert not first & second
    assert "too old" in text(await press(commands, reply, "Others", person=BOB))


async def test_what_is_muted_or_voted_on_is_not_proposed(commands, db, clock):
    await ask(commands, "follow graph networks")
    profile = await mine(db)
    await db.write(mutes.add, profile.id, MuteKind.WORD, "traffic", clock.now)
    liked = message(await ask(commands, "search graph networks music")).cards[0]
    await ask(commands, f"like {liked.seq}")
    shown = message(await ask(commands, "start graph networks")).cards
    assert liked.seq not in [card.seq for card in shown]
    assert not [card for card in shown if "traffic" in card.title]
    assert len(await db.read(votes.of, profile.id)) == 1


async def test_without_words_a_form_asks_for_them(commands, db):
    form = (await ask(commands, "start")).form
    assert form is not None
    assert (await ask(commands, form.action, fields={"text": "!?"})).errors
    assert len(message(await ask(commands, form.action, fields={"text": "graphs"})).cards) == 8


@pytest.mark.parametrize("bad", ["!?", "x" * 501])
async def test_words_that_are_no_interest_are_refused_with_an_example(commands, db, bad):
    assert "`/papers start graph neural networks" in text(await ask(commands, f"start {bad}"))
    assert await mine(db) is None


async def test_before_the_first_paper_it_says_so(library, clock):
    empty = Commands(library, clock, lambda: None)
    assert "There are no papers yet" in text(await ask(empty, "start graph networks"))


async def test_somebody_new_is_offered_it(commands):
    welcome = await commands.welcome(ADA)
    assert "start" in [one.action for one in welcome.buttons]


async def test_a_channel_is_begun_with_eight_papers_that_its_members_vote_on(commands, db):
    told = await ask(commands, "channel start graph networks", room=ROOM)
    assert "8 papers come to the channel now" in text(told)
    (posted,) = await db.read(deliveries.newest, None, 5)
    assert posted.destination == ROOM.destination
    shown = from_json(posted.body)
    assert len(shown.cards) == 8
    assert "#reading-group follows “graph networks”" in shown.intro
    profile = await db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)
    assert [one.text for one in await db.read(profiles.interests, profile.id)] == ["graph networks"]
    member = channel(standing=Standing.MEMBER)
    like, dislike = card_buttons(shown.cards[0], f"d{posted.id}")[:2]
    for who in (ADA, BOB):
        await ask(commands, like.action, person=who, room=member)
    await ask(commands, dislike.action.replace(str(shown.cards[0].seq), str(shown.cards[1].seq)),
              person=BOB, room=member)  # fmt: skip
    cast = {(one.seq, one.kind) for one in await db.read(votes.of, profile.id)}
    assert cast == {(shown.cards[0].seq, "like"), (shown.cards[1].seq, "dislike")}
    comes = await press(commands, told, "Show what comes", room=ROOM)
    assert "1 like, 1 not for the channel." in text(comes)
    others = await press(commands, told, "Others", room=ROOM)
    assert "come to the channel now" in text(others)
    more = from_json((await db.read(deliveries.newest, None, 5))[0].body)
    assert not {one.seq for one in more.cards} & {one.seq for one in shown.cards}
    await press(commands, told, "Undo", room=ROOM)
    assert await db.read(profiles.interests, profile.id) == []
    assert await mine(db) is None or not await db.read(votes.of, (await mine(db)).id)


async def test_only_managers_begin_for_a_channel(commands, db):
    refused = await ask(
        commands, "channel start graph networks", person=BOB, room=channel(standing=Standing.MEMBER)
    )
    assert "Only an admin" in text(refused)
    assert await db.read(deliveries.newest, None, 5) == []


async def test_a_channel_without_words_is_asked_for_them(commands):
    form = (await ask(commands, "channel start", room=ROOM)).form
    assert form.action == "channel start"
    sent = await ask(commands, form.action, fields={"text": "graph networks"}, room=ROOM)
    assert "come to the channel now" in text(sent)


async def test_a_channel_that_the_bot_was_added_to_is_offered_it(commands):
    welcome = await commands.welcome_channel(ROOM, ADA)
    assert "channel start" in [one.action for one in welcome.buttons]
