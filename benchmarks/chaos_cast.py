"""Who reads what in a chaos run, and the papers that arrive: all invented, all known beforehand.

Each paper is of one subject, and its title holds some of the subject's words and nobody else's. So
it is known without asking the product which alert a paper hits and whose interest it fits.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from chaos_stage import Stage

from bot import desk, timetable
from matching.alerts import parse
from storage import profiles, standing
from storage.database import Database
from storage.records import OwnerKind, Profile, Schedule

SUBJECTS = tuple(
    line.split()
    for line in """
    glacier moraine crevasse firn icefall serac
    hive nectar pollen forager brood honeycomb
    loom warp weft bobbin selvedge heddle
    comet nucleus perihelion ephemeris coma aphelion
    violin varnish luthier fingerboard purfling scroll
    estuary ebb neap gauge shoal harbour
    glyph serif kerning ligature italic typeface
    peat sphagnum spore rhizoid capsule moss
    kiln glaze porcelain slipware bisque potter
    falcon plumage talon raptor aerie kestrel
    vineyard tannin cork grape cellar vintner
    clockwork escapement pendulum mainspring balance gear
    lighthouse lantern fresnel beacon keeper foghorn
    truffle mycelium hyphae fungus orchard mushroom
    saddle bridle stirrup gallop farrier canter
    volcano magma caldera tephra basalt fumarole
    """.strip().splitlines()
)
ALL = "survey"
"""Stands in every title."""

WORDS_IN_TITLE = 4
LONG = 5
"""Letters of a word that no other word here begins with."""

SIZE = 20
SUBSCRIBED = 0.7
PEOPLE = 0.6
FORUMS = 0.25
FEWEST, MOST = 24, 400


@dataclass(frozen=True, kw_only=True)
class Wish:
    """An alert, and what it wants of a title, said without the product's query language."""

    query: str
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    begins: str = ""
    phrase: str = ""

    def hits(self, title: str) -> bool:
        """Whether a paper of this title is a hit."""
        words = title.casefold().split()
        return (
            all(word in words for word in self.all_of)
            and not any(word in words for word in self.none_of)
            and any(word.startswith(self.begins) for word in words)
            and self.phrase in " ".join(words)
        )


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A person or a channel with a profile."""

    profile: Profile
    subjects: frozenset[int]
    """What its digests are about."""
    wishes: dict[int, Wish]
    """By alert."""
    subscription: int | None
    leaves: bool = False
    """It can't be reached any more from some moment on."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a reader is."""

    platform: str
    workspace: str
    owner: str
    is_channel: bool


class Papers:
    """Makes titles, no two alike."""

    def __init__(self, rng: random.Random) -> None:
        """Nothing is made yet."""
        self._rng = rng
        self.subject: dict[str, int] = {}
        """By title."""

    def one_of_each(self) -> list[str]:
        """A paper of each subject: what every later one is compared with."""
        return [self._title(subject) for subject in range(len(SUBJECTS))]

    def some(self, count: int) -> list[str]:
        """So many papers of any subjects."""
        return [self._title(self._rng.randrange(len(SUBJECTS))) for _ in range(count)]

    def _title(self, subject: int) -> str:
        a, b, c, d = self._rng.sample(SUBJECTS[subject], WORDS_IN_TITLE)
        title = f"{a} {b} and {c} {d} in {ALL} {len(self.subject) + 1}".title()
        self.subject[title] = subject
        return title


def wish(rng: random.Random) -> Wish:
    """What somebody may ask to be told of."""
    one, other = rng.sample(SUBJECTS[rng.randrange(len(SUBJECTS))], 2)
    return rng.choice(
        (
            Wish(query=one, all_of=(one,)),
            Wish(query=f"{one} {other}", all_of=(one, other)),
            Wish(query=f"{one} -{other}", all_of=(one,), none_of=(other,)),
            Wish(query=f"{one[:LONG]}*", begins=one[:LONG]),
            Wish(query=f"title:{one}", all_of=(one,)),
            Wish(query=f'"in {ALL}" {one}', phrase=f"in {ALL}", all_of=(one,)),
        )
    )


