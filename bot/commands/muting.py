"""Mutes: words, organisations and papers that a person or a channel never wants to see."""

from collections.abc import Sequence
from dataclasses import replace

from bot import shadows, wants
from bot.commands import drafts
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.history import undo_button
from bot.commands.paging import page
from bot.commands.phrases import number, plain, quoted, sentence, whose
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.forms import Choice, Field, FieldKind, Form
from bot.messages import Button, Message, Row, Style, counted
from bot.wants import BadWant
from matching.replay import Replay
from storage import mutes, papers
from storage.changes import Delta
from storage.mutes import Mute, MuteKind
from storage.records import Profile

_KINDS = {
    "org": MuteKind.ORGANISATION,
    "organisation": MuteKind.ORGANISATION,
    "organization": MuteKind.ORGANISATION,
    "author": MuteKind.AUTHOR,
    "paper": MuteKind.PAPER,
}
_TYPED = {
    MuteKind.WORD: "",
    MuteKind.ORGANISATION: "org ",
    MuteKind.AUTHOR: "author ",
    MuteKind.PAPER: "paper ",
}


async def _mute(ask: Ask, *, is_sure: bool = False) -> Reply:
    fields = ask.request.fields
    if fields is None and not ask.rest:
        return Reply(form=_form(ask))
    if fields is None:
        kind, typed = _split(ask.rest)
    else:
        kind = _KINDS.get(fields.get("kind", ""), MuteKind.WORD)
        typed = fields.get("text", "")
    if kind is MuteKind.PAPER:
        typed = str((await ask.paper(typed)).seq)
    profile = await ask.profile()
    was = await shadows.wish(ask.library, profile, ask.now)
    try:
        text = wants.mute_text(kind, typed)
        if not is_sure:
            shadow = await shadows.ahead(
                ask.library, profile, was, Delta(muted=((str(kind), text),)), ask.now
            )
            if shadows.takes_much(shadow):
                return await _asked(ask, kind, text, shadow)
        made, change = await wants.mute(ask.db, profile.id, kind, text, ask.now)
    except BadWant as error:
        raise _refusal(ask, str(error)) from error
    named = await _named(ask, [made])
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    said = [f"Papers {named[made.id]} come no more, neither in digests nor as alerts."]
    said += [shadows.told(shadow)] if change else []
    undo = Button(label="Undo", action=ask.action(f"unmute {made.id}"))
    message = Message(
        heading="Muted" if change else "Muted already",
        intro="\n".join(one for one in said if one),
        rows=shadows.rows(shadow),
        buttons=(undo_button(ask, change) if change else undo, _list_button(ask)),
    )
    return Reply(message=message, is_profile_changed=change is not None)


async def _asked(ask: Ask, kind: MuteKind, text: str, shadow: Replay) -> Reply:
    """What is to be muted stands in much of what comes: asked about once."""
    kept = await drafts.keep(ask, [f"{_TYPED[kind]}{text}"])
    sure = Button(label="Mute it", action=ask.action(f"mute-sure {kept}"), style=Style.DANGER)
    message = Message(
        heading=f"Mute {quoted(text, 60)}?",
        intro=f"It would take much of what comes.\n{shadows.told(shadow)}",
        rows=shadows.rows(shadow),
        buttons=(sure, Button(label="Leave it", action=ask.action("mutes"))),
    )
    return Reply(message=message)


def _form(ask: Ask) -> Form:
    return Form(
        title="Mute",
        action=ask.action("mute"),
        submit="Mute",
        fields=(
            Field(
                name="text",
                label="What should not come?",
                hint="A word, a phrase or a name: survey",
                longest=wants.LONGEST_MUTE,
            ),
            Field(
                name="kind",
                label="What it is",
                kind=FieldKind.RADIO,
                value=MuteKind.WORD,
                choices=(
                    Choice(value=MuteKind.WORD, label="Words of title or abstract"),
                    Choice(value=MuteKind.ORGANISATION, label="An organisation"),
                    Choice(value=MuteKind.AUTHOR, label="An author"),
                ),
            ),
        ),
    )


def _split(typed: str) -> tuple[MuteKind, str]:
    first, _, rest = typed.partition(" ")
    kind = _KINDS.get(first.casefold(), MuteKind.WORD)
    if kind is MuteKind.PAPER and papers.number(rest.strip()) is None:
        kind = MuteKind.WORD  # `paper planes` are words
    return (kind, typed if kind is MuteKind.WORD else rest.strip())


def _refusal(ask: Ask, said: str) -> BadInput:
    if ask.request.fields is not None:
        return BadField("text", sentence(said))
    return BadInput(
        f"{sentence(said)} For example: {ask.written('mute survey')} or "
        f"{ask.written('mute org OpenAI')}.",
        _list_button(ask),
    )


