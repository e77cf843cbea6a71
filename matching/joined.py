"""What all facets of a company ask of papers, joined: one query of meaning and one of words.

It is readied with the profiles. Scoring papers is then one product of dense matrices, and one of a
sparse matrix with a table of words (see `likeness.Lent`), for all facets together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.likes import Likes
from matching.products import TOGETHER, scaled, spread_out
from matching.texts import Texts

if TYPE_CHECKING:
    from matching.facets import Facet

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class Joined:
    """The facets of a company as rows of matrices, with their weights laid on."""

    query: Floats
    """(facets and more, 2 * dim) what `View.dense` is multiplied by; rows that are more are 0."""
    words: sp.csr_array
    """(facets, rows of `Lent`) what is taken off, words of texts, and of those that speak."""
    spoken: tuple[Places, Places]
    """Which stored papers speak for texts, and for likes."""
    of_text: tuple[Places, Floats]
    """Where facets with a text stand, and what a deviation of it counts for."""
    of_likes: tuple[Places, Floats]
    """The same of facets with likes, in the order of the sets."""
    liked: sp.csr_array
    """(sets, slots) the words of the likes themselves."""
    rows: Places
    """Of `Docs`: every paper that is liked."""


def joined(
    every: Sequence["Facet"], texts: Texts | None, likes: Likes | None, background: Background
) -> Joined:
    """The facets of a company, in its order: that of their texts, and of their likes."""
    count, dim = len(every), 2 * len(background.mean)
    text, liked = weights(every)
    query = np.zeros((count + -count % TOGETHER, dim), dtype=np.float32)
    offsets = np.zeros(count, dtype=np.float32)
    nothing = sp.csr_array((count, len(background.stored)), dtype=np.float32)
    own = sp.csr_array((count, len(background.common)), dtype=np.float32)
    said = by_likes = nothing
    at_text, of = placed([one.text for one in every])
    if texts is not None and len(at_text):
        each = text[at_text]
        query[at_text] += texts.query[of] * each[:, None]
        offsets[at_text] += texts.offsets[:, of].sum(axis=0) * each
        own = spread_out(texts.own.common, at_text, count, each)
        said = spread_out(texts.said, at_text, count, each)
    at_likes, of = placed([one.liked for one in every])
    mean, rows = sp.csr_array((0, 0), dtype=np.float32), np.zeros(0, dtype=np.intp)
    if likes is not None and len(at_likes):
        each = liked[at_likes]
        query[at_likes] += likes.query[of] * each[:, None]
        offsets[at_likes] += likes.offsets[:, of].sum(axis=0) * each
        by_likes = spread_out(likes.said, at_likes, count, each)
        mean = scaled(likes.mean, each=each * likes.standing.factors[4])
        rows = np.unique(np.concatenate(likes.groups))
    taken = sp.csr_array(-offsets[:, None])
    return Joined(
        query=query,
        words=sp.csr_array(sp.hstack([taken, own, said, by_likes], format="csr")),
        spoken=(said.indices, by_likes.indices),
        of_text=(at_text, text[at_text]),
        of_likes=(at_likes, liked[at_likes]),
        liked=mean,
        rows=rows,
    )


def weights(some: Sequence["Facet"]) -> tuple[Floats, Floats]:
    """(facets,) what a deviation of the text, and of the likes, counts for."""
    text = np.array([one.text_weight for one in some], dtype=np.float32)
    unit = np.array([one.unit for one in some], dtype=np.float32)
    return text / unit, (1 - text) / unit


def placed(places: Sequence[int | None]) -> tuple[Places, Places]:
    """(at, of) of those that are not None: where they stand, and what they are."""
    at = np.array([i for i, one in enumerate(places) if one is not None], dtype=np.intp)
    return at, np.array([one for one in places if one is not None], dtype=np.intp)
