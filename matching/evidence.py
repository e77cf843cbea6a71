"""Whether liked papers are found by their words or by their meaning.

The likes themselves tell: each is looked for by the others, against papers of the background. An
author's papers share rare words, a reader's shelf often shares a subject only.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.likeness import Docs, words_of
from matching.products import times

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

SWAY = 2.5
"""The most that likes may raise or lower the weight of words by."""

TRIED = 20
"""The newest likes, so many, are looked for."""


def evidence(groups: Sequence[Places], docs: Docs, background: Background) -> Floats:
    """(groups,) how much better words than meaning find each like by the others: 1 where nothing
    tells.

    groups: rows of `docs`, oldest first; what they are to the background's sample is known.
    Each like in turn stands against the background by its likeness to the other likes.
    """
    found = np.ones(len(groups), dtype=np.float32)
    ground = background.proving_places
    tried = [one[-TRIED:] for one in groups]
    telling = [place for place, one in enumerate(tried) if len(one) >= 2]
    if not telling or not len(ground):
        return found
    rows = np.unique(np.concatenate([tried[place] for place in telling]))
    some = docs.view.rows(rows)
    by_words, by_meaning = words_of(some, background).on(some), times(some.half, some.half)
    kin = docs.voted.to(background.sample)
    sizes = np.array([len(tried[place]) for place in telling])
    for size in np.unique(sizes):
        alike = [place for place, count in zip(telling, sizes, strict=True) if count == size]
        inside = np.searchsorted(rows, np.stack([tried[place] for place in alike]))
        slots = docs.slots[rows[inside]]
        pairs = inside[:, :, None], inside[:, None, :]
        words = _held_out(by_words[pairs], kin.words[slots[:, :, None], ground])
        meaning = _held_out(by_meaning[pairs], kin.half[slots[:, :, None], ground])
        share = np.maximum(words, 0.1) / np.maximum(meaning, 0.1)
        found[alike] = np.clip(share, 1 / SWAY, SWAY)
    return found


def _held_out(among: Floats, ground: Floats) -> Floats:
    """(groups,) mean standing of each paper by its likeness to the others, in the ground's
    deviations.

    among: (groups, likes, likes).  ground: (groups, likes, papers of the background).
    """
    others = among.shape[1] - 1
    inside = (among.sum(axis=2) - np.diagonal(among, axis1=1, axis2=2)) / others
    outside = (ground.sum(axis=1, keepdims=True) - ground) / others
    spread = outside.std(axis=2) + 1e-6
    found: Floats = ((inside - outside.mean(axis=2)) / spread).mean(axis=1)
    return found
