"""A board: how well every paper of a pool fits each profile of a company, and what carried it.

All is worked out for many profiles at once, as products over the papers that they share. What
carried a paper is looked up afterwards, for the few that are chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.boosts import lift
from matching.facets import Company, Facet
from matching.joined import placed, weights
from matching.likeness import SHARPNESS, Kin, lent
from matching.pool import Pool, View
from matching.products import cells, entries, picked, times
from storage.records import Paper

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

DISLIKE = 0.25
"""Weight of likeness to a disliked paper ..."""

DISLIKED_FROM = 2.0
"""... beyond so many deviations above the background."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Board:
    """A company and the papers of one view."""

    company: Company
    papers: tuple[Paper, ...]
    view: View
    kin: Kin
    of: tuple[slice, ...]
    """By taste: the rows of its facets."""
    facets: tuple[Facet, ...]
    strength: Floats
    """(facets, papers) deviations above the background, less what dislikes take away."""
    held_down: tuple[Places, Places]
    """The tastes, and the papers, of which dislikes take something away."""
    rare: sp.csr_array
    """(texts, papers) what rare words bring to the texts."""
    lifts: dict[int, Floats] = field(default_factory=dict)
    """By facet with boosted words: (papers,) what they bring."""

    def parts(self, rows: Places, papers: Places) -> Floats:
        """(rows, 2, 2) what the text and what the likes of a facet bring to a paper, by meaning and
        by words.

        rows: of facets.  papers: one for each of them.
        """
        found = np.zeros((len(rows), 2, 2), dtype=np.float32)
        near = self.view.dense[papers]
        some = [self.facets[row] for row in rows.tolist()]
        text_weights, liked_weights = weights(some)
        texts, likes = self.company.texts, self.company.likes
        background = self.company.background
        at, of = placed([one.text for one in some])
        if len(at) and texts is not None:
            there = papers[at]
            meaning = (texts.query[of] * near[at]).sum(axis=1) - texts.offsets[0][of]
            lends = lent(self.view, background)
            words = cells(texts.own.common, of, lends.by_common, there)
            words += picked(self.rare, of, there)
            if texts.said.nnz:
                words += cells(texts.said, of, lends.bm25(texts.said.indices), there)
            found[at, 0, 0] = meaning * text_weights[at]
            found[at, 0, 1] = (words - texts.offsets[1][of]) * text_weights[at]
        at, of = placed([one.liked for one in some])
        if len(at) and likes is not None:
            there, stands = papers[at], likes.standing
            meaning = (likes.query[of] * near[at]).sum(axis=1) - likes.offsets[0][of]
            meaning += np.log(cells(likes.mean, of, self.kin.sharp, there)) * stands.factors[3][of]
            words = cells(likes.mean, of, self.kin.words, there) * stands.factors[4][of]
            words += likes.spoken_to(of, there, self.view, background)
            found[at, 1, 0] = meaning * liked_weights[at]
            found[at, 1, 1] = (words - likes.offsets[1][of]) * liked_weights[at]
        for place, row in enumerate(rows.tolist()):
            if row in self.lifts:
                found[place, 0, 1] += self.lifts[row][papers[place]]
        return found

    def shares(self, rows: Places, papers: Places) -> list[Floats]:
        """For each of these facets (likes,) their shares, 0..1, in what they bring for a paper.

        papers: one for each of `rows`.
        """
        found = [
            np.ones(len(self.facets[row].likes[:1]), dtype=np.float32) for row in rows.tolist()
        ]
        likes = self.company.likes
        several = [at for at, row in enumerate(rows.tolist()) if len(self.facets[row].likes) > 1]
        if likes is None or not several:
            return found
        places = placed([self.facets[row].liked for row in rows[several].tolist()])[1]
        spoken = likes.spoken_to(places, papers[several], self.view, self.company.background)
        apart = likes.apart(places, papers[several], spoken, self.view, self.kin)
        for at, each in zip(several, apart, strict=True):
            kept = np.maximum(each, 0) if (each > 0).any() else each - each.min() + 1e-6
            found[at] = (kept / kept.sum()).astype(np.float32)
        return found


