"""Votes by press and by command, of people and of channels' members."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, channel, message, person, press, text
from fakes.pages import dump

from bot import messages
from bot.commands import Commands, Standing
from bot.messages import Message, card, card_buttons, to_json
from matching.ingest import ingest
from storage import answers, deliveries, mutes, outbox, papers, profiles, votes
from storage.records import DeliveryKind, OwnerKind, VoteKind

LIKE, DISLIKE, SAVE = VoteKind.LIKE, VoteKind.DISLIKE, VoteKind.SAVE
TITLES = ("Graph Networks for Traffic", "Speech in Noisy Kitchens", "Small Diffusion Models")
HOSTILE = "<!channel> *bold* `code` @everyone [x](https://example.org) <@U1>"


@pytest.fixture
async def commands(library, clock) -> Commands:
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
    return Commands(library, clock, lambda: None)


@pytest.fixture
def sent(library, clock):
    """Send someone, or a room, a digest of the first two papers; its reference."""

    async def send(to, key="digest/1", *, kind=OwnerKind.PERSON) -> str:
        db = library.db
        profile = await db.write(
            profiles.add,
            kind=kind,
            platform=to.platform,
            workspace=to.workspace,
            owner=to.id,
            name=to.name,
            zone="UTC",
            now=clock.now,
        )
        found = await db.read(papers.by_seq, [1, 2])
        cards = tuple(card(one, reason="fits", sentence="") for one in found)
        await db.write(
            outbox.queue,
            key=key,
            kind=DeliveryKind.DIGEST,
            destination=to.destination,
            profile_id=profile.id,
            body=to_json(Message(heading="A digest", cards=cards)),
            due_at=clock.now,
            now=clock.now,
        )
        claimed = await db.write(
            outbox.claim,
            owner="me",
            platforms=[to.platform],
            limit=9,
            lease=timedelta(minutes=2),
            now=clock.now,
        )
        await db.write(outbox.settle, claimed[0], "me", f"ts-{key}", clock.now)
        return f"d{(await db.read(deliveries.newest))[0].id}"

    return send


async def said(library, who, seq=1) -> set[VoteKind]:
    profile = await library.db.read(profiles.of, who.platform, who.workspace, who.id)
    return set() if profile is None else await library.db.read(votes.on, profile.id, seq)


# --- in direct messages --------------------------------------------------------------------


async def test_a_press_in_direct_messages_changes_the_message_and_is_taken_back_by_another(
    commands, library, sent
):
    ref = await sent(ADA)
    reply = await ask(commands, f"vote like 1 {ref}")
    assert (reply.message, reply.changed_ref) == (None, ref)
    assert reply.is_profile_changed
    assert [one.said for one in reply.changed.cards] == [(LIKE,), ()]
    assert reply.changed.heading == "A digest"
    again = await ask(commands, f"vote like 1 {ref}")
    assert [one.said for one in again.changed.cards] == [(), ()]
    assert await said(library, ADA) == set()


async def test_a_like_replaces_a_dislike_and_a_save_stands_beside_it(commands, library, sent):
    ref = await sent(ADA)
    for kind in ("dislike", "save", "like"):
        reply = await ask(commands, f"vote {kind} 1 {ref}")
    assert reply.changed.cards[0].said == (LIKE, SAVE)
    assert await said(library, ADA) == {LIKE, SAVE}


async def test_a_changed_message_shows_every_vote_on_every_card(commands, sent):
    ref = await sent(ADA)
    await ask(commands, "save 2")
    reply = await ask(commands, f"vote like 1 {ref}")
    assert [one.said for one in reply.changed.cards] == [(LIKE,), (SAVE,)]


async def test_an_old_message_finds_its_paper_after_that_left_the_archive(commands, library, clock):
    old = replace(dump("Rings of the Past", name="past.txt"), is_past=True)
    await ingest(library.db, library.encoder, old, clock.now)
    shown = await ask(commands, "save -1")
    await ingest(library.db, library.encoder, dump("Rings of the Past"), clock.advance(days=1))
    pressed = await ask(commands, f"vote like -1 {shown.ref}")
    assert [(one.seq, one.said) for one in pressed.changed.cards] == [(4, (LIKE, SAVE))]
    assert await said(library, ADA, 4) == {LIKE, SAVE}
    assert [one.seq for one in (await ask(commands, "why -1")).message.cards] == [4]
    await ask(commands, "mute paper -1")
    profile = await library.db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    assert [one.value for one in await library.db.read(mutes.of, profile.id)] == ["4"]


async def test_a_paper_of_the_archive_can_be_muted(commands, library, clock):
    old = replace(dump("Rings of the Past", name="past.txt"), is_past=True)
    await ingest(library.db, library.encoder, old, clock.now)
    assert "Rings of the Past" in text(await ask(commands, "mute paper -1"))


async def test_a_press_on_a_kept_reply_changes_that_reply(commands):
    shown = await ask(commands, "save 1")
    assert shown.ref.startswith("a")
    pressed = await ask(commands, f"vote save 1 {shown.ref}")
    assert pressed.changed_ref == shown.ref
    assert pressed.changed.cards[0].said == ()


async def test_a_reply_that_is_too_old_to_change_still_counts_the_vote(commands, library, clock):
    shown = await ask(commands, "save 1")
    clock.advance(days=answers.KEPT.days + 1)
    await ask(commands, "save 2")  # what is too old goes when something new is kept
    reply = await ask(commands, f"vote like 1 {shown.ref}")
    assert reply.changed is None
    assert "Liked" in text(reply)
    assert await said(library, ADA) == {LIKE, SAVE}


async def test_a_message_of_another_version_stays_as_it_is_and_the_vote_counts(
    commands, library, sent
):
    ref = await sent(ADA)
    await library.db.write(lambda tx: tx.execute("""UPDATE outbox SET body = '{"format": 99}'"""))
    reply = await ask(commands, f"vote like 1 {ref}")
    assert reply.changed is None
    assert await said(library, ADA) == {LIKE}


# --- in a channel --------------------------------------------------------------------------


async def test_members_vote_one_by_one_and_all_see_only_the_counts(commands, library, sent):
    ref = await sent(ROOM, kind=OwnerKind.CHANNEL)
    await ask(commands, f"vote like 1 {ref}", person=ADA, room=ROOM)
    await ask(commands, f"vote dislike 2 {ref}", person=ADA, room=ROOM)
    reply = await ask(commands, f"vote like 1 {ref}", person=BOB, room=ROOM)
    assert reply.message is None
    assert not reply.is_profile_changed
    first, second = reply.changed.cards
    assert (first.likes, first.dislikes, first.said) == (2, 0, ())
    assert (second.likes, second.dislikes, second.said) == (0, 1, ())
    assert card_buttons(first, ref)[0].label == "Like · 2"
    for who in (ADA, BOB):
        assert who.id not in to_json(reply.changed)
        assert who.name not in to_json(reply.changed)


async def test_members_votes_train_the_channel_and_not_the_member(commands, library, sent):
    ref = await sent(ROOM, kind=OwnerKind.CHANNEL)
    await ask(commands, f"vote like 1 {ref}", room=ROOM)
    assert await said(library, ROOM) == {LIKE}
    assert await said(library, ADA) == set()
    await ask(commands, f"vote like 1 {ref}", room=ROOM)
    assert await said(library, ROOM) == set()


async def test_a_member_who_may_change_nothing_may_vote(commands, library, sent):
    ref = await sent(ROOM, kind=OwnerKind.CHANNEL)
    await ask(commands, f"vote like 1 {ref}", room=channel(standing=Standing.MEMBER))
    assert await said(library, ROOM) == {LIKE}


async def test_a_save_in_a_channel_is_the_members_own_and_told_to_them_alone(
    commands, library, sent
):
    ref = await sent(ROOM, kind=OwnerKind.CHANNEL)
    reply = await ask(commands, f"vote save 1 {ref}", room=ROOM)
    assert message(reply).heading == "Saved"
    assert not reply.is_public
    assert reply.changed.cards[0].said == ()
    assert await said(library, ADA) == {SAVE}
    assert await said(library, ROOM) == set()


async def test_a_paper_that_is_not_in_the_channels_message_is_voted_on_for_oneself(
    commands, library, sent
):
    ref = await sent(ROOM, kind=OwnerKind.CHANNEL)
    await ask(commands, f"vote like 3 {ref}", room=ROOM)
    assert await said(library, ROOM, 3) == set()
    assert await said(library, ADA, 3) == {LIKE}


async def test_what_a_person_had_sent_to_a_room_is_not_the_rooms_to_vote_on(
    commands, library, sent
):
    """The delivery's profile is a person's: members can't vote in their name."""
    ref = await sent(ROOM, kind=OwnerKind.PERSON)
    reply = await ask(commands, f"vote dislike 1 {ref}", room=ROOM)
    assert reply.changed is None
    assert await said(library, ROOM) == set()
    assert await said(library, ADA) == {DISLIKE}


