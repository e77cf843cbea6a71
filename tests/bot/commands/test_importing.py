"""A library trains the profile, whether its papers came in dumps or not."""

import json
from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, message, press, text
from fakes.pages import dump

from bot import importing
from bot.commands import Commands, Request, Upload
from bot.demo import samples
from matching import shelf
from matching.ingest import ingest
from storage import library_papers, profiles, votes
from storage.records import VoteKind

TITLES = (
    "Graph Networks for Traffic",
    "Speech Recognition in Kitchens",
    "Ice of the Glaciers",
    "Graph Networks for Molecules",
)

OWN = """
@article{a, title={{Graph} Networks for {Traffic}}}
@article{b, title={Moraines and Ice of the Alpine Glaciers},
  abstract={The ice of glaciers, of moraines and of the poles.}}
@article{c, eprint={1706.03762}}
@article{broken, title={Oh
"""


@pytest.fixture
async def commands(library, clock) -> Commands:
    for raw in samples():
        await ingest(library.db, library.encoder, raw, clock.now - timedelta(days=60))
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
    return Commands(library, clock, lambda: None)


async def send(commands, data: str | bytes, *, who=ADA, room=None, verb="import", refused=""):
    file = Upload(data=data.encode() if isinstance(data, str) else data, refused=refused)
    return await commands.answer(Request(asker=who, room=room, text=verb, file=file))


async def mine(db, who=ADA):
    return await db.read(profiles.of, who.platform, who.workspace, who.id)


async def scored(library, clock, title) -> float:
    from matching.ranking import score
    from storage import papers

    profile = await mine(library.db)
    newest = await library.db.read(papers.newest)
    pool = await library.pool(newest - len(TITLES), newest, clock.now)
    taste = await library.taste(profile.id, clock.now)
    found = score(taste, pool, await library.background(clock.now))
    return float(found.total[[one.title for one in pool.papers].index(title)])


async def test_each_paper_of_a_file_is_liked_shelved_or_reported(commands, db):
    reply = await send(commands, OWN)
    said = text(reply)
    assert "Read BibTeX with 3 papers." in said
    assert "1 paper of it came in dumps, and counts as liked." in said
    assert "1 paper is not stored: it says what is liked, and is never sent." in said
    assert "1 id that no stored paper has" in said
    assert "line 5: 1706.03762" in said
    assert "1 entry unread" in said
    assert "line 6: the entry is broken" in said
    profile = await mine(db)
    cast = await db.read(votes.of, profile.id)
    assert [one.kind for one in cast] == [VoteKind.LIKE]
    assert (
        await db.read(
            lambda tx: tx.value("SELECT source FROM votes WHERE profile_id = :id", id=profile.id)
        )
        == "import"
    )
    assert len(await db.read(library_papers.of, profile.id)) == 1


async def test_a_paper_that_no_dump_brought_trains_the_profile(commands, library, clock):
    await ask(commands, "follow graph networks")
    before = await scored(library, clock, "Ice of the Glaciers")
    reply = await send(commands, "Ice of the ice of the glaciers\n")
    after = await scored(library, clock, "Ice of the Glaciers")
    assert before < 0.5 < after
    assert any("Ice of the Glaciers" in row.text for row in message(reply).rows)
    why = text(await ask(commands, "why Ice of the Glaciers"))
    assert "like “Ice of the ice of the glaciers”, in your library" in why


async def test_an_own_paper_is_never_sent_nor_found_by_others(commands, library):
    await send(commands, "Secret Plans of Graph Networks\n")
    for verb in ("digest preview", "search secret plans", "trending month"):
        cards = message(await ask(commands, verb)).cards
        assert "Secret Plans of Graph Networks" not in [card.title for card in cards]
    assert "Secret" not in text(await ask(commands, "search secret plans", person=BOB))


async def test_an_own_paper_that_a_dump_brings_later_is_not_news(commands, library, clock):
    await send(commands, "Ice of the Polar Glaciers\nIce of the alpine Glaciers\n")
    await ingest(
        library.db, library.encoder, dump("Ice of the Polar Glaciers", name="later"), clock.now
    )
    cards = message(await ask(commands, "digest preview")).cards
    assert "Ice of the Polar Glaciers" not in [card.title for card in cards]
    assert "Ice of the Glaciers" in [card.title for card in cards]


