"""Liked papers as strands, many sets of them at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import proxy

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.evidence import TRIED, evidence
from matching.likeness import SHARPNESS, Docs, Kin, lent
from matching.pool import View
from matching.products import cells, grouped, scaled, times
from matching.signals import FULL_SPREAD, MEANING, WORDS, WORDS_FROM, fused, voices
from matching.strands import Signal, Standing, standing

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

LIKED_WORDS = 1.7
"""Weight of the words of liked papers that do not tell otherwise themselves ..."""

LIKED_WORDS_FADE = 0.9
"""... shorter ones less by this power of their share of a full description."""

PROOF = 2.0
"""Likes after which what they tell of words against meaning counts half."""

MANY = 8.0
"""Likes at which whitened space, which needs many, weighs as much as the plain ones."""

EXPANSION_LIKED, EXPANSION_LIKES, EXPANSION_MOST = 1.0, 3.0, 30
"""Weight of stored papers that speak for liked ones: half of it from so many likes, nothing from
most.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Likes:
    """The strands of some sets of liked papers."""

    groups: tuple[Places, ...]
    """Of each: its rows of `docs`, oldest first."""
    ages: tuple[Floats, ...]
    """Of each: how much each of its likes counts beside the others, by its age; the mean is 1."""
    docs: Docs
    mean: sp.csr_array
    """(sets, slots)"""
    query: Floats
    """(sets, 2 * dim) what `View.dense` is multiplied by."""
    said: sp.csr_array
    """(sets, stored papers) whose words speak for them, over the length of both papers' words."""
    offsets: Floats
    """(2, sets) what is taken off meaning, and words."""
    standing: Standing
    stored: View
    """The stored papers."""

    def soft(self, kin: Kin, weights: Floats) -> Floats:
        """(sets, papers) the soft maximum over each set, with a weight for each set."""
        found = _soft(self.mean, kin)
        found *= (self.standing.factors[3] * weights)[:, None]
        return found

    def spoken_to(
        self, places: Places, papers: Places, view: View, background: Background
    ) -> Floats:
        """(places,) what the words of those that speak for a set bring to a paper.

        papers: one for each of `places`.
        """
        if not self.said.nnz:
            return np.zeros(len(places), dtype=np.float32)
        return cells(self.said, places, lent(view, background).cosine(self.said.indices), papers)

    def apart(
        self, places: Places, papers: Places, spoken: Floats, view: View, kin: Kin
    ) -> list[Floats]:
        """For each set (likes,) what each of its likes adds for a paper, without the set's mean.

        papers: one for each of `places`.  spoken: what `spoken_to` gives for them.
        """
        groups = [self.groups[place] for place in places.tolist()]
        counts = np.array([len(one) for one in groups])
        rows, at = np.concatenate(groups), np.repeat(np.arange(len(groups)), counts)
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        slots, paper, place = self.docs.slots[rows], papers[at], places[at]
        liked, stands = self.docs.view, self.standing
        sharp = kin.sharp[slots, paper]
        ages = np.concatenate([self.ages[one] for one in places.tolist()])
        middle = (np.add.reduceat(ages * sharp, starts) / counts)[at]
        each = [
            (liked.plain[rows] * view.plain[paper]).sum(axis=1),
            np.log(sharp) / np.float32(SHARPNESS),
            (liked.full[rows] * view.full[paper]).sum(axis=1),
            np.log(middle) * sharp / middle,
            kin.words[slots, paper],
        ]
        found = np.zeros(len(rows), dtype=np.float32)
        for signal, part in enumerate(each):
            found += stands.factors[signal][place] * (part - stands.levels[signal][place])
        if self.said.nnz:
            voices = np.concatenate([self._voices[one] for one in places.tolist()])
            found += voices * spoken[at] - (stands.factors[5] * stands.levels[5])[place]
        found *= ages / counts[at]
        return np.split(found, starts[1:])

    @cached_property
    def _voices(self) -> "_Voices":
        return _Voices(proxy(self))  # weakly: no circle keeps tables of megabytes


class _Voices(dict[int, Floats]):
    """By set: (likes,) how much each like chose of those that speak for it; the mean is 1."""

    def __init__(self, likes: Likes) -> None:
        super().__init__()
        self._likes = likes

    def __missing__(self, place: int) -> Floats:
        likes = self._likes
        start, end = likes.said.indptr[place : place + 2]
        found = np.ones(len(likes.groups[place]), dtype=np.float32)
        if end > start:
            docs = likes.docs
            sharp = docs.voted.to(likes.stored).sharp[docs.slots[likes.groups[place]]]
            near = np.log(sharp[:, likes.said.indices[start:end]])
            voice = likes.said.data[start:end] / likes.standing.factors[5][place]
            found = np.maximum(near, 0) @ voice + np.float32(1e-6)
            found /= found.mean()
        self[place] = found
        return found


