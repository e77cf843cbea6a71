"""The dial: how much to send, or how sure to be, turned into a floor for scores. Pure.

"About 6 a day" is read off the scores of the last weeks' papers. "Only what I would like with 80 %
likelihood" is read off votes on papers that were sent: a logistic curve over each paper's score at
that time, shrunk towards the curve of all profiles, which few votes hardly move.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

LEAST, MOST = 0.3, 0.99
"""Floors the dial stays within: below the least nothing fits, however few papers came."""

HEAVY = 3.0
"""A day counts as at most so many median days, so that a backlog is not taken for a day's news."""

STEP = 0.5
"""Of the way to where the floor should be, it goes so much a day."""

INTERCEPT, SLOPE = 0.0, 1.0
"""The curve while nobody has voted: a score is itself the likelihood ..."""

INTERCEPT_SPREAD, SLOPE_SPREAD = 1.0, 0.5
"""... give or take these standard deviations. The first weighs as much as four divided votes."""

LIKELY = 0.8
"""The likelihood at which it counts how uncertain a curve is."""

FLATTEST = 0.2
"""Of a curve: a better score never means less."""

VOICE = 20.0
"""Votes that one profile counts for at most in the curve of all."""

ROUNDS = 30
"""Of Newton's method, which needs about six."""

Floats = npt.NDArray[np.float64]

SPREAD: Floats = np.diag(np.array([INTERCEPT_SPREAD**2, SLOPE_SPREAD**2], dtype=np.float64))
"""Of intercept and slope about those of all, before somebody has voted."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How likely a paper of a score is liked, by somebody who votes on it."""

    intercept: float
    """Log-odds of a like at a score of one half."""
    slope: float
    """What the log-odds gain with each unit of the score's own."""
    votes: int
    """That it was fitted on."""
    trust: float = 1.0
    """0..1: what its log-odds are weakened by, the less so, the more is known."""

    def likelihood(self, score: float) -> float:
        """0..1 for a score of 0..1; never less for a better score."""
        odds = self.trust * (self.intercept + self.slope * logit(score))
        return float(1 / (1 + np.exp(-odds)))

    def floor(self, sure: float) -> float:
        """The score from which a like is at least as likely as `sure`, within LEAST and MOST."""
        wanted = (logit(sure) / self.trust - self.intercept) / self.slope
        return _within(1 / (1 + np.exp(-wanted)))


def logit(share: float) -> float:
    """Log-odds; shares of 0 and 1 are taken a little inside."""
    inside = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(inside / (1 - inside)))


def _trust(intercept: float, slope: float, spread: Floats) -> float:
    """spread: (2, 2) covariance of intercept and slope. It counts where a like is likely."""
    there = np.clip((logit(LIKELY) - intercept) / slope, logit(LEAST), logit(MOST))
    at = np.array([1.0, float(there)])
    return float(1 / np.sqrt(1 + np.pi * float(at @ spread @ at) / 8))


NOBODY = Calibration(
    intercept=INTERCEPT, slope=SLOPE, votes=0, trust=_trust(INTERCEPT, SLOPE, SPREAD)
)
"""What is believed before anybody has voted."""


def calibrate(
    cast: Sequence[tuple[float, bool]],
    prior: Calibration = NOBODY,
    weights: Sequence[float] | None = None,
) -> Calibration:
    """The likeliest curve for votes `(score when it was sent, whether it was liked)`.

    Platt scaling on the score's log-odds (Platt 1999) with normal priors about `prior`: with no
    vote it is the prior, with many it is their own. weights: of each vote, None for 1.

    A curve that is uncertain is wrong in both directions, and what it lets through is where it
    promises too much: so its log-odds are weakened by the variance that is left (MacKay 1992).
    """
    if not cast:
        return replace(prior, votes=0, trust=_trust(prior.intercept, prior.slope, SPREAD))
    scores = np.array([logit(score) for score, _ in cast])
    liked = np.array([is_liked for _, is_liked in cast], dtype=float)
    counted = np.ones(len(cast)) if weights is None else np.asarray(weights, dtype=float)
    design = np.column_stack([np.ones(len(cast)), scores])
    found = _fitted(design, liked, counted, prior, [0, 1])
    if found[1] < FLATTEST:
        found = _fitted(design, liked, counted, prior, [0])
    _, bend = _slopes(design, liked, counted, prior, found)
    intercept, slope = float(found[0]), float(found[1])
    trust = _trust(intercept, slope, np.linalg.inv(bend).astype(np.float64))
    return Calibration(intercept=intercept, slope=slope, votes=len(cast), trust=trust)


