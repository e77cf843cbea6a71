"""What the soak found: its looks as figures, and what of them should not be so."""

import statistics
from typing import TYPE_CHECKING, Any

from chaos import errors, machine

if TYPE_CHECKING:
    from soak import Run

GROWTH, LAG_MS = 1.05, 50.0

CONNECTIONS = 2 * 100
"""As many as the pools of the two platforms have room for."""


def judged(run: "Run", sent: int, stored: int, seconds: float) -> dict[str, Any]:
    """The figures."""
    hours = max(2, round(run.asked.hours))
    first, last = run.hour(1), run.hour(hours)
    early, late = (statistics.median(one["rss_mb"] for one in some) for some in (first, last))
    lag = run.ended["lag"]
    return {
        "hours": run.asked.hours,
        "people": run.asked.people,
        "sent": sent,
        "dumps": run.dumps,
        "known": run.asked.known,
        "papers": stored,
        "commands": run.commands,
        "rss_first_mb": early,
        "rss_last_mb": late,
        "growth": round(late / early, 3),
        "tasks": [max(one["tasks"] for one in first), min(one["tasks"] for one in last)],
        "files": [max(kept(one) for one in first), min(kept(one) for one in last)],
        "connections": [max(pooled(one) for one in first), min(pooled(one) for one in last)],
        "opened_more": more_opened(first[-1]["opened"], last[-1]["opened"]),
        "connections_by_hour": [
            min(pooled(one) for one in run.hour(n)) for n in range(1, hours + 1) if run.hour(n)
        ],
        "threads": [max(one["threads"] for one in some) for some in (first, last)],
        "lag_embedding_p99_ms": lag["embedding"]["p99_ms"],
        "lag_otherwise_p99_ms": lag["otherwise"]["p99_ms"],
        "lag": lag,
        "embedded_texts": run.ended["texts"],
        **{
            f"{name}_by_hour": [
                round(statistics.median(one[f"{name}_mb"] for one in run.hour(n)), 1)
                for n in range(1, hours + 1)
                if run.hour(n)
            ]
            for name in ("rss", "anon", "mapped", "heap", "spare", "sqlite")
        },
        "logged_errors": errors(run.stage.log),
        "wrong": run.wrong,
        "speed": run.asked.speed,
        "seed": run.asked.seed,
        "seconds": round(seconds, 1),
        "machine": machine(),
    }


def pooled(look: dict[str, Any]) -> int:
    """Connections to the platforms. They are used in turn, so as many stay open as were ever needed
    at once until there is less to do for fifteen real seconds; a day at this speed has none such.
    """
    return sum(count for name, count in look["opened"].items() if name.startswith("port "))


def kept(look: dict[str, Any]) -> int:
    """Everything else that is open."""
    return int(look["files"]) - pooled(look)


def more_opened(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Of what more is open than was, and how many."""
    more = {name: count - before.get(name, 0) for name, count in after.items()}
    return {name: count for name, count in more.items() if count > 0}


def faults(found: dict[str, Any]) -> list[str]:
    """What should not be so."""
    bad = list(found["wrong"])
    bad += [f"{name} logged {count} times" for name, count in found["logged_errors"].items()]
    if found["hours"] < 1:
        return bad
    if found["growth"] > GROWTH:
        bad.append(f"memory grew by {found['growth'] - 1:.1%}")
    if found["connections"][1] > CONNECTIONS:
        bad.append(f"{found['connections'][1]} connections to platforms are open")
    for name in ("tasks", "files"):
        before, after = found[name]
        if after > before:
            bad.append(f"{name} grew from {before} to {after}")
    if found["lag_embedding_p99_ms"] >= LAG_MS:
        bad.append(f"the loop was {found['lag_embedding_p99_ms']} ms late")
    return bad
