"""An encoder without a model: a text is the sum of its words' random vectors.

Texts that share words are near to each other, the same text is always the same vector, and a second
instance of another `name` is another space.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from storage.records import Vectors


class WordsEncoder:
    def __init__(self, name: str = "words", dim: int = 64) -> None:
        self.identity = f"{name}-{dim}"
        self.backend = "words"
        self.dim = dim
        self.encoded: list[str] = []

    async def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded += texts
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for place, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()) or [""]:
                rows[place] += _vector(f"{self.identity} {word}", self.dim)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    async def aclose(self) -> None:
        pass


@lru_cache(maxsize=100_000)
def _vector(word: str, dim: int) -> np.ndarray:
    seed = hashlib.sha256(word.encode()).digest()
    return np.random.default_rng(list(seed)).standard_normal(dim).astype(np.float32)
