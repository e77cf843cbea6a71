"""The hits of alerts, gathered into what each profile is told. Pure.

What one profile's alerts found in one pass is one message per destination; a paper that several
alerts hit is told once, naming them all. What a mute silences is not told, and put on record with
the mute. A profile is shown so many papers a day (`limit`); further ones are counted, in the same
message where it still has a card, and else in one that comes when the day is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot import messages, timetable
from matching.alerts import Query, Shown, highlight, parse
from matching.mutes import Muting
from storage.alert_hits import Silenced
from storage.mutes import Mute, MuteKind
from storage.records import Alert, Destination, OwnerKind, Paper, Profile

CARDS = 20
"""Cards in one message."""

A_DAY = 20
"""Papers a day that alerts tell of, unless their owner says otherwise."""

MOST = 500
"""And the most that they may say, unless it is all."""

BEYOND = timedelta(days=7)
"""Papers beyond the limit are shown for so long."""

LONGEST = timedelta(days=366)
"""How far ahead an alert may end."""

Hits = tuple[tuple[int, int], ...]
"""`(alert id, seq)` each."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one profile's alerts found for one destination."""

    profile: Profile
    destination: Destination
    message: messages.Message | None
    """None: the day's limit was reached before."""
    shown: Hits
    """Those with a card."""
    counted: Hits
    """Those beyond."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What all alerts found in one pass."""

    found: tuple[Found, ...]
    silenced: tuple[Silenced, ...]


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What one message is about."""

    profile: Profile
    destination: Destination
    by_paper: Mapping[int, Sequence[Alert]]
    shown: Sequence[int]
    beyond: Sequence[int]
    is_limit_reached: bool


@lru_cache(maxsize=4_096)  # those that hit one dump mostly hit the next
def read(text: str) -> Query:
    """The query of an alert, read. Raises BadQuery."""
    return parse(text)


def limit(profile: Profile) -> int | None:
    """How many papers a day its alerts tell of; None: all."""
    if profile.alerts_a_day is None:
        return A_DAY
    return profile.alerts_a_day or None


def day_began(now: datetime, zone: str) -> datetime:
    """The midnight with which the day of `now` began in a zone."""
    here = now.astimezone(ZoneInfo(zone))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)


def day_told(now: datetime, profile: Profile) -> datetime:
    """When what is beyond the limit of this day is told: in the morning after it."""
    morning = timetable.read_schedule("daily 08:00", profile.zone)
    midnight = day_began(day_began(now, profile.zone) + timedelta(hours=36), profile.zone)
    return timetable.free(timetable.next_due(morning, midnight), profile)


def gather(
    alerts: Sequence[Alert],
    hits: Mapping[int, Sequence[int]],
    new: Sequence[Paper],
    owners: Mapping[int, Profile],
    muted: Mapping[int, Sequence[Mute]],
    spent: Mapping[int, int],
) -> Gathered:
    """What to tell of the hits.

    hits: by alert, places in `new`.  muted: mutes by profile.  spent: by profile, papers that its
    alerts told of today. Papers that were there before an alert (`seq` <= its `after_seq`), or came
    when its time was over, are none of its hits.
    """
    gathered: dict[tuple[int, Destination], dict[int, list[Alert]]] = {}
    for alert in alerts:
        for place in hits.get(alert.id, ()):
            if _is_new_to(alert, new[place]):
                by_paper = gathered.setdefault((alert.profile_id, alert.destination), {})
                by_paper.setdefault(place, []).append(alert)
    silenced = _take_out_muted(gathered, new, muted)
    left = {
        one: room - spent.get(one, 0)
        for one, owner in owners.items()
        if (room := limit(owner)) is not None
    }
    told = []
    for (profile_id, destination), by_paper in gathered.items():
        if not by_paper:
            continue
        places = sorted(by_paper)
        shown = places[: max(0, min(CARDS, left.get(profile_id, CARDS)))]
        if profile_id in left:
            left[profile_id] -= len(shown)
        told.append(
            _Told(
                profile=owners[profile_id],
                destination=destination,
                by_paper=by_paper,
                shown=shown,
                beyond=places[len(shown) :],
                is_limit_reached=left.get(profile_id) == 0,
            )
        )
    why = _why(told, new)
    found = (
        Found(
            profile=one.profile,
            destination=one.destination,
            message=_message(one, new, why) if one.shown else None,
            shown=_hits(one.by_paper, one.shown, new),
            counted=_hits(one.by_paper, one.beyond, new),
        )
        for one in told
    )
    return Gathered(found=tuple(found), silenced=tuple(silenced))


def rest(profile: Profile, count: int, day: datetime) -> messages.Message:
    """What a profile is told of the papers beyond its limit of a day."""
    more = messages.counted(count, "more hit")
    return messages.Message(
        heading=f"{more} for {profile.name}",
        intro=f"On {day.astimezone(ZoneInfo(profile.zone)):%a %d %b} your alerts found more than "
        f"the {limit(profile) or A_DAY} papers that they tell of in a day.",
        buttons=(
            messages.Button(label="Show them", action=_action(profile, "alerts more")),
            messages.Button(label="Another limit", action=_action(profile, "alerts limit")),
        ),
    )


def ended(profile: Profile, alert: Alert) -> messages.Message:
    """What is said when an alert's time is over."""
    return messages.Message(
        heading=f"Alert #{alert.id} has ended",
        intro=f"{alert.query} tells no more, as you wished.",
        buttons=(
            messages.Button(label="Go on", action=_action(profile, f"alerts resume {alert.id}")),
            messages.Button(
                label="Remove it", action=_action(profile, f"alerts remove {alert.id}")
            ),
        ),
    )


