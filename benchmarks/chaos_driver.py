"""Drives a chaos run: a calm beginning, a storm of crashes and trouble, an absence of each
platform, and calm to the end.

How much is owed keeps pace with the crashes, so that each of them finds the service at work. The
database is looked at only while a service has it open, so that it is the service that repairs what
a crash left there. What each life meets is drawn from the seed and its number alone, so that a run
again meets the same, also where the machine was slower in between.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import chaos_looks as looks
from chaos_cast import MOST, Papers, Reader
from chaos_stage import Life, Stage
from chaos_trouble import Trouble
from fakes.chaos_service import POINTS

from storage.database import Database

LONGEST_LIFE_S = 3.0
POINT_PATIENCE_S = 12.0
"""A point that is not reached within so long is left to another life, and this one ends here."""

HURRY = 10.0
"""By so much shorter a service in a hurry lets a destination rest."""

SLACK_PER_SECOND, SLACK_BURST = 1.0, 3
"""What Slack allows for each channel: https://docs.slack.dev/apis/web-api/rate-limits"""

DISCORD_HURRIED = {
    "method": "POST",
    "template": "/channels/{channel_id}/messages",
    "count": 5,
    "seconds": 5 / HURRY,
}

OCCURRENCES = (
    ("claim", 30),
    ("settle", 50),
    ("send", 40),
    ("part", 20),
    ("thread", 8),
    ("postpone", 12),
)
"""How often a service with many readers comes to a point; it is killed at any one of them."""

MOST_OPEN = 250
"""Deliveries that wait: with more, nothing new is put on top."""

DUMPS = (4, 14)
CALM_DUMPS = 4
SETTLED_S = 300.0
"""For a calm service to send all that waits, on a machine with much else to do."""

ABSENCE_S, SHORT_ABSENCE_S = 120.0, 6.0
"""How long a platform is away at a stretch: real minutes, with the waits of production; in a short
run so much less as waits are shorter in a hurry.
"""

TALK, TALKED = 20, 0.1
"""Comments, so many more each time that a paper is talked about; and how often one is."""

FEW_READERS = 24
NEEDS_DUMP = ("open_dump", "store", "close_dump", "alerts", "late", "close ", "thread", "part")
NEEDS_TALK = "second chance"
NEEDS_DIGESTS = ("digests", "part", "thread")