# --- references that are not the asker's ---------------------------------------------------


FOREIGN = [
    (BOB, None),
    (person("ada", workspace="T2"), None),
    (person("ada", platform="discord"), None),
    (ADA, channel("#other")),
    (ADA, channel(workspace="T2")),
    (ADA, channel(platform="discord")),
    (ADA, channel(standing=Standing.OUTSIDER)),
    (ADA, None),
]


@pytest.mark.parametrize(("who", "room"), FOREIGN)
async def test_a_channels_message_counts_only_in_its_room(commands, library, sent, who, room):
    ref = await sent(ROOM, kind=OwnerKind.CHANNEL)
    reply = await ask(commands, f"vote like 1 {ref}", person=who, room=room)
    assert (reply.changed, reply.changed_ref) == (None, "")
    assert await said(library, ROOM) == set()
    assert await said(library, who) == {LIKE}, "the vote counts for the asker"


@pytest.mark.parametrize(("who", "room"), FOREIGN[:3])
async def test_another_persons_message_is_never_shown_nor_changed(
    commands, library, sent, who, room
):
    ref = await sent(ADA)
    kept = (await ask(commands, "save 2")).ref
    for each in (ref, kept):
        reply = await ask(commands, f"vote like 1 {each}", person=who, room=room)
        assert reply.changed is None
    assert await said(library, ADA) == set()


