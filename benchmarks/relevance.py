"""How well the ranking finds what real people found relevant, beside the peers' methods.

    python benchmarks/relevance.py --data DIR [--tasks authors reviews] [--json]

DIR holds the tasks (`papers.jsonl.gz`, `users.jsonl.gz`) and `score.py`, which scores the rankings
that are written to `--out`. Embeddings are kept under the user's cache folder, by model and text.
The product is ranked by `matching.ranking.score`, exactly as digests are.
"""

import argparse
import asyncio
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from peers import PEERS
from relevance_tasks import Case, Task, cases, load, taste

from matching.background import fit
from matching.encoder import load_encoder
from matching.ranking import Pool, score

OURS = "Paperround"
DRAWS = 1000


def rankings(task: Task, *, peers: bool) -> Iterator[tuple[str, Case, list[str]]]:
    """(method, case, ids best first) of every case by every method."""
    background = fit([task.papers[i] for i in task.ground], task.vectors[task.ground])
    shared = Pool([task.papers[i] for i in task.fresh], task.vectors[task.fresh])
    own: tuple[str, Pool] | None = None
    for case in cases(task):
        user = case.user["user"]
        if case.user.get("candidates") or case.user.get("ratings"):
            if own is None or own[0] != user or len(own[1]) != len(case.candidates):
                chosen = [task.papers[i] for i in case.candidates]
                own = (user, Pool(chosen, task.vectors[case.candidates]))
            pool, kept = own[1], np.arange(len(case.candidates))
        else:
            pool, kept = shared, np.flatnonzero(np.isin(task.fresh, case.candidates))
        found = {OURS: score(taste(task, case), pool, background).strength[kept]}
        if task.seen is not None and peers:
            library = case.liked
            if not len(library):
                library = np.array([task.texts[user]])
            found |= {
                name: rank(task.seen, library, case.candidates) for name, rank in PEERS.items()
            }
        for method, total in found.items():
            order = case.candidates[np.argsort(-total, kind="stable")]
            yield method, case, [task.ids[i] for i in order]


def figures(
    scorer: ModuleType, found: list[tuple[str, Case, list[str]]]
) -> dict[tuple[str, str], dict[str, list[Any]]]:
    """(method, setting) -> group -> the figure of each of its people, as score.py works it out."""
    kept: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for method, case, ranked in found:
        user = case.user
        if "ratings" in user:
            figure: Any = scorer.wrong_pairs(ranked, user["ratings"])
        else:
            figure = scorer.ranking_figures(ranked, user["relevant"], set(ranked))["nDCG@10"]
        groups = kept.setdefault((method, case.setting), {})
        groups.setdefault(user.get("group", user["user"]), []).append(figure)
    return kept


def summary(groups: Sequence[list[Any]]) -> float:
    """nDCG@10 averaged within, then over groups; or the loss over all pairs."""
    if isinstance(groups[0][0], tuple):
        pairs = [pair for group in groups for pair in group]
        return sum(loss for loss, _ in pairs) / max(sum(weight for _, weight in pairs), 1e-9)
    return statistics.fmean(statistics.fmean(group) for group in groups)


