"""Many keyword alerts over one dump, beside bare FTS5 and beside Aho-Corasick, in one process.

    python benchmarks/alerts.py [--data FOLDER] [--alerts 100000] [--rounds 3]

FOLDER holds `streams/`; by default it is the folder `shared` beside the repository. The dump is 425
papers of one stream; the queries are made of words and phrases of both, so that some hit and most
do not, as among real alerts. `pip install ahocorasick-rs` adds the second comparison.

Bare FTS5 is one table of titles and abstracts with its own tokenizer, and each query once, written
in FTS5's syntax. Each time is the best of the rounds, told as a ratio to bare FTS5 of this run.
"""

import argparse
import gzip
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from matching.alerts import Percolator, parse
from storage.connections import scratch
from storage.records import Paper

DUMP = 425
SHARERS = 10
KINDS = ("word", "words", "phrase", "either", "without", "title", "prefix", "near")
WEIGHTS = (25, 20, 30, 8, 7, 4, 3, 3)  # what people ask: mostly words and phrases


def stream(path: Path) -> list[Paper]:
    """The papers of one stream, oldest first."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Paper(
            seq=seq,
            title=row["title"],
            abstract=row["abstract"],
            first_seen=datetime.fromisoformat(row["day"]).replace(tzinfo=UTC),
            published=date.fromisoformat(row["day"]),
            comments=row.get("upvotes"),
        )
        for seq, row in enumerate(rows, start=1)
    ]


def vocabulary(papers: list[Paper]) -> tuple[list[str], list[str]]:
    """Words, and phrases of two or three words, as they stand in the papers."""
    words, phrases = set(), set()
    for paper in papers:
        found = [w for w in re.findall(r"[a-z]+", paper.abstract.lower()) if len(w) > 2]
        words.update(w for w in found if len(w) > 3)
        for size in (2, 3):
            phrases.update(" ".join(found[i : i + size]) for i in range(len(found) - size + 1))
    return sorted(words), sorted(phrases)


def queries(papers: list[Paper], count: int) -> Iterator[tuple[str, str, str]]:
    """(kind, ours, bare FTS5's), no two alike."""
    pick = random.Random(7)
    words, phrases = vocabulary(papers)
    seen = set()
    while len(seen) < count:
        kind = pick.choices(KINDS, WEIGHTS)[0]
        a, b, phrase = pick.choice(words), pick.choice(words), pick.choice(phrases)
        ours, bare = {
            "word": (f"{a}", f'"{a}"'),
            "words": (f"{a} {b}", f'"{a}" AND "{b}"'),
            "phrase": (f'"{phrase}"', f'"{phrase}"'),
            "either": (f'{a} OR "{phrase}"', f'"{a}" OR "{phrase}"'),
            "without": (f'"{phrase}" -{b}', f'"{phrase}" NOT "{b}"'),
            "title": (f"title:{a} {b}", f'title : "{a}" AND "{b}"'),
            "prefix": (f"{a[:6]}* {b}", f'"{a[:6]}" * AND "{b}"'),
            "near": (f"NEAR({a} {b}, 5)", f'NEAR("{a}" "{b}", 5)'),
        }[kind]
        if a == b or re.search(r"\b(and|or|not)\b", f"{a} {b}") or ours in seen:
            continue
        seen.add(ours)
        yield kind, ours, bare


def best(rounds: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def resident_mb() -> float:
    """Memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("memory is read from /proc/self/status, which this system has not")


def bare_fts5(dump: list[Paper], matches: list[str]) -> int:
    """How many queries have a hit, with FTS5 alone: a table, and each query once."""
    memory = scratch()
    memory.execute("CREATE VIRTUAL TABLE paper USING fts5 (title, abstract)")
    memory.executemany("INSERT INTO paper VALUES (?, ?)", ((p.title, p.abstract) for p in dump))
    hits = 0
    for match in matches:
        rows = memory.execute("SELECT rowid FROM paper WHERE paper MATCH ?", (match,))
        hits += bool(rows.fetchall())
    memory.close()
    return hits


def main() -> None:
    """Print the comparison."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared"
    )
    arguments.add_argument("--alerts", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()

    papers = stream(given.data / "streams" / "hf-daily-2024.jsonl.gz")
    dump = papers[:DUMP]
    other = stream(given.data / "streams" / "arxiv-2025-autumn.jsonl.gz")
    asked = list(queries(papers + other[:3_000], given.alerts))
    print(f"{len(dump)} papers, {len(asked):,} alerts, best of {given.rounds}")

    start = time.perf_counter()
    parsed = [parse(ours) for _, ours, _ in asked]
    print(
        f"reading the queries, once: {(time.perf_counter() - start) / len(asked) * 1e6:.0f} us each"
    )

    bare = best(given.rounds, lambda: bare_fts5(dump, [bare for _, _, bare in asked]))
    bare_hits = bare_fts5(dump, [bare for _, _, bare in asked])
    print(f"bare FTS5                            {bare:7.2f} s   1.00   {bare_hits:,} queries hit")

    alone = dict(enumerate(parsed))
    percolator = Percolator(alone)
    build = best(given.rounds, lambda: Percolator(alone))
    run = best(given.rounds, lambda: percolator.run(dump))
    print(
        f"alerts, prepared anew for the dump   {build + run:7.2f} s   {(build + run) / bare:4.2f}"
    )
    print(
        f"alerts, prepared before              {run:7.2f} s   {run / bare:4.2f}   "
        f"{len(percolator.run(dump)):,} queries hit; {percolator.distinct:,} are distinct"
    )

    shared = {i: parsed[i % len(parsed)] for i in range(SHARERS * len(parsed))}
    many = Percolator(shared)
    many_build = best(given.rounds, lambda: Percolator(shared))
    many_run = best(given.rounds, lambda: many.run(dump))
    print(
        f"{len(shared):,} alerts share them, anew   {many_build + many_run:7.2f} s   "
        f"{(many_build + many_run) / (build + run):4.2f} times the {len(parsed):,}"
    )
    print(
        f"{len(shared):,} alerts share them, before {many_run:7.2f} s   "
        f"{many_run / run:4.2f} times the {len(parsed):,}; {len(many.run(dump)):,} alerts hit"
    )

    before = resident_mb()
    sizes = []
    for i in range(4):
        percolator.run(papers[i * DUMP : (i + 1) * DUMP])
        sizes.append(f"{resident_mb() - before:+.0f}")
    print(f"memory after 4 more dumps, beside {before:.0f} MB: {', '.join(sizes)} MB")

    aho_corasick(dump, [one for one in asked if one[0] in {"word", "phrase"}], given.rounds)


def aho_corasick(dump: list[Paper], plain: list[tuple[str, str, str]], rounds: int) -> None:
    """The same for words and phrases alone, beside one automaton of them all."""
    try:
        from ahocorasick_rs import AhoCorasick
    except ImportError:
        print("ahocorasick-rs is not installed: no comparison with it")
        return
    patterns = [ours.strip('"') for _, ours, _ in plain]
    texts = [f"{p.title}\n{p.abstract}".lower() for p in dump]

    def one_pass(automaton: AhoCorasick) -> int:
        hit = set()
        for text in texts:
            found = automaton.find_matches_as_indexes(text, overlapping=True)
            hit.update(which for which, _, _ in found)
        return len(hit)

    ready = AhoCorasick(patterns)
    build = best(rounds, lambda: AhoCorasick(patterns))
    scan = best(rounds, lambda: one_pass(ready))
    bare = best(rounds, lambda: bare_fts5(dump, [bare for _, _, bare in plain]))
    asked = {i: parse(ours) for i, (_, ours, _) in enumerate(plain)}
    percolator = Percolator(asked)
    ours = best(rounds, lambda: percolator.run(dump))
    print(f"{len(plain):,} plain words and phrases:")
    print(f"  bare FTS5                          {bare:7.2f} s   1.00")
    print(f"  alerts, prepared before            {ours:7.2f} s   {ours / bare:4.2f}")
    print(
        f"  Aho-Corasick, prepared before      {scan:7.2f} s   {scan / bare:4.2f}   "
        f"finds parts of words, no plurals, no hyphens; {one_pass(ready):,} hit"
    )
    print(
        f"  Aho-Corasick, prepared anew        {build + scan:7.2f} s   {(build + scan) / bare:4.2f}"
    )


if __name__ == "__main__":
    main()
