"""Text to vectors: the one room that knows torch, sentence-transformers and OpenVINO.

All are imported inside `load_encoder`, on the encoder's own thread, so that a command that
needs no model never pays for them. An encoder's `identity` is made of the weights themselves:
vectors of two identities must never be compared.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from matching.encoder import backends, weights
from matching.encoder.backends import Backend, Choice
from matching.encoder.lanes import Lanes, is_patient, patiently
from matching.encoder.weights import BUNDLED, MAX_TOKENS, ModelUnavailable

if TYPE_CHECKING:
    from storage.records import Entry, Paper, Vectors

SLICE = 4
"""Texts at a time: a query waits for one slice, not for a whole dump. Slices of 4, 8, 16 and 32
abstracts are read equally fast on 2 cores, and 4 take a quarter of the time of 16."""

T = TypeVar("T")

__all__ = [
    "BUNDLED",
    "MAX_TOKENS",
    "Backend",
    "Choice",
    "Encoder",
    "LocalEncoder",
    "ModelUnavailable",
    "load_encoder",
    "paper_text",
    "patiently",
]


class Encoder(Protocol):
    """What turns texts into unit vectors of one space."""

    @property
    def identity(self) -> str:
        """Stored beside vectors: architecture, dimensions, token limit and a digest of weights."""

    @property
    def dim(self) -> int:
        """Length of a vector."""

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        """(len(texts), dim) float32 unit rows in the order of `texts`; none give (0, dim)."""

    async def aclose(self) -> None:
        """Let the thread go; what is being encoded is finished first."""


def paper_text(paper: "Paper | Entry") -> str:
    """What of a paper is embedded: its title as a sentence, then its abstract."""
    title, abstract = paper.title.strip(), paper.abstract.strip()
    if not title or not abstract:
        return title or abstract
    return f"{title} {abstract}" if title[-1] in ".?!" else f"{title}. {abstract}"


async def load_encoder(model: str | None = None, choice: Choice = "auto") -> "LocalEncoder":
    """The encoder named by `model`: a folder or an id of sentence-transformers; None: the bundled.

    The bundled model never touches the network. `choice` is what computes it, where that can;
    the encoder's `backend` says what does, and why nothing faster. Raises ModelUnavailable.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")

    def load() -> tuple[Any, Backend, str]:
        plain = weights.bundled() if model is None else weights.load(model)
        identity = weights.identity(plain)
        chosen, backend = backends.choose(plain, identity, choice)
        return chosen, backend, backend.identity(identity)

    try:
        loaded, backend, identity = await _on(thread, load)
    except BaseException:
        thread.shutdown(wait=False)
        raise
    return LocalEncoder(loaded, identity, thread, backend)


class LocalEncoder:
    """A sentence-transformers model on its own thread."""

    def __init__(
        self, model: Any, identity: str, thread: ThreadPoolExecutor, backend: Backend
    ) -> None:
        self._model = model
        self._thread = thread
        self._lanes = Lanes()
        self.identity = identity
        self.backend = backend
        self.dim = int(model.get_embedding_dimension())

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        """(len(texts), dim) float32 unit rows in the order of `texts`; none give (0, dim)."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        longest_first = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        # Somebody who waits gets all in one turn, or a slice of others would come after each.
        turn = len(texts) if not is_patient() else SLICE
        for first in range(0, len(texts), max(turn, 1)):
            async with self._lanes.turn():
                for start in range(first, min(first + turn, len(texts)), SLICE):
                    rows = longest_first[start : start + SLICE]
                    chosen = [texts[i] for i in rows]
                    vectors[rows] = await _on(self._thread, partial(self._encode, chosen))
        return vectors

    def _encode(self, texts: list[str]) -> "Vectors":
        return backends.unit_rows(self._model, texts)

    async def aclose(self) -> None:
        """Let the thread go; what is being encoded is finished first."""
        await asyncio.to_thread(self._thread.shutdown)


async def _on(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
