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
from matching.likeness import SHARPNESS, Kin, lent
from matching.pool import Pool, View
from matching.products import cells, entries, picked, spread_out, times
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
        weights = _weights(some)
        texts, likes = self.company.texts, self.company.likes
        background = self.company.background
        at, of = _rows([one.text for one in some])
        if len(at) and texts is not None:
            there = papers[at]
            meaning = (texts.query[of] * near[at]).sum(axis=1) - texts.offsets[0][of]
            words = cells(texts.own.common, of, self.view.by_common, there)
            words += picked(self.rare, of, there)
            if texts.said.nnz:
                said = lent(self.view, background).bm25(texts.said.indices)
                words += cells(texts.said, of, said, there)
            found[at, 0, 0] = meaning * weights[0][at]
            found[at, 0, 1] = (words - texts.offsets[1][of]) * weights[0][at]
        at, of = _rows([one.liked for one in some])
        if len(at) and likes is not None:
            there, stands = papers[at], likes.standing
            meaning = (likes.query[of] * near[at]).sum(axis=1) - likes.offsets[0][of]
            meaning += np.log(cells(likes.mean, of, self.kin.sharp, there)) * stands.factors[3][of]
            words = cells(likes.mean, of, self.kin.words, there) * stands.factors[4][of]
            words += likes.spoken_to(of, there, self.view, background)
            found[at, 1, 0] = meaning * weights[1][at]
            found[at, 1, 1] = (words - likes.offsets[1][of]) * weights[1][at]
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
        places = _rows([self.facets[row].liked for row in rows[several].tolist()])[1]
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
    background, texts, likes = company.background, company.texts, company.likes
    view = pool.view(background)
    kin = company.docs.voted.to(view)
    ends = np.cumsum([0, *(len(some) for some in company.facets)]).tolist()
    every = tuple(facet for some in company.facets for facet in some)
    count = len(every)
    weights = _weights(every)
    query = np.zeros((count, view.dense.shape[1]), dtype=np.float32)
    offsets = np.zeros(count, dtype=np.float32)
    # Facets stand in the order of their texts, and of their likes, so a row is laid out and not
    # looked up; weights are laid on what a product is made of, and not on what comes of it.
    by_words: list[tuple[sp.csr_array, Floats]] = []
    rare = sp.csr_array((0, len(view)), dtype=np.float32)
    at_text, of = _rows([one.text for one in every])
    if texts is not None and len(at_text):
        each = weights[0][at_text]
        query[at_text] += texts.query[of] * each[:, None]
        offsets[at_text] += texts.offsets[:, of].sum(axis=0) * each
        by_words.append((spread_out(texts.own.common, at_text, count, each), view.by_common))
        rare = texts.own.rarely(view)
        if texts.said.nnz:
            said = lent(view, background).bm25(texts.said.indices)
            by_words.append((spread_out(texts.said, at_text, count, each), said))
    at_likes, of = _rows([one.liked for one in every])
    if likes is not None and len(at_likes):
        each = weights[1][at_likes]
        kin.known(company.docs, np.unique(np.concatenate(likes.groups)))
        query[at_likes] += likes.query[of] * each[:, None]
        offsets[at_likes] += likes.offsets[:, of].sum(axis=0) * each
        words = spread_out(likes.mean, at_likes, count, each * likes.standing.factors[4][of])
        by_words.append((words, kin.words))
        if likes.said.nnz:
            said = lent(view, background).cosine(likes.said.indices)
            by_words.append((spread_out(likes.said, at_likes, count, each), said))
    strength = times(query, view.dense)
    strength -= offsets[:, None]
    for rows, table in by_words:
        strength += rows @ table
    if rare.nnz:
        row = np.repeat(np.arange(len(at_text)), np.diff(rare.indptr))
        strength[at_text[row], rare.indices] += rare.data * weights[0][at_text[row]]
    if likes is not None and len(at_likes):
        strength[at_likes] += likes.soft(kin, weights[1][at_likes])
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
    place, paper = np.nonzero(top > np.exp(SHARPNESS * least)[:, None] * np.float32(1 - 1e-5))
    # From here on one for each facet of each taste and paper.
    firsts = np.array([of[taste].start for taste in disliking])[place]
    counts = np.array([len(company.facets[taste]) for taste in disliking])[place]
    pair = np.repeat(np.arange(len(place)), counts)
    row = firsts[pair] + np.arange(len(pair)) - (np.cumsum(counts) - counts)[pair]
    near = (np.log(top[place, paper]) / np.float32(SHARPNESS))[pair]
    own = least[place[pair]]
    liked = np.array([-1 if one.liked is None else one.liked for one in every])[row]
    at = np.flatnonzero(liked >= 0)
    if len(at) and company.likes is not None:
        sets, held = entries(company.likes.mean, liked[at])
        each = kin.sharp[company.likes.mean.indices[held], paper[pair[at]][sets]]
        best = np.maximum.reduceat(each, np.flatnonzero(np.diff(sets, prepend=-1)))
        own[at] = np.maximum(own[at], np.log(best) / np.float32(SHARPNESS))
    taken = np.maximum(near - own, 0) * (np.float32(DISLIKE) / spread[place[pair]])
    strength[row, paper[pair]] -= taken
    is_held = np.zeros(len(place), dtype=np.bool_)
    is_held[pair[taken > 0]] = True
    return np.array(disliking, dtype=np.intp)[place[is_held]], paper[is_held]


def _weights(some: Sequence[Facet]) -> tuple[Floats, Floats]:
    """(facets,) what a deviation of the text, and of the likes, counts for."""
    text = np.array([one.text_weight for one in some], dtype=np.float32)
    unit = np.array([one.unit for one in some], dtype=np.float32)
    return text / unit, (1 - text) / unit


def _rows(places: Sequence[int | None]) -> tuple[Places, Places]:
    """(at, of) of those that are not None: where they stand, and what they are."""
    at = np.array([i for i, one in enumerate(places) if one is not None], dtype=np.intp)
    return at, np.array([one for one in places if one is not None], dtype=np.intp)
