"""Missed papers: recorded, explained, and caught from then on."""

from collections.abc import Sequence
from dataclasses import replace

from bot import deltas, edits, missing, shadows, wants
from bot.commands import drafts, explaining
from bot.commands.ask import Ask, BadInput
from bot.commands.history import history_button, undo_button
from bot.commands.paging import page
from bot.commands.phrases import number, plain, quoted, sentence
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.deltas import described
from bot.edits import Proposal
from bot.messages import Button, Card, Message, Row, Style, counted
from bot.missing import MOST_MISSED
from bot.why import StillComing, why
from matching import catching
from matching.replay import Wish
from storage import changes, missed, overview, papers
from storage.changes import Delta
from storage.library_files.items import LONGEST_TITLE, addressed, bare
from storage.missed import Missed
from storage.records import Paper, Profile

NAMED = 5

OTHERS = 3
"""Changes that are shown beside the smallest."""


async def miss(ask: Ask) -> Reply:
    """`missed PAPER`, or all of them tried again."""
    if not ask.rest or ask.rest.startswith("page "):
        return await _listed(ask)
    profile = await ask.profile()
    paper, title, arxiv_id = await _meant(ask)
    told = await ask.db.read(overview.tellings, profile.id, paper.seq) if paper else []
    if paper is not None and told:
        reply = await explaining.why(replace(ask, rest=str(paper.seq)))
        return _headed(reply, "That one was not missed: it was chosen for you")
    there = await ask.db.read(missed.of, profile.id)
    if len(there) >= MOST_MISSED:
        raise BadInput(
            f"{MOST_MISSED} missed papers are the most: remove one first.", _list_button(ask)
        )
    one, _ = await ask.db.write(
        missed.add,
        profile.id,
        seq=paper.seq if paper else None,
        title=title,
        arxiv_id=arxiv_id,
        now=ask.now,
    )
    return await _explained(ask, profile, one, paper)


async def _meant(ask: Ask) -> tuple[Paper | None, str, str | None]:
    """(the stored paper, title, arXiv id) of what was typed. Raises BadInput with the remedy."""
    typed = wants.line(ask.rest).strip('"“”')
    arxiv_id = bare(typed) or addressed(typed)
    found = await ask.db.read(papers.find, arxiv_id or typed, NAMED)
    if len(found) == 1:
        return found[0], found[0].title, found[0].arxiv_id
    if arxiv_id is not None:
        return None, "", arxiv_id
    if len(found) > 1:
        several = "\n".join(f"#{one.seq} {plain(one.title)}" for one in found)
        raise BadInput(f"Several papers fit; give the number or the whole title:\n{several}")
    is_address = typed.casefold().startswith(("http://", "https://", "10.", "doi:"))
    is_number = typed.lstrip("#").isdecimal()
    words = [word for word in typed.split() if any(sign.isalnum() for sign in word)]
    if is_address or is_number or len(words) < 2 or len(typed) > LONGEST_TITLE:
        raise BadInput(
            "I know no paper by that. Give its title, or an arXiv id or address: "
            f"{ask.written('missed 1706.03762')}."
        )
    return None, typed, None


async def _explained(ask: Ask, profile: Profile, one: Missed, paper: Paper | None) -> Reply:
    """Why it was missed, whether it would be by now, and what would change that."""
    told = None
    rows: tuple[Row, ...] = ()
    cards: tuple[Card, ...] = ()
    if paper is not None:
        shown = await explaining.why(replace(ask, rest=str(paper.seq)))
        try:
            told = await why(ask.library, profile, paper, ask.now)
        except StillComing as error:
            raise BadInput("That paper is still being read in: ask again in a minute.") from error
        if shown.message is not None:
            cards, rows = shown.message.cards, shown.message.rows
    else:
        rows = (Row(text="No dump has brought it", detail=_never(one)),)
    wish = await shadows.wish(ask.library, profile, ask.now)
    verdicts = await catching.tried(ask.library, wish, [one], ask.now)
    buttons = [_list_button(ask)]
    if not verdicts:
        said = ["Once a dump brings it, it is tried."]
    else:
        await ask.db.write(missed.tried, {one.id: verdicts[0].caught})
        title = verdicts[0].title
        if verdicts[0].caught:
            said = [f"As the profile stands now it is caught, at {verdicts[0].score:.2f}."]
        else:
            found = await edits.proposed(ask.library, profile, wish, one, told, title, ask.now)
            rows = tuple(Row(text=row.text, detail=row.detail) for row in rows)
            said, button, others = await _offered(ask, found)
            buttons, rows = [*button, *buttons], (*rows, *others)
        if paper is not None and paper.seq not in wish.taste.seen:
            rows = (*rows, await _like(ask, profile, wish, paper))
    everything = await ask.db.read(missed.of, profile.id)
    said.append(
        f"It is kept among {counted(len(everything), 'must-catch paper')}: every later change is "
        "tried against them."
    )
    message = Message(
        heading="Missed",
        intro="\n".join([*([quoted(one.title)] if not cards and one.title else []), *said]),
        cards=cards,
        rows=rows,
        buttons=tuple(buttons[:5]),
    )
    return Reply(message=message)


def _never(one: Missed) -> str:
    if one.title:
        return "It can only be tried by its title, and it is the page that has to come."
    return f"Nothing is known of {one.arxiv_id} but its id; give its title to have it tried."


