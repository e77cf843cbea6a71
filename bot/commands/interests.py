"""Interests: what a person or a channel reads about. What they never want to see is in `muting`."""

from collections.abc import Sequence
from dataclasses import replace

from bot import shadows, wants
from bot.commands import bringing, drafts, muting
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.history import undo_button
from bot.commands.paging import page
from bot.commands.phrases import does, number, plain, quoted, sentence, whose
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.forms import Field, FieldKind, Form
from bot.messages import Button, Message, Row, Style, counted
from bot.wants import BadWant
from matching.boosts import marked
from matching.replay import Replay, Wish
from storage import profiles, subscriptions
from storage.changes import Change, Delta
from storage.records import Interest, Profile

EXAMPLE = "follow graph neural networks for molecules"


async def _follow(ask: Ask) -> Reply:
    fields = ask.request.fields
    if fields is None and not ask.rest:
        return Reply(form=_form(ask.action("follow")))
    text = _read(ask, ask.rest if fields is None else fields.get("text", ""))
    profile = await ask.profile()
    was = await shadows.wish(ask.library, profile, ask.now)
    try:
        interest, change = await wants.follow(ask.db, profile.id, text, ask.now)
    except BadWant as error:
        raise _refusal(ask, str(error)) from error
    if change is None:
        return await _listed(
            ask, profile, f"{does(ask, 'follow')} {quoted(interest.text)} already."
        )
    return await _shown(ask, profile, interest, "Now following", was, change)


def _form(action: str, value: str = "") -> Form:
    text = Field(
        name="text",
        label="What do you want to read about?",
        kind=FieldKind.TEXT,
        hint="A few plain words: graph neural networks for molecules",
        value=value,
        longest=wants.LONGEST_INTEREST,
    )
    return Form(
        title="Edit interest" if value else "New interest",
        action=action,
        fields=(text,),
        intro="One subject at a time: each interest brings its own papers. A plus marks words that "
        "count extra, as +molecules.",
    )


def _read(ask: Ask, text: str) -> str:
    try:
        return wants.interest_text(text)
    except BadWant as error:
        raise _refusal(ask, str(error)) from error


def _refusal(ask: Ask, said: str) -> BadInput:
    if ask.request.fields is not None:
        return BadField("text", sentence(said))
    return BadInput(f"{sentence(said)} For example: {ask.written(EXAMPLE)}.", _list_button(ask))


async def _shown(
    ask: Ask,
    profile: Profile,
    interest: Interest,
    heading: str,
    was: Wish,
    change: Change | None,
) -> Reply:
    """The interest as it was understood, what it would have brought, and instead of what."""
    trial, cards = await bringing.tried(ask, profile, interest)
    said = [
        f"{quoted(interest.text, wants.LONGEST_INTEREST)}: new papers are compared with it by "
        "meaning and by words."
    ]
    if extra := marked(interest.text):
        said.append("Counting extra: " + ", ".join(quoted(one, 60) for one in extra) + ".")
    if near := await bringing.much_like(ask, profile, interest):
        said.append(
            f"It is much like {whose(ask, 'interest').lower()} {quoted(near.text)}; you may not "
            "need both."
        )
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    said += [told for told in (shadows.told(shadow), bringing.outcome(trial)) if told]
    buttons = [*([undo_button(ask, change)] if change else []), _list_button(ask)]
    footer = ""
    if not await ask.db.read(subscriptions.of, profile.id):
        footer = "No digest is set yet; one brings what fits, at your hour."
        daily = ask.action("digest daily 08:30")
        buttons.insert(0, Button(label="Daily at 08:30", action=daily, style=Style.PRIMARY))
    message = Message(
        heading=heading,
        intro="\n".join(said),
        cards=cards,
        rows=shadows.rows(replace(shadow, come=())),
        footer=footer,
        buttons=tuple(buttons),
    )
    return Reply(message=message, is_profile_changed=True)


async def _unfollow(ask: Ask) -> Reply:
    profile = await ask.known()
    mine = await ask.db.read(profiles.interests, profile.id) if profile else []
    if profile is None or not mine or not ask.rest:
        return await _listed(ask, profile)
    named, _, sure = ask.rest.rpartition(" ")
    is_sure = sure.casefold() == "yes" and number(named) is not None
    meant = _meant(mine, named if is_sure else ask.rest)
    if not meant:
        raise BadInput(
            f"No interest is {quoted(ask.rest, 60)}. Name one by its number or its words, as "
            f"{ask.written(f'unfollow {mine[0].id}')}.",
            _list_button(ask),
        )
    if len(meant) > 1:
        return await _listed(ask, profile, "Several interests fit; remove the one you mean:", meant)
    was = await shadows.wish(ask.library, profile, ask.now)
    if not is_sure:
        shadow = await shadows.ahead(
            ask.library, profile, was, Delta(unfollowed=(meant[0].text,)), ask.now
        )
        if shadows.takes_much(shadow):
            return _asked(ask, meant[0], shadow)
    change = await wants.unfollow(ask.db, profile.id, meant[0].id, ask.now)
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    message = Message(
        heading="No longer following",
        intro=f"{quoted(meant[0].text)} brings no more papers.\n{shadows.told(shadow)}".strip(),
        rows=shadows.rows(shadow),
        buttons=(*([undo_button(ask, change)] if change else []), _list_button(ask)),
    )
    return Reply(message=message, is_profile_changed=True)


