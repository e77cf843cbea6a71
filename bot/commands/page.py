"""A profile as a page: what it follows, what is believed of it, and what can be done about each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import dials, timetable
from bot.commands.ask import Ask
from bot.commands.phrases import code, does, plain, quoted, whose
from bot.messages import Button, Message, Row, Style, counted
from matching.facets import Facet, facets
from matching.taste import Taste
from storage import alert_hits, mutes, papers, profiles, subscriptions, votes
from storage.database import Tx
from storage.destinations import PAUSED_BY_OWNER
from storage.mutes import Mute, MuteKind
from storage.records import Alert, Profile, Subscription, VoteKind

INTERESTS, ALERTS, MUTES = 12, 10, 6
"""Rows of each that are shown; the rest is counted."""

EXAMPLE = "follow graph neural networks for molecules"


@dataclass(frozen=True)
class _Held:
    """What the database holds of a profile."""

    alerts: list[Alert]
    hits: dict[int, int]
    subscriptions: list[Subscription]
    dials: dict[int, str]
    """By subscription: how its dial stands."""
    mutes: list[Mute]
    muted: dict[int, str]
    """Titles of the papers that are muted, by `seq`."""
    votes: dict[VoteKind, int]


async def page(ask: Ask, *, is_editable: bool = True) -> Message:
    """The profile that the ask is about. is_editable: whether the asker may change it."""
    profile = await ask.known()
    heading = ask.request.room.name if ask.for_channel and ask.request.room else "Your profile"
    if profile is None:
        return Message(
            heading=heading,
            intro=f"{does(ask, 'follow')} nothing yet. Begin with {ask.written(EXAMPLE)}.",
            buttons=_main_buttons(ask) if is_editable else (),
        )
    held = await ask.db.read(_held, profile.id, ask.now)
    taste = await ask.library.taste(profile.id, ask.now)
    background = await ask.library.background(ask.now)
    parts = await asyncio.to_thread(facets, taste, background)
    rows = [
        *_interests(ask, taste, parts),
        *_alerts(ask, held),
        *_digests(ask, profile, held),
        *_times(ask, profile),
        *_mutes(ask, held),
        *_votes(ask, held),
    ]
    if not is_editable:
        rows = [Row(text=row.text, detail=row.detail) for row in rows]
    return Message(
        heading=heading,
        rows=tuple(rows),
        buttons=_main_buttons(ask) if is_editable else (),
    )


def _held(tx: Tx, profile_id: int, now: datetime) -> _Held:
    muted = mutes.of(tx, profile_id)
    seqs = [int(one.value) for one in muted if one.kind is MuteKind.PAPER]
    cast = votes.of(tx, profile_id)
    mine = subscriptions.of(tx, profile_id)
    return _Held(
        alerts=profiles.alerts(tx, profile_id),
        hits=alert_hits.counts(tx, profile_id),
        subscriptions=mine,
        dials={one.id: dials.told_in(tx, one.id, now) for one in mine},
        mutes=muted,
        muted={paper.seq: paper.title for paper in papers.by_seq(tx, seqs)},
        votes={kind: sum(vote.kind is kind for vote in cast) for kind in VoteKind},
    )


def _main_buttons(ask: Ask) -> tuple[Button, ...]:
    add = Button(label="Add an interest", action=ask.action("follow"), style=Style.PRIMARY)
    return (
        add,
        Button(label="New alert", action=ask.action("alert")),
        Button(label="Set the digest", action=ask.action("digest-form")),
        Button(label="Help", action="help"),
    )


def _capped(rows: Sequence[Row], most: int, ask: Ask, verb: str) -> list[Row]:
    if len(rows) <= most:
        return list(rows)
    every = Button(label="Show all", action=ask.action(verb))
    return [*rows[:most], Row(text=f"and {len(rows) - most} more", buttons=(every,))]


# --- interests, and what is believed of them -----------------------------------------------


def _interests(ask: Ask, taste: Taste, parts: Sequence[Facet]) -> list[Row]:
    if not taste.interests and not parts:
        return [
            Row(
                text=f"{does(ask, 'follow')} nothing yet",
                detail=f"Say what to look for, as {ask.written(EXAMPLE)}.",
            )
        ]
    of_interest = {part.interest: part for part in parts}
    rows = []
    for place, one in enumerate(taste.interests):
        buttons = (
            Button(label="Edit", action=ask.action(f"interest-edit {one.id}")),
            Button(
                label="Remove",
                action=ask.action(f"unfollow {one.id}"),
                style=Style.DANGER,
                confirm=f"Stop following {quoted(one.text, 80)}?",
            ),
        )
        belief = _belief(taste, of_interest.get(place))
        rows.append(Row(text=plain(one.text), detail=belief, buttons=buttons))
    rows = _capped(rows, INTERESTS, ask, "interests")
    alone = of_interest.get(None)
    if alone is not None:
        many = counted(len(alone.likes), "liked paper")
        rows.append(
            Row(
                text=f"{many} beside the interests" if taste.interests else many,
                detail=f"They count on their own: {_titles(taste, alone)}.",
            )
        )
    if taste.disliked:
        many = counted(len(taste.disliked), "paper")
        rows.append(Row(text=f"{many} not wanted", detail="What is like them ranks lower."))
    return rows


def _belief(taste: Taste, part: Facet | None) -> str:
    """How much its own words carry, and how much the liked papers that fit it."""
    if part is None or not part.likes:
        return "Read by its own words; papers that are liked will sharpen it."
    return (
        f"{counted(len(part.likes), 'liked paper')} {'fits' if len(part.likes) == 1 else 'fit'} "
        f"it: {_titles(taste, part)}. Its own words carry {part.text_weight:.0%}, they the rest."
    )


def _titles(taste: Taste, part: Facet) -> str:
    newest = [taste.voted[place].title for place in part.likes[-2:]][::-1]
    more = len(part.likes) - len(newest)
    named = ", ".join(quoted(title, 60) for title in newest)
    return f"{named} and {more} more" if more else named


# --- alerts, digests, times ----------------------------------------------------------------


def _alerts(ask: Ask, held: _Held) -> list[Row]:
    rows = []
    for one in held.alerts:
        turn = "resume" if one.paused else "pause"
        state = "on" if one.paused is None else f"paused: {plain(one.paused)}"
        state = one.paused if one.paused == PAUSED_BY_OWNER else state
        remove = Button(
            label="Remove",
            action=ask.action(f"alerts remove {one.id}"),
            style=Style.DANGER,
            confirm=f"Remove the alert {code(one.query, 80)}?",
        )
        rows.append(
            Row(
                text=f"Alert {code(one.query)}",
                detail=f"{state} · {counted(held.hits.get(one.id, 0), 'hit')} so far",
                buttons=(
                    Button(label=turn.capitalize(), action=ask.action(f"alerts {turn} {one.id}")),
                    remove,
                ),
            )
        )
    return _capped(rows, ALERTS, ask, "alerts")


def _digests(ask: Ask, profile: Profile, held: _Held) -> list[Row]:
    if not held.subscriptions:
        daily = Button(label="Daily at 08:30", action=ask.action("digest daily 08:30"))
        return [Row(text="No digest yet", detail="One brings what fits, daily.", buttons=(daily,))]
    rows = []
    for one in held.subscriptions:
        when = timetable.describe(one.schedule)
        coming = timetable.local(timetable.free(max(one.due_at, ask.now), profile), profile.zone)
        state = f"next {coming}" if one.paused is None else f"paused: {plain(one.paused)}"
        first = (
            Button(label="Send one now", action=ask.action("digest now"))
            if one.paused is None
            else Button(label="Try again", action=ask.action("resume"))
        )
        rows.append(
            Row(
                text=f"Digest {when}",
                detail=" · ".join(
                    filter(None, (f"up to {counted(one.size, 'paper')}", held.dials[one.id], state))
                ),
                buttons=(first, Button(label="Edit", action=ask.action("digest-form"))),
            )
        )
    return rows


def _times(ask: Ask, profile: Profile) -> list[Row]:
    rows = []
    if profile.snoozed_until is not None and profile.snoozed_until > ask.now:
        until = timetable.local(profile.snoozed_until, profile.zone)
        wake = Button(label="Wake up", action=ask.action("snooze off"))
        rows.append(Row(text=f"Snoozed until {until}", buttons=(wake,)))
    if profile.quiet is not None:
        start, end = profile.quiet.start, profile.quiet.end
        off = Button(label="Remove", action=ask.action("quiet off"))
        rows.append(Row(text=f"Quiet from {start:%H:%M} to {end:%H:%M}", buttons=(off,)))
    change = Button(label="Change", action=ask.action("timezone-form"))
    return [*rows, Row(text=f"Times are in {profile.zone}", buttons=(change,))]


# --- mutes and votes -----------------------------------------------------------------------


def _mutes(ask: Ask, held: _Held) -> list[Row]:
    rows = [
        Row(
            text=f"Muted: {_silenced(one, held)}",
            buttons=(Button(label="Unmute", action=ask.action(f"unmute {one.id}")),),
        )
        for one in held.mutes
    ]
    return _capped(rows, MUTES, ask, "mutes")


def _silenced(one: Mute, held: _Held) -> str:
    match one.kind:
        case MuteKind.WORD:
            return quoted(one.value)
        case MuteKind.ORGANISATION:
            return f"everything from {plain(one.value)}"
        case MuteKind.AUTHOR:
            return f"everything by {plain(one.value)}"
        case MuteKind.PAPER:
            return quoted(held.muted.get(int(one.value), f"#{one.value}"))


def _votes(ask: Ask, held: _Held) -> list[Row]:
    if not any(held.votes.values()):
        return []
    liked, not_wanted = held.votes[VoteKind.LIKE], held.votes[VoteKind.DISLIKE]
    said = [f"{liked} liked", f"{not_wanted} not wanted"]
    if ask.for_channel:
        return [Row(text=f"{whose(ask, 'votes')}: {', '.join(said)}", detail="What most said.")]
    saved = (Button(label="Saved papers", action="saved"),) if held.votes[VoteKind.SAVE] else ()
    said.append(f"{held.votes[VoteKind.SAVE]} saved")
    return [Row(text=f"{whose(ask, 'votes')}: {', '.join(said)}", buttons=saved)]
