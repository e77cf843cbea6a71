"""Which sentence of an abstract shows what a paper has in common with what was asked, by words.

A digest has time to ask the model which sentence is nearest. Whoever searches is waiting, and the
sentences of eight abstracts are half a second of a small encoder.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from matching import words
from matching.pool import K1, B
from matching.sentences import sentences
from matching.telling import SAYS_NOTHING
from storage.records import Paper


def quoted(asks: Mapping[int, float], paper: Paper) -> str | None:
    """The sentence that says most of what is asked; None: no abstract.

    asks: terms and what each is worth, single words and pairs of neighbours.  A sentence is worth
    its BM25. Where none holds any of it, the one that says most of the title.
    """
    found = sentences(paper.abstract)
    if len(found) < 2:
        return found[0] if found else None
    cut = [words.spans(one) for one in found]
    for wanted in (asks, dict.fromkeys(_terms(words.spans(paper.title)), 1.0)):
        worth = _worth(wanted, cut)
        if worth.any():
            return found[int(np.argmax(worth))]
    return found[0]


def _worth(
    asks: Mapping[int, float], cut: Sequence[Sequence[tuple[str, str]]]
) -> npt.NDArray[np.float32]:
    lengths = np.array([len(one) for one in cut], dtype=np.float32)
    held = [sum(max(asks.get(term, 0.0), 0.0) for term in _terms(one)) for one in cut]
    damping = 1 + K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
    found: npt.NDArray[np.float32] = (np.array(held) / damping).astype(np.float32)
    return found


def _terms(spans: Sequence[tuple[str, str]]) -> set[int]:
    """Words that tell a person something, and pairs with one of them."""
    ids = [words.term(stem) for stem, _ in spans]
    tells = [piece not in SAYS_NOTHING for _, piece in spans]
    found = {one for one, does in zip(ids, tells, strict=True) if does}
    pairs = words.pairs(np.array(ids, dtype=np.uint64)).tolist()
    found.update(
        one for one, first, second in zip(pairs, tells, tells[1:], strict=False) if first or second
    )
    return found