async def places(stage: Stage, count: int, leaving: int) -> tuple[list[Place], list[Place]]:
    """People and channels at both stand-ins, half each; and those that will leave."""
    half = -(-count // 2)
    people = round(half * PEOPLE)
    slack = await _on_slack(stage, people, half - people + leaving)
    discord = await _on_discord(stage, people + leaving, half - people)
    gone = [one for one in slack if one.is_channel][:leaving]
    gone += [one for one in discord if not one.is_channel][:leaving]
    return [one for one in (*slack, *discord) if one not in gone], gone


async def _on_slack(stage: Stage, people: int, channels: int) -> list[Place]:
    team = stage.slack["team"]
    names = [f"reader{n}" for n in range(people)]
    lobby = {"do": "channel", "args": {"name": "lobby", "members": names}}
    await stage.ask("slack", "__act", lobby)
    found = []
    for n in range(channels):
        made = {"do": "channel", "args": {"name": f"room{n}", "members": names[:2]}}
        found.append((await stage.ask("slack", "__act", made))["channel"])
    users = (await stage.ask("slack", "__state"))["teams"][team]["users"]
    ids = [number for number, name in users.items() if name in set(names)]
    return [
        Place(platform="slack", workspace=team, owner=owner, is_channel=owner in found)
        for owner in (*ids, *found)
    ]


async def _on_discord(stage: Stage, people: int, channels: int) -> list[Place]:
    async def make(**what: object) -> str:
        return str((await stage.ask("discord", "__act", what))["id"])

    users = [await make(do="user", name=f"reader{n}") for n in range(people)]
    guild = await make(do="guild", name="Lab", owner=users[0], members=users)
    found = [Place(platform="discord", workspace="users", owner=u, is_channel=False) for u in users]
    for n in range(channels):
        kind = "forum" if n < channels * FORUMS else "text"
        owner = await make(do=kind, guild=guild, name=f"room{n}")
        found.append(Place(platform="discord", workspace=guild, owner=owner, is_channel=True))
    return found


async def gather(stage: Stage, rng: random.Random, owed: int, kills: int) -> list[Reader]:
    """As many readers as suit a run, with all that they want in the database."""
    count = max(FEWEST, min(MOST, owed // 25))
    staying, gone = await places(stage, count, max(2, min(8, kills // 20)))
    now = datetime.now(UTC)
    earlier = now - timedelta(minutes=1)  # so the next ones come tomorrow, and today's are amended
    at = time(earlier.hour, earlier.minute)
    schedule = Schedule(times=(at,), weekdays=timetable.EVERY_DAY, zone="UTC")
    async with await Database.open(stage.db) as db:
        readers = [await _reader(db, rng, place, schedule, now) for place in staying]
        return readers + [
            await _reader(db, rng, place, schedule, now, leaves=True) for place in gone
        ]


async def _reader(
    db: Database,
    rng: random.Random,
    place: Place,
    schedule: Schedule,
    now: datetime,
    *,
    leaves: bool = False,
) -> Reader:
    profile = await db.write(
        profiles.add,
        kind=OwnerKind.CHANNEL if place.is_channel else OwnerKind.PERSON,
        platform=place.platform,
        workspace=place.workspace,
        owner=place.owner,
        name=f"reader of {place.owner}",
        zone="UTC",
        now=now,
    )
    await db.write(standing.limit, profile.id, 0)  # years of dumps arrive in one day here
    asked = [wish(rng) for _ in range(rng.randint(1, 3))]
    if leaves:  # told of every dump, so that it is noticed soon
        asked = [Wish(query=ALL, all_of=(ALL,))]
    wishes = {}
    for one in asked:
        wishes[(await desk.add_alert(db, profile, parse(one.query), now)).id] = one
    subjects: list[int] = []
    subscription = None
    if rng.random() < SUBSCRIBED:
        subjects = rng.sample(range(len(SUBJECTS)), rng.randint(1, 2))
        for subject in subjects:
            await db.write(profiles.add_interest, profile.id, " ".join(SUBJECTS[subject]), now)
        subscription = (await desk.subscribe(db, profile, schedule, SIZE, now)).id
    return Reader(
        profile=profile,
        subjects=frozenset(subjects),
        wishes=wishes,
        subscription=subscription,
        leaves=leaves,
    )
