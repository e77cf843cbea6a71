"""Signals on one scale: numbers per paper in deviations above the background's own papers.

Each signal is measured on the background's sample as well, so that signals of any scale add up. The
sum is told in deviations of an absolute size: it means the same on any day and for any wish. Many
strands, the rows, are worked out at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PRIOR = 5.0
"""Papers that the prior scale of a signal weighs as much as."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Signal:
    """One number per paper for each of many strands."""

    lexical: bool
    """Of words; otherwise of meaning."""
    weight: Floats
    """(strands,)"""
    found: Floats
    """(strands, sample) what it is for the background's sample."""
    prior_level: float
    prior_spread: float | Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """How signals add up to strands, in deviations above the background."""

    levels: Floats
    """(signals, strands) mean over the background."""
    factors: Floats
    """(signals, strands) what one unit of the signal adds to the strand."""
    offsets: Floats
    """(2, strands) what is taken off meaning, and words."""
    contrast: Floats
    """(strands,) standard deviation over the background of what the strand comes to."""
    on_sample: Floats
    """(strands, sample) what the strand comes to for the background's sample."""


def standing(signals: Sequence[Signal], contrast: Floats) -> Standing:
    """Signals with their scale over the background's sample, shrunk towards the priors.

    contrast: how far papers differ in their likeness to what is asked for, 1 where as far as in
    their likeness to a paper. It keeps the scale absolute: where nothing stored fits, the best of
    it does not look like a fit, and where much does, it is not held down by its own number.
    """
    total = np.zeros_like(signals[0].found)
    levels, factors = [], []
    for one in signals:
        level, spread = scale(one.found, one.prior_level, one.prior_spread)
        factor = one.weight / spread
        total += (one.found - level[:, None]) * factor[:, None]
        levels.append(level)
        factors.append(factor)
    whole = np.sum([one.weight for one in signals], axis=0)
    count = total.shape[1]
    middle = medians(total)
    unit = deviation(total, whole, middle) / contrast
    # The median: most papers do not fit, whatever fits.
    middle = (middle * (count / (count + PRIOR))).astype(np.float32)
    total -= middle[:, None]
    total /= unit[:, None]
    offsets = np.zeros((2, len(total)), dtype=np.float32)
    offsets[0] = middle / unit
    for one, level, factor in zip(signals, levels, factors, strict=True):
        offsets[int(one.lexical)] += level * factor / unit
    return Standing(
        levels=np.array(levels, dtype=np.float32),
        factors=(np.array(factors) / unit).astype(np.float32),
        offsets=offsets,
        contrast=contrast,
        on_sample=total,
    )


def scale(
    found: Floats, prior_level: float | Floats, prior_spread: float | Floats
) -> tuple[Floats, Floats]:
    """(rows,) mean and standard deviation of each row, with the priors worth `PRIOR` papers."""
    count = found.shape[1]
    level = (found.sum(axis=1) + PRIOR * prior_level) / (count + PRIOR)
    apart = found - level[:, None].astype(np.float32)
    np.square(apart, out=apart)
    squares = apart.sum(axis=1) + PRIOR * np.square(prior_spread)
    spread = np.maximum(np.sqrt(squares / (count + PRIOR)), 1e-6)
    return level.astype(np.float32), spread.astype(np.float32)


def medians(rows: Floats) -> Floats:
    """(rows,) the median of each; 0 where there are no columns."""
    count = rows.shape[1]
    if not count:
        return np.zeros(len(rows), dtype=np.float32)
    half = count // 2
    parted = np.partition(rows, half, axis=1)
    above: Floats = parted[:, half]
    return above if count % 2 else (parted[:, :half].max(axis=1) + above) / np.float32(2)


def deviation(total: Floats, prior: Floats, middle: Floats | None = None) -> Floats:
    """(rows,) what counts as one deviation, between the spread of all papers and of those below the
    median.

    The papers that fit widen the spread of all, and would hide the second best of a small store
    behind the best; the lower half alone makes too much of any outlier of a narrow one. `prior`:
    the spread where papers are few.  middle: the medians, where they are known.
    """
    count = total.shape[1]
    if not count:
        return prior
    under = total - (medians(total) if middle is None else middle)[:, None]
    np.minimum(under, 0, out=under)
    np.square(under, out=under)
    lower = np.sqrt((under.sum(axis=1) + PRIOR * prior**2) / (count / 2 + PRIOR))
    found: Floats = np.sqrt(lower * scale(total, 0.0, prior)[1]).astype(np.float32)
    return found


def contrasting(near: Floats, usual: float) -> Floats:
    """(rows,) how far papers differ in their likeness to each row's own, in terms of the `usual`
    spread.

    near: (rows, sample) likeness of the background's sample.
    """
    level = near.mean(axis=1) if near.shape[1] else np.zeros(len(near), dtype=np.float32)
    found: Floats = (scale(near, level, usual)[1] / usual).astype(np.float32)
    return found
