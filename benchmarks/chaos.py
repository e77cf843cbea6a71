"""Kills the whole service again and again amid trouble, and counts what was lost or said twice.

    python benchmarks/chaos.py [--deliveries 10000] [--kills 200] [--seed 1] [--json]

The service runs in a process of its own, and so do a stand-in for Slack and one for Discord, where
hundreds of invented people and channels are. While dumps arrive, the service is killed by SIGKILL:
every other time at a named point, before or after the commit of one of its transactions, around a
platform's call, between the parts of a message; otherwise at any instant. The stand-ins drop
connections before and after a request took effect, answer 429, 5xx or late, or are away. Then each
of them is away for minutes (in a run of less than 100 kills for seconds). In the end all is calm,
and what stands at the stand-ins is compared with what was owed, which is worked out a second time
from what arrived (`chaos_owed`, `chaos_judge`).

Where it is calm, the service has every wait and interval of production; only the encoder is a small
one. In the storm leases and waits are shorter, so that crashes take minutes: which and why that
changes nothing of the logic stands in `fakes.chaos_service`, and in the result. It ends with one
JSON object, and without --json with a table before it; the exit code is 1 if anything is wrong.

`latency_*` are of alerts in calm phases, from a dump's last byte in the inbox to the moment in
which the stand-in took the message; `storm_latency_*` and `away_latency_*` are the same in the
storm and while a platform was away.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import chaos_judge as judging
import chaos_owed as owing
from chaos_cast import Papers, gather
from chaos_driver import Run
from chaos_judge import Verdict
from chaos_stage import Stage
from chaos_trouble import Trouble, struck
from fakes.chaos_service import POINTS, SHORTENED

from storage import upkeep
from storage.database import Database

LONG_KILLS = 100
"""From so many crashes on, a run also has waits of half a minute and absences of minutes."""

SHOWN = (
    "owed delivered recorded lost duplicated kills seconds latency_p50_s latency_p99_s "
    "storm_latency_p50_s storm_latency_p99_s away_latency_p99_s order_violations integrity "
    "restarts readers dumps papers alert_hits digests attempts rate_limit_refusals machine"
).split()


async def play(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """One run; what it printed at its end."""
    began, rng = time.monotonic(), random.Random(asked.seed)
    is_long = asked.kills >= LONG_KILLS
    async with Stage(folder) as stage:
        readers = await gather(stage, rng, asked.deliveries, asked.kills)
        run = Run(
            stage=stage,
            seed=asked.seed,
            rng=rng,
            trouble=Trouble(stage, rng, is_long=is_long),
            papers=Papers(rng),
            readers=readers,
            owed=asked.deliveries,
            kills=asked.kills,
            is_long=is_long,
        )
        try:
            async with asyncio.timeout(asked.minutes * 60):
                await run.calm_beginning()
                say(asked, f"{len(readers)} readers; the storm begins", began)
                await run.storm()
                say(asked, f"{run.killed.total()} kills; a platform is away, then the other", began)
                await run.absence()
                say(asked, "calm again", began)
                await run.calm_end()
        except (TimeoutError, ChildProcessError) as error:
            run.failures.append(f"the run did not come to its end: {error or 'out of time'}")
        say(asked, "judging", began)
        return await judged(run, asked, time.monotonic() - began)


def say(asked: argparse.Namespace, what: str, began: float) -> None:
    """Where a run is, on standard error."""
    if not asked.json:
        print(f"{time.monotonic() - began:6.1f} s  {what}", file=sys.stderr)


async def judged(run: Run, asked: argparse.Namespace, seconds: float) -> dict[str, Any]:
    """Compare what is there with what was owed."""
    stage, verdict = run.stage, Verdict()
    await stage.stop()
    slack, discord = [await stage.ask(one, "__state") for one in ("slack", "discord")]
    async with await Database.open(stage.db) as db:
        found = await db.read(owing.records)
    integrity = upkeep.check(stage.db)
    posts = judging.slack_posts(slack) + judging.discord_posts(discord, found.outbox)
    judging.judge_outbox(verdict, found.outbox, posts)
    judging.judge_contents(verdict, found.outbox, posts, found.told)
    owing.judge_papers(verdict, found, run.papers.subject)
    owing.judge_alerts(verdict, found, run.readers, run.gone)
    owing.judge_second_chances(verdict, found)
    owing.judge_digests(verdict, found, run.readers, run.gone, run.due, run.papers.subject)
    verdict.wrong += run.failures
    verdict.wrong += [f"the stand-in was sent what it does not take: {one}"
                      for one in (*slack["violations"], *discord["violations"])][:10]  # fmt: skip
    verdict.wrong += [f"{name} was not ingested" for name in stage.waiting()]
    late = owing.latencies(found, {one.key: one.at for one in posts if one.key}, stage.dropped)
    calm, storm, away = (
        [s for name, some in late.items() if run.phases[name] == phase for s in some]
        for phase in ("calm", "storm", "away")
    )
    return {
        "owed": verdict.owed,
        "delivered": verdict.delivered,
        "recorded": verdict.recorded,
        "lost": verdict.lost,
        "duplicated": verdict.duplicated,
        "kills": run.killed.total(),
        "faults": dict(sorted((struck(slack, discord) + run.trouble.made).items())),
        "latency_p50_s": owing.quantile(calm, 0.5),
        "latency_p99_s": owing.quantile(calm, 0.99),
        "latency_alerts": len(calm),
        "storm_latency_p50_s": owing.quantile(storm, 0.5),
        "storm_latency_p99_s": owing.quantile(storm, 0.99),
        "storm_latency_alerts": len(storm),
        "away_latency_p50_s": owing.quantile(away, 0.5),
        "away_latency_p99_s": owing.quantile(away, 0.99),
        "order_violations": len(verdict.disordered),
        "integrity": "; ".join(integrity) or "ok",
        "leased": sum(row["status"] == "leased" for row in found.outbox),
        "posted_all_the_same": verdict.posted_all_the_same,
        "misplaced": len(verdict.misplaced),
        "wrong": verdict.wrong[:20],
        "examples": [
            one
            for some in (verdict.doubled, verdict.disordered, verdict.misplaced, verdict.missing)
            for one in some[:10]
        ],
        "recorded_because": dict(verdict.reasons),
        "restarts": stage.starts,
        "killed_at": {one: run.killed[one] for one in (*POINTS, "any instant", "by itself")},
        "points_missed": dict(run.missed),
        "readers": len(run.readers),
        "dumps": len(stage.dropped),
        "papers": len(found.titles),
        "alert_hits": len(found.hits),
        "digests": len(found.digests),
        "second_chances": len(found.seconds),
        "attempts": sum(row["attempts"] for row in found.outbox),
        "rate_limit_refusals": {"slack": slack["refused"], "discord": len(discord["exceeded"])},
        "logged_errors": errors(stage.log),
        "seconds": round(seconds, 1),
        "deliveries": asked.deliveries,
        "seed": asked.seed,
        "shortened_in_the_storm": {
            f"{module.__name__}.{name}": [str(getattr(module, name)), str(value)]
            for module, name, value in SHORTENED
        },
        "machine": machine(),
    }


def errors(log: Path) -> dict[str, int]:
    """What the service logged as errors, by event; trouble makes some."""
    found: Counter[str] = Counter()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("{"):
            event = json.loads(line)
            if event.get("level") in ("error", "critical"):
                found[str(event["event"])[:80]] += 1
        elif line.startswith("Traceback"):
            found["Traceback"] += 1
    return dict(found)


def machine() -> str:
    """Its size."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB"


