"""What a process keeps: SQLite's pages, Python's objects by kind, and who holds the most of them.

Cheap figures are told with every look of the soak. With a closer look, allocations are traced: what
was there at the first `mark` is compared with the last, line by line, and written down at the end.
"""

import ctypes
import ctypes.util
import gc
import tracemalloc
from collections import Counter
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Any

FRAMES = 6
SHOWN = 45
LARGE = 300
"""Things in a container that is worth a line."""

CONTAINERS = (dict, list, set, frozenset, tuple)


def sqlite_mb() -> float:
    """What SQLite holds, in every connection together."""
    name = ctypes.util.find_library("sqlite3")
    if name is None:
        return 0.0
    used = ctypes.CDLL(name).sqlite3_memory_used
    used.restype = ctypes.c_int64
    return round(int(used()) / 2**20, 1)


class Closely:
    """Traces allocations from now on. `mark` twice or more, then `written`."""

    def __init__(self) -> None:
        tracemalloc.start(FRAMES)
        self._marks: list[tuple[str, tracemalloc.Snapshot, Counter[str], dict[str, int]]] = []

    def mark(self, name: str) -> None:
        """Remember what is there now."""
        gc.collect()
        snapshot = tracemalloc.take_snapshot().filter_traces(
            [tracemalloc.Filter(False, tracemalloc.__file__), tracemalloc.Filter(False, __file__)]
        )
        kinds = Counter(f"{type(one).__module__}.{type(one).__name__}" for one in gc.get_objects())
        self._marks.append((name, snapshot, kinds, _caches()))

    def written(self, path: Path) -> None:
        """The difference between the first and the last mark, and the largest containers."""
        (first, then, kinds, caches), (last, now, more, later) = self._marks[0], self._marks[-1]
        lines = [f"from {first} to {last}", "", "by line"]
        lines += [str(one) for one in now.compare_to(then, "lineno")[:SHOWN]]
        lines += ["", "by way there"]
        for one in now.compare_to(then, "traceback")[:SHOWN]:
            lines += [str(one), *one.traceback.format()]
        lines += ["", "objects by kind"]
        grown = Counter({kind: count - kinds[kind] for kind, count in more.items()})
        lines += [f"{kind}: {by:+} to {more[kind]}" for kind, by in grown.most_common(SHOWN)]
        lines += ["", "caches"]
        lines += [f"{name}: {caches.get(name, 0)} -> {size}" for name, size in later.items()]
        lines += ["", "largest containers", *_largest()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _caches() -> dict[str, int]:
    """Entries of every function that remembers its answers."""
    return {
        f"{one.__module__}.{one.__qualname__} of {one.cache_info().maxsize}": (
            one.cache_info().currsize
        )
        for one in gc.get_objects()
        if isinstance(one, _lru_cache_wrapper)
        and one.__module__.split(".")[0] in ("bot", "matching", "storage")
    }


def _largest() -> list[str]:
    found = [
        (len(one), one)
        for one in gc.get_objects()
        if isinstance(one, CONTAINERS) and len(one) >= LARGE
    ]
    found.sort(key=lambda one: -one[0])
    said = []
    for size, one in found[: SHOWN * 2]:
        holders = [_named(holder, one) for holder in gc.get_referrers(one) if holder is not found]
        said.append(f"{type(one).__name__} of {size}: {', '.join(filter(None, holders))[:160]}")
    return said


def _named(holder: Any, held: Any) -> str:
    """Who holds it, and under which name."""
    if isinstance(holder, dict):
        names = [str(name)[:40] for name, value in holder.items() if value is held]
        of = holder.get("__name__", "")
        return f"{of}[{' '.join(names)}]" if names else ""
    return "" if isinstance(holder, tuple | list) else type(holder).__qualname__
