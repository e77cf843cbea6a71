"""What profiles want, taken apart: each interest on its own, with the likes that fit it.

Likes that fit no interest form a facet of their own; interests are never averaged. Disliked papers
hold down what is nearer to them than to anything liked. Many profiles are taken apart together:
what they share is worked out once, and one alone is a company of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching import boosts, words
from matching.background import Background
from matching.joined import Joined, joined
from matching.likeness import Docs, docs
from matching.likes import EXPANSION_MOST, Likes, of_likes
from matching.products import entries, times
from matching.strands import deviation, scale
from matching.taste import Taste
from matching.texts import Texts, of_texts
from matching.words import Terms

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

JOINS = 1.0
"""Deviations above the background from which a like belongs to an interest."""

TEXT = 0.5
"""Liked papers that an interest's own text weighs as much as."""

FADING = timedelta(days=3 * 365)
"""A like counts half as much as another of its facet that came so much later."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Facet:
    """One thing that a profile wants."""

    interest: int | None
    """Place in `Taste.interests`; None: liked papers that fit no interest."""
    likes: tuple[int, ...]
    """Places in `Taste.votes`, oldest first."""
    boosts: tuple[Terms, ...]
    """Words that its text marks as counting extra."""
    text: int | None
    """Its row in `Company.texts`."""
    liked: int | None
    """Its row in `Company.likes`."""
    text_weight: float
    """0..1; the likes weigh the rest."""
    unit: float
    """What counts as one deviation of the two together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Company:
    """Some profiles, taken apart against one background."""

    tastes: tuple[Taste, ...]
    background: Background
    bags: words.Bags
    """The words of each row of `texts`."""
    texts: Texts | None
    docs: Docs
    likes: Likes | None
    facets: tuple[tuple[Facet, ...], ...]
    """By taste."""
    near: dict[int, tuple[float, float]]
    """By taste with a dislike: mean and deviation of stored papers' nearest likeness to one."""
    joined: Joined

    @cached_property
    def asked(self) -> dict[tuple[int, int], dict[int, float]]:
        """By taste and facet: what was worked out of the words that it asks for."""
        return {}

    def asks(self, taste: int, facet: int) -> dict[int, float]:
        """The words that a facet asks for, single and in pairs, with how much."""
        known = self.asked.get((taste, facet))
        if known is None:
            known = self.asked[taste, facet] = self._asks(self.facets[taste][facet])
        return known

    def _asks(self, facet: Facet) -> dict[int, float]:
        """Those of the interest, or without one of the liked papers."""
        if facet.text is not None:
            start, end = self.bags.counts.indptr[facet.text : facet.text + 2]
            held = self.bags.counts.indices[start:end]
            terms, counts = self.bags.columns[held], self.bags.counts.data[start:end]
        elif facet.liked is not None and self.likes is not None:
            view = self.docs.view
            some = self.likes.groups[facet.liked]
            at = entries(view.words, some)[1]
            held, place = np.unique(view.words.indices[at], return_inverse=True)
            counts = np.bincount(place, view.words.data[at]) / len(some)
            terms = view.bags.columns[held]
        else:
            return {}
        weights = (counts * self.background.idf(terms)).astype(np.float32)
        return dict(zip(terms.tolist(), weights.tolist(), strict=True))


def facets(taste: Taste, background: Background) -> tuple[Facet, ...]:
    """Each interest with the likes that fit it best, then the likes that are left."""
    with background.working:
        return taken_apart([taste], background).facets[0]


def taken_apart(tastes: Sequence[Taste], background: Background) -> Company:
    """The facets of many profiles; whoever calls holds `background.working`."""
    texts = [one.text for taste in tastes for one in taste.interests]
    bags = words.count(texts)
    made = None
    if texts:
        rows = np.concatenate([taste.interest_vectors for taste in tastes])
        made = of_texts(rows, bags, background)
    voted = docs(tastes, background)
    parts, groups, ages = _parts(tastes, made, voted, background)
    likes = of_likes(groups, ages, voted, background) if groups else None
    weights, units = _scales(parts, made, likes)
    each = iter(range(len(parts)))
    found: list[list[Facet]] = [[] for _ in tastes]
    for (place, interest, own, text, liked), at in zip(parts, each, strict=True):
        spoken = "" if interest is None else tastes[place].interests[interest].text
        found[place].append(
            Facet(
                interest=interest,
                likes=own,
                boosts=boosts.boosted(spoken) if "+" in spoken else (),
                text=text,
                liked=liked,
                text_weight=float(weights[at]),
                unit=float(units[at]),
            )
        )
    return Company(
        tastes=tuple(replace(taste) for taste in tastes),  # without their memory, which holds this
        background=background,
        bags=bags,
        texts=made,
        docs=voted,
        likes=likes,
        facets=tuple(tuple(some) for some in found),
        near=_near(tastes, voted, background),
        joined=joined([one for some in found for one in some], made, likes, background),
    )


_Part = tuple[int, int | None, tuple[int, ...], int | None, int | None]
"""Place of the taste, place of the interest, places of the likes, row in texts, row in likes."""


