"""Missed papers: explained, caught by the smallest change, and tried again ever after."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, message, press, text
from fakes.pages import dump
from fakes.words_encoder import WordsEncoder

from bot import edits, missing, shadows
from bot.commands import Commands
from bot.demo import samples
from bot.phrasing import phrases, raised
from matching import catching, replay
from matching.ingest import ingest, reembed
from matching.library import Library
from storage import dials, missed, mutes, notices, profiles, subscriptions, votes
from storage.changes import Delta

DAYS = (
    ("Graph Networks for Traffic", "Speech Recognition in Kitchens", "Ice of the Glaciers"),
    ("Graph Networks for Molecules", "Speech Recognition on Boats", "Ice of the Moons"),
    ("Deep Graph Networks", "Speech Recognition for Children", "Ice of the Comets"),
    ("Graph Networks in Space", "Speech Recognition at Night", "Weaving Looms: Silk and Yarn"),
)


@pytest.fixture
async def commands(library, clock) -> Commands:
    for raw in samples():
        await ingest(library.db, library.encoder, raw, clock.now - timedelta(days=60))
    for ago, titles in enumerate(DAYS):
        at = clock.now - timedelta(days=4 - ago)
        await ingest(library.db, library.encoder, dump(*titles, name=f"day {ago}"), at)
    return Commands(library, clock, lambda: None)


async def mine(db, who=ADA):
    return await db.read(profiles.of, who.platform, who.workspace, who.id)


async def kept(db, who=ADA):
    return await db.read(missed.of, (await mine(db, who)).id)


async def followed(db) -> list[str]:
    return [one.text for one in await db.read(profiles.interests, (await mine(db)).id)]


async def test_a_missed_paper_is_explained_and_caught_by_a_press(commands, db):
    await ask(commands, "follow graph networks")
    reply = await ask(commands, "missed Weaving Looms: Silk and Yarn")
    said = text(reply)
    assert "stays below the cut-off" in said
    assert "The smallest change that catches it: follow “" in said
    assert "1 of 1 must-catch paper is caught." in said
    assert [one.caught for one in await kept(db)] == [False]
    done = await press(commands, reply, "Make this change")
    assert "1 of 1 must-catch paper is caught." in text(done)
    assert [one.caught for one in await kept(db)] == [True]
    assert len(await followed(db)) == 2
    await press(commands, done, "Undo")
    assert await followed(db) == ["graph networks"]
    assert [one.caught for one in await kept(db)] == [False]


async def test_no_other_wording_catches_the_paper_at_less_volume(commands, db, library, clock):
    await ask(commands, "follow graph networks")
    await ask(commands, "missed Ice of the Comets")
    profile, (one,) = await mine(db), await kept(db)
    wish = await shadows.wish(library, profile, clock.now)
    found = await edits.proposed(library, profile, wish, one, None, "Ice of the Comets", clock.now)
    chosen = next(one for one in found if one.kind is edits.Kind.INTEREST)
    volumes = {}
    for wording in phrases("Ice of the Comets"):
        delta = Delta(followed=(wording,))
        will = await replay.changed(library, wish, delta, clock.now)
        if (await catching.tried(library, will, [one], clock.now))[0].caught:
            shadow = await shadows.ahead(library, profile, wish, delta, clock.now)
            volumes[wording] = shadow.more + shadow.fewer
    assert volumes
    assert volumes[chosen.delta.followed[0]] == min(volumes.values())


def test_wordings_are_pieces_of_the_title_that_say_something():
    assert phrases("Weaving Looms: On the Tension of Silk Yarn in Looms")[:3] == [
        "Weaving Looms",
        "Silk Yarn",
        "On the Tension of Silk Yarn in Looms",
    ]
    assert phrases("Of the And") == ["Of the And"]


async def test_a_mute_that_hid_a_paper_is_what_is_taken_back(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "mute traffic")
    reply = await ask(commands, "missed Graph Networks for Traffic")
    assert "The smallest change that catches it: unmute “traffic”." in text(reply)
    await press(commands, reply, "Make this change")
    assert await db.read(mutes.of, (await mine(db)).id) == []


async def test_a_digest_that_was_too_short_is_made_longer(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow speech recognition")
    await ask(commands, "digest daily 08:30 size 1")
    reply = await ask(commands, "missed Speech Recognition on Boats")
    if "is caught" in text(reply).split("kept among")[0]:
        reply = await ask(commands, "missed Graph Networks for Molecules")
    assert "let a digest hold" in text(reply)
    await press(commands, reply, "Make this change")
    (one,) = await db.read(subscriptions.of, (await mine(db)).id)
    assert one.size > 1


async def test_what_would_lose_a_must_catch_paper_is_asked_about_first(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "follow ice of the glaciers")
    await ask(commands, "missed Ice of the Moons")
    for verb in ("unfollow ice of the glaciers", "mute moons"):
        asked = await ask(commands, verb)
        assert "0 of 1 must-catch paper caught, and no longer “Ice of the Moons”." in text(asked)
    assert len(await followed(db)) == 2
    harmless = await ask(commands, "mute traffic")
    assert "1 of 1 must-catch paper is still caught." in text(harmless)


async def test_a_vote_on_the_paper_itself_proves_nothing(commands, db):
    await ask(commands, "follow graph networks")
    await ask(commands, "like Weaving Looms: Silk and Yarn")
    await ask(commands, "missed Weaving Looms: Silk and Yarn")
    assert [one.caught for one in await kept(db)] == [False]


async def test_a_paper_that_no_dump_brought_is_tried_by_its_title(commands, db, library, clock):
    await ask(commands, "follow graph networks")
    near = text(await ask(commands, "missed Bigger Graph Networks"))
    assert "No dump has brought it" in near
    assert "it is caught" in near
    far = text(await ask(commands, "missed Moss of the Peat Bog"))
    assert "smallest change that catches it: follow" in far
    assert [one.caught for one in await kept(db)] == [True, False]
    await ingest(library.db, library.encoder, dump("Moss of the Peat Bog", name="m"), clock.now)
    assert (await kept(db))[1].seq is not None


async def test_an_id_that_is_unknown_waits_for_its_paper(commands, db):
    said = text(await ask(commands, "missed https://arxiv.org/abs/1706.03762v3"))
    assert "Nothing is known of 1706.03762 but its id" in said
    await ask(commands, "missed 1706.03762")
    assert len(await kept(db)) == 1, "the same one twice is one"
    listed = text(await ask(commands, "missed"))
    assert "0 of 0 must-catch papers caught" in listed
    assert "nothing known but its id" in listed


async def test_what_was_sent_was_not_missed(commands, db, library, clock):
    from bot import digests

    await ask(commands, "follow graph networks")
    await ask(commands, "digest daily 08:30")
    clock.advance(days=1)
    assert await digests.queue_due(library, clock.now) == 1
    said = text(await ask(commands, "missed Deep Graph Networks"))
    assert "was not missed" in said
    assert await kept(db) == []


@pytest.mark.parametrize(
    "typed", ["https://example.org/a.pdf", "x", "999999", "!!! ???", "word " * 200, "10.1000/182"]
)
async def test_what_names_no_paper_is_not_kept(commands, db, typed):
    assert "no paper by that" in text(await ask(commands, f"missed {typed}")).lower()
    assert await kept(db) == []


async def test_missed_papers_are_listed_tried_and_removed(commands, db):
    assert "No missed papers" in text(await ask(commands, "missed"))
    await ask(commands, "follow graph networks")
    await ask(commands, "missed Deep Graph Networks")
    await ask(commands, "missed Weaving Looms: Silk and Yarn")
    listed = await ask(commands, "missed")
    assert "1 of 2 must-catch papers still caught" in text(listed)
    assert button(listed, "Catch it").action.startswith("missed ")
    assert "not kept any more" in text(await ask(commands, "missed-remove 1", person=BOB))
    left = await press(commands, listed, "Remove")
    assert "0 of 1 must-catch paper caught" in text(left)
    assert len(await kept(db)) == 1


async def test_a_proposal_of_somebody_else_is_not_made(commands, db):
    await ask(commands, "follow graph networks")
    reply = await ask(commands, "missed Weaving Looms: Silk and Yarn")
    assert "too old" in text(await press(commands, reply, "Make this change", person=BOB))


async def test_a_channel_has_missed_papers_of_its_own(commands, db):
    await ask(commands, "channel follow graph networks", room=ROOM)
    reply = await ask(commands, "channel missed Weaving Looms: Silk and Yarn", room=ROOM)
    assert all(one.action.startswith(("channel ", "vote ")) for one in buttons(reply)), buttons(
        reply
    )
    assert len(await kept(db, ROOM)) == 1


async def test_another_model_is_tried_against_them_and_who_lost_one_is_told(
    commands, db, library, clock
):
    await ask(commands, "follow graph networks")
    await ask(commands, "missed Deep Graph Networks")
    assert (await missing.retest(library, clock.now))["ada"].caught == 1
    assert await missing.retest(library, clock.now) == {}, "nothing is new"

    class Blind(WordsEncoder):
        """A model that sees no likeness between anything."""

        async def encode(self, texts):
            import numpy as np

            rows = np.zeros((len(texts), self.dim), dtype=np.float32)
            for place, one in enumerate(texts):
                rows[place] = np.random.default_rng(list(one.encode())).standard_normal(self.dim)
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    blind = Blind("blind")
    await reembed(db, blind, clock.now)
    profile = await mine(db)
    await db.write(profiles.remove_interest, profile.id, 1)  # no words to find it by, either
    await db.write(profiles.add_interest, profile.id, "ice of the glaciers", clock.now)
    found = await missing.retest(Library(db, blind), clock.now)
    assert found["ada"].lost == ("Deep Graph Networks",)
    waiting = await db.read(notices.waiting, profile.id)
    assert "no longer “Deep Graph Networks”" in waiting[0][1]
    assert message(await ask(commands, "help")).intro.startswith("Papers are ranked in a new way")


async def test_edits_of_several_kinds_are_offered_each_with_its_effect(commands, db):
    await ask(commands, "follow graph networks")
    reply = await ask(commands, "missed Ice of the Comets")
    said = text(reply)
    assert "The smallest change that catches it:" in said
    assert "Or " in said
    offered = [one.action for one in buttons(reply) if "missed-apply" in one.action]
    assert len(offered) == len(set(offered)) >= 3
    rows = [row for row in message(reply).rows if row.text.startswith("Or ")]
    assert all("Digests of the last" in row.detail for row in rows)
    done = await ask(commands, offered[1])
    assert "1 of 1 must-catch paper is caught." in text(done)
    await press(commands, done, "Undo")
    assert await followed(db) == ["graph networks"]
    assert await db.read(votes.of, (await mine(db)).id) == []


async def test_the_smallest_of_all_edits_is_offered_first(commands, db, library, clock):
    await ask(commands, "follow graph networks")
    await ask(commands, "missed Ice of the Comets")
    profile, (one,) = await mine(db), await kept(db)
    wish = await shadows.wish(library, profile, clock.now)
    found = await edits.proposed(library, profile, wish, one, None, "Ice of the Comets", clock.now)
    changes = [one.shadow.more + one.shadow.fewer for one in found]
    assert changes == sorted(changes)
    assert {one.kind for one in found} >= {edits.Kind.INTEREST, edits.Kind.LIKES}


async def test_a_dial_that_is_turned_too_far_down_is_opened(commands, db):
    for text_ in ("graph networks", "speech recognition", "ice of the glaciers"):
        await ask(commands, f"follow {text_}")
    await ask(commands, "digest daily 08:30 about 0.1")
    reply = await ask(commands, "missed Speech Recognition on Boats")
    said = text(reply)
    assert "turn the dial to about" in said.casefold()
    offered = [one for one in buttons(reply) if "missed-apply" in one.action]
    profile = await mine(db)
    for one in offered:
        done = await ask(commands, one.action)
        (subscription,) = await db.read(subscriptions.of, profile.id)
        if (await db.read(dials.of, [subscription.id]))[subscription.id].about != 0.1:
            assert "1 of 1 must-catch paper is caught." in text(done)
            break
        await press(commands, done, "Undo")
    else:
        pytest.fail("no change turned the dial")
    await press(commands, done, "Undo")
    assert (await db.read(dials.of, [subscription.id]))[subscription.id].about == 0.1


async def test_a_like_of_the_paper_itself_says_what_it_brings_and_catches_nothing(commands, db):
    await ask(commands, "follow graph networks")
    reply = await ask(commands, "missed Ice of the Comets")
    assert "A like of the paper itself does not count as caught." in text(reply)
    done = await press(commands, reply, "Like it")
    assert "Liked 1 paper" in text(done)
    (cast,) = await db.read(votes.of, (await mine(db)).id)
    assert cast.seq == (await kept(db))[0].seq
    assert [one.caught for one in await kept(db)] == [False]
    await press(commands, done, "Undo")
    assert await db.read(votes.of, (await mine(db)).id) == []


async def test_a_change_of_the_dial_is_tried_against_them(commands):
    for text_ in ("graph networks", "speech recognition"):
        await ask(commands, f"follow {text_}")
    await ask(commands, "digest daily 08:30")
    await ask(commands, "missed Speech Recognition on Boats")
    assert "1 of 1 must-catch paper is still caught." in text(await ask(commands, "digest about 9"))
    asked = text(await ask(commands, "digest about 0.1"))
    assert "0 of 1 must-catch paper caught, and no longer “Speech Recognition on Boats”" in asked


async def test_once_a_day_they_are_tried_again_and_who_lost_one_is_told(
    commands, db, library, clock
):
    await ask(commands, "follow ice of the glaciers")
    await ask(commands, "missed Ice of the Moons")
    assert (await missing.retest(library, clock.now))["ada"].caught == 1
    profile = await mine(db)
    (one,) = await db.read(profiles.interests, profile.id)
    await db.write(profiles.remove_interest, profile.id, one.id)
    await db.write(profiles.add_interest, profile.id, "graph networks", clock.now)
    assert await missing.retest(library, clock.advance(hours=1)) == {}
    assert (await missing.retest(library, clock.advance(days=1)))["ada"].lost
    said = message(await ask(commands, "help")).intro
    assert said.startswith("By the votes and papers since: 0 of 1 must-catch paper caught")


@pytest.mark.parametrize(
    ("interest", "title", "louder"),
    [
        ("graph networks", "Graph Networks in Space", "graph +networks"),
        ("graph +networks", "Graph Networks in Space", "+graph +networks"),
        ("graph networks", "Silk", "graph networks +silk"),
        ("C++ compilers", "A C++ Parser", "C++ compilers +parser"),
    ],
)
def test_a_word_of_the_title_counts_extra(interest, title, louder):
    assert raised(interest, title)[0] == louder
