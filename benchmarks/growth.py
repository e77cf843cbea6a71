"""How the time for digests that are due together grows with people and with papers.

`python benchmarks/growth.py [--people N ...] [--papers N ...] [--svg FILE] [--json]` measures as
`digests_due` does, first with more and more people, then with more and more new papers, fits a
straight line to each and prints one line for each: processor seconds of drafting and queueing them,
the line, and how much of what is measured it explains (R squared). `--svg` draws both.
"""

import argparse
import asyncio
import json
import logging
from pathlib import Path

import numpy as np
import structlog
from digests_due import measure

WIDTH, HEIGHT, EDGE = 380, 240, 46
INK, LINE, DOT = "#57606a", "#d0d7de", "#0969da"


def fitted(over: list[int], seconds: list[float]) -> dict[str, float]:
    """The straight line through the measurements."""
    slope, start = np.polyfit(over, seconds, 1)
    left = np.asarray(seconds) - (slope * np.asarray(over) + start)
    spread = np.asarray(seconds) - np.mean(seconds)
    return {
        "ms_for_each": round(float(slope) * 1e3, 3),
        "s_for_none": round(float(start), 2),
        "r_squared": round(1 - float(left @ left) / float(spread @ spread), 4),
    }


def chart(left: int, title: str, over: list[int], seconds: list[float]) -> str:
    """One chart as a group of an SVG."""
    most_x, most_y = max(over), max(seconds) * 1.1

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            left + EDGE + x / most_x * (WIDTH - 2 * EDGE),
            HEIGHT - EDGE - y / most_y * (HEIGHT - 2 * EDGE),
        )

    line = fitted(over, seconds)
    (x0, y0), (x1, y1) = (
        at(x, max(line["ms_for_each"] / 1e3 * x + line["s_for_none"], 0)) for x in (0, most_x)
    )
    zero, right, top = at(0, 0), at(most_x, 0), at(0, most_y)
    said = f'font-family="sans-serif" font-size="11" fill="{INK}"'
    parts = [
        f'<text x="{left + EDGE}" y="24" {said} font-weight="bold">{title}</text>',
        f'<path d="M{top[0]:.1f} {top[1]:.1f}V{zero[1]:.1f}H{right[0]:.1f}" fill="none" '
        f'stroke="{LINE}"/>',
        f'<path d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}" stroke="{INK}" stroke-dasharray="4 3"/>',
        f'<text x="{zero[0] - 6:.1f}" y="{zero[1]:.1f}" {said} text-anchor="end">0 s</text>',
        f'<text x="{top[0] - 6:.1f}" y="{at(0, max(seconds))[1] + 4:.1f}" {said} '
        f'text-anchor="end">{max(seconds):.0f} s</text>',
    ]
    for x, y in zip(over, seconds, strict=True):
        px, py = at(x, y)
        parts.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{DOT}"/>')
        if x * 4 > most_x:
            parts.append(
                f'<text x="{px:.1f}" y="{zero[1] + 16:.1f}" {said} text-anchor="middle">'
                f"{x:,}</text>"
            )
    return "".join(parts)


def drawn(found: list[dict[str, object]]) -> str:
    """Both charts."""
    charts = "".join(
        chart(WIDTH * place, f"seconds over {one['over']}", one["at"], one["processor_s"])  # type: ignore[arg-type]
        for place, one in enumerate(found)
    )
    size = f'width="{WIDTH * len(found)}" height="{HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<rect {size} fill="#ffffff"/>{charts}</svg>\n'
    )


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, nargs="+", default=[50, 100, 200, 400])
    arguments.add_argument("--papers", type=int, nargs="+", default=[100, 500, 1000, 2000])
    arguments.add_argument("--svg", type=Path)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found: list[dict[str, object]] = []
    for name, over, fixed in (
        ("people", asked.people, {"papers": 1_000}),
        ("papers", asked.papers, {"people": 100}),
    ):
        runs = [await measure(**{name: one}, **fixed, stored=5_000) for one in over]
        seconds = [
            run["processor_s"] + run["ms_drafting_each"] * run["drafted"] / 1e3 for run in runs
        ]
        line = {"over": name, "at": over, "processor_s": seconds} | fixed | fitted(over, seconds)
        found.append(line)
        if asked.json:
            print(json.dumps(line), flush=True)
        else:
            print(", ".join(f"{k.replace('_', ' ')} {v}" for k, v in line.items()), flush=True)
    if asked.svg:
        asked.svg.write_text(drawn(found), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