def is_sound(result: dict[str, Any]) -> bool:
    """Whether the promise was kept."""
    counted = ("lost", "duplicated", "order_violations", "leased", "misplaced")
    return (
        result["integrity"] == "ok"
        and not result["wrong"]
        and not any(result[name] for name in counted)
    )


def table(result: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{name.replace('_', ' '):22} {result[name]}" for name in SHOWN]
    for name in ("faults", "killed_at", "points_missed", "recorded_because", "logged_errors"):
        lines.append(f"{name.replace('_', ' ')}:")
        lines += [f"  {count:6}  {what}" for what, count in result[name].items()]
    lines += [f"wrong: {one}" for one in result["wrong"] + result["examples"]]
    return "\n".join(lines)


async def main() -> int:
    """Run, print, and say whether the promise was kept."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--deliveries", type=int, default=10_000)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--minutes", type=float, help="the longest it may take")
    arguments.add_argument("--folder", type=Path, help="keep what the run leaves there")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    if asked.minutes is None:  # thrice what a machine needs that has nothing else to do
        asked.minutes = 10 + asked.kills * 0.15 + asked.deliveries * 0.003
    if asked.folder and (asked.folder / "paperround.db").exists():
        arguments.error(f"{asked.folder} holds another run: name an empty folder")
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    with tempfile.TemporaryDirectory() as folder:
        result = await play(asked.folder or Path(folder), asked)
    if not asked.json:
        print(table(result))
    print(json.dumps(result))
    return 0 if is_sound(result) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