async def _unmute(ask: Ask) -> Reply:
    profile = await ask.known()
    mine = await ask.db.read(mutes.of, profile.id) if profile else []
    if profile is None or not mine or not ask.rest:
        return await _listed(ask, profile, mine)
    found = _meant(mine, ask.rest)
    if found is None:
        raise BadInput(
            f"Nothing muted is {quoted(ask.rest, 60)}. Name it by its number or its words, as "
            f"{ask.written(f'unmute {mine[0].id}')}.",
            _list_button(ask),
        )
    named = await _named(ask, [found])
    was = await shadows.wish(ask.library, profile, ask.now)
    change = await wants.unmute(ask.db, profile.id, found.id, ask.now)
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    message = Message(
        heading="Unmuted",
        intro=f"Papers {named[found.id]} may come again.\n{shadows.told(shadow)}".strip(),
        rows=shadows.rows(shadow),
        buttons=(*([undo_button(ask, change)] if change else []), _list_button(ask)),
    )
    return Reply(message=message, is_profile_changed=True)


def _meant(mine: Sequence[Mute], typed: str) -> Mute | None:
    """By its number, else by its words, with or without what it is."""
    kind, value = _split(wants.line(typed))
    ways = (
        [one for one in mine if one.id == number(typed)],
        [one for one in mine if one.value.casefold() == wants.line(typed).casefold()],
        [one for one in mine if (one.kind, one.value.casefold()) == (kind, value.casefold())],
    )
    return next((found[0] for found in ways if found), None)


async def _mute_sure(ask: Ask) -> Reply:
    return await _mute(replace(ask, rest=await drafts.kept(ask, ask.rest)), is_sure=True)


async def _list(ask: Ask) -> Reply:
    profile = await ask.known()
    return await _listed(ask, profile, await ask.db.read(mutes.of, profile.id) if profile else [])


async def _listed(ask: Ask, profile: Profile | None, mine: Sequence[Mute]) -> Reply:
    add = Button(label="Mute something", action=ask.action("mute"))
    if profile is None or not mine:
        message = Message(
            heading="Nothing is muted",
            intro=f"{ask.written('mute survey')} keeps papers with that word away, "
            f"{ask.written('mute org OpenAI')} those of an organisation.",
            buttons=(add,),
        )
        return Reply(message=message)
    shown = page(ask, "mutes", mine)
    named = await _named(ask, shown.items)
    message = Message(
        heading=whose(ask, counted(len(mine), "mute")),
        rows=tuple(_row(ask, one, named[one.id]) for one in shown.items),
        footer=shown.footer,
        buttons=(add, *shown.buttons),
    )
    return Reply(message=message)


def _row(ask: Ask, one: Mute, named: str) -> Row:
    remove = Button(label="Unmute", action=ask.action(f"unmute {one.id}"))
    return Row(text=f"Papers {named}", detail=f"#{one.id}", buttons=(remove,))


async def _named(ask: Ask, shown: Sequence[Mute]) -> dict[int, str]:
    """By its id what each mute keeps away, as what follows "papers"."""
    seqs = [int(one.value) for one in shown if one.kind is MuteKind.PAPER]
    titles = {paper.seq: paper.title for paper in await ask.db.read(papers.by_seq, seqs)}
    return {one.id: _silenced(one, titles) for one in shown}


def _silenced(one: Mute, titles: dict[int, str]) -> str:
    match one.kind:
        case MuteKind.WORD:
            return f"with {quoted(one.value)}"
        case MuteKind.ORGANISATION:
            return f"from {plain(one.value)}"
        case MuteKind.AUTHOR:
            return f"by {plain(one.value)}"
        case MuteKind.PAPER:
            return f"such as {quoted(titles.get(int(one.value), 'one that is gone'))}"


def _list_button(ask: Ask) -> Button:
    return Button(label=whose(ask, "mutes"), action=ask.action("mutes"))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="mute",
        takes="<words> | org <organisation> | author <name>",
        does="Keep papers with a word, of an organisation or an author, away",
        examples=("mute survey", "mute org OpenAI", "mute author Ada Ames"),
        more="It holds for digests and alerts. Case and plural do not matter.",
        handler=_mute,
        in_channel=True,
    ),
    Verb(
        name="unmute",
        takes="<number or words>",
        does="Let what was muted come again",
        examples=("unmute survey", "unmute 2"),
        handler=_unmute,
        in_channel=True,
    ),
    Verb(
        name="mutes",
        does="List what is muted",
        examples=("mutes",),
        handler=_list,
        in_channel=True,
        only_reads=True,
    ),
    Verb(
        name="mute-sure",
        takes="<draft>",
        does="Mute what takes much away",
        handler=_mute_sure,
        in_channel=True,
        is_hidden=True,
    ),
)