def _asked(ask: Ask, one: Interest, shadow: Replay) -> Reply:
    """What is to be removed brought much: asked about once, with what would go."""
    remove = Button(
        label="Stop following", action=ask.action(f"unfollow {one.id} yes"), style=Style.DANGER
    )
    message = Message(
        heading="Stop following that?",
        intro=f"{quoted(one.text)} brings much of what comes.\n{shadows.told(shadow)}",
        rows=shadows.rows(shadow),
        buttons=(remove, Button(label="Keep it", action=ask.action("interests"))),
    )
    return Reply(message=message)


def _meant(mine: Sequence[Interest], typed: str) -> list[Interest]:
    """By its number, its text, or words of it, whichever fits first."""
    wanted = wants.line(typed).casefold()
    ways = (
        [one for one in mine if one.id == number(typed)],
        [one for one in mine if one.text.casefold() == wanted],
        [one for one in mine if wanted and wanted in one.text.casefold()],
    )
    return next((found for found in ways if found), [])


async def _follow_again(ask: Ask) -> Reply:
    return await _follow(replace(ask, rest=await drafts.kept(ask, ask.rest)))


async def _list(ask: Ask) -> Reply:
    return await _listed(ask, await ask.known())


async def _listed(
    ask: Ask, profile: Profile | None, said: str = "", chosen: Sequence[Interest] | None = None
) -> Reply:
    mine = await ask.db.read(profiles.interests, profile.id) if profile else []
    if not mine:
        return Reply(
            message=Message(
                heading=f"{does(ask, 'follow')} nothing yet",
                intro=f"Say what you want to read about, as {ask.written(EXAMPLE)}.",
                buttons=(_add_button(ask, "Add an interest"),),
            )
        )
    shown = page(ask, "interests", mine if chosen is None else chosen)
    message = Message(
        heading=f"{does(ask, 'follow')} {counted(len(mine), 'interest')}",
        intro=said,
        rows=tuple(_row(ask, one) for one in shown.items),
        footer=shown.footer,
        buttons=(_add_button(ask, "Add another"), *shown.buttons),
    )
    return Reply(message=message)


def _row(ask: Ask, one: Interest) -> Row:
    remove = Button(
        label="Remove",
        action=ask.action(f"unfollow {one.id}"),
        style=Style.DANGER,
        confirm=f"Stop following {quoted(one.text)}?",
    )
    edit = Button(label="Edit", action=ask.action(f"interest-edit {one.id}"))
    return Row(text=plain(one.text), detail=f"#{one.id}", buttons=(edit, remove))


async def _edit(ask: Ask) -> Reply:
    """`interest-edit 12` opens a form; a text, typed or sent by it, takes the interest's place."""
    named, _, typed = ask.rest.partition(" ")
    profile = await ask.known()
    mine = await ask.db.read(profiles.interests, profile.id) if profile else []
    was = next((one for one in mine if one.id == number(named)), None)
    if profile is None or was is None:
        raise BadInput(
            f"That interest is gone; {ask.written('interests')} lists those there are.",
            _list_button(ask),
        )
    fields = ask.request.fields
    if fields is None and not typed:
        return Reply(form=_form(ask.action(f"interest-edit {was.id}"), was.text))
    text = _read(ask, typed if fields is None else fields.get("text", ""))
    before = await shadows.wish(ask.library, profile, ask.now)
    made, change = await wants.reword(ask.db, profile.id, was.id, text, ask.now)
    if made is None:
        raise BadInput(
            f"That interest was removed meanwhile; {ask.written('interests')} lists all."
        )
    return await _shown(ask, profile, made, "Interest changed", before, change)


def _add_button(ask: Ask, label: str) -> Button:
    return Button(label=label, action=ask.action("follow"), style=Style.PRIMARY)


def _list_button(ask: Ask) -> Button:
    return Button(label=whose(ask, "interests"), action=ask.action("interests"))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="follow",
        takes="<interest>",
        does="Follow a subject, in plain words",
        examples=(EXAMPLE, "follow efficient inference of language models"),
        more="New papers are compared with each of your interests by meaning and by words. You see "
        "at once what it would have brought. Without words it opens a form.",
        handler=_follow,
        in_channel=True,
    ),
    Verb(
        name="unfollow",
        takes="<number or words>",
        does="Stop following a subject",
        examples=("unfollow 3", "unfollow graph neural networks"),
        handler=_unfollow,
        in_channel=True,
    ),
    Verb(
        name="interests",
        does="List what you follow",
        more="Each can be edited or removed there.",
        examples=("interests",),
        handler=_list,
        in_channel=True,
        only_reads=True,
        aliases=("following",),
    ),
    Verb(
        name="interest-edit",
        takes="<number> <interest>",
        does="Reword an interest",
        handler=_edit,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="follow-again",
        takes="<draft>",
        does="Follow what was removed",
        handler=_follow_again,
        in_channel=True,
        is_hidden=True,
    ),
    *muting.VERBS,
)
