"""Votes, search and `why` on the command line: what a reader does with papers."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.base import (
    PAPERS,
    PEOPLE,
    Json,
    Limit,
    PaperName,
    Who,
    app,
    fail,
    now,
    say,
    say_json,
    the_paper,
    the_profile,
    unicode_text,
    with_db,
    with_library,
)
from bot.cli.ingesting import paper_facts
from bot.messages import facts
from storage import votes
from storage.database import Database
from storage.records import Profile, VoteKind

if TYPE_CHECKING:
    from bot.why import Why
    from matching.ranking import Because
    from matching.search import Hit


@app.command("vote", rich_help_panel=PEOPLE)
def vote(
    name: Who,
    paper: PaperName,
    kind: Annotated[VoteKind, typer.Argument(metavar="like|dislike|save", help="What it thinks.")],
    undo: Annotated[bool, typer.Option("--undo", help="Take the vote back.")] = False,
) -> None:
    """Say what a profile thinks of a paper; its next digests take that into account.

    A like replaces a dislike and the other way round; a save stands beside either.
    """

    async def work(db: Database) -> tuple[str, str]:
        profile, found = await the_profile(db, name), await the_paper(db, paper)
        if not undo:
            await db.write(votes.vote, profile.id, found.seq, kind, now())
        elif not await db.write(votes.unvote, profile.id, found.seq, kind):
            fail(f"{profile.name} has given no {kind} to #{found.seq} {found.title}")
        return profile.name, found.title

    owner, title = with_db(work)
    say(f"{owner}: {kind}{' taken back' if undo else ''}: {title}")


@app.command("search", rich_help_panel=PAPERS)
def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", callback=unicode_text, help="What to look for.")
    ],
    limit: Limit = 10,
    only_words: Annotated[
        bool,
        typer.Option(
            "--words", help="By words alone: at once, without the model that reads meaning."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Find stored papers by their words and their meaning."""
    from matching.library import Library
    from matching.search import by_words, by_words_and_meaning

    text = " ".join(words)
    if not any(character.isalnum() for character in text):
        fail("nothing to look for: give a word or more, as `paperround search speech at sea`")

    async def on_db(db: Database) -> "list[Hit]":
        return await by_words(db, text, limit)

    async def on_library(library: Library) -> "list[Hit]":
        return await by_words_and_meaning(library, text, limit, now())

    found = with_db(on_db) if only_words else with_library(on_library)
    _tell(found, as_json)


@app.command("similar", rich_help_panel=PAPERS)
def similar(paper: PaperName, limit: Limit = 10, as_json: Json = False) -> None:
    """Find the stored papers that are most like one of them."""
    from matching.library import Library
    from matching.search import similar as similar_to

    async def work(library: Library) -> "list[Hit]":
        return await similar_to(library, await the_paper(library.db, paper), limit, now())

    _tell(with_library(work), as_json)


@app.command("why", rich_help_panel=PEOPLE)
def why(name: Who, paper: PaperName, as_json: Json = False) -> None:
    """Tell why a paper was, or was not, sent to a profile, and what would change that."""
    from bot.why import why as follow
    from matching.library import Library

    async def work(library: Library) -> "tuple[Profile, Why]":
        profile = await the_profile(library.db, name)
        found = await the_paper(library.db, paper)
        return profile, await follow(library, profile, found, now())

    profile, told = with_library(work)
    if as_json:
        say_json(**_why_facts(told))
        return
    say((told.paper.title, "bold"), (f"  #{told.paper.seq}", "dim"))
    for at, kind in told.sent:
        say(f"Sent to {profile.name} as {_article(kind)} on {at:%d %b %Y, %H:%M} UTC.")
    if not told.sent:
        say(f"Not sent to {profile.name} so far.")
    for hit in told.alerts:
        say(f"Hit by the alert {hit}.")
    say(told.trace.text, wrap=True)
    if told.match is not None and told.sentence:
        from matching.reasons import explain

        say(f"What speaks for it: {explain(told.match).text}.", wrap=True)
        for part in _shares(told.match.because):
            say(f"  {part}", style="dim")
        say(f"  “{told.sentence}”", style="dim", wrap=True)


def _shares(because: "Because") -> list[str]:
    """What carried it, in percent."""
    found = [f"by meaning {because.meaning_share:.0%}, by words {because.words_share:.0%}"]
    if because.interest is not None:
        found.append(f"the interest {1 - because.votes_share:.0%}")
    found += [
        f"liked “{one.paper.title}” {one.share * because.votes_share:.0%}"
        for one in because.likes
        if because.votes_share
    ]
    return found


def _why_facts(told: "Why") -> dict[str, object]:
    trace = told.trace
    return {
        "seq": told.paper.seq,
        "title": told.paper.title,
        "sent": [{"at": at.isoformat(), "as": kind} for at, kind in told.sent],
        "alerts": list(told.alerts),
        "score": round(trace.score, 6),
        "floor": trace.floor,
        "rank": trace.rank,
        "stopped_by": trace.stopped_by,
        "smallest_change": trace.smallest_change,
        "because": _because(told),
        "sentence": told.sentence or None,
        "text": trace.text,
    }


def _because(told: "Why") -> dict[str, object] | None:
    if told.match is None:
        return None
    because = told.match.because
    return {
        "interest": because.interest and because.interest.text,
        "votes_share": round(because.votes_share, 4),
        "meaning_share": round(because.meaning_share, 4),
        "words": list(because.words),
        "likes": [
            {"seq": one.paper.seq, "title": one.paper.title, "share": round(one.share, 4)}
            for one in because.likes
        ],
    }


def _tell(found: "list[Hit]", as_json: bool) -> None:
    if not found and not as_json:
        say("Nothing found.")
    for hit in found:
        if as_json:
            say_json(score=round(hit.score, 6), **paper_facts(hit.paper))
        else:
            say((f"#{hit.paper.seq:<6}", "dim"), hit.paper.title, (f"  {facts(hit.paper)}", "dim"))


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("a") else f"a {kind}"
