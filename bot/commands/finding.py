"""Finding papers: search, similar, trending, and why one was or was not sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bot.commands import drafts, fitting
from bot.commands.ask import Ask, BadInput
from bot.commands.explaining import why
from bot.commands.phrases import quoted
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.messages import Button, Card, Message, Row, card, counted, from_json
from matching.search import by_words_and_meaning
from matching.search import similar as similar_to
from matching.trending import Trend
from matching.trending import trending as talked_about
from matching.worded import Worded
from storage import deliveries, mentions, papers
from storage.database import Tx
from storage.records import Destination, Paper

SHOWN = 8
"""Papers in an answer."""

DEPTH = 40
"""Papers that a search brings; those of them are shown that fit."""

LONGEST = 500
"""Characters of a text that is searched for: the model reads no further than a few sentences."""

LOOKED_LIKE = 6
"""Papers of one message whose likes are looked for."""

CROWD = 3
"""Profiles that a paper fits: fewer would tell what a colleague follows."""

WINDOWS = {
    "day": (timedelta(days=1), "today"),
    "week": (timedelta(days=7), "this week"),
    "month": (timedelta(days=30), "this month"),
}


async def search(ask: Ask) -> Reply:
    """`search WORDS`."""
    text = " ".join(ask.rest.split())[:LONGEST]
    if not any(character.isalnum() for character in text):
        raise BadInput(
            f"Say what to look for, in a few words: {ask.written('search speech recognition')}."
        )
    cards = await _searched(ask, text)
    if not cards:
        return Reply(message=await _nothing(ask, text))
    return Reply(
        message=Message(
            heading=f"{counted(len(cards), 'paper')} for {quoted(text, 60)}",
            cards=tuple(cards),
            buttons=(await _follow_button(ask, text),),
        )
    )


async def search_again(ask: Ask) -> Reply:
    """`search-again 17`: the words of a draft."""
    return await search(replace(ask, rest=await drafts.kept(ask, ask.rest)))


async def similar(ask: Ask) -> Reply:
    """`similar PAPER`."""
    if not ask.rest:
        raise BadInput(
            "Say which paper, by its number, arXiv id or title: "
            f"{ask.written('similar 2501.01234')}."
        )
    paper = await ask.paper(ask.rest)
    if not await fitting.embedded(ask.library, [paper.seq], ask.now):
        raise BadInput("That paper is still being read in: ask again in a minute.")
    return Reply(message=await _like(ask, [paper]))


async def more_like_this(ask: Ask) -> Reply:
    """`more-like-this`: papers like those that a message is about."""
    found = await ask.db.read(_about, _here(ask), ask.request.receipt, ask.request.quoted)
    known = await fitting.embedded(ask.library, [one.seq for one in found], ask.now)
    about = [paper for paper in found if paper.seq in known][:LOOKED_LIKE]
    if about:
        return Reply(message=await _like(ask, about))
    text = " ".join(ask.request.quoted.split())[:LONGEST]
    if not any(character.isalnum() for character in text):
        raise BadInput(
            "I see no paper in that message: name one with "
            f"{ask.written('similar 2501.01234')}, by its number, arXiv id or title."
        )
    cards = await _searched(ask, text)
    shown = "Here is what is near to its words." if cards else "Nothing stored fits its words."
    return Reply(
        message=Message(
            heading="That message is about no paper that I know",
            intro=shown,
            cards=tuple(cards),
            footer="" if cards else f"Try fewer words: {ask.written('search graph networks')}.",
        )
    )


async def why_this(ask: Ask) -> Reply:
    """`why-this`: why the paper of a message was or was not sent; of several, each can be asked."""
    found = await ask.db.read(_about, _here(ask), ask.request.receipt, ask.request.quoted)
    if not found:
        raise BadInput(
            "I see no stored paper in that message: name one with "
            f"{ask.written('why 2501.01234')}, by its number, arXiv id or title."
        )
    if len(found) == 1:
        return await why(replace(ask, rest=str(found[0].seq)))
    rows = tuple(
        Row(text=one.title, buttons=(Button(label="Why?", action=ask.action(f"why {one.seq}")),))
        for one in found[:SHOWN]
    )
    return Reply(message=Message(heading="Which of them?", rows=rows))


async def trending(ask: Ask) -> Reply:
    """`trending [day|week|month]`."""
    wanted = ask.rest.casefold() or "week"
    if wanted not in WINDOWS:
        raise BadInput(f"Say `day`, `week` or `month`: {ask.written('trending week')}.")
    length, named = WINDOWS[wanted]
    found = await talked_about(ask.library, ask.now - length, ask.now, SHOWN)
    others = tuple(
        Button(label=spoken.capitalize(), action=f"trending {name}")
        for name, (_, spoken) in WINDOWS.items()
        if name != wanted
    )
    if not found:
        return Reply(
            message=Message(
                heading=f"Nothing new {named}",
                intro=f"No paper came in and none was talked about {named}.",
                buttons=others,
            )
        )
    return Reply(
        message=Message(
            heading=f"Talked about {named}",
            cards=tuple(_trend(one, named) for one in found),
            buttons=others,
        )
    )


# --- what they share -----------------------------------------------------------------------


async def _searched(ask: Ask, text: str) -> list[Card]:
    hits, titled = await asyncio.gather(
        by_words_and_meaning(ask.library, text, DEPTH, ask.now),
        Worded.of(ask.library).titled(text, SHOWN, is_begun=False),
    )
    named = [paper.seq for paper in titled]
    seqs = list(dict.fromkeys([*named, *(hit.paper.seq for hit in hits)]))
    return await fitting.for_text(ask.library, text, seqs, SHOWN, ask.now, named)


async def _nothing(ask: Ask, text: str) -> Message:
    if not await ask.db.read(papers.newest):
        return Message(
            heading="There are no papers yet",
            intro="Ask again when the first ones have come in.",
            buttons=(await _follow_button(ask, text),),
        )
    return Message(
        heading=f"Nothing fits {quoted(text, 60)}",
        intro=(
            "No stored paper comes near enough. Try other words, or follow it, and I tell you "
            "when one comes."
        ),
        buttons=(await _follow_button(ask, text),),
    )


async def _like(ask: Ask, about: list[Paper]) -> Message:
    """Papers like any of these, most alike first, without themselves."""
    own = {paper.seq for paper in about}
    best: dict[int, Card] = {}
    for paper in about:
        hits = await similar_to(ask.library, paper, DEPTH, ask.now)
        seqs = [hit.paper.seq for hit in hits if hit.paper.seq not in own]
        for one in await fitting.for_paper(ask.library, paper, seqs, SHOWN, ask.now):
            if one.seq not in best or (one.score or 0) > (best[one.seq].score or 0):
                best[one.seq] = one
    cards = sorted(best.values(), key=lambda one: (-(one.score or 0), one.seq))[:SHOWN]
    named = about[0].title if len(about) == 1 else f"the {len(about)} papers of that message"
    if not cards:
        return Message(heading="Nothing stored is much like it", intro=named)
    return Message(
        heading=f"{counted(len(cards), 'paper')} like it", intro=named, cards=tuple(cards)
    )


def _here(ask: Ask) -> Destination:
    return (ask.request.room or ask.request.asker).destination


def _about(tx: Tx, here: Destination, receipt: str | None, quoted: str) -> list[Paper]:
    """The papers of what we posted here under this receipt; otherwise those that the text names."""
    posted = deliveries.posted(tx, here, receipt) if receipt else None
    if posted is not None:
        try:
            cards = from_json(posted.body).cards
        except ValueError:
            cards = ()  # of an older version: its text may still say it
        if cards:
            return papers.by_seq(tx, [card.seq for card in cards])
    return mentions.named_in(tx, quoted)


def _trend(one: Trend, named: str) -> Card:
    said = []
    if one.growth and one.before is not None:
        said.append(f"comments {one.before} → {one.comments} {named}")
    elif one.comments:
        said.append(counted(one.comments, "comment"))
    if one.upvoted and one.upvotes is not None:
        said.append(f"upvotes {one.upvotes - one.upvoted} → {one.upvotes} {named}")
    elif one.upvotes:
        said.append(counted(one.upvotes, "upvote"))
    if one.fits >= CROWD:
        said.append(f"fits {counted(one.fits, 'profile')}")
    return card(one.paper, reason="; ".join(said) or f"new {named}", sentence="")


async def _follow_button(ask: Ask, text: str) -> Button:
    action = await drafts.action(ask, "follow", text, "follow-again")
    return Button(label="Follow this", action=action)


VERBS: tuple[Verb, ...] = (
    Verb(
        name="search",
        takes="<words>",
        does="Find stored papers by their words and their meaning",
        examples=("search speech recognition", "search cheaper inference on phones"),
        handler=search,
    ),
    Verb(
        name="similar",
        takes="<paper>",
        does="Find papers like one",
        examples=("similar 12", "similar 2501.01234"),
        more="A paper goes by its number, its arXiv id, its title or words of it.",
        handler=similar,
    ),
    Verb(
        name="trending",
        takes="[day|week|month]",
        does="Show what is talked about most",
        examples=("trending", "trending month"),
        more="It counts the comments that papers gained, and how many profiles a paper fits.",
        handler=trending,
    ),
    Verb(
        name="why",
        takes="<paper>",
        does="Tell why a paper was or was not sent, and what would change that",
        examples=("why 12", "why 2501.01234"),
        handler=why,
        in_channel=True,
        only_reads=True,
    ),
    Verb(
        name="search-again",
        takes="<draft>",
        does="Search for a text that is too long for a button",
        handler=search_again,
        is_hidden=True,
    ),
    Verb(
        name="more-like-this",
        does="Find papers like those of a message",
        handler=more_like_this,
        is_hidden=True,
        aliases=("like-this",),
    ),
    Verb(
        name="why-this",
        does="Tell why the paper of a message was or was not sent",
        handler=why_this,
        is_hidden=True,
    ),
)
