"""A back end against plain float32, on a fixed sample of texts: how near, and how fast.

The sample is part of the answer: where it changes, what is remembered of it no longer counts.
"""

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.records import Vectors

ROUNDS = 3

_SENTENCES = (
    "We study how the cost of answering grows when a language model reads a longer context.",
    "Measured on three public collections, the proposed estimator halves the variance.",
    "Ice cores from two Alpine glaciers hold a record of volcanic sulphate since 1200.",
    "A graph network predicts the binding energy of small molecules within 0.1 eV.",
    "Existing benchmarks for robot grasping ignore transparent and deformable objects.",
    "We prove that every planar graph of girth at least five has such a colouring.",
    "Patients who received the drug early had fewer relapses, and no more infections.",
    "The code, the prompts and all annotations are released under a permissive licence.",
    "Diffusion models draw sharp images, yet need many steps; ours needs four.",
    "Bees returning to the hive change their dance when the food source is crowded.",
    "Our compiler fuses attention with its neighbours and keeps the cache on the chip.",
    "What remains open is whether the bound is tight for heavy-tailed noise (α < 2).",
)

SAMPLE = tuple(
    " ".join((_SENTENCES[first:] + _SENTENCES[:first])[:length])
    for first, length in enumerate((1, 12, 2, 10, 4, 8, 3, 12, 1, 6, 5, 11))
)
"""From one sentence to past 200 tokens, as titles and abstracts are."""

SAMPLE_DIGEST = hashlib.sha256("\n".join(SAMPLE).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a back end did on the sample."""

    cosine: float
    """Mean cosine with plain float32's vectors of the same texts."""
    ratio: float
    """Plain float32's time over the back end's; the fastest of some alternating rounds."""


def compare(
    plain: "Callable[[list[str]], Vectors]", other: "Callable[[list[str]], Vectors]"
) -> Trial:
    """Run both on the sample, by turns. Each gives unit rows."""
    texts = list(SAMPLE)
    cosine = float(np.mean(np.sum(plain(texts) * other(texts), axis=1, dtype=np.float64)))
    took: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(ROUNDS):
        for is_other in (False, True):
            start = time.perf_counter()
            (other if is_other else plain)(texts)
            took[is_other].append(time.perf_counter() - start)
    return Trial(cosine=cosine, ratio=min(took[False]) / min(took[True]))
