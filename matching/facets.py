"""What a profile wants, taken apart: each interest on its own, with the likes that fit it.

Likes that fit no interest form a facet of their own; interests are never averaged. Disliked papers
hold down what is nearer to them than to anything liked.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from matching import boosts, words
from matching.background import Background
from matching.pool import View
from matching.signals import of_likes, of_text
from matching.strands import Strand, deviation, scale
from matching.taste import Taste
from matching.words import Terms
from storage.records import Paper

Floats = npt.NDArray[np.float32]

JOINS = 1.0
"""Deviations above the background from which a like belongs to an interest."""

TEXT = 0.5
"""Liked papers that an interest's own text weighs as much as."""

DISLIKE = 0.25
"""Weight of likeness to a disliked paper ..."""

DISLIKED_FROM = 2.0
"""... beyond so many deviations above the background."""

SAYS_NOTHING = frozenset(
    (
        "a an and are as at be been being but by can do does for from had has have how if in into "
        "is it its more most no nor not of off on or our out over so some such than that the their "
        "them then there these they this those to under up us via was we were what when where "
        "which while who why will with without you your"
    ).split()
)
"""Words that count in a small store and tell a person nothing."""

READ = 2000
"""Papers whose words are kept: many profiles are told of the same."""

REMEMBERED = 2000
"""Interests whose strands are kept with a background."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Facet:
    """One thing that a profile wants."""

    interest: int | None
    """Place in `Taste.interests`; None: liked papers that fit no interest."""
    likes: tuple[int, ...]
    """Places in `Taste.votes`, oldest first."""
    boosts: tuple[Terms, ...]
    """Words that its text marks as counting extra."""
    by_text: Strand | None
    by_likes: Strand | None
    text_weight: float
    """0..1; the likes weigh the rest."""
    unit: float
    """What counts as one deviation of the two together."""
    liked: View | None
    """The liked papers."""
    disliked: View | None
    """Every disliked paper of the profile."""
    near: tuple[float, float]
    """Mean and standard deviation of the nearest likeness to a disliked paper."""
    terms: Terms
    """What it asks for in words, ..."""
    asked: Floats
    """... and how much."""

    def strength(self, view: View) -> Floats:
        """(papers,) deviations above the background, less what dislikes take away."""
        by_text, by_likes = self.parts(view)
        found: Floats = by_text.sum(axis=0) + by_likes.sum(axis=0) - self.held_down(view)
        return found

    def parts(self, view: View) -> tuple[Floats, Floats]:
        """What the text and what the likes bring: (2, papers) each, by meaning and by words."""
        nothing = np.zeros((2, len(view.plain)), dtype=np.float32)
        text, likes = self.text_weight / self.unit, (1 - self.text_weight) / self.unit
        asked = nothing if self.by_text is None else text * self.by_text.measure(view)
        if self.boosts:
            asked[1] += boosts.lift(self.boosts, view)
        return (
            asked,
            nothing if self.by_likes is None else likes * self.by_likes.measure(view),
        )

    def held_down(self, view: View) -> Floats:
        """(papers,) deviations taken away for likeness to disliked papers."""
        if self.disliked is None:
            return np.zeros(len(view.plain), dtype=np.float32)
        level, spread = self.near
        near = (view.half @ self.disliked.half.T).max(axis=1)
        if self.liked is None:
            like = np.full(len(view.plain), level + DISLIKED_FROM * spread)
        else:
            own = (view.half @ self.liked.half.T).max(axis=1)
            like = np.maximum(own, level + DISLIKED_FROM * spread)
        found: Floats = DISLIKE * np.maximum(near - like, 0) / spread
        return found

    def shares(self, view: View) -> Floats:
        """(likes,) each like's share, 0..1, in what the likes bring for one paper."""
        if self.by_likes is None or self.by_likes.apart is None:
            return np.zeros(0, dtype=np.float32)
        each = self.by_likes.apart(view)
        kept = np.maximum(each, 0) if (each > 0).any() else each - each.min() + 1e-6
        found: Floats = kept / kept.sum()
        return found

    def common(self, paper: Paper, most: int) -> tuple[str, ...]:
        """Words of the paper that are asked for, weightiest first, in lower case."""
        weigh = self._weigh
        found = [
            (weigh[term], piece)
            for term, piece in _telling(f"{paper.title}\n{paper.abstract}")
            if weigh.get(term, 0.0) > 0
        ]
        ranked = sorted(found, key=lambda one: -one[0])
        return tuple(piece for _, piece in ranked[:most])

    @cached_property
    def _weigh(self) -> dict[int, float]:
        return dict(zip(self.terms.tolist(), self.asked.tolist(), strict=True))


