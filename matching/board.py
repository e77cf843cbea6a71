"""A board: how well every paper of a pool fits each profile of a company, and what carried it.

All is worked out for many profiles at once, as products over the papers that they share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from matching.boosts import lift
from matching.facets import Company, Facet
from matching.likeness import Kin
from matching.pool import Pool, View
from matching.products import times
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
    held_down: dict[int, Floats]
    """By taste with a dislike: (its facets, papers) what is taken away."""
    text_words: Floats
    """(texts, papers) what words bring to the texts; none where there are no texts."""
    like_words: Floats
    """(sets of likes, papers) the same of liked papers, ..."""
    soft: Floats
    """... what their soft maximum brings, ..."""
    spoken: Floats
    """... and, of the words, those of stored papers that speak for them."""
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
        at, of = _rows([one.text for one in some])
        if len(at) and texts is not None:
            meaning = (texts.query[of] * near[at]).sum(axis=1) - texts.offsets[0][of]
            found[at, 0, 0] = meaning * weights[0][at]
            found[at, 0, 1] = self.text_words[of, papers[at]] * weights[0][at]
        at, of = _rows([one.liked for one in some])
        if len(at) and likes is not None:
            meaning = (likes.query[of] * near[at]).sum(axis=1) - likes.offsets[0][of]
            found[at, 1, 0] = (meaning + self.soft[of, papers[at]]) * weights[1][at]
            found[at, 1, 1] = self.like_words[of, papers[at]] * weights[1][at]
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
        apart = likes.apart(places, papers[several], self.spoken, self.view, self.kin)
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
    nothing = np.zeros((0, len(view)), dtype=np.float32)
    weights = _weights(every)
    query = np.zeros((len(every), view.dense.shape[1]), dtype=np.float32)
    text_words = like_words = soft = spoken = nothing
    added = np.zeros((len(every), len(view)), dtype=np.float32)
    at, of = _rows([one.text for one in every])
    if texts is not None and len(at):
        query[at] += texts.query[of] * weights[0][at][:, None]
        text_words = texts.words(view, background)
        added[at] += (text_words[of] - texts.offsets[0][of][:, None]) * weights[0][at][:, None]
    at, of = _rows([one.liked for one in every])
    if likes is not None and len(at):
        kin.known(company.docs, np.unique(np.concatenate(likes.groups)))
        query[at] += likes.query[of] * weights[1][at][:, None]
        spoken, soft = likes.spoken(view, background), likes.soft(kin)
        like_words = likes.words(spoken, kin)
        brought = like_words + soft - likes.offsets[0][:, None]
        added[at] += brought[of] * weights[1][at][:, None]
    strength = times(query, view.dense)
    strength += added
    lifts = {row: lift(one.boosts, view) for row, one in enumerate(every) if one.boosts}
    for row, found in lifts.items():
        strength[row] += found
    rows = tuple(slice(*pair) for pair in pairwise(ends))
    held_down = _held_down(company, kin, every, rows)
    for taste, found in held_down.items():
        strength[rows[taste]] -= found
    return Board(
        company=company,
        papers=pool.papers,
        view=view,
        kin=kin,
        of=rows,
        facets=every,
        strength=strength,
        held_down=held_down,
        text_words=text_words,
        like_words=like_words,
        soft=soft,
        spoken=spoken,
        lifts=lifts,
    )


def _held_down(
    company: Company, kin: Kin, every: Sequence[Facet], rows: Sequence[slice]
) -> dict[int, Floats]:
    """By taste with a dislike: deviations taken away for likeness to disliked papers."""
    docs = company.docs
    disliking = [taste for taste in company.near if company.facets[taste]]
    if not disliking:
        return {}
    disliked = [docs.of[taste][company.tastes[taste].disliked] for taste in disliking]
    kin.known(docs, np.unique(np.concatenate(disliked)))
    near = kin.nearest([docs.slots[one] for one in disliked])
    liked = [one.liked for taste in disliking for one in every[rows[taste]]]
    groups = [] if company.likes is None else company.likes.groups
    own = iter(())
    if any(one is not None for one in liked):
        slots = [docs.slots[groups[one]] for one in liked if one is not None]
        own = iter(kin.nearest(slots))
    found = {}
    for place, taste in enumerate(disliking):
        level, spread = company.near[taste]
        least = np.float32(level + DISLIKED_FROM * spread)
        found[taste] = np.stack(
            [
                np.maximum(
                    near[place] - (least if one.liked is None else np.maximum(next(own), least)), 0
                )
                for one in every[rows[taste]]
            ]
        ) * np.float32(DISLIKE / spread)
    return found


def _weights(some: Sequence[Facet]) -> tuple[Floats, Floats]:
    """(facets,) what a deviation of the text, and of the likes, counts for."""
    text = np.array([one.text_weight for one in some], dtype=np.float32)
    unit = np.array([one.unit for one in some], dtype=np.float32)
    return text / unit, (1 - text) / unit


def _rows(places: Sequence[int | None]) -> tuple[Places, Places]:
    """(at, of) of those that are not None: where they stand, and what they are."""
    at = np.array([i for i, one in enumerate(places) if one is not None], dtype=np.intp)
    return at, np.array([one for one in places if one is not None], dtype=np.intp)
