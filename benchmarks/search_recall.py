"""How many of the exact ten nearest papers `similar` finds, beside the bare product with all; and
of the ten best by words, beside FTS5's own BM25."""

import random
import re
import time
from collections.abc import Callable, Sequence

import numpy as np
from crowd import DIM
from millions import NOW

from matching.library import Library
from matching.nearest import Nearest
from matching.worded import Worded
from storage import papers, vectors
from storage.database import Database, Tx
from storage.records import Paper, Vectors


def papers_to(first: int) -> int:
    """Papers below it are asked for: the archive, or the news where there is no archive."""
    return 0 if first < 0 else first + 5_000


def ms(taken: list[float], share: float) -> float:
    """A quantile of some seconds, in milliseconds."""
    return round(float(np.quantile(taken, share)) * 1e3, 1)


async def exact(db: Database, model: int, asked_for: Vectors) -> list[set[int]]:
    """The ten nearest of each, by all vectors."""
    best: list[list[tuple[float, int]]] = [[] for _ in asked_for]
    after = vectors.EVERYTHING
    while True:
        seqs, block = await db.read(_block, model, after)
        if not seqs:
            return [{seq for _, seq in sorted(one, reverse=True)[:10]} for one in best]
        for place, near in enumerate(asked_for @ block.T):
            top = np.argpartition(-near, 10)[:10]
            best[place] = sorted(
                [*best[place], *((float(near[i]), seqs[i]) for i in top)], reverse=True
            )[:10]
        after = seqs[-1]


def _block(tx: Tx, model: int, after: int) -> tuple[list[int], Vectors]:
    found = tx.rows(
        """
        SELECT seq, vector FROM vectors WHERE model_id = :model AND seq > :after
        ORDER BY seq LIMIT 50000
        """,
        model=model,
        after=after,
    )
    blobs = b"".join(row["vector"] for row in found)
    return [row["seq"] for row in found], np.frombuffer(blobs, dtype=np.float32).reshape(-1, DIM)


async def recall(library: Library, many: int) -> dict[str, object]:
    """How many of the exact ten are found, and what the bare product takes."""
    model = await library.model(NOW)
    first = await library.db.read(lambda tx: tx.value("SELECT MIN(seq) FROM papers"))
    drawn = random.Random(5)
    chosen = [drawn.randrange(first, papers_to(first)) for _ in range(many)]
    chosen = sorted(await library.db.read(vectors.having, model, chosen))
    own = np.random.default_rng(9).standard_normal((len(chosen), DIM), dtype=np.float32)
    asked_for = await library.db.read(vectors.by_seq, model, chosen) + own * np.float32(
        0.5 / DIM**0.5
    )
    asked_for /= np.linalg.norm(asked_for, axis=1, keepdims=True)
    truth = await exact(library.db, model, asked_for)
    hits, took = 0, []
    for query, right in zip(asked_for, truth, strict=True):
        start = time.process_time()
        hits += len(right & {seq for seq, _ in await Nearest.of(library).find(query, 10, NOW)})
        took.append(time.process_time() - start)
    held = np.random.default_rng(1).standard_normal((100_000, DIM), dtype=np.float32)
    used = time.process_time()
    for query in asked_for[:10]:
        _ = np.argpartition(-(held @ query), 10)[:10]
    stored = await library.db.read(lambda tx: tx.value("SELECT COUNT(*) FROM vectors"))
    product = (time.process_time() - used) / 10 * stored / len(held) * 1e3
    return {
        "recall_at_10": round(hits / 10 / len(truth), 4),
        "nearest_processor_ms": ms(took, 0.5),
        "exact_product_processor_ms": round(product, 1),
        "ratio_to_exact_product": round(ms(took, 0.5) / product, 2),
    }


async def recall_by_words(
    library: Library, queries: Callable[[Sequence[Paper], int], dict[str, list[str]]], many: int
) -> dict[str, object]:
    """By kind of query how many of FTS5's ten best are found, and what either takes."""
    first = await library.db.read(lambda tx: tx.value("SELECT MIN(seq) FROM papers"))
    drawn = random.Random(6)
    chosen = [drawn.randrange(first, papers_to(first)) for _ in range(many)]
    stored = await library.db.read(papers.by_seq, chosen)
    found: dict[str, object] = {}
    for kind, texts in queries(stored, 6).items():
        hits, own, other = 0, [], []
        for text in texts:
            start = time.perf_counter()
            best = {seq for seq, _ in await Worded.of(library).ranked(text, 10)}
            own.append(time.perf_counter() - start)
            start = time.perf_counter()
            right = await library.db.read(_best, text)
            other.append(time.perf_counter() - start)
            hits += 10 - len(right - best)
        found[kind] = {
            "recall_at_10": round(hits / 10 / len(texts), 4),
            "median_ms": ms(own, 0.5),
            "fts5_ms": ms(other, 0.5),
        }
    return found


def _best(tx: Tx, text: str) -> set[int]:
    words = dict.fromkeys(re.findall(r"\w+", text.casefold()))
    rows = tx.rows(
        """
        SELECT rowid FROM papers_fts WHERE papers_fts MATCH :query
        ORDER BY bm25(papers_fts, 2.0, 1.0, 1.0), rowid LIMIT 10
        """,
        query=" OR ".join(f'"{one}"' for one in words),
    )
    return {row["rowid"] for row in rows}