@dataclass(kw_only=True)
class Run:
    """What a run does, and what the judge must know of it."""

    stage: Stage
    seed: int
    rng: random.Random
    """Also that of `trouble` and `papers`; begins anew with each life."""
    trouble: Trouble
    papers: Papers
    readers: Sequence[Reader]
    owed: int
    kills: int
    is_long: bool
    killed: Counter[str] = field(default_factory=Counter)
    """Crashes, by where."""
    due: dict[tuple[int, datetime], None] = field(default_factory=dict)
    """`(subscription, instant)` of each digest that was made due."""
    gone: set[int] = field(default_factory=set)
    """Profiles that can't be reached any more."""
    phases: dict[str, str] = field(default_factory=dict)
    """By dump: whether it came when all was "calm", in the "storm", or with a platform "away"."""
    talks: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    """Points that no service came to in time."""
    failures: list[str] = field(default_factory=list)
    """What should never happen to the service itself."""

    async def calm_beginning(self) -> None:
        """A first dump, then some with nothing in the way, by the service as in production."""
        await self._all_sent(self.papers.one_of_each(), digests=False)
        await self._limit(hurry=False)
        life = await self.stage.start(hurry=False)
        for _ in range(self.calm_dumps_at_first):
            await self._calm_dump(life)
        await self._end_in_order(life)

    async def storm(self) -> None:
        """All crashes, every other one at a named point, then as much as is still to be owed."""
        await self._limit(hurry=True)
        waiting: list[str] = []
        order = random.Random(f"{self.seed} points")
        while (done := self.killed.total()) < self.kills:
            point = None
            if done % 2 == 0:
                waiting = waiting or order.sample(POINTS, len(POINTS))
                point = waiting.pop()
            if not await self._one_life(point) and point is not None:
                waiting.insert(0, point)  # tried again, when the others have had their turn
        life = await self.stage.start(hurry=True)
        await self.trouble.calm()
        while await life.lives(0.5) and (look := await self._look()).owed < self.owed:
            if look.open < MOST_OPEN:
                await self._feed(everything=True)
        await self._settled(life)  # what was tried in a hurry has had its attempts
        await self._end_in_order(life)

    async def absence(self) -> None:
        """Each platform is away for long, for some of it both; meanwhile dumps and digests come."""
        await self._limit(hurry=not self.is_long)
        life = await self.stage.start(hurry=not self.is_long)
        seconds = ABSENCE_S if self.is_long else SHORT_ABSENCE_S
        for leave in (self.trouble.slack_away, self.trouble.discord_away):
            await leave(seconds)
            self._drop(self.papers.some(DUMPS[0]), "away")
            await self._make_due(0.2)
            if not await life.lives(seconds / 2):
                raise ChildProcessError(f"the service ended by itself: {life.ended}")
        await life.lives(seconds / 2)
        await self.trouble.calm()
        await self._settled(life)
        await self._end_in_order(life)

    async def calm_end(self) -> None:
        """Everything that waits is sent, every digest made; then a last start as in production."""
        await self._all_sent(self.papers.some(DUMPS[0]), digests=True)
        await self._limit(hurry=False)
        life = await self.stage.start(hurry=False)
        await self._calm_dump(life)
        await self._make_due(1.0)
        await self._settled(life)
        await self._end_in_order(life)

    async def _all_sent(self, titles: Sequence[str], *, digests: bool) -> None:
        """One undisturbed life for these papers and all that waits."""
        await self._limit(hurry=True)
        life = await self.stage.start(hurry=True)
        self._drop(titles, "storm")
        await self._settled(life)
        if digests:
            await self._make_due(1.0)
            await self._settled(life)
        await self._end_in_order(life)

    async def _calm_dump(self, life: Life) -> None:
        most = DUMPS[1] if self.is_long else DUMPS[0]
        self._drop(self.papers.some(self.rng.randint(DUMPS[0], most)), "calm")
        await self._settled(life)

    async def _limit(self, *, hurry: bool) -> None:
        """Let both platforms refuse what comes faster than they take it."""
        slack = {"per_second": SLACK_PER_SECOND * (HURRY if hurry else 1), "burst": SLACK_BURST}
        await self.stage.ask("slack", "__fault", {"limit": slack})
        await self.stage.ask("discord", "__act", {"do": "as_discord"})
        if hurry:
            await self.stage.ask("discord", "__act", {"do": "limit", **DISCORD_HURRIED})

    @property
    def calm_dumps_at_first(self) -> int:
        """How many are measured before the storm."""
        return CALM_DUMPS if self.is_long else 1

    # --- one life --------------------------------------------------------------------------

    async def _one_life(self, point: str | None) -> bool:
        """From a start to a crash; whether it was where it should have been."""
        self.rng.seed(f"{self.seed} life {self.stage.starts}")
        most = next((most for name, most in OCCURRENCES if name in str(point)), 1)
        occurrence = self.rng.randint(1, max(1, round(most * len(self.readers) / MOST)))
        until = self.rng.uniform(0.05, LONGEST_LIFE_S)
        await self.trouble.some()
        if point is not None and point.startswith("close "):
            await self._somebody_leaves()
        life = await self.stage.start(hurry=True, point=point, occurrence=occurrence)
        if point is not None:
            until = POINT_PATIENCE_S
            await self.trouble.so_that(point)
        began = asyncio.get_running_loop().time()
        await self._prepare(point)
        spent = asyncio.get_running_loop().time() - began
        if await life.lives(until - spent):
            await life.end(signal.SIGKILL)
            self.killed["any instant"] += 1
            if point is not None:
                self.missed[point] += 1
                return False
        elif life.ended == -signal.SIGKILL and point is not None:
            self.killed[point] += 1
        else:
            self.failures.append(f"the service ended by itself: {life.ended}")
            self.killed["by itself"] += 1
        return True

    async def _prepare(self, point: str | None) -> None:
        """Give the service something to do."""
        look = await self._look()
        target = self.owed * (self.killed.total() + 1) / self.kills
        is_behind = look.owed < target and look.open < MOST_OPEN
        wants_dump = point is not None and any(name in point for name in NEEDS_DUMP)
        if wants_dump and not self.stage.waiting():
            self._drop(self.papers.some(self.rng.randint(*DUMPS) if is_behind else 2), "storm")
        elif is_behind or look.open == 0:
            await self._feed(everything=self.rng.random() < 0.5)
        if point is not None and any(name in point for name in NEEDS_DIGESTS):
            few = min(1.0, FEW_READERS / len(self.readers))  # hardly any has a thread below
            await self._make_due(max(few, 0.3 if is_behind else 0.05))
        if point is not None and NEEDS_TALK in point:
            await self._talk()

    async def _feed(self, *, everything: bool) -> None:
        """A dump, digests, or both."""
        wants_digests = self.rng.random() < 0.5
        if everything or not wants_digests:
            self._drop(self.papers.some(self.rng.randint(*DUMPS)), "storm")
        if everything or wants_digests:
            await self._make_due(self.rng.uniform(0.1, 0.5))
        if self.rng.random() < TALKED:
            await self._talk()

    async def _talk(self) -> None:
        """Much is said of a paper that somebody was sent."""
        async with await Database.open(self.stage.db) as db:
            titles = await db.read(looks.talkable)
        if titles:
            self.talks += 1
            self._drop([self.rng.choice(titles)], "storm", comments=TALK * self.talks)
        else:
            await self._make_due(1.0)

    def _drop(self, titles: Sequence[str], phase: str, comments: int | None = None) -> None:
        name = f"dump-{len(self.stage.dropped) + 1:04}.txt"
        self.phases[name] = phase
        self.stage.drop(name, titles, comments)

    async def _somebody_leaves(self) -> None:
        staying = [one for one in self.readers if one.leaves and one.profile.id not in self.gone]
        if not staying:
            return
        profile = self.rng.choice(staying).profile
        self.gone.add(profile.id)
        if profile.platform == "slack":
            what = {"do": "archives", "channel": profile.owner}
        else:
            what = {"do": "dms", "who": profile.owner, "closed": True}
        await self.stage.ask(profile.platform, "__act", what)

    # --- the database ----------------------------------------------------------------------

    async def _look(self) -> looks.Look:
        async with await Database.open(self.stage.db) as db:
            return await db.read(looks.look, datetime.now(UTC))

    async def _make_due(self, share: float) -> None:
        """Let digests come now that would have come in hours, as their owners may wish."""
        all_of_them = [one.subscription for one in self.readers if one.subscription is not None]
        chosen = self.rng.sample(all_of_them, round(len(all_of_them) * share))
        async with await Database.open(self.stage.db) as db:
            now = datetime.now(UTC)
            for number in await db.write(looks.make_due, chosen, now):
                self.due[number, now] = None

    async def _settled(self, life: Life) -> None:
        """Wait until there is nothing left to do. Raises TimeoutError."""
        async with asyncio.timeout(SETTLED_S):
            while True:
                if not await life.lives(0.25):
                    raise ChildProcessError(f"the calm service ended by itself: {life.ended}")
                if self.stage.waiting():
                    continue
                look = await self._look()
                if not look.open and not look.unread:
                    return

    async def _end_in_order(self, life: Life) -> None:
        if code := await life.end(signal.SIGTERM):
            self.failures.append(f"an orderly end gave {code}")