def interval(groups: Sequence[list[Any]]) -> tuple[float, float]:
    """95 % of bootstrap draws over groups."""
    luck = np.random.default_rng(0)
    if isinstance(groups[0][0], tuple):
        drawn = [
            summary([groups[i] for i in luck.integers(len(groups), size=len(groups))])
            for _ in range(DRAWS)
        ]
    else:
        means = np.array([statistics.fmean(group) for group in groups])
        drawn = means[luck.integers(len(means), size=(DRAWS, len(means)))].mean(axis=1).tolist()
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """Every figure of every method."""
    path = options.score or options.data / "score.py"
    spec = importlib.util.spec_from_file_location("score", path)
    if spec is None or spec.loader is None or not path.exists():
        raise SystemExit(f"{path} is missing: name the scorer with --score")
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    encoder = await load_encoder(options.model)
    report: dict[str, Any] = {"model": encoder.identity, "rows": []}
    options.out.mkdir(parents=True, exist_ok=True)
    names = options.tasks or sorted(p.parent.name for p in options.data.glob("*/users.jsonl.gz"))
    for name in names:
        task = await load(options.data / name, encoder, options.limit, not options.ours)
        began = time.perf_counter()
        found = list(rankings(task, peers=not options.ours))
        print(f"{name}: ranked in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        for method in dict.fromkeys(method for method, _, _ in found):
            runs = options.out / f"{method.replace(' ', '-')}.jsonl"
            with runs.open("w" if name == names[0] else "a", encoding="utf-8") as lines:
                for by, case, ranked in found:
                    if by == method:
                        run = {"task": name, "setting": case.setting, "user": case.user["user"]}
                        lines.write(json.dumps(run | {"ranked": ranked}) + "\n")
        for (method, setting), groups in figures(scorer, found).items():
            each = list(groups.values())
            low, high = interval(each)
            report["rows"].append(
                {
                    "task": name,
                    "setting": setting,
                    "method": method,
                    "figure": "loss" if task.users and "ratings" in task.users[0] else "nDCG@10",
                    "people": sum(map(len, each)),
                    "value": summary(each),
                    "low": low,
                    "high": high,
                }
            )
    await encoder.aclose()
    return report


def verdict(report: dict[str, Any]) -> dict[str, Any]:
    """Means of nDCG@10 by method, and each task's against its best peer."""
    kept = [row for row in report["rows"] if row["figure"] == "nDCG@10"]
    methods = list(dict.fromkeys(row["method"] for row in report["rows"]))

    def mean(method: str, task: str | None = None) -> float:
        own = [
            row["value"] for row in kept if row["method"] == method and task in (None, row["task"])
        ]
        return statistics.fmean(own) if own else float("nan")

    found: dict[str, Any] = {"means": {method: mean(method) for method in methods}}
    if len(methods) > 1 and kept:
        best = max((m for m in methods if m != OURS), key=mean)
        found |= {"best_peer": best, "ratio": mean(OURS) / mean(best)}
        found["zotero_ratio"] = mean(OURS) / mean("zotero-arxiv-daily")
        found["tasks"] = {
            task: mean(OURS, task) / max(mean(m, task) for m in methods if m != OURS)
            for task in dict.fromkeys(row["task"] for row in kept)
        }
    return found


def show(report: dict[str, Any]) -> None:
    """The table, for people."""
    methods = list(dict.fromkeys(row["method"] for row in report["rows"]))
    print(f"{report['model']}\n{'':18}{'n':>5}  " + "".join(f"{m[:14]:>16}" for m in methods))
    keys = dict.fromkeys((row["task"], row["setting"]) for row in report["rows"])
    for task, setting in keys:
        own = {
            r["method"]: r for r in report["rows"] if (r["task"], r["setting"]) == (task, setting)
        }
        cells = "".join(f"{own[m]['value']:16.3f}" for m in methods)
        ours = own[OURS]
        mark = " (loss)" if ours["figure"] == "loss" else ""
        print(
            f"{task + ' ' + setting:18}{ours['people']:5}  {cells}"
            f"   [{ours['low']:.3f}, {ours['high']:.3f}]{mark}"
        )
    found = report["verdict"]
    print(f"{'mean nDCG@10':25}" + "".join(f"{found['means'][m]:16.3f}" for m in methods))
    if "ratio" in found:
        print(
            f"{found['ratio']:.3f} of the best peer by mean ({found['best_peer']}),"
            f" {found['zotero_ratio']:.3f} of zotero-arxiv-daily"
        )
        print(
            "by task, of its best peer: "
            + ", ".join(f"{t} {v:.3f}" for t, v in found["tasks"].items())
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tasks", nargs="*")
    parser.add_argument("--score", type=Path, help="score.py, if it is not in DIR")
    parser.add_argument("--model", default=os.environ.get("PAPERROUND_MODEL") or None)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "paperround-runs")
    parser.add_argument("--limit", type=int, help="only so many people per task")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = asyncio.run(run(options))
    report["verdict"] = verdict(report)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        show(report)


if __name__ == "__main__":
    main()
