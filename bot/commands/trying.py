"""An alert before it is saved: how the query was understood, and what it would have found."""

from bot import dry_runs, messages
from bot.commands import drafts
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.phrases import LABEL, code, cut, sentence, whose
from bot.commands.request import Reply
from bot.dry_runs import Tried
from bot.forms import Field, FieldKind, Form
from bot.messages import Button, Card, Message, Style, counted
from matching.alerts import MAX_CHARACTERS, BadQuery, DryRun, Overlap, Query, parse
from storage.records import Alert

EXAMPLE = 'alert "speculative decoding" -survey'

EXPLAINED = 700
"""Characters of a query's explanation that are shown."""

TOLD = 4
"""Overlaps, and notes: whoever has fifty alerts need not read of all."""


async def alert(ask: Ask) -> Reply:
    """`alert QUERY`: tried, not saved; without a query, a form for one."""
    fields = ask.request.fields
    if fields is None and not ask.rest:
        return Reply(form=form(ask.action("alert")))
    return await shown(ask, ask.rest if fields is None else fields.get("query", ""))


async def again(ask: Ask) -> Reply:
    """`alert-try 17`: the query of a draft, tried."""
    return await shown(ask, await drafts.kept(ask, ask.rest))


async def edit(ask: Ask) -> Reply:
    """`alert-edit 17`: the form with the query of a draft."""
    return Reply(form=form(ask.action("alert"), await drafts.kept(ask, ask.rest)))


def form(action: str, value: str = "", submit: str = "Try it") -> Form:
    """The form for a query."""
    query = Field(
        name="query",
        label="What should a paper have?",
        kind=FieldKind.TEXT,
        hint='Words, "a phrase", OR, -without, begin*, title:word, org:name, comments>10',
        value=value,
        longest=MAX_CHARACTERS,
    )
    return Form(
        title="Keyword alert",
        action=action,
        fields=(query,),
        submit=submit,
        intro='For example `"speculative decoding" -survey`, `(LoRA OR adapters) quantiz*` or '
        "`title:agents comments>10`.",
    )


async def read(ask: Ask, typed: str) -> Query:
    """The query. Raises BadInput with a caret under the trouble and a query that can be read."""
    try:
        return parse(_typed(typed))
    except BadQuery as error:
        raise await _refusal(ask, error) from error


async def tried(ask: Ask, query: Query, profile_id: int | None, *, but: int | None = None) -> Tried:
    """What the query would have found. Raises BadInput where that takes too long to tell."""
    try:
        return await dry_runs.tried(
            ask.db, query, profile_id, but=but, kept=dry_runs.Kept.of(ask.library)
        )
    except dry_runs.TookTooLong as error:
        if ask.request.fields is not None:
            raise BadField("query", str(error)) from error
        kept = await drafts.keep(ask, [query.text])
        edit = Button(label="Edit", action=ask.action(f"alert-edit {kept}"))
        raise BadInput(str(error), edit) from error


def _typed(text: str) -> str:
    """Without halves of signs, which no database keeps."""
    return "".join(sign for sign in text if not "\ud800" <= sign <= "\udfff").strip()


async def _refusal(ask: Ask, error: BadQuery) -> BadInput:
    said = str(error).partition("\n")[0]
    if ask.request.fields is not None:
        return BadField(
            "query", f"{said}. Expected: {error.expected}. Example: {cut(error.example, 200)}"
        )
    line, _, caret = error.shown.partition("\n")
    # Without leading spaces, which some places strip from code: both lines begin at the left edge.
    pointer = "-" * (len(caret) - 3) + "^"
    kept = await drafts.keep(ask, [error.example, error.text[:MAX_CHARACTERS]])
    lines = (
        f"{said}:",
        code(line[2:] or " "),
        code(pointer),
        f"Expected: {error.expected}.",
        f"For example: {code(error.example)}",
    )
    return BadInput(
        "\n".join(lines),
        Button(label="Try this", action=ask.action(f"alert-try {kept}"), style=Style.PRIMARY),
        Button(label="Edit", action=ask.action(f"alert-edit {kept} 1")),
    )


