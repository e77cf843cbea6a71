"""Votes by press or by command: like, not for me, save.

In direct messages a vote is the person's own. Under what a channel was sent, likes and dislikes are
the channel's, one voice for each member; a save is always the person's own.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.commands.ask import Ask, BadInput
from bot.commands.pressed import Pressed, counted, personal, pressed
from bot.commands.request import Reply, Request
from bot.commands.saved import saved
from bot.commands.verbs import Verb
from bot.messages import Button, Message, card
from storage import papers, profiles, votes
from storage.database import Database, Tx
from storage.exports import member
from storage.records import Paper, VoteKind

SAID = {VoteKind.LIKE: "Liked", VoteKind.DISLIKE: "Not for you", VoteKind.SAVE: "Saved"}
"""What a vote is called once it is cast."""

THEREFORE = {
    VoteKind.LIKE: "Papers like it rank higher from now on.",
    VoteKind.DISLIKE: "Papers like it rank lower from now on.",
    VoteKind.SAVE: "It is kept for you, and papers like it rank higher from now on.",
}


@dataclass(frozen=True)
class _Cast:
    """What became of a press."""

    stands: bool
    """Whether the vote is there now; otherwise it was taken back."""
    changed: Message | None
    is_of_channel: bool


async def marked(db: Database, request: Request, reply: Reply) -> Reply:
    """The reply with the asker's own votes shown on its cards."""
    if reply.message is None or not reply.message.cards or reply.is_public:
        return reply
    asker = request.asker
    message = await db.read(_marked, reply.message, asker.platform, asker.workspace, asker.id)
    return replace(reply, message=message)


def _marked(tx: Tx, message: Message, platform: str, workspace: str, owner: str) -> Message:
    profile = profiles.of(tx, platform, workspace, owner)
    return message if profile is None else personal(tx, message, profile.id)


# --- by press ------------------------------------------------------------------------------


async def vote(ask: Ask) -> Reply:
    """`vote like|dislike|save SEQ [REF]`: cast the vote, or take the same one back."""
    kind, paper, ref = await _read(ask)
    place = await ask.db.read(pressed, ask.request, ref)
    if _is_for_channel(place, kind, paper.seq):
        cast = await ask.db.write(_cast_in_channel, ask.request, ref, kind, paper.seq, ask.now)
    else:
        mine = (await ask.profile()).id
        cast = await ask.db.write(_cast, ask.request, ref, mine, kind, paper.seq, ask.now)
    return Reply(
        message=_told(ask, paper, kind, cast, place),
        changed=cast.changed,
        changed_ref=ref if cast.changed else "",
        is_profile_changed=not cast.is_of_channel,
    )


async def _read(ask: Ask) -> tuple[VoteKind, Paper, str]:
    said, number, ref, *_ = [*ask.rest.split(), "", "", ""]
    try:
        kind = VoteKind(said)
        seq = papers.number(number) or 0
    except ValueError:
        raise BadInput(f"Say what you think of it: {ask.written('like 12')}.") from None
    found = await ask.db.read(papers.by_seq, [seq])
    if not found:
        raise BadInput(
            f"No stored paper has that number: find it with {ask.written('search WORDS')}."
        )
    return kind, found[0], ref


def _is_for_channel(place: Pressed | None, kind: VoteKind, seq: int) -> bool:
    """Only what stands in the channel's own message is the channel's to vote on."""
    if place is None or place.channel is None or kind not in votes.OPPOSITE:
        return False
    return place.holds(seq)


def _cast_in_channel(
    tx: Tx, request: Request, ref: str, kind: VoteKind, seq: int, now: datetime
) -> _Cast:
    place = pressed(tx, request, ref)
    if place is None or place.channel is None:
        raise BadInput("That message was taken away meanwhile: vote under a newer one.")
    channel = place.channel.id
    who = member(request.asker.workspace, request.asker.id)
    stands = votes.toggle_member(tx, channel, seq, who, kind, now)
    return _Cast(stands, counted(tx, place.message, channel), True)


def _cast(
    tx: Tx, request: Request, ref: str, profile_id: int, kind: VoteKind, seq: int, now: datetime
) -> _Cast:
    stands = votes.toggle(tx, profile_id, seq, kind, now)
    place = pressed(tx, request, ref)
    changed = None
    if place is not None:
        if place.channel is None:
            changed = personal(tx, place.message, profile_id)
        else:
            changed = counted(tx, place.message, place.channel.id)
    return _Cast(stands, changed, False)


