"""BM25 over portions, as FTS5 computes it: Okapi's with k1 = 1.2 and b = 0.75, a word of the title
counting twice, https://www.sqlite.org/fts5.html#the_bm25_function.

All papers are ranked by all words, and yet few papers are looked at by most of them: once there are
as many good papers as are wanted, common words can't make another paper as good, and are looked up
only for those that rarer words have brought near (MaxScore, Turtle & Flood 1995).
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from storage.portions import OFTEN, Held, Portion
from storage.varints import Counts

K1, B = 1.2, 0.75
LEAST = 1e-6
"""What a word weighs that stands in half of the papers or more."""

SLACK = 2e-6
"""Share of what all words may give: sums of many numbers differ by how they are summed."""

Floats = npt.NDArray[np.float32]
Found = list[tuple[int, float]]
"""(seq, score), best first; a higher score is better."""


def norms(portion: Portion, gone: Counts, mean: float) -> Floats:
    """What the length of each paper makes of how often a word stands in it; of one that is `gone`
    nothing is left."""
    found = (K1 * (1 - B) + K1 * B / mean * portion.sizes).astype(np.float32)
    found[gone] = np.inf
    return found


def best(
    portions: Sequence[Portion],
    norms_of: Sequence[Floats],
    papers: int,
    terms: Sequence[bytes],
    limit: int,
) -> Found:
    """The best `limit` of all papers; of equals the one with the lowest seq.

    papers: how many there are.  terms: each once.
    """
    if not portions or not terms:
        return []
    held = [[one.held(term) for term in terms] for one in portions]
    weights = []
    for every in zip(*held, strict=True):
        count = sum(one.count for one in every if one is not None)
        rarity = math.log((papers - count + 0.5) / (count + 0.5)) if 2 * count < papers else 0.0
        weights.append((K1 + 1) * max(LEAST, rarity) if count else 0.0)
    usual = [n for n, weight in enumerate(weights) if weight > LEAST * (K1 + 1)]
    order = sorted(usual or range(len(terms)), key=lambda n: -weights[n])
    scores, seqs, floor = np.empty(0, np.float32), np.empty(0, np.int64), 0.0
    for portion, norm, words in zip(portions, norms_of, held, strict=True):
        asked = [(words[n], weights[n]) for n in order]
        places, found = _of_portion(norm, asked, floor)
        scores = np.concatenate([scores, found])
        seqs = np.concatenate([seqs, portion.seqs[places]])
        if len(scores) > limit:
            kept = np.lexsort((seqs, -scores))[:limit]
            scores, seqs, floor = scores[kept], seqs[kept], float(scores[kept[-1]])
    kept = np.lexsort((seqs, -scores))
    return list(zip(seqs[kept].tolist(), scores[kept].tolist(), strict=True))


def _of_portion(
    norm: Floats, asked: Sequence[tuple[Held | None, float]], floor: float
) -> tuple[Counts, Floats]:
    """Papers that may reach the floor, and their scores.

    asked: words and their weights, the heaviest first, which are the most that they can give.
    """
    left = np.cumsum([0.0, *[weight for _, weight in asked[::-1]]])[::-1]
    slack = SLACK * left[0]
    total = np.zeros(len(norm), np.float32)
    done = 0
    while done < len(asked) and left[done] >= floor:
        _add(total, norm, *asked[done])
        done += 1
    least = floor - left[done] if done < len(asked) else floor
    places = np.flatnonzero(total >= max(least - slack, 1e-12))
    scores = total[places]
    for number in range(done, len(asked)):
        _add_to(scores, places, norm, *asked[number])
        kept = scores >= floor - left[number + 1] - slack
        places, scores = places[kept], scores[kept]
    return places, scores


def _add(total: Floats, norm: Floats, held: Held | None, weight: float) -> None:
    """What a word gives to all papers of a portion."""
    if held is None:
        return
    often = (held.often & OFTEN).astype(np.float32)
    if held.places is None:
        own = often + norm
        often *= np.float32(weight)
        often /= own
        total += often
        return
    places = held.places.astype(np.intp)
    own = norm.take(places, mode="clip")
    own += often
    often *= np.float32(weight)
    often /= own
    np.add.at(total, places, often)


def _add_to(scores: Floats, places: Counts, norm: Floats, held: Held | None, weight: float) -> None:
    """What it gives to some."""
    if held is None or not len(places):
        return
    if held.places is None:
        often = (held.often[places] & OFTEN).astype(np.float32)
    else:
        at = np.searchsorted(held.places, places.astype(np.uint16))
        at[at == len(held.places)] = 0
        often = (held.often[at] & OFTEN).astype(np.float32)
        often[held.places[at] != places] = 0
    scores += often * np.float32(weight) / (often + norm[places])
