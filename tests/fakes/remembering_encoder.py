"""A real encoder that encodes each text once for all tests."""

from collections.abc import Sequence

import numpy as np

from matching.encoder import Encoder
from storage.records import Vector, Vectors


class RememberingEncoder:
    def __init__(self, encoder: Encoder) -> None:
        self.backend = encoder.backend
        self.identity, self.dim = encoder.identity, encoder.dim
        self._encoder = encoder
        self._known: dict[str, Vector] = {}

    async def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, await self._encoder.encode(new), strict=True))
        rows = [self._known[text] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), self.dim)

    async def aclose(self) -> None:
        pass
