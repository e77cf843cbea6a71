"""An encoder that remembers: what many digests ask for is encoded once, not once for each batch.

A thousand new papers have some eight thousand sentences, and any of them may be the one that shows
a reason. A search asks for its own text twice, and for the sentences of much the same papers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from matching.encoder import Encoder

if TYPE_CHECKING:
    from matching.library import Library
    from storage.records import Vector, Vectors

MOST = 20_000
"""Texts that are remembered: 30 MB for vectors of 384 numbers."""


class Remembered:
    """`encoder`, with the vectors of the texts it was asked for last."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vector] = {}

    @classmethod
    def of(cls, library: "Library") -> "Remembered":
        """The library's encoder, with what digests and searches asked for before."""
        known: Remembered = library.memory.setdefault("texts", cls(library.encoder))
        return known

    @property
    def identity(self) -> str:
        """That of the encoder."""
        return self._encoder.identity

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        """(len(texts), dim) float32 unit rows in the order of `texts`; none give (0, dim)."""
        missing = list(dict.fromkeys(one for one in texts if one not in self._known))
        made = dict(zip(missing, await self._encoder.encode(missing), strict=True))
        found = self._known | made
        rows = [found[one] for one in texts]
        if len(found) > MOST:
            # Copies: a row alone would keep all that were encoded together with it.
            found = {one: found[one].copy() for one in texts} if len(made) < MOST else {}
        self._known = found
        return np.stack(rows) if rows else np.zeros((0, self.dim), dtype=np.float32)

    async def aclose(self) -> None:
        """The encoder is closed by whoever opened it."""