def _parts(
    tastes: Sequence[Taste], texts: Texts | None, voted: Docs, background: Background
) -> tuple[list[_Part], list[Places], list[Floats]]:
    """Every facet's parts, and of each set of likes its rows of `voted` and what each counts."""
    parts: list[_Part] = []
    groups: list[Places] = []
    ages: list[Floats] = []
    first = 0
    fits = {} if texts is None else _fits(tastes, texts, voted, background)
    for place, taste in enumerate(tastes):
        own: list[list[int]] = [[] for _ in taste.interests]
        left = taste.liked
        if place in fits:
            fit = fits[place]
            best = fit.argmax(axis=0)
            joins = fit[best, np.arange(len(left))] >= JOINS
            left = []
            for vote, owner, is_owned in zip(
                taste.liked, best.tolist(), joins.tolist(), strict=True
            ):
                (own[owner] if is_owned else left).append(vote)
        every: list[tuple[int | None, list[int]]] = [*enumerate(own)]
        for interest, likes in [*every, *([(None, left)] if left else [])]:
            group = None
            if likes:
                group = len(groups)
                groups.append(voted.of[place][likes])
                ages.append(_by_age([taste.votes[like].voted_at for like in likes]))
            text = None if interest is None else first + interest
            parts.append((place, interest, tuple(likes), text, group))
        first += len(taste.interests)
    return parts, groups, ages


def _fits(
    tastes: Sequence[Taste], texts: Texts, voted: Docs, background: Background
) -> dict[int, Floats]:
    """By taste with interests and likes: (interests, likes) how well each like fits each."""
    firsts = np.cumsum([0, *(len(taste.interests) for taste in tastes)]).tolist()
    both = [place for place, taste in enumerate(tastes) if taste.interests and taste.liked]
    few = [place for place in both if len(tastes[place].liked) <= EXPANSION_MOST]
    found = {}
    for place in sorted(set(both).difference(few)):
        rows = slice(*firsts[place : place + 2])
        liked = voted.of[place][tastes[place].liked]
        fit = times(texts.query[rows], voted.view.dense[liked]) - texts.offsets[0][rows][:, None]
        found[place] = fit + texts.words(rows, voted.view.rows(liked), background)
    if few:  # each text with each like of its own profile only, and what stored papers say is known
        sizes = [(len(tastes[place].interests), len(tastes[place].liked)) for place in few]
        text = np.concatenate(
            [
                np.repeat(np.arange(firsts[place], firsts[place + 1]), likes)
                for place, (_, likes) in zip(few, sizes, strict=True)
            ]
        )
        row = np.concatenate(
            [
                np.tile(voted.of[place][tastes[place].liked], interests)
                for place, (interests, _) in zip(few, sizes, strict=True)
            ]
        )
        each = (texts.query[text] * voted.view.dense[row]).sum(axis=1) - texts.offsets[0][text]
        each += texts.words_to(voted, row, text, background)
        ends = np.cumsum([interests * likes for interests, likes in sizes])[:-1]
        for place, size, fit in zip(few, sizes, np.split(each, ends), strict=True):
            found[place] = fit.reshape(size)
    return found


def _by_age(voted: Sequence[datetime]) -> Floats:
    """(likes,) how much each counts beside the others; the mean is 1."""
    newest = max(voted)
    found: Floats = np.exp2([(at - newest) / FADING for at in voted]).astype(np.float32)
    found /= found.mean()
    return found


def _scales(
    parts: Sequence[_Part], texts: Texts | None, likes: Likes | None
) -> tuple[Floats, Floats]:
    """(facets,) how much the text weighs, and what counts as one deviation."""
    weights = np.array([float(text is not None) for *_, text, _ in parts], dtype=np.float32)
    units = np.ones(len(parts), dtype=np.float32)
    both = [at for at, (*_, text, liked) in enumerate(parts) if None not in (text, liked)]
    if not both or texts is None or likes is None:
        return weights, units
    count = np.array([len(parts[at][2]) for at in both], dtype=np.float32)
    text, liked = (np.array([parts[at][one] for at in both], dtype=np.intp) for one in (3, 4))
    share = (TEXT / (TEXT + count)).astype(np.float32)
    total = texts.standing.on_sample[text] * share[:, None]
    total += likes.standing.on_sample[liked] * (1 - share)[:, None]
    contrast = texts.standing.contrast[text] * share
    contrast += likes.standing.contrast[liked] * (1 - share)
    weights[both] = share
    units[both] = deviation(total, contrast) / contrast
    return weights, units


def _near(
    tastes: Sequence[Taste], voted: Docs, background: Background
) -> dict[int, tuple[float, float]]:
    disliking = [place for place, taste in enumerate(tastes) if taste.disliked]
    if not disliking:
        return {}
    rows = [voted.of[place][tastes[place].disliked] for place in disliking]
    kin = voted.voted.to(background.sample)
    kin.known(voted, np.unique(np.concatenate(rows)))
    level, spread = scale(kin.nearest([voted.slots[one] for one in rows]), 0.1, 0.1)
    return {
        place: (mean, deviation)
        for place, mean, deviation in zip(disliking, level.tolist(), spread.tolist(), strict=True)
    }