@lru_cache(maxsize=READ)
def _telling(text: str) -> tuple[tuple[int, str], ...]:
    """(term, the word as it is written first) for each word of `text` that tells a person much."""
    found: dict[str, str] = {}
    for stem, piece in words.spans(text):
        if piece not in SAYS_NOTHING:
            found.setdefault(stem, piece)
    return tuple((words.term(stem), piece) for stem, piece in found.items())


def facets(taste: Taste, background: Background) -> tuple[Facet, ...]:
    """Each interest with the likes that fit it best, then the likes that are left.

    They are kept with the taste until another background asks.
    """
    kept: tuple[Background, tuple[Facet, ...]] | None = taste.memory.get("facets")
    if kept is None or kept[0] is not background:
        kept = (background, _taken_apart(taste, background))
        taste.memory["facets"] = kept
    return kept[1]


def _taken_apart(taste: Taste, background: Background) -> tuple[Facet, ...]:
    texts = [text_strand(taste, i, background) for i in range(len(taste.interests))]
    owner = _owners(texts, taste, background)
    found = [
        _facet(taste, background, i, tuple(v for v in taste.liked if owner[v] == i), text)
        for i, text in enumerate(texts)
    ]
    left = tuple(v for v in taste.liked if owner[v] is None)
    if left:
        found.append(_facet(taste, background, None, left, None))
    return tuple(found)


def text_strand(taste: Taste, place: int, background: Background) -> Strand:
    """The strand of an interest's text, worked out once for each background."""
    key = (taste.interests[place].text, taste.interest_vectors[place].tobytes())
    known: Strand | None = background.memory.get(key)
    if known is None:
        known = of_text(taste.interest_vectors[place], taste.interest_bags, place, background)
        if len(background.memory) >= REMEMBERED:
            background.memory.clear()
        background.memory[key] = known
    return known


def _owners(texts: list[Strand], taste: Taste, background: Background) -> dict[int, int | None]:
    """For each liked vote the interest that it fits best, or None."""
    if not texts or not taste.liked:
        return dict.fromkeys(taste.liked)
    view = taste.library.view(background).rows(taste.liked)
    fit = np.stack([text.measure(view).sum(axis=0) for text in texts])
    best = fit.argmax(axis=0).tolist()
    return {
        vote: owner if fit[owner, i] >= JOINS else None
        for i, (vote, owner) in enumerate(zip(taste.liked, best, strict=True))
    }


def _facet(
    taste: Taste,
    background: Background,
    interest: int | None,
    likes: tuple[int, ...],
    text: Strand | None,
) -> Facet:
    liked = taste.library.view(background).rows(likes) if likes else None
    by_likes = None if liked is None else of_likes(liked, background)
    if text is None or by_likes is None:
        weight, unit = (0.0 if text is None else 1.0), 1.0
    else:
        weight = TEXT / (TEXT + len(likes))
        sample = background.sample
        both = weight * text.measure(sample) + (1 - weight) * by_likes.measure(sample)
        contrast = weight * text.contrast + (1 - weight) * by_likes.contrast
        unit = deviation(both.sum(axis=0), contrast) / contrast
    disliked = taste.library.view(background).rows(taste.disliked) if taste.disliked else None
    near = (0.0, 1.0)
    if disliked is not None:
        near = scale((background.sample.half @ disliked.half.T).max(axis=1), 0.1, 0.1)
    terms, asked = _asked(taste, interest, liked, background)
    return Facet(
        interest=interest,
        likes=likes,
        boosts=() if interest is None else boosts.boosted(taste.interests[interest].text),
        by_text=text,
        by_likes=by_likes,
        text_weight=weight,
        unit=unit,
        liked=liked,
        disliked=disliked,
        near=near,
        terms=terms,
        asked=asked,
    )


def _asked(
    taste: Taste, interest: int | None, liked: View | None, background: Background
) -> tuple[Terms, Floats]:
    """Single words and pairs of the interest, or without one of the liked papers, with weights."""
    if interest is not None:
        own = taste.interest_bags.counts[[interest]]
        terms, counts = taste.interest_bags.columns[own.indices], own.data
    elif liked is not None:
        counts = np.asarray(liked.words.mean(axis=0)).ravel()
        terms = liked.bags.columns
    else:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.float32)
    return terms, (counts * background.idf(terms)).astype(np.float32)
