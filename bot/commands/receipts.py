"""Receipts in chat: what was sent, when and why, and what was not and why not, newest first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot import receipts, timetable
from bot.commands.ask import Ask, BadInput
from bot.commands.paging import page
from bot.commands.phrases import number, plain, whose
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.messages import Button, Message, Row
from bot.receipts import Receipt, Told
from storage.records import DeliveryKind, Profile

DAYS = 7
"""Days that are told of where none are asked for."""

MOST_DAYS = 90

KINDS = {
    DeliveryKind.DIGEST: "Digest",
    DeliveryKind.ALERT: "Alert",
    DeliveryKind.NOTICE: "Notice",
}


async def told(ask: Ask) -> Reply:
    """`receipts`, `receipts 30`, `receipts 30 page 2`."""
    days, rest = _days(ask)
    profile = await ask.known()
    since = ask.now - timedelta(days=days)
    found = [] if profile is None else await receipts.of(ask.db, profile, since, ask.now)
    if profile is None or not found:
        return Reply(message=_nothing(ask, days))
    shown = page(replace(ask, rest=rest), f"receipts {days}", _rows(ask, found, profile))
    return Reply(
        message=Message(
            heading=f"{whose(ask, 'receipts')} of {_span(days)}",
            rows=shown.items,
            footer=f"Times are in {profile.zone}. {shown.footer}".strip(),
            buttons=shown.buttons,
        )
    )


def _days(ask: Ask) -> tuple[int, str]:
    """How many days, and the rest of what was typed: nothing, or a page."""
    first, _, rest = ask.rest.partition(" ")
    days = number(first) if first not in ("", "page") else DAYS
    if days is None or not 1 <= days <= MOST_DAYS:
        raise BadInput(
            f"Say how many days back, 1 to {MOST_DAYS}: {ask.written('receipts 30')}, or just "
            f"{ask.written('receipts')} for a week."
        )
    return days, ask.rest if first == "page" else rest.strip()


def _nothing(ask: Ask, days: int) -> Message:
    return Message(
        heading=f"Nothing was sent in {_span(days)}",
        intro=(
            f"No digest was due and no alert hit. {ask.written('status')} shows what comes next; "
            f"{ask.written('digest daily 08:30')} brings new papers every morning."
        ),
        buttons=(Button(label="What comes next", action=ask.action("status")),),
    )


def _span(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"


def _rows(ask: Ask, found: Sequence[Receipt], profile: Profile) -> list[Row]:
    """A row for each message, followed by one for each of its papers."""
    rows = []
    for one in found:
        at = timetable.local(one.at, profile.zone)
        state = "" if one.digest_id and not one.papers else one.state
        said = [_sentence(state), *one.left_out] if state else list(one.left_out)
        outcome = plain(one.outcome)
        rows.append(Row(text=f"{at} · {KINDS[one.kind]}: {outcome}", detail=plain(" ".join(said))))
        rows += [_paper(ask, paper) for paper in one.papers]
    return rows


def _paper(ask: Ask, paper: Told) -> Row:
    score = "" if paper.score is None else f"{paper.score:.2f} · "
    why = Button(label="Why?", action=ask.action(f"why {paper.seq}"))
    return Row(
        text=f"#{paper.seq} {plain(paper.title)}",
        detail=plain(f"{score}{paper.reason}"),
        buttons=(why,),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


VERBS: tuple[Verb, ...] = (
    Verb(
        name="receipts",
        takes="[days]",
        does="Show what was sent, when and why, and what was left out",
        examples=("receipts", "receipts 30"),
        more="Also the digests that were empty, and messages that wait or could not be delivered.",
        handler=told,
        in_channel=True,
        only_reads=True,
    ),
)
