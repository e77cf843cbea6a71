"""What a person saved, newest first, a page at a time."""

from datetime import datetime

from bot import timetable
from bot.commands.ask import Ask, BadInput
from bot.commands.request import Reply
from bot.messages import Button, Card, Message, card, counted
from storage import papers, votes
from storage.database import Tx
from storage.records import Profile, VoteKind

PAGE = 8
"""Papers on a page."""


async def saved(ask: Ask) -> Reply:
    """`saved [PAGE]`; a page beyond the last is the last."""
    wanted = _page(ask)
    profile = await ask.known()
    found = [] if profile is None else await ask.db.read(_saved, profile.id)
    if profile is None or not found:
        how = f"Press Save under a paper, or type {ask.written('save 2501.01234')}."
        return Reply(message=Message(heading="You have saved nothing yet", intro=how))
    pages = -(-len(found) // PAGE)
    page = min(wanted, pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    cards = await ask.db.read(_cards, shown, profile)
    buttons = []
    if page > 1:
        buttons.append(Button(label="Newer", action=f"saved {page - 1}"))
    if page < pages:
        buttons.append(Button(label="Older", action=f"saved {page + 1}"))
    place = f"Page {page} of {pages}. " if pages > 1 else ""
    return Reply(
        message=Message(
            heading=f"{counted(len(found), 'saved paper')}",
            cards=tuple(cards),
            footer=f"{place}Press Saved under a paper to take it off the list.",
            buttons=tuple(buttons),
        )
    )


def _page(ask: Ask) -> int:
    if not ask.rest:
        return 1
    if ask.rest.isascii() and ask.rest.isdecimal() and int(ask.rest[:9]) > 0:
        return int(ask.rest[:9])
    raise BadInput(f"Give the number of a page: {ask.written('saved 2')}.")


def _saved(tx: Tx, profile_id: int) -> list[tuple[int, datetime]]:
    cast = [vote for vote in votes.of(tx, profile_id) if vote.kind is VoteKind.SAVE]
    return [(vote.seq, vote.voted_at) for vote in reversed(cast)]


def _cards(tx: Tx, shown: list[tuple[int, datetime]], profile: Profile) -> list[Card]:
    when = dict(shown)
    return [
        card(
            paper,
            reason=f"saved on {timetable.local(when[paper.seq], profile.zone)}",
            sentence="",
        )
        for paper in papers.by_seq(tx, [seq for seq, _ in shown])
    ]