async def _offered(ask: Ask, found: list[Proposal]) -> tuple[list[str], list[Button], list[Row]]:
    """The smallest change with its effect, and what else would do, each with its own."""
    if not found:
        return (
            [
                "No single change that I tried would catch it. An interest in your own words, or a "
                "few likes of papers like it, may."
            ],
            [],
            [],
        )
    kept = await drafts.keep(ask, [changes.written(one.delta) for one in found])
    first, *others = found[: OTHERS + 1]
    liked = [await _titles(ask, one.delta.taught) for one in found]
    apply = Button(
        label="Make this change", action=ask.action(f"missed-apply {kept}"), style=Style.PRIMARY
    )
    said = [f"The smallest change that catches it: {deltas.proposed(first.delta, liked[0])}."]
    rows = [
        Row(
            text=sentence(f"Or {deltas.proposed(one.delta, titles)}").rstrip("."),
            detail=shadows.told(one.shadow),
            buttons=(Button(label="Make it", action=ask.action(f"missed-apply {kept} {place}")),),
        )
        for place, (one, titles) in enumerate(zip(others, liked[1:], strict=False), 1)
    ]
    return [*said, *[one for one in (shadows.told(first.shadow),) if one]], [apply], rows


async def _like(ask: Ask, profile: Profile, wish: Wish, paper: Paper) -> Row:
    """What a like of the paper itself would bring; that it is caught then would prove nothing."""
    delta = Delta(taught=(paper.seq,))
    shadow = await shadows.ahead(ask.library, profile, wish, delta, ask.now)
    kept = await drafts.keep(ask, [changes.written(delta)])
    return Row(
        text="Or like it, so that papers like it come",
        detail=f"{shadows.told(shadow)}\nA like of the paper itself does not count as caught.",
        buttons=(Button(label="Like it", action=ask.action(f"missed-apply {kept}")),),
    )


async def _titles(ask: Ask, seqs: Sequence[int]) -> list[str]:
    return [paper.title for paper in await ask.db.read(papers.by_seq, seqs)]


async def apply(ask: Ask) -> Reply:
    """`missed-apply DRAFT`: the change that was proposed, or tried (see `supposing`)."""
    delta = changes.read(await drafts.kept(ask, ask.rest))
    profile = await ask.profile()
    was = await shadows.wish(ask.library, profile, ask.now)
    change = await ask.db.write(changes.apply, profile.id, delta, ask.now)
    if change is None:
        raise BadInput("That is so already: nothing had to change.", history_button(ask))
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    message = Message(
        heading="Changed",
        intro=f"{sentence(described(change.delta))}\n{shadows.told(shadow)}".strip(),
        rows=shadows.rows(shadow),
        buttons=(undo_button(ask, change), _list_button(ask)),
    )
    return Reply(message=message, is_profile_changed=True)


async def remove(ask: Ask) -> Reply:
    """`missed-remove NUMBER`."""
    profile, wanted = await ask.known(), number(ask.rest)
    if profile is None or wanted is None:
        raise BadInput("That one is not kept any more.", _list_button(ask))
    if not await ask.db.write(missed.remove, profile.id, wanted):
        raise BadInput("That one is not kept any more.", _list_button(ask))
    return await _listed(replace(ask, rest=""))


async def _listed(ask: Ask) -> Reply:
    profile = await ask.known()
    known = await ask.db.read(missed.of, profile.id) if profile else []
    if profile is None or not known:
        return Reply(
            message=Message(
                heading="No missed papers",
                intro="Tell me of one that you found elsewhere and should have had from me, by its "
                f"title, address or id: {ask.written('missed 1706.03762')}. I say why, and what "
                "would catch it; every later change is tried against it.",
            )
        )
    outcome, verdicts = await missing.tested(ask.library, profile, ask.now)
    of_id = {one.missed.id: one for one in verdicts}
    shown = page(ask, "missed", known)
    rows = []
    for one in shown.items:
        verdict = of_id.get(one.id)
        state = "not brought by any dump, nothing known but its id"
        if verdict is not None:
            state = f"{'caught' if verdict.caught else 'missed'}, at {verdict.score:.2f}"
        buttons = [Button(label="Remove", action=ask.action(f"missed-remove {one.id}"))]
        if verdict is not None and not verdict.caught and one.seq is not None:
            buttons.insert(0, Button(label="Catch it", action=ask.action(f"missed {one.seq}")))
        title = verdict.title if verdict else one.title or one.arxiv_id or ""
        rows.append(Row(text=plain(title), detail=sentence(state), buttons=tuple(buttons)))
    still = "still " if outcome.is_as_before and outcome.caught else ""
    message = Message(
        heading=f"{outcome.caught} of {counted(outcome.total, 'must-catch paper')} {still}caught",
        rows=tuple(rows),
        footer=shown.footer,
        buttons=shown.buttons,
    )
    return Reply(message=message)


def _headed(reply: Reply, heading: str) -> Reply:
    if reply.message is None:
        return reply
    return replace(reply, message=replace(reply.message, heading=heading))


def _list_button(ask: Ask) -> Button:
    return Button(label="Missed papers", action=ask.action("missed"))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="missed",
        takes="[paper]",
        does="Record a paper found elsewhere: why it was missed, and what would catch it",
        examples=("missed 2501.01234", "missed Attention Is All You Need", "missed"),
        more="A paper goes by its title, address, arXiv id or number. Each is kept, and every "
        "later change is tried against all of them; without a paper they are tried now.",
        handler=miss,
        in_channel=True,
    ),
    Verb(
        name="missed-apply",
        takes="<draft>",
        does="Make the change that catches a missed paper",
        handler=apply,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="missed-remove",
        takes="<number>",
        does="Keep a missed paper no longer",
        handler=remove,
        in_channel=True,
        is_hidden=True,
    ),
)