def _fitted(
    design: Floats, liked: Floats, weights: Floats, prior: Calibration, free: list[int]
) -> Floats:
    """Intercept and slope by Newton's method; a slope that is not free is FLATTEST."""
    centre = np.array([prior.intercept, prior.slope])
    found = centre.copy() if 1 in free else np.array([prior.intercept, FLATTEST])
    for _ in range(ROUNDS):
        slope, bend = _slopes(design, liked, weights, prior, found)
        step = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        found[free] += np.clip(step, -2, 2)
        if float(np.abs(step).max()) < 1e-9:
            break
    return found


def _slopes(
    design: Floats, liked: Floats, weights: Floats, prior: Calibration, found: Floats
) -> tuple[Floats, Floats]:
    """(2,) where the likelihood rises, and (2, 2) how it bends, at intercept and slope `found`."""
    precision = np.linalg.inv(SPREAD)
    likely = 1 / (1 + np.exp(-np.clip(design @ found, -30, 30)))
    away = found - np.array([prior.intercept, prior.slope])
    slope: Floats = design.T @ (weights * (liked - likely)) - precision @ away
    bend: Floats = (design.T * (weights * likely * (1 - likely))) @ design + precision
    return slope, bend


def pooled(cast: Mapping[int, Sequence[tuple[float, bool]]]) -> Calibration:
    """The curve of all profiles' votes; none counts for more than VOICE votes."""
    every = [vote for votes in cast.values() for vote in votes]
    shares = [
        min(1.0, VOICE / len(votes)) if votes else 1.0 for votes in cast.values() for _ in votes
    ]
    return calibrate(every, NOBODY, shares)


# --- so many a day -------------------------------------------------------------------------


def weigh(days: Sequence[date]) -> Floats:
    """(papers,) what each paper counts for, given the day that it came on.

    1 on a usual day; on a day of more than HEAVY times the median all count for that together.
    """
    if not days:
        return np.zeros(0)
    _, day, counts = np.unique(
        np.array([one.toordinal() for one in days]), return_inverse=True, return_counts=True
    )
    usual = HEAVY * float(np.median(counts))
    found: Floats = np.minimum(1.0, usual / counts)[day]
    return found


def for_volume(scores: Floats, weights: Floats, days: float, about: float) -> float:
    """The floor that lets through `about` papers a day of those of the last `days` days.

    Within LEAST and MOST: where fewer fit than are wished for, fewer come.
    """
    wanted = about * days
    order = np.argsort(-scores, kind="stable")
    passed = np.cumsum(weights[order])
    last = int(np.searchsorted(passed, wanted - 1e-9))
    if last >= len(scores):
        return LEAST
    here = float(scores[order[last]])
    below = float(scores[order[last + 1]]) if last + 1 < len(scores) else here
    return _within((here + below) / 2)


def volume(scores: Floats, weights: Floats, days: float, floor: float) -> float:
    """Papers a day that the floor lets through, of those of the last `days` days."""
    return float(weights[scores >= floor].sum()) / days


def steady(was: float | None, wanted: float) -> float:
    """The next floor on the way from `was` to `wanted`; None: it is there at once."""
    if was is None:
        return wanted
    odds = logit(was) + STEP * (logit(wanted) - logit(was))
    return _within(1 / (1 + np.exp(-odds)))


def _within(floor: float) -> float:
    return float(min(max(floor, LEAST), MOST))
