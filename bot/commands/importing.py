"""Importing a library: a file, or what is pasted, trains the profile."""

import asyncio
import re
from collections.abc import Sequence

from bot import importing, shadows
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.history import history_button, undo_button
from bot.commands.phrases import plain, sentence
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.forms import Field, FieldKind, Form
from bot.importing import MOST_SHELVED, Imported
from bot.messages import Button, Message, Row, counted
from matching import shelf
from storage.library_files import NotALibrary, read_library

LISTED = 8
"""Lines that are named one by one; the rest is counted."""

AT_ONCE = 64
"""Papers that are encoded before the answer; more are left to the service, which takes minutes."""

LONGEST = 3_000
"""Characters that can be pasted: Slack takes no more."""

_IDS = re.compile(r"(?:[\w.:/-]*\d{4}\.\d{4,5}(?:v\d+)?[\s,;]*)+")


async def import_(ask: Ask) -> Reply:
    """`import`, with a file or with what was typed behind it; else a form to paste into."""
    fields, file = ask.request.fields, ask.request.file
    if fields is not None:
        data = fields.get("text", "").encode("utf-8", "replace")
    elif file is not None:
        if file.refused:
            raise BadInput(f"I could not take that file: {file.refused}.")
        data = file.data
    elif ask.rest:
        typed = re.sub(r"[\s,;]+", "\n", ask.rest) if _IDS.fullmatch(ask.rest) else ask.rest
        data = typed.encode("utf-8", "replace")
    else:
        return Reply(form=_form(ask))
    try:
        found = await asyncio.to_thread(read_library, data)
    except NotALibrary as error:
        raise _refusal(ask, str(error)) from error
    profile = await ask.profile()
    was = await shadows.wish(ask.library, profile, ask.now)
    made = await importing.take(ask.db, profile.id, found, ask.now)
    await shelf.embed(ask.db, ask.library.encoder, ask.now, most=AT_ONCE)
    said = told(made)
    rows: tuple[Row, ...] = tuple(_unmatched(made))
    if made.change is not None:
        shadow = await shadows.cast(ask.library, profile, was, ask.now)
        said += [one for one in (shadows.told(shadow),) if one]
        if made.shelved > AT_ONCE:
            said.append("Most of it is still being read, and counts within minutes.")
        rows = (*rows, *shadows.rows(shadow))
    message = Message(
        heading="Library imported" if made.change else "Nothing new in it",
        intro="\n".join(said),
        rows=rows,
        buttons=(
            *([undo_button(ask, made.change)] if made.change else []),
            Button(label="Preview a digest", action=ask.action("digest preview")),
            history_button(ask),
        ),
    )
    return Reply(message=message, is_profile_changed=made.change is not None)


def told(made: Imported) -> list[str]:
    """What became of a library, as sentences."""
    papers = len(made.file.items)
    said = [f"Read {made.file.kind} with {counted(papers, 'paper')}."]
    if made.liked:
        said.append(f"{counted(made.liked, 'paper')} of it came in dumps, and counts as liked.")
    if made.shelved:
        own = counted(made.shelved, "paper")
        if made.shelved == 1:
            said.append(f"{own} is not stored: it says what is liked, and is never sent.")
        else:
            said.append(f"{own} are not stored: they say what is liked, and are never sent.")
    if made.said:
        said.append(f"Of {counted(made.said, 'paper')} you had said something before; that stands.")
    if made.known:
        said.append(f"{counted(made.known, 'paper')} I knew from you already.")
    if made.no_room:
        said.append(
            f"{counted(made.no_room, 'paper')} found no room: {MOST_SHELVED:,} of one's own that "
            "no dump has brought are the most."
        )
    return said


def _unmatched(made: Imported) -> list[Row]:
    rows = []
    if made.unknown:
        named = _listed([f"line {one.line}: {plain(one.label)}" for one in made.unknown])
        text = f"{counted(len(made.unknown), 'id')} that no stored paper has"
        rows.append(Row(text=text, detail=f"{named}. Their titles would count; ids alone do not."))
    if made.unread:
        named = _listed(
            [
                f"line {one.line}: {one.reason}" + (f" (“{plain(one.text)}”)" if one.text else "")
                for one in made.unread
            ]
        )
        rows.append(
            Row(text=f"{counted(len(made.unread), 'entry', 'entries')} unread", detail=named)
        )
    return rows


def _listed(said: Sequence[str]) -> str:
    more = f"; and {len(said) - LISTED:,} more" if len(said) > LISTED else ""
    return "; ".join(said[:LISTED]) + more


def _form(ask: Ask) -> Form:
    return Form(
        title="Import a library",
        action=ask.action("import"),
        submit="Import",
        intro="Paste some of it, or send a file: BibTeX, RIS, CSL JSON (Zotero), or a list.",
        fields=(
            Field(
                name="text",
                label="Your papers",
                kind=FieldKind.TEXT,
                hint="BibTeX, or arXiv ids or titles, one a line",
                longest=LONGEST,
            ),
        ),
    )


def _refusal(ask: Ask, said: str) -> BadInput:
    if ask.request.fields is not None:
        return BadField("text", sentence(said))
    return BadInput(sentence(plain(said)), Button(label="Paste it", action=ask.action("import")))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="import",
        takes="[file or arXiv ids]",
        does="Train on your own library: BibTeX, RIS, Zotero, or a list",
        examples=("import", "import 1706.03762 2005.14165"),
        more="Send a file with it: on Slack to me by direct message, on Discord as an option. What "
        "came in a dump is liked; what did not still says what you like, and is never sent. "
        "Lines that could not be read are listed.",
        handler=import_,
        in_channel=True,
    ),
)
