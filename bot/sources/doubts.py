"""Quiet or broken: is what came for a day all that there should be?

What is usual is learned for each source and weekday from the days before; with few of them, nothing
is doubted for its number. A doubt is told to readers, operators and metrics, and goes when a later
look brings the rest.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles

from bot.messages import counted
from bot.sources.source import Source
from storage import sources
from storage.database import Tx
from storage.sources import Doubt, SourceDay, SourceState

WEEKS = 26
"""How far back usual days are looked for."""

ENOUGH = 4
"""Days of a weekday that are needed to call a number usual."""

SPREADS = 3.0
"""So many standard deviations below the median, as the median deviation estimates them, is few."""

TO_SIGMA = 1.4826
SHARE = 0.6
"""And below this share of a quiet day's number. Many is the same upwards."""

REPEATED, SOME = 0.8, 5
"""A day of which this share stood in the day before, among so many papers, is that day again."""


@dataclass(frozen=True, kw_only=True)
class Usual:
    """What comes on a weekday: in eight of ten weeks between `low` and `high`."""

    low: int
    high: int
    floor: float
    """Fewer are in doubt."""
    ceiling: float
    """So are more."""


def usual(history: list[int]) -> Usual | None:
    """What these numbers of the same weekday show; None where they are too few."""
    if len(history) < ENOUGH:
        return None
    tenths = quantiles(history, n=10, method="inclusive")
    middle = median(history)
    spread = TO_SIGMA * median(abs(one - middle) for one in history)
    floor = min(SHARE * tenths[0], middle - SPREADS * spread)
    ceiling = max(tenths[-1] / SHARE, middle + SPREADS * spread, tenths[-1] + SOME)
    return Usual(
        low=round(tenths[0]), high=round(tenths[-1]), floor=max(floor, 1.0), ceiling=ceiling
    )


def judge(
    tx: Tx,
    source: Source,
    state: SourceState,
    day: date,
    now: datetime,
    unreadable: str = "",
    *,
    is_read: bool = False,
) -> SourceDay | None:
    """What to think of a day of a source, written down; None where it is too early to say.

    unreadable: why an answer for the day could not be read just now.  is_read: one was; until then
    a day of which an answer could not be read stays in doubt.
    """
    before = sources.of_day(tx, source.name, day)
    is_spoilt = before is not None and before.doubt is Doubt.UNREADABLE
    if is_spoilt and not unreadable and not is_read:
        return before
    papers = sources.counted(tx, source.name, day, is_daily=source.is_daily)
    due = source.due_by(day)
    is_due = due is not None and now >= due and state.added_at < due
    doubt, said = _doubt(tx, source, day, papers, unreadable, is_due=is_due)
    found = SourceDay(source=source.name, day=day, papers=papers, doubt=doubt, said=said)
    sources.put_day(tx, found, now)
    return found if papers or doubt else None


def _doubt(
    tx: Tx, source: Source, day: date, papers: int, unreadable: str, *, is_due: bool
) -> tuple[Doubt, str] | tuple[None, None]:
    name = f"{source.shown}, {day:%a} {day.day} {day:%b}"
    if unreadable:
        return Doubt.UNREADABLE, f"{name}: an answer could not be read, will look again"
    expected = usual(sources.history(tx, source.name, day, WEEKS))
    range_ = f", usually {expected.low:,} to {expected.high:,}" if expected else ""
    if not papers:
        if not is_due:
            return None, None
        return Doubt.QUIET, f"{name}: no papers{range_}, will look again"
    if source.is_daily and papers >= SOME:
        share = sources.repeated(tx, source.name, day)
        if share >= REPEATED:
            return (
                Doubt.REPEATED,
                f"{name}: {share:.0%} of {counted(papers, 'paper')} are those of the day before: "
                "probably not renewed, will look again",
            )
    if is_due and expected is not None and papers < expected.floor:
        return Doubt.FEW, f"{name}: {papers:,} new{range_}: probably incomplete, will look again"
    if expected is not None and papers > expected.ceiling:
        return Doubt.MANY, f"{name}: {papers:,} new{range_}: more than one day should have"
    return None, None


def latest_due(source: Source, now: datetime) -> date | None:
    """The latest day whose papers should be there by now; None where no day has to have any."""
    today = now.astimezone(UTC).date()
    for back in range(7):
        day = today - timedelta(days=back)
        due = source.due_by(day)
        if due is not None and now >= due:
            return day
    return None