@pytest.mark.parametrize(
    "ref", ["", "d0", "d99999999999999999999", "a1", "x1", "d", "d1a", "d-1", "d１", "d1 a1"]
)
async def test_a_reference_that_names_nothing_counts_for_the_asker(commands, library, ref):
    reply = await ask(commands, f"vote like 1 {ref}")
    assert reply.changed is None
    assert await said(library, ADA) == {LIKE}


@pytest.mark.parametrize(
    "typed",
    ["vote", "vote like", "vote love 1", "vote like x", "vote like 99", f"vote save {9**30}"],
)
async def test_a_press_that_says_nothing_is_answered(commands, typed):
    assert "That did not work" in text(await ask(commands, typed))


# --- by command ----------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "kind"), [("like", LIKE), ("dislike", DISLIKE), ("save", SAVE)])
async def test_a_typed_vote_stands_however_often_it_is_typed(commands, library, verb, kind):
    for _ in range(2):
        reply = await ask(commands, f"{verb} graph networks")
    (shown,) = message(reply).cards
    assert (shown.title, shown.said) == (TITLES[0], (kind,))
    assert await said(library, ADA) == {kind}


async def test_votes_are_taken_back_by_command(commands, library):
    await ask(commands, "like 1")
    await ask(commands, "save 1")
    await ask(commands, "unsave 1")
    assert await said(library, ADA) == {LIKE}
    reply = await ask(commands, "unlike 1")
    assert await said(library, ADA) == set()
    assert "nothing to take back" in text(await ask(commands, "unlike 1"))
    assert message(reply).cards[0].said == ()


@pytest.mark.parametrize("verb", ["like", "dislike", "save", "unsave", "unlike"])
async def test_a_vote_without_a_paper_says_how(commands, verb):
    assert f"`/papers {verb} 12`" in text(await ask(commands, verb))


async def test_a_typed_vote_in_a_channel_is_ones_own(commands, library):
    reply = await ask(commands, "like 1", room=ROOM)
    assert not reply.is_public
    assert await said(library, ADA) == {LIKE}
    assert await said(library, ROOM) == set()


async def test_a_vote_moves_the_ranking_at_once(commands, library, clock):
    await ask(commands, "like 1")
    ada = await library.db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    taste = await library.taste(ada.id, clock.now)
    assert [one.title for one in taste.voted] == [TITLES[0]]


# --- saved ---------------------------------------------------------------------------------


async def test_nothing_saved_says_how_to_save(commands):
    assert "`/papers save 2501.01234`" in text(await ask(commands, "saved"))
    assert "`save 2501.01234`" in text(await ask(commands, "saved", prefix=""))


async def test_what_was_saved_comes_newest_first_and_page_by_page(commands, library, clock):
    titles = [f"A Paper about Thing {n}" for n in range(18)]
    await ingest(library.db, library.encoder, dump(*titles, name="more"), clock.now)
    for seq in range(1, 19):
        clock.advance(minutes=1)
        await ask(commands, f"save {seq}")
    first = await ask(commands, "saved")
    assert [one.seq for one in message(first).cards] == list(range(18, 10, -1))
    second = await press(commands, first, "Older")
    assert [one.seq for one in message(second).cards] == list(range(10, 2, -1))
    third = await press(commands, second, "Older")
    assert [one.seq for one in message(third).cards] == [2, 1]
    assert message(third).cards == message(await ask(commands, "saved 99")).cards
    assert message(await press(commands, third, "Newer")).cards == message(second).cards
    assert message(first).heading == "18 saved papers"


async def test_a_saved_paper_goes_by_a_press_or_a_command(commands):
    await ask(commands, "save 1")
    await ask(commands, "save 2")
    await ask(commands, "unsave 1")
    shown = await ask(commands, "saved")
    await ask(commands, f"vote save 2 {shown.ref}")
    assert "saved nothing" in text(await ask(commands, "saved"))


@pytest.mark.parametrize("page", ["0", "x", "-1", "1.5"])
async def test_a_page_that_is_none_says_how(commands, page):
    assert "`/papers saved 2`" in text(await ask(commands, f"saved {page}"))


async def test_only_ones_own_saved_papers_are_listed(commands):
    await ask(commands, "save 1")
    assert "saved nothing" in text(await ask(commands, "saved", person=BOB))
    elsewhere = person("ada", workspace="T2")
    assert "saved nothing" in text(await ask(commands, "saved", person=elsewhere))


async def test_a_hostile_title_passes_through_unchanged(commands, library, clock):
    await ingest(library.db, library.encoder, dump(HOSTILE, "Another", name="x"), clock.now)
    reply = await ask(commands, "like 4")
    assert message(reply).cards[0].title == HOSTILE
    kept = await library.db.read(
        answers.of, int(reply.ref[1:]), platform="slack", workspace="T1", person=ADA.id
    )
    assert messages.from_json(kept).cards[0].title == HOSTILE
