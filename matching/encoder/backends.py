"""What computes the model: the fastest back end whose vectors are sound on this processor.

OpenVINO (an optional extra) first, then torch in bfloat16 where the processor computes in it, then
plain float32. Each is tried against float32 once, and the outcome is remembered.
"""

import copy
import sys
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from matching.encoder import kept
from matching.encoder.trial import SAMPLE, Trial, compare

if TYPE_CHECKING:
    from storage.records import Vectors

Choice = Literal["auto", "openvino", "torch", "float32"]

BATCH = 16

SAME = 0.999
"""Vectors whose mean cosine is above this may mix; otherwise they are another model's."""

SOUND = 0.99
"""Below this they are not this model's vectors in any useful sense (torch's int8: .91)."""


class Unsuited(Exception):
    """A back end that is not for this machine or model; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """What computes, and what is known of it."""

    name: str
    trial: Trial | None = None
    """None where it is plain float32 itself."""
    passed_over: tuple[str, ...] = ()
    """The faster ones, each with why it is not used."""

    def identity(self, model: str) -> str:
        """The identity of its vectors: the model's own, where they may mix with plain ones."""
        if self.trial is None or self.trial.cosine > SAME:
            return model
        return f"{model}-{self.name.replace(' ', '-')}"

    def __str__(self) -> str:
        said = self.name
        if self.trial is not None:
            said += f" ({self.trial.ratio:.1f} × float32, cosine {self.trial.cosine:.4f})"
        return "; no ".join([said, *self.passed_over])


def choose(model: Any, identity: str, choice: Choice) -> tuple[Any, Backend]:
    """The model as the fastest suitable back end computes it; float32 suits always."""
    ways: dict[str, Callable[[Any, str], tuple[Any, str, Trial]]] = {
        "openvino": _openvino,
        "bfloat16": _bfloat16,
    }
    wanted = {"torch": ["bfloat16"], "float32": []}.get(choice, list(ways))
    passed_over: list[str] = []
    for way in wanted:
        try:
            swift, name, trial = ways[way](model, identity)
            # One who names OpenVINO gets it wherever it is right, also where it is no faster.
            check(trial, must_be_faster=choice != way)
        except Unsuited as why:
            passed_over.append(f"{way}: {why}")
        else:
            return swift, Backend(name=name, trial=trial, passed_over=tuple(passed_over))
    return model, Backend(name="torch float32", passed_over=tuple(passed_over))


def check(trial: Trial, *, must_be_faster: bool = True) -> None:
    """Raise Unsuited where a trial speaks against its back end."""
    if not trial.cosine > SOUND:  # not a number is not sound either
        raise Unsuited(f"its vectors are off here (mean cosine {trial.cosine:.4f} with float32)")
    if must_be_faster and trial.ratio <= 1:
        raise Unsuited(f"slower than float32 here ({trial.ratio:.2f} times its speed)")


def unit_rows(model: Any, texts: list[str]) -> "Vectors":
    """(len(texts), dim) float32 unit rows."""
    found = model.encode(
        texts,
        batch_size=BATCH,
        convert_to_numpy=True,
        normalize_embeddings=True,
        show_progress_bar=False,
    )
    rows = np.asarray(found, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)  # bfloat16 rounds them off 1
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def abilities() -> frozenset[str]:
    """What this processor has, by torch's names: `avx512_bf16`, `amx_bf16`, `bf16` …"""
    import torch

    found = torch.cpu.get_capabilities()
    return frozenset(name for name, has in found.items() if has is True)


def computes_bfloat16(has: Collection[str]) -> bool:
    """In hardware, that is; in software it would be slower than float32."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(has))


def _bfloat16(model: Any, identity: str) -> tuple[Any, str, Trial]:
    import torch

    has = abilities()
    if not computes_bfloat16(has):
        raise Unsuited("this processor has no bfloat16 arithmetic")
    swift = copy.deepcopy(model).to(torch.bfloat16)

    def work(_: Path | None = None) -> Trial:
        return _compare(model, swift)

    place = kept.place("torch bfloat16", identity, torch.__version__, sorted(has))
    trial = kept.look(place)
    if trial is None:
        try:
            trial = kept.make(place, work)
        except OSError:  # a trial of a second, at each start where it can't be remembered
            trial = work()
    return swift, "torch bfloat16", trial


def _openvino(model: Any, identity: str) -> tuple[Any, str, Trial]:
    """Computed by OpenVINO from a file in the cache, which is made at the first load."""
    # OpenVINO reports its use over the network by this module unless that can't be imported.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
        import torch
        import transformers
    except ImportError as missing:
        raise Unsuited(
            "not installed (pip install 'paperround[fast]')"
            if missing.name == "openvino"
            else f"cannot be imported ({missing})"
        ) from missing
    try:
        core = openvino.Core()
        can = sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
        place = kept.place(
            "openvino",
            identity,
            openvino.__version__,
            torch.__version__,
            transformers.__version__,
            core.get_property("CPU", "FULL_DEVICE_NAME"),
            can,
        )

        swift: Any = None

        def opened(folder: Path) -> Any:
            options = {"PERFORMANCE_HINT": "LATENCY"}
            return _computed_by(model, core.compile_model(folder / "model.xml", "CPU", options))

        def work(folder: Path) -> Trial:
            nonlocal swift
            openvino.save_model(_traced(model), folder / "model.xml", compress_to_fp16=False)
            swift = opened(folder)
            return _compare(model, swift)

        trial = kept.look(place) or kept.make(place, work)
        swift = swift or opened(place)
    except OSError as error:
        raise Unsuited(
            f"{kept.root()} can't be written ({error.strerror or error}): name another folder"
            " with XDG_CACHE_HOME"
        ) from error
    except Exception as refused:  # every layer below raises its own kind
        first = (str(refused).strip().splitlines() or [type(refused).__name__])[0]
        raise Unsuited(f"cannot compute this model ({first})") from refused
    return swift, "openvino " + ("bfloat16" if "BF16" in can else "float32"), trial


def _traced(model: Any) -> Any:
    """The whole model, tokens to unit row, as OpenVINO's; any number and length of texts."""
    import openvino
    import torch

    features = model.preprocess(list(SAMPLE[:3]))
    example = {name: value for name, value in features.items() if torch.is_tensor(value)}

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: Any) -> Any:
            return self.model(dict(zip(example, values, strict=True)))["sentence_embedding"]

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # tracing warns of branches that the trial covers
        traced = openvino.convert_model(Whole().eval(), example_input=tuple(example.values()))
    for port, name in zip(traced.inputs, example, strict=True):
        port.get_tensor().set_names({name})
    return traced


def _computed_by(model: Any, compiled: Any) -> Any:
    """The same model, tokeniser and prompts included, with another forward pass."""
    import torch

    names = [port.get_any_name() for port in compiled.inputs]
    request = compiled.create_infer_request()

    def forward(features: dict[str, Any], **_: Any) -> dict[str, Any]:
        rows = request.infer({name: features[name].numpy() for name in names})[0]
        return {**features, "sentence_embedding": torch.from_numpy(np.array(rows))}

    swift = copy.copy(model)
    swift.forward = forward
    return swift


def _compare(model: Any, swift: Any) -> Trial:
    return compare(lambda texts: unit_rows(model, texts), lambda texts: unit_rows(swift, texts))
