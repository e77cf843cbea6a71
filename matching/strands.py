"""Signals on one scale: numbers per paper in deviations above the background's own papers.

Each signal is measured on the background's sample as well, so that signals of any scale add up. The
sum is told in deviations of an absolute size: it means the same on any day and for any wish.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.pool import View
from matching.words import Terms
from storage.records import Vectors

Floats = npt.NDArray[np.float32]

PRIOR = 5.0
"""Papers that the prior scale of a signal weighs as much as."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Signal:
    """One number per paper."""

    lexical: bool
    """Of words; otherwise of meaning."""
    weight: float
    measure: Callable[[View], Floats]
    level: float
    """Mean over the background."""
    spread: float
    """Standard deviation over the background."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Strand:
    """Signals that belong together; `measure` gives them in deviations above the background."""

    signals: tuple[Signal, ...]
    level: float
    """Median of the weighted sum over the background: most papers do not fit, whatever fits."""
    unit: float
    """What counts as one deviation of the weighted sum."""
    contrast: float
    """Standard deviation over the background of what `measure` gives."""
    apart: Callable[[View], Floats] | None = None
    """(likes,) what each like adds for one paper, where the strand is made of likes."""

    def measure(self, view: View) -> Floats:
        """(2, papers) what meaning and what words bring, in deviations of the sum."""
        found = np.zeros((2, len(view.plain)), dtype=np.float32)
        found[0] -= self.level / self.unit
        for signal in self.signals:
            standing = (signal.measure(view) - signal.level) / signal.spread
            found[int(signal.lexical)] += signal.weight * standing / self.unit
        return found


Measured = tuple[bool, float, Callable[[View], Floats], float, float]
"""(lexical, weight, measure, prior level, prior spread)"""


def strand(measured: list[Measured], background: Background, contrast: float) -> Strand:
    """Signals with their scale over the background's sample, shrunk towards the priors.

    contrast: how far papers differ in their likeness to what is asked for, 1 where as far as in
    their likeness to a paper. It keeps the scale absolute: where nothing stored fits, the best of
    it does not look like a fit, and where much does, it is not held down by its own number.
    """
    sample = background.sample
    total = np.zeros(len(sample.plain), dtype=np.float32)
    signals = []
    for lexical, weight, measure, prior_level, prior_spread in measured:
        found = measure(sample)
        level, spread = scale(found, prior_level, prior_spread)
        signals.append(
            Signal(lexical=lexical, weight=weight, measure=measure, level=level, spread=spread)
        )
        total += weight * (found - level) / spread
    whole = sum(weight for _, weight, *_ in measured)
    unit = deviation(total, whole)
    trust = len(total) / (len(total) + PRIOR)
    return Strand(
        signals=tuple(signals),
        level=trust * float(np.median(total)) if len(total) else 0.0,
        unit=unit / contrast,
        contrast=contrast,
    )


def scale(found: Floats, prior_level: float, prior_spread: float) -> tuple[float, float]:
    """Mean and standard deviation, with the priors worth `PRIOR` papers."""
    count = len(found)
    level = (float(found.sum()) + PRIOR * prior_level) / (count + PRIOR)
    squares = float(((found - level) ** 2).sum()) + PRIOR * prior_spread**2
    return level, max(float(np.sqrt(squares / (count + PRIOR))), 1e-6)


def deviation(total: Floats, prior: float) -> float:
    """What counts as one deviation, between the spread of all papers and of those below the median.

    The papers that fit widen the spread of all, and would hide the second best of a small store
    behind the best; the lower half alone makes too much of any outlier of a narrow one. `prior`:
    the spread where papers are few.
    """
    if not len(total):
        return prior
    under = np.minimum(total - np.median(total), 0)
    lower = np.sqrt(((under**2).sum() + PRIOR * prior**2) / (len(total) / 2 + PRIOR))
    return float(np.sqrt(lower * scale(total, 0.0, prior)[1]))


def contrasting(vectors: Vectors, usual: float, background: Background) -> float:
    """How far papers differ in their likeness to `vectors`, in terms of the `usual` spread."""
    near = background.sample.plain @ vectors.T
    spreads = [
        scale(column, float(column.mean()) if len(column) else 0, usual)[1] for column in near.T
    ]
    return float(np.mean(spreads)) / usual


def words_asked(terms: Terms, weights: Floats) -> Callable[[View], Floats]:
    """A measure: BM25 of each paper, `weights` being how much each term is asked for."""

    def measure(view: View) -> Floats:
        return view.asked(terms, weights)

    return measure


def words_prior(weights: Floats) -> tuple[float, float]:
    """An unrelated paper holds next to nothing of the words' weight."""
    return 0.0, 0.1 * float(np.abs(weights).sum()) + 1e-6