def of_likes(
    groups: Sequence[Places], ages: Sequence[Floats], docs: Docs, background: Background
) -> Likes:
    """The strands of sets of liked papers: rows of `docs`, oldest first, none empty.

    ages: of each set, how much each of its likes counts beside the others; their mean is 1.
    """
    sample, stored = background.sample, background.stored
    every = np.unique(np.concatenate(groups))
    kin = docs.voted.to(sample)
    kin.known_in_full(docs, every)
    mean = grouped([docs.slots[one] for one in groups], docs.voted.room, ages)
    count = np.array([len(one) for one in groups], dtype=np.float32)
    many = count / (count + MANY)
    by_row = grouped(list(groups), len(docs.view), ages)
    tokens = by_row @ docs.view.bags.lengths
    trust = LIKED_WORDS * np.minimum(1.0, tokens / WORDS_FROM) ** LIKED_WORDS_FADE
    trust *= evidence(groups, docs, background) ** (count / (count + PROOF))
    contrast = grouped([docs.slots[one[-TRIED:]] for one in groups], docs.voted.room)
    contrast = contrast @ docs.voted.spread
    few = (1 - many) * MEANING / 2
    dim = docs.view.full.shape[1]
    signals = [
        _signal(few, mean @ kin.plain, 0.15, 0.1),
        _signal(few, mean @ kin.half, 0.0, 0.1),
        _signal(many * MEANING / 2, mean @ kin.full, 0.0, FULL_SPREAD * dim),
        _signal(many * MEANING / 2, _soft(mean, kin), 0.1, 0.3),
    ]
    weights = by_row @ np.asarray(docs.view.words @ docs.view.idf, dtype=np.float32)
    words = _signal(trust, mean @ kin.words, 0.0, 0.1 * weights + 1e-6, lexical=True)
    signals.append(words)
    plain, half, full = (
        by_row @ each for each in (docs.view.plain, docs.view.half, docs.view.full)
    )
    said = sp.csr_array((len(groups), len(stored)), dtype=np.float32)
    lending = np.flatnonzero(count <= EXPANSION_MOST)
    if len(lending) and len(stored):
        # Chosen by meaning mostly, they bring words that the likes themselves lack.
        choosing = _signal(
            trust * WORDS / LIKED_WORDS, words.found, 0.0, words.prior_spread, lexical=True
        )
        first = standing([*signals[:4], choosing], contrast)
        query, offsets = fused(plain, half, full, first, background)
        to = docs.voted.to(stored)
        to.known(docs, np.unique(np.concatenate([groups[one] for one in lending.tolist()])))
        fit = times(query[lending], stored.dense)
        fit += _soft(mean[lending], to) * first.factors[3][lending][:, None]
        fit += scaled(mean[lending], each=first.factors[4][lending]) @ to.words
        fit -= offsets.sum(axis=0)[lending][:, None]
        some = voices(fit)
        ends = np.zeros(len(groups) + 1, dtype=np.intp)
        ends[lending + 1] = np.diff(some.indptr)
        said = sp.csr_array(
            (some.data, some.indices, np.cumsum(ends)), shape=(len(groups), len(stored))
        )
    if said.nnz:
        heard = said @ lent(sample, background).cosine(said.indices)
        weight = EXPANSION_LIKED * trust / LIKED_WORDS * EXPANSION_LIKES / (EXPANSION_LIKES + count)
        weight[np.diff(said.indptr) == 0] = 0.0
        signals.append(_signal(weight, heard, 0.0, 0.02, lexical=True))
    whole = standing(signals, contrast)
    query, offsets = fused(plain, half, full, whole, background)
    return Likes(
        groups=tuple(groups),
        ages=tuple(ages),
        docs=docs,
        mean=mean,
        query=query,
        said=scaled(said, each=whole.factors[5]) if said.nnz else said,
        offsets=offsets,
        standing=whole,
        stored=stored,
    )


def _soft(mean: sp.csr_array, kin: Kin) -> Floats:
    found: Floats = mean @ kin.sharp
    np.log(found, out=found)
    return found


def _signal(
    weight: npt.NDArray[np.floating[Any]],
    found: Floats,
    level: float,
    spread: float | Floats,
    *,
    lexical: bool = False,
) -> Signal:
    return Signal(
        lexical=lexical,
        weight=weight.astype(np.float32),
        found=found,
        prior_level=level,
        prior_spread=spread,
    )