def _is_new_to(alert: Alert, paper: Paper) -> bool:
    in_time = alert.expires_at is None or paper.first_seen < alert.expires_at
    return paper.seq > alert.after_seq and in_time


def _take_out_muted(
    gathered: dict[tuple[int, Destination], dict[int, list[Alert]]],
    new: Sequence[Paper],
    muted: Mapping[int, Sequence[Mute]],
) -> list[Silenced]:
    # Only what was hit is read for mutes: a thousand profiles mostly share a few new papers.
    hit = sorted(
        {place for (one, _), places in gathered.items() if muted.get(one) for place in places}
    )
    muting = Muting([new[place] for place in hit])
    silenced = []
    for (profile_id, _), by_paper in gathered.items():
        for place, by in muting.by(muted.get(profile_id, ())).items():
            silenced += [
                Silenced(alert_id=one.id, seq=new[hit[place]].seq, reason=_muted(by[0]))
                for one in by_paper.pop(hit[place], ())
            ]
    return silenced


def _muted(by: Mute) -> str:
    match by.kind:
        case MuteKind.PAPER:
            return "muted: this paper"
        case MuteKind.WORD:
            return f"muted: “{by.value}”"
        case _:
            return f"muted: {by.kind} {by.value}"


def _why(told: Sequence[_Told], new: Sequence[Paper]) -> dict[tuple[str, int], Shown]:
    """By query and place what shows the hit: paper after paper, so that each is read once."""
    asked: dict[int, set[str]] = {}
    for one in told:
        for place in one.shown:
            asked.setdefault(place, set()).update(alert.query for alert in one.by_paper[place])
    return {
        (text, place): highlight(read(text), new[place])
        for place, texts in asked.items()
        for text in texts
    }


def _message(
    told: _Told, new: Sequence[Paper], why: Mapping[tuple[str, int], Shown]
) -> messages.Message:
    asked = {alert.query: None for found in told.by_paper.values() for alert in found}
    cards = []
    for place in told.shown:
        found = {alert.query: why[alert.query, place] for alert in told.by_paper[place]}
        # With one alert in the message its heading names it; with several, each card does.
        reasons = [
            one.reason if len(asked) == 1 else f"your alert {query}: {one.reason}"
            for query, one in found.items()
        ]
        sentence = next((one.sentence for one in found.values() if not one.in_title), "")
        cards.append(messages.card(new[place], reason="; ".join(reasons), sentence=sentence))
    beyond = len(told.beyond)
    more = messages.Button(
        label=f"Show the other {beyond:,}", action=_action(told.profile, "alerts more")
    )
    return messages.alert(
        told.profile.name,
        list(asked),
        cards,
        beyond,
        limit=limit(told.profile) if told.is_limit_reached else None,
        buttons=(more,) if beyond else (),
    )


def _hits(
    by_paper: Mapping[int, Sequence[Alert]], places: Sequence[int], new: Sequence[Paper]
) -> Hits:
    return tuple((alert.id, new[place].seq) for place in places for alert in by_paper[place])


def _action(profile: Profile, command: str) -> str:
    return f"channel {command}" if profile.kind is OwnerKind.CHANNEL else command