def board(company: Company, pool: Pool) -> Board:
    """The strength of every facet of the company for every paper of the pool; whoever calls holds
    `background.working`.
    """
    background, asked = company.background, company.joined
    view = pool.view(background)
    kin = company.docs.voted.to(view)
    ends = np.cumsum([0, *(len(some) for some in company.facets)]).tolist()
    every = tuple(facet for some in company.facets for facet in some)
    strength = times(asked.query, view.dense)[: len(every)]
    strength += asked.words @ lent(view, background).table(*asked.spoken)
    rare = sp.csr_array((0, len(view)), dtype=np.float32)
    if company.texts is not None:
        rare = company.texts.own.rarely(view)
        if rare.nnz:
            at, each = asked.of_text
            row = np.repeat(np.arange(len(at)), np.diff(rare.indptr))
            strength.ravel()[at[row] * len(view) + rare.indices] += rare.data * each[row]
    if company.likes is not None:
        kin.known(company.docs, asked.rows)
        at, each = asked.of_likes
        found = company.likes.soft(kin, each)
        found += asked.liked @ kin.words
        strength[at] += found
    lifts = {row: lift(one.boosts, view) for row, one in enumerate(every) if one.boosts}
    for lifted, found in lifts.items():
        strength[lifted] += found
    rows_of = tuple(slice(*pair) for pair in pairwise(ends))
    return Board(
        company=company,
        papers=pool.papers,
        view=view,
        kin=kin,
        of=rows_of,
        facets=every,
        strength=strength,
        held_down=_hold_down(strength, company, kin, every, rows_of),
        rare=rare,
        lifts=lifts,
    )


def _hold_down(
    strength: Floats, company: Company, kin: Kin, every: Sequence[Facet], of: Sequence[slice]
) -> tuple[Places, Places]:
    """Take away for likeness to disliked papers; the tastes and papers where something was taken.

    Few papers are near enough to what somebody dislikes: only those are looked at.
    """
    docs = company.docs
    disliking = [taste for taste in company.near if company.facets[taste]]
    nowhere = np.zeros(0, dtype=np.intp)
    if not disliking:
        return nowhere, nowhere
    disliked = [docs.of[taste][company.tastes[taste].disliked] for taste in disliking]
    kin.known(docs, np.unique(np.concatenate(disliked)))
    level, spread = np.array([company.near[taste] for taste in disliking], dtype=np.float32).T
    least = (level + DISLIKED_FROM * spread).astype(np.float32)
    top = kin.sharpest([docs.slots[one] for one in disliked])
    bound = np.exp(np.float32(SHARPNESS) * least) * np.float32(1 - 1e-5)
    flat = np.flatnonzero(top > bound[:, None])
    place, paper = np.divmod(flat, top.shape[1])
    excess = np.log(top.take(flat))
    excess /= np.float32(SHARPNESS)
    # From here on one for each facet of each taste and paper.
    firsts = np.array([of[taste].start for taste in disliking])[place]
    counts = np.array([len(company.facets[taste]) for taste in disliking])[place]
    pair = np.repeat(np.arange(len(place)), counts)
    row = np.arange(len(pair)) + (firsts - np.cumsum(counts) + counts)[pair]
    there = paper[pair]
    own = least[place]
    above = (excess - own)[pair]
    liked = np.array([-1 if one.liked is None else one.liked for one in every])[row]
    at = np.flatnonzero(liked >= 0)
    if len(at) and company.likes is not None:
        sets, held = entries(company.likes.mean, liked[at])
        slots = company.likes.mean.indices[held].astype(np.intp)
        each = kin.sharp.take(slots * top.shape[1] + there[at][sets])
        best = np.log(np.maximum.reduceat(each, np.flatnonzero(np.diff(sets, prepend=-1))))
        best /= np.float32(SHARPNESS)
        above[at] = excess[pair[at]] - np.maximum(own[pair[at]], best)
    taken = np.maximum(above, 0) * (np.float32(DISLIKE) / spread)[place][pair]
    strength.ravel()[row * top.shape[1] + there] -= taken  # a view: rows stand close together
    is_held = np.zeros(len(place), dtype=np.bool_)
    is_held[pair[taken > 0]] = True
    return np.array(disliking, dtype=np.intp)[place[is_held]], paper[is_held]