async def test_an_import_is_undone_and_done_again(commands, db, library, clock):
    await ask(commands, "like 1")
    reply = await send(commands, OWN)
    before = await scored(library, clock, "Ice of the Glaciers")
    gone = await press(commands, reply, "Undo")
    assert "imported a library: 1 like, 1 paper of one's own" in text(gone)
    assert await scored(library, clock, "Ice of the Glaciers") < before
    profile = await mine(db)
    assert [one.seq for one in await db.read(votes.of, profile.id)] == [1]
    await press(commands, gone, "Redo")
    assert await scored(library, clock, "Ice of the Glaciers") == pytest.approx(before)
    assert len(await db.read(votes.of, profile.id)) == 2


async def test_what_was_said_before_stands(commands, db):
    await ask(commands, f"dislike {TITLES[0]}")
    said = text(await send(commands, OWN))
    assert "Of 1 paper you had said something before; that stands." in said
    cast = await db.read(votes.of, (await mine(db)).id)
    assert [one.kind for one in cast] == [VoteKind.DISLIKE]


async def test_the_same_file_again_brings_nothing_new(commands, db):
    await send(commands, OWN)
    again = await send(commands, OWN)
    assert "Nothing new in it" in text(again)
    assert "1 paper I knew from you already." in text(again)
    assert "Undo" not in [one.label for one in message(again).buttons]
    assert len(await db.read(library_papers.of, (await mine(db)).id)) == 1


async def test_a_shelf_has_an_end(commands, db, monkeypatch):
    monkeypatch.setattr(importing, "MOST_SHELVED", 2)
    said = text(await send(commands, "One title here\nAnother title\nA third title\n"))
    assert "1 paper found no room" in said
    assert len(await db.read(library_papers.of, (await mine(db)).id)) == 2


async def test_ids_are_typed_and_a_form_takes_what_is_pasted(commands, db):
    typed = text(await ask(commands, "import 1706.03762, 2005.14165v2"))
    assert "2 ids that no stored paper has" in typed
    form = (await ask(commands, "import")).form
    assert form is not None
    pasted = await ask(commands, form.action, fields={"text": "\n".join(TITLES[:2])})
    assert "2 papers of it came in dumps" in text(pasted)
    wrong = await ask(commands, form.action, fields={"text": "[{]"})
    assert "is broken" in wrong.errors["text"]


@pytest.mark.parametrize(
    ("data", "said"), [(b"%PDF-1.7", "no text file"), (b"", "No paper stands"), (b"[{]", "broken")]
)
async def test_a_file_that_is_none_is_refused_with_the_remedy(commands, db, data, said):
    assert said in text(await send(commands, data))
    assert await mine(db) is None


async def test_a_file_that_could_not_be_fetched_says_why(commands):
    said = text(await send(commands, b"", refused="5 MB are the most; export it in parts"))
    assert "5 MB are the most" in said


async def test_a_channel_has_a_library_of_its_own(commands, db):
    await send(commands, OWN, room=ROOM, verb="channel import")
    channel = await db.read(profiles.of, ROOM.platform, ROOM.workspace, ROOM.id)
    assert len(await db.read(library_papers.of, channel.id)) == 1
    assert await mine(db) is None


async def test_what_waits_is_embedded_in_bites(commands, db, library, clock):
    titles = "\n".join(f"Paper number {n} about graphs" for n in range(70))
    reply = await send(commands, titles)
    assert "counts within minutes" in text(reply)
    assert await shelf.embed(db, library.encoder, clock.now, most=4) == 4
    assert await shelf.embed(db, library.encoder, clock.now) == 2
    assert await shelf.embed(db, library.encoder, clock.now) == 0


async def test_a_library_is_exported_and_forgotten(commands, db):
    await send(commands, OWN)
    exported = await ask(commands, "export")
    assert "Moraines and Ice" in json.dumps(json.loads(exported.attachment.data))
    await press(commands, await ask(commands, "forget me"), "Forget me")
    assert await db.read(lambda tx: tx.value("SELECT COUNT(*) FROM library_papers")) == 0
