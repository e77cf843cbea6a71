"""How fast each back end of the encoder is, and what that does to its vectors.

`python benchmarks/encode.py [--data DIR] [--json]` takes the papers of the dumps in DIR. For each
back end that this machine has it prints its speed as a ratio to plain sentence-transformers in
float32 (the median over rounds in which all take turns on the same abstracts), the mean reciprocal
rank with which a paper's title finds its abstract among all of them, and the mean cosine of its
vectors with plain ones.
"""

import argparse
import asyncio
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from bot.inbox import read_file
from matching.encoder import LocalEncoder, backends, load_encoder, weights
from storage.dumps import read_dump
from storage.identity import resolve
from storage.records import Vectors

ROUNDS = 5
TIMED = 48
CHOICES: tuple[backends.Choice, ...] = ("float32", "torch", "openvino")
PLAIN = "sentence-transformers float32"


def read(folder: Path) -> tuple[list[str], list[str]]:
    """Titles and abstracts of every paper in the folder's dumps that has both."""
    dumps = [read_dump(read_file(path)) for path in sorted(folder.glob("*.txt"))]
    papers = resolve([entry for dump in dumps for entry in dump.entries])
    both = [(one.title, one.abstract) for one in papers if one.title and one.abstract]
    return [title for title, _ in both], [abstract for _, abstract in both]


def mrr(titles: Vectors, abstracts: Vectors) -> float:
    """Mean reciprocal rank of each title's own abstract; ties count against it."""
    scores = titles @ abstracts.T
    own = np.diag(scores)[:, None]
    return float(np.mean(1 / (scores >= own).sum(axis=1)))


async def loaded() -> tuple[dict[str, LocalEncoder], list[str]]:
    """Each back end once, by name, and why others are not there."""
    found: dict[str, LocalEncoder] = {}
    missing: list[str] = []
    for choice in CHOICES:
        encoder = await load_encoder(os.environ.get("PAPERROUND_MODEL"), choice)
        missing += [why for why in encoder.backend.passed_over if why not in missing]
        if encoder.backend.name in found:
            await encoder.aclose()
        else:
            found[encoder.backend.name] = encoder
    return found, missing


async def measure(folder: Path) -> dict[str, Any]:
    """The whole report."""
    titles, abstracts = read(folder)
    if not titles:
        raise SystemExit(f"no paper with title and abstract in {folder}: name another with --data")
    name = os.environ.get("PAPERROUND_MODEL")
    plain = weights.load(name) if name else weights.bundled()

    async def by_plain(texts: list[str]) -> Vectors:
        rows = plain.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(rows, dtype=np.float32)

    encoders, missing = await loaded()
    ways = {PLAIN: by_plain, **{name: one.encode for name, one in encoders.items()}}
    vectors = {
        name: (await encode(titles), await encode(abstracts)) for name, encode in ways.items()
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    timed = sorted(abstracts, key=len)[-TIMED:]
    for _ in range(ROUNDS):
        for name, encode in ways.items():
            start = time.perf_counter()
            await encode(timed)
            took[name].append(time.perf_counter() - start)
    for one in encoders.values():
        await one.aclose()
    rows = [
        {
            "backend": name,
            "ratio": statistics.median(
                base / own for base, own in zip(took[PLAIN], took[name], strict=True)
            ),
            "mrr": mrr(*vectors[name]),
            "cosine": float(np.mean(np.sum(vectors[name][1] * vectors[PLAIN][1], axis=1))),
        }
        for name in ways
    ]
    return {"papers": len(titles), "machine": machine(), "rows": rows, "missing": missing}


def machine() -> dict[str, Any]:
    """What of the processor decides."""
    has = backends.abilities()
    telling = ("avx2", "avx512_f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "bf16")
    return {"cores": os.cpu_count(), "has": [name for name in telling if name in has]}


def show(report: dict[str, Any]) -> None:
    """The report as a table."""
    about = report["machine"]
    print(f"{about['cores']} cores with {', '.join(about['has'])}; {report['papers']} papers")
    print(f"{'back end':32} {'ratio':>6} {'MRR':>6} {'cosine':>8}")
    for row in report["rows"]:
        print(f"{row['backend']:32} {row['ratio']:6.2f} {row['mrr']:6.3f} {row['cosine']:8.5f}")
    for why in report["missing"]:
        print(f"no {why}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "dumps"
    parser.add_argument("--data", type=Path, default=beside)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(measure(options.data))
    print(json.dumps(report)) if options.json else show(report)


if __name__ == "__main__":
    main()