async def shown(ask: Ask, typed: str) -> Reply:
    """A query as it was understood, and what it would have found; nothing is saved."""
    query = await read(ask, typed)
    profile = await ask.known()
    found = await tried(ask, query, profile.id if profile else None)
    narrower = found.run.tightenings if found.run.is_too_broad else ()
    kept = await drafts.keep(ask, [query.text, *(one.query for one in narrower)])
    buttons = [
        Button(
            label=cut(f"{counted(one.hits, 'hit')}: {one.query}", LABEL),
            action=ask.action(f"alert-try {kept} {place}"),
        )
        for place, one in enumerate(narrower, 1)
    ]
    twin = _twin(found)
    if twin is None:
        save = ask.action(f"alert-save {kept}")
        buttons.insert(0, Button(label="Save this alert", action=save, style=Style.PRIMARY))
    else:
        buttons.insert(0, Button(label=whose(ask, "alerts"), action=ask.action("alerts")))
    buttons.append(Button(label="Edit", action=ask.action(f"alert-edit {kept}")))
    message = Message(
        heading=_heading(found, twin),
        intro="\n".join([understood(query), *findings(ask, found)]),
        cards=cards(found.run),
        buttons=tuple(buttons),
    )
    return Reply(message=message)


def _heading(found: Tried, twin: Alert | None) -> str:
    if twin is not None:
        return f"Alert #{twin.id} says the same"
    return f"{counted(found.run.hits, 'hit')}, not saved yet"


def understood(query: Query) -> str:
    """The query as typed, and in words."""
    return f"{code(query.text)} finds {cut(query.explain(), EXPLAINED)}."


def findings(ask: Ask, found: Tried) -> list[str]:
    """What a dry run found, as sentences."""
    run = found.run
    said = []
    if run.papers:
        said.append(
            f"{counted(run.hits, 'hit')} in {counted(run.papers, 'stored paper')} "
            f"({run.share:.1%}), {run.per_week:.1f} a week."
        )
    if run.hits and len(run.weeks) > 1:
        weeks = [f"{one.monday:%d %b} {one.hits}" for one in run.weeks[-dry_runs.WEEKS_SHOWN :]]
        said.append(f"By week: {' · '.join(weeks)}.")
    if found.muted:
        said.append(f"{counted(found.muted, 'muted paper')} stayed out of it.")
    said += [_overlap(ask, one, found) for one in run.overlaps[:TOLD]]
    if len(run.overlaps) > TOLD:
        said.append(f"And with {counted(len(run.overlaps) - TOLD, 'other alert')}.")
    said += run.notes[:TOLD]
    if run.is_too_broad:
        said.append("That is a lot to be told of. Narrower:" if run.tightenings else _BROAD)
        said += [f"{code(one.query)}: {sentence(one.why)}" for one in run.tightenings]
    return said


_BROAD = "That is a lot to be told of: another word, or `title:` in front, makes it narrower."


def _overlap(ask: Ask, one: Overlap, found: Tried) -> str:
    other = found.others[one.position]
    named = f"{whose(ask, 'alert').lower()} #{other.id} ({code(other.query, 80)})"
    if one.same:
        state = f", which is paused; {ask.written(f'alerts resume {other.id}')} lets it go on"
        return f"It means the same as {named}{state if other.paused else ''}."
    return f"{one.shared} of {counted(found.run.hits, 'hit')} come with {named} too."


def _twin(found: Tried) -> Alert | None:
    return next((found.others[one.position] for one in found.run.overlaps if one.same), None)


def cards(run: DryRun) -> tuple[Card, ...]:
    """Up to five papers that it would have found, with what shows it."""
    return tuple(
        messages.card(
            one.paper,
            reason=one.shown.reason,
            sentence="" if one.shown.in_title else one.shown.sentence,
        )
        for one in run.samples
    )
