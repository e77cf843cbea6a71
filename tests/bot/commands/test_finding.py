"""Finding papers: by words and meaning, by likeness, by what is talked about."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, channel, message, person, press, text
from fakes.pages import abstract, dump

from bot.commands import Commands
from bot.demo import samples
from bot.messages import Message, card, to_json
from matching.ingest import ingest
from matching.library import Library
from storage import outbox, papers
from storage.records import DeliveryKind

TITLES = (
    "Speech Recognition in Noisy Kitchens",
    "Graph Networks for Invented Molecules",
    "Graph Networks for Road Traffic",
)
FIRST = 38
"""The seq of the first of them; the samples are there before."""


@pytest.fixture
async def library(db, minilm, clock) -> Library:
    """With real meaning, and papers of last month to stand out from."""
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=40))
    await ingest(db, minilm, dump(*TITLES, comments=3), clock.now)
    return Library(db, minilm)


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


@pytest.fixture
def empty(db, minilm, clock) -> Commands:
    return Commands(Library(db, minilm), clock, lambda: None)


@pytest.fixture
def posted(library, clock):
    """Post a message with cards of some papers; its receipt."""

    async def post(to, *seqs: int) -> str:
        db = library.db
        cards = tuple(
            card(one, reason="fits", sentence="") for one in await db.read(papers.by_seq, seqs)
        )
        key = f"digest/{to.id}"
        await db.write(
            outbox.queue,
            key=key,
            kind=DeliveryKind.DIGEST,
            destination=to.destination,
            profile_id=None,
            body=to_json(Message(heading="A digest", cards=cards)),
            due_at=clock.now,
            now=clock.now,
        )
        lease = timedelta(minutes=2)
        (claimed,) = await db.write(
            outbox.claim, owner="me", platforms=["slack"], limit=1, lease=lease, now=clock.now
        )
        await db.write(outbox.settle, claimed, "me", "ts-1", clock.now)
        return "ts-1"

    return post


def titles(reply) -> list[str]:
    return [one.title for one in message(reply).cards]


# --- search --------------------------------------------------------------------------------


async def test_a_search_finds_by_meaning_and_says_what_shows_it(commands):
    reply = await ask(commands, "search graph neural networks for roads")
    assert titles(reply)[0] == TITLES[2]
    assert reply.ref.startswith("a"), "its buttons work"
    assert not reply.is_public
    best = message(reply).cards[0]
    assert "graph" in best.reason
    assert best.sentence in abstract(best.title)
    assert best.score is not None
    scores = [one.score for one in message(reply).cards]
    assert scores == sorted(scores, reverse=True)


async def test_a_search_shows_at_most_eight(commands, library, clock):
    more = [f"Graph Networks for Invented Purpose {n}" for n in range(12)]
    await ingest(library.db, library.encoder, dump(*more, name="more"), clock.now)
    assert len(titles(await ask(commands, "search graph networks"))) == 8


async def test_a_search_that_nothing_answers_says_so_and_offers_to_wait(commands):
    reply = await ask(commands, "search football results of last night")
    assert titles(reply) == []
    assert message(reply).heading.startswith("Nothing fits")
    assert button(reply, "Follow").action == "follow football results of last night"


async def test_a_search_in_an_empty_store_says_that_it_is_empty(empty):
    assert "no papers yet" in text(await ask(empty, "search graphs"))


@pytest.mark.parametrize("typed", ["search", "search ?!", "search    "])
async def test_a_search_for_nothing_says_how(commands, typed):
    assert "`/papers search speech recognition`" in text(await ask(commands, typed))


@pytest.mark.parametrize(
    "typed",
    ['search "graph" AND (', "search NEAR(a b)", "search title:* -x", "search graph " * 400],
)
async def test_signs_of_a_query_language_are_just_signs(commands, typed):
    assert "broke on my side" not in text(await ask(commands, typed))


async def test_a_long_search_can_be_followed_too(commands):
    long = "medieval " * 30
    reply = await ask(commands, f"search {long}")
    action = button(reply, "Follow").action
    assert action.startswith("follow-again ")
    followed = await press(commands, reply, "Follow")
    assert "medieval medieval" in text(followed)


async def test_votes_are_shown_on_what_was_found(commands):
    await ask(commands, f"like {FIRST + 1}")
    reply = await ask(commands, "search graph networks for molecules")
    shown = next(one for one in message(reply).cards if one.seq == FIRST + 1)
    assert shown.said == ("like",)
    assert all(not one.said for one in message(reply).cards if one is not shown)


# --- similar, and more like this -----------------------------------------------------------


async def test_similar_papers_come_without_the_paper_itself(commands):
    reply = await ask(commands, f"similar {FIRST + 1}")
    assert titles(reply)[0] == TITLES[2]
    assert TITLES[1] not in titles(reply)
    assert message(reply).intro == TITLES[1]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("similar", "`/papers similar 2501.01234`"),
        ("similar nothing of that name", "`/papers search WORDS`"),
        ("similar 999", "No stored paper"),
        ("similar graph networks", "Several papers fit"),
    ],
)
async def test_similar_to_what_is_not_clear_says_how(commands, typed, says):
    assert says in text(await ask(commands, typed))


async def test_a_paper_that_is_not_embedded_yet_asks_for_patience(commands, library):
    await library.db.write(lambda tx: tx.execute("DELETE FROM vectors WHERE seq = 39"))
    assert "in a minute" in text(await ask(commands, "similar 39"))
    assert TITLES[1] not in titles(await ask(commands, "search graph networks for molecules"))


@pytest.mark.parametrize("room", [None, ROOM])
async def test_more_like_this_knows_what_was_posted_here(commands, posted, room):
    receipt = await posted(room or ADA, FIRST + 1)
    reply = await ask(commands, "more-like-this", room=room, receipt=receipt, quoted="whatever")
    assert titles(reply)[0] == TITLES[2]
    assert message(reply).intro == TITLES[1]


async def test_more_like_a_message_of_several_papers_brings_none_of_them(commands, posted):
    receipt = await posted(ADA, FIRST, FIRST + 1)
    reply = await ask(commands, "more-like-this", receipt=receipt)
    assert TITLES[2] in titles(reply)
    assert not {*TITLES[:2]} & {*titles(reply)}
    assert "the 2 papers of that message" in message(reply).intro


async def test_a_receipt_of_another_place_tells_nothing(commands, posted):
    receipt = await posted(ROOM, FIRST + 1)
    for who, room in ((ADA, None), (BOB, channel("#other")), (ADA, channel(workspace="T2"))):
        reply = await ask(commands, "like-this", person=who, room=room, receipt=receipt)
        assert "I see no paper in that message" in text(reply)


@pytest.mark.parametrize(
    "quoted",
    [
        f"*{TITLES[1]}*\n3 authors",
        f"have a look:\n<https://example.org|{TITLES[1]}>",
        f"1. [{TITLES[1]}](https://example.org)",
    ],
)
async def test_more_like_this_reads_the_text_of_a_message(commands, quoted):
    reply = await ask(commands, "like-this", quoted=quoted)
    assert titles(reply)[0] == TITLES[2]


async def test_a_message_about_no_paper_is_searched_for_by_its_words(commands):
    reply = await ask(commands, "like-this", quoted="what is new about traffic on roads, as graphs")
    assert message(reply).heading == "That message is about no paper that I know"
    assert TITLES[2] in titles(reply)
    nothing = await ask(commands, "like-this", quoted="see you at lunch, bring the cake")
    assert titles(nothing) == []
    assert "Nothing stored fits" in text(nothing)


async def test_a_message_without_words_says_what_to_do(commands):
    assert "`/papers similar 2501.01234`" in text(await ask(commands, "like-this", quoted="🙂"))
    assert "`/papers similar 2501.01234`" in text(await ask(commands, "like-this"))


# --- trending ------------------------------------------------------------------------------


async def test_trending_says_what_is_talked_about_and_whom_it_fits(commands, library, clock):
    for name in ("ada", "bob", "cleo"):
        await ask(commands, "follow graph networks for molecules", person=person(name))
    clock.advance(days=2)
    later = dump(TITLES[1], name="later", comments=41)
    await ingest(library.db, library.encoder, later, clock.now)
    reply = await ask(commands, "trending")
    best = next(one for one in message(reply).cards if one.title == TITLES[1])
    assert best.reason == "comments 3 → 41 this week; fits 3 profiles"
    assert [one.label for one in message(reply).buttons] == ["Today", "This month"]


async def test_trending_does_not_tell_what_a_single_colleague_follows(commands):
    for name in ("bob", "cleo"):
        await ask(commands, "follow graph networks for molecules", person=person(name))
    assert "fits" not in text(await ask(commands, "trending"))


async def test_each_window_can_be_asked_for(commands, clock):
    clock.advance(days=2)
    assert titles(await ask(commands, "trending day")) == []
    shown = await press(commands, await ask(commands, "trending day"), "This week")
    assert {*titles(shown)} == {*TITLES}
    assert "3 comments" in message(shown).cards[0].reason
    assert "`/papers trending week`" in text(await ask(commands, "trending year"))


async def test_trending_in_an_empty_store_says_so(empty):
    assert "Nothing new this week" in text(await ask(empty, "trending"))
