"""Missed papers: recorded, explained, and caught from then on."""

import json
from dataclasses import asdict, replace

from bot import missing, shadows, wants
from bot.commands import drafts, explaining
from bot.commands.ask import Ask, BadInput
from bot.commands.history import history_button, undo_button
from bot.commands.paging import page
from bot.commands.phrases import number, plain, quoted, sentence
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.deltas import described
from bot.messages import Button, Card, Message, Row, Style, counted
from bot.missing import MOST_MISSED, Proposal
from bot.why import StillComing, why
from matching import catching
from storage import changes, missed, overview, papers
from storage.changes import Delta
from storage.library_files.items import LONGEST_TITLE, addressed, bare
from storage.missed import Missed
from storage.records import Paper, Profile

NAMED = 5


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
            found = await missing.proposed(ask.library, profile, wish, one, told, title, ask.now)
            rows = tuple(Row(text=row.text, detail=row.detail) for row in rows)
            said, button = await _offered(ask, found)
            buttons = [*button, *buttons]
        if paper is not None:
            buttons.append(Button(label="Like it", action=f"vote like {paper.seq}"))
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


async def _offered(ask: Ask, found: Proposal | None) -> tuple[list[str], list[Button]]:
    if found is None:
        return [
            "No single change that I tried would catch it. An interest in your own words, or a few "
            "likes of papers like it, may."
        ], []
    kept = await drafts.keep(ask, [json.dumps(asdict(found.delta))])
    apply = Button(
        label="Make this change", action=ask.action(f"missed-apply {kept}"), style=Style.PRIMARY
    )
    said = [f"The smallest change that catches it: {_proposal(found.delta)}."]
    return [*said, *[one for one in (shadows.told(found.shadow),) if one]], [apply]


def _proposal(delta: Delta) -> str:
    """What a delta would do, as `follow “graph networks”`."""
    said = described(delta)
    for done, todo in (("followed", "follow"), ("unmuted", "unmute")):
        said = said.replace(f"{done} “", f"{todo} “").replace(f"{done} the", f"{todo} the")
    return said.replace("unmuted paper", "unmute paper")


async def apply(ask: Ask) -> Reply:
    """`missed-apply DRAFT`: the change that was proposed."""
    facts = json.loads(await drafts.kept(ask, ask.rest))
    size = facts["size"]
    delta = Delta(
        followed=tuple(facts["followed"]),
        unmuted=tuple((kind, value) for kind, value in facts["unmuted"]),
        size=None if size is None else (size[0], size[1]),
    )
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