def _told(
    ask: Ask, paper: Paper, kind: VoteKind, cast: _Cast, place: Pressed | None
) -> Message | None:
    """What is said beside the changed message: nothing where its buttons say it already."""
    is_seen = cast.changed is not None and (cast.is_of_channel or _is_personal(place))
    if is_seen:
        return None
    undo = Button(
        label="Take it back" if cast.stands else f"{SAID[kind]} after all",
        action=f"vote {kind} {paper.seq}",
    )
    if not cast.stands:
        return Message(heading="Taken back", intro=paper.title, buttons=(undo,))
    more = f" {ask.written('saved')} lists what you saved." if kind is VoteKind.SAVE else ""
    return Message(
        heading=SAID[kind], intro=paper.title, footer=THEREFORE[kind] + more, buttons=(undo,)
    )


def _is_personal(place: Pressed | None) -> bool:
    return place is not None and place.channel is None


# --- by command ----------------------------------------------------------------------------


async def like(ask: Ask) -> Reply:
    """`like PAPER`."""
    return await _say(ask, VoteKind.LIKE)


async def dislike(ask: Ask) -> Reply:
    """`dislike PAPER`."""
    return await _say(ask, VoteKind.DISLIKE)


async def save(ask: Ask) -> Reply:
    """`save PAPER`."""
    return await _say(ask, VoteKind.SAVE)


async def unlike(ask: Ask) -> Reply:
    """`unlike PAPER`: take back a like or a dislike."""
    return await _unsay(ask, "unlike", VoteKind.LIKE, VoteKind.DISLIKE)


async def unsave(ask: Ask) -> Reply:
    """`unsave PAPER`."""
    return await _unsay(ask, "unsave", VoteKind.SAVE)


async def _say(ask: Ask, kind: VoteKind) -> Reply:
    paper = await _named(ask, kind)
    profile = await ask.profile()
    await ask.db.write(votes.vote, profile.id, paper.seq, kind, ask.now)
    shown = card(paper, reason=SAID[kind].casefold(), sentence="")
    return Reply(
        message=Message(heading=SAID[kind], cards=(shown,), footer=THEREFORE[kind]),
        is_profile_changed=True,
    )


async def _unsay(ask: Ask, verb: str, *kinds: VoteKind) -> Reply:
    paper = await _named(ask, verb)
    profile = await ask.known()
    taken = False
    for kind in kinds:
        if profile is not None:
            taken |= await ask.db.write(votes.unvote, profile.id, paper.seq, kind)
    if not taken:
        raise BadInput(f"There is nothing to take back: you had not said that of “{paper.title}”.")
    shown = card(paper, reason="taken back", sentence="")
    return Reply(message=Message(heading="Taken back", cards=(shown,)), is_profile_changed=True)


async def _named(ask: Ask, verb: str) -> Paper:
    if not ask.rest:
        raise BadInput(
            f"Say which paper, by its number, arXiv id or title: {ask.written(f'{verb} 12')}."
        )
    return await ask.paper(ask.rest)


VERBS: tuple[Verb, ...] = (
    Verb(
        name="like",
        takes="<paper>",
        does="Like a paper, so that papers like it rank higher",
        examples=("like 12", "like 2501.01234"),
        more="A paper goes by its number, its arXiv id, its title or words of it.",
        handler=like,
    ),
    Verb(
        name="dislike",
        takes="<paper>",
        does="Say that a paper is not for you, so that papers like it rank lower",
        examples=("dislike 12",),
        handler=dislike,
    ),
    Verb(
        name="unlike",
        takes="<paper>",
        does="Take a like or a dislike back",
        examples=("unlike 12",),
        handler=unlike,
    ),
    Verb(
        name="save",
        takes="<paper>",
        does="Keep a paper for later",
        examples=("save 12", "save 2501.01234"),
        more="A save counts as a like for the ranking. Only you see what you saved.",
        handler=save,
    ),
    Verb(
        name="unsave",
        takes="<paper>",
        does="Take a paper off the saved ones",
        examples=("unsave 12",),
        handler=unsave,
    ),
    Verb(
        name="saved",
        takes="[page]",
        does="List what you saved, newest first",
        examples=("saved", "saved 2"),
        handler=saved,
    ),
    Verb(
        name="vote",
        takes="like|dislike|save <number> [message]",
        does="Vote by a button",
        handler=vote,
        is_hidden=True,
    ),
)
