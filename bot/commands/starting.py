"""The first minute: a few words, eight papers to like or skip, and what comes of it."""

import json
from dataclasses import replace

from bot import wants
from bot.commands import digesting, drafts, fitting
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.history import undo_button
from bot.commands.phrases import does, quoted, sentence
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.forms import Field, FieldKind, Form
from bot.messages import Button, Message, Style, card, counted, to_json
from bot.wants import BadWant
from matching import start as choosing
from matching.reasons import nearest_sentences
from storage import mutes, outbox, profiles, votes
from storage.changes import Change
from storage.records import DeliveryKind, Profile, VoteKind

EXAMPLE = "start graph neural networks for molecules"


async def start(ask: Ask) -> Reply:
    """`start WORDS`: they are followed, and eight papers stand to choose from."""
    fields = ask.request.fields
    if fields is None and not ask.rest:
        return Reply(form=_form(ask))
    try:
        text = wants.interest_text(ask.rest if fields is None else fields.get("text", ""))
        profile = await ask.profile()
        _, change = await wants.follow(ask.db, profile.id, text, ask.now)
    except BadWant as error:
        if fields is not None:
            raise BadField("text", sentence(str(error))) from error
        raise BadInput(f"{sentence(str(error))} For example: {ask.written(EXAMPLE)}.") from error
    return await _eight(ask, profile, text, [], change)


async def more(ask: Ask) -> Reply:
    """`start-more DRAFT`: eight others, beside those that were shown."""
    kept = json.loads(await drafts.kept(ask, ask.rest))
    return await _eight(ask, await ask.profile(), kept["words"], kept["shown"], None)


async def _eight(
    ask: Ask, profile: Profile, words: str, shown: list[int], change: Change | None
) -> Reply:
    cast = await ask.db.read(votes.of, profile.id)
    verb = does(ask, "follow")
    taste, matches = await choosing.proposed(
        ask.library,
        words,
        ask.now,
        asked=[*shown, *(vote.seq for vote in cast)],
        mutes=await ask.db.read(mutes.of, profile.id),
    )
    undo = [undo_button(ask, change)] if change else []
    if not matches:
        said = "I have shown you all that is near to it." if shown else "There are no papers yet."
        message = Message(
            heading=f"Following {quoted(words, 60)}",
            intro=f"{said} New ones that fit come with your digest.",
            buttons=(_show_button(ask), *undo),
        )
        return Reply(message=message, is_profile_changed=change is not None)
    sentences = await nearest_sentences(ask.library.encoder, [(taste, one) for one in matches])
    seqs = [*shown, *(one.paper.seq for one in matches)]
    kept = await drafts.keep(ask, [json.dumps({"words": words, "shown": seqs})])
    message = Message(
        heading="Which of these would you read?",
        intro=f"{verb} {quoted(words)}. These {counted(len(matches), 'paper')} tell its parts "
        f"apart: like what {_whom(ask)} read, say what is not for {_reader(ask)}, skip the rest.",
        cards=tuple(
            card(one.paper, reason=fitting.reason(one), sentence=said or "")
            for one, said in zip(matches, sentences, strict=True)
        ),
        buttons=(
            _show_button(ask),
            Button(label="Others", action=ask.action(f"start-more {kept}")),
            *undo,
        ),
    )
    if ask.for_channel:
        return await _posted(ask, profile, message, kept)
    return Reply(message=message, is_profile_changed=change is not None)


async def _posted(ask: Ask, profile: Profile, message: Message, kept: int) -> Reply:
    """The papers stand in the channel itself, where every member has a voice on each.

    kept: the number of the draft, a new one whenever papers are proposed.
    """
    await ask.db.write(
        outbox.queue,
        key=f"start/{profile.id}/{kept}",
        kind=DeliveryKind.NOTICE,
        destination=profile.destination,
        profile_id=profile.id,
        body=to_json(replace(message, buttons=())),
        due_at=ask.now,
        now=ask.now,
    )
    ask.wake()
    told = Message(
        heading="On its way",
        intro=f"{counted(len(message.cards), 'paper')} come to the channel now: what most members "
        "like or dislike there is the channel's vote. Then see what its digest would bring.",
        buttons=message.buttons,
    )
    return Reply(message=told)


async def show(ask: Ask) -> Reply:
    """`start-show`: the profile so far, and what the next digest would bring."""
    profile = await ask.known()
    if profile is None:
        raise BadInput(f"There is nothing yet: begin with {ask.written(EXAMPLE)}.")
    reply = await digesting.digest(replace(ask, rest="preview"))
    if reply.message is None:
        return reply
    mine = await ask.db.read(profiles.interests, profile.id)
    cast = await ask.db.read(votes.of, profile.id)
    liked = sum(one.kind is not VoteKind.DISLIKE for one in cast)
    named = ", ".join(quoted(one.text, 60) for one in mine[-3:])
    said = [
        f"{does(ask, 'follow')} {named}{' and more' if len(mine) > 3 else ''}." if mine else "",
        f"{counted(liked, 'like')}, {len(cast) - liked:,} not for {_reader(ask)}.",
        reply.message.intro,
    ]
    message = replace(reply.message, intro="\n".join(one for one in said if one))
    return replace(reply, message=message)


def _show_button(ask: Ask) -> Button:
    action = ask.action("start-show")
    return Button(label="Show what comes", action=action, style=Style.PRIMARY)


def _whom(ask: Ask) -> str:
    return "its members would" if ask.for_channel else "you would"


def _reader(ask: Ask) -> str:
    return "the channel" if ask.for_channel else "you"


def _form(ask: Ask) -> Form:
    return Form(
        title="What is read about here?" if ask.for_channel else "What do you read about?",
        action=ask.action("start"),
        submit="Show papers",
        intro="A few plain words are enough to begin; eight papers tell the rest.",
        fields=(
            Field(
                name="text",
                label="In a few words",
                kind=FieldKind.TEXT,
                hint="Graph neural networks for molecules",
                longest=wants.LONGEST_INTEREST,
            ),
        ),
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        name="start",
        takes="<words>",
        does="Begin: a few words, then eight papers to like or skip",
        examples=(EXAMPLE,),
        more="The papers are those whose likes tell most about what you want; then you see what "
        "your next digest would bring. For a channel they are posted there, for all to vote on.",
        handler=start,
        in_channel=True,
    ),
    Verb(
        name="start-more",
        takes="<draft>",
        does="Choose from other papers",
        handler=more,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="start-show",
        does="Show what a digest would bring",
        handler=show,
        in_channel=True,
        only_reads=True,
        is_hidden=True,
    ),
)
