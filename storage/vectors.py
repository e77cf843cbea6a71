"""Vectors and the models that made them. Vectors of two models never meet in one answer."""

import json
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from storage.database import Tx
from storage.instants import to_text
from storage.records import Vectors

EVERYTHING = -(2**62)
"""Below every seq: all papers, with the archive."""

LOOKED_AT = 20_000
"""Papers of the archive that are looked at in one go: some 30 ms."""

WANTING = """
    NOT EXISTS (
        SELECT 1 FROM vectors WHERE vectors.model_id = :model AND vectors.seq = papers.seq
    )
    AND NOT EXISTS (
        SELECT 1 FROM refused_papers AS refused
        WHERE refused.model_id = :model AND refused.seq = papers.seq
    )
"""
"""Which papers a model has yet to embed: those that it refuses are not waited for."""


def model_id(tx: Tx, identity: str, dim: int, now: datetime) -> int:
    """The row of this model, made at its first use."""
    tx.execute(
        """
        INSERT INTO models (identity, dim, first_used) VALUES (:identity, :dim, :now)
        ON CONFLICT (identity) DO NOTHING
        """,
        identity=identity,
        dim=dim,
        now=to_text(now),
    )
    found: int = tx.value("SELECT id FROM models WHERE identity = :identity", identity=identity)
    return found


def models(tx: Tx) -> list[tuple[str, int]]:
    """`(identity, papers)` for each model that has vectors here, the last used first."""
    return [
        (row["identity"], row["papers"])
        for row in tx.rows(
            """
            SELECT identity, COUNT(vectors.seq) AS papers
            FROM models JOIN vectors ON vectors.model_id = models.id
            GROUP BY models.id ORDER BY MAX(vectors.seq) DESC, models.id DESC
            """
        )
    ]


def without_vector(tx: Tx, model_id: int, limit: int, after: int = EVERYTHING) -> list[int]:
    """Seqs above `after` of papers that this model has not embedded, oldest first."""
    rows = tx.rows(
        f"""
        SELECT seq FROM papers WHERE seq > :after AND {WANTING} ORDER BY seq LIMIT :limit
        """,
        model=model_id,
        limit=limit,
        after=after,
    )
    return [row["seq"] for row in rows]


def archive_without(tx: Tx, model_id: int, limit: int, below: int = 1) -> tuple[list[int], int]:
    """Seqs of papers of the archive below a seq that this model has not embedded, the highest
    first; and the seq down to which there are no others, `below` itself where the archive ends.

    No more than LOOKED_AT papers are looked at: among a million it would take seconds to find none.
    """
    below = min(1, below)
    lowest: int = tx.value("SELECT MIN(seq) FROM papers") or 1
    down_to = min(below, max(lowest, below - LOOKED_AT))
    rows = tx.rows(
        f"""
        SELECT seq FROM papers WHERE seq < :below AND seq >= :down_to AND {WANTING}
        ORDER BY seq DESC LIMIT :limit
        """,
        model=model_id,
        limit=limit,
        below=below,
        down_to=down_to,
    )
    seqs = [row["seq"] for row in rows]
    return seqs, seqs[-1] if len(seqs) == limit else down_to


def changes(tx: Tx) -> int:
    """Another number after a vector was deleted, or was changed."""
    return tx.value("SELECT MAX(id) FROM vector_changes") or 0


def first_without(tx: Tx, model_id: int, after: int) -> int | None:
    """The lowest seq above `after` that this model has not embedded; None where it has them all."""
    seq: int | None = tx.value(
        f"""
        SELECT MIN(seq) FROM papers WHERE seq > :after AND {WANTING}
        """,
        model=model_id,
        after=after,
    )
    return seq


def count_without(tx: Tx, model_id: int, after: int = EVERYTHING) -> int:
    """How many papers above `after` this model has not embedded; told at once, also of a million.

    The plus has papers counted by an index, not by reading all of them.
    """
    total: int = tx.value(
        """
        SELECT (SELECT COUNT(*) FROM papers WHERE +seq > :after)
             - (SELECT COUNT(*) FROM vectors WHERE model_id = :model AND seq > :after)
             - (SELECT COUNT(*) FROM refused_papers WHERE model_id = :model AND seq > :after)
        """,
        model=model_id,
        after=after,
    )
    return total


def put_vector(tx: Tx, model_id: int, seq: int, vector: bytes) -> None:
    """Store a paper's vector under a model, in place of an older one."""
    tx.execute(
        "DELETE FROM refused_papers WHERE model_id = :model AND seq = :seq", model=model_id, seq=seq
    )
    tx.execute(
        """
        INSERT INTO vectors (model_id, seq, vector) VALUES (:model, :seq, :vector)
        ON CONFLICT (model_id, seq) DO UPDATE SET vector = excluded.vector
        """,
        model=model_id,
        seq=seq,
        vector=vector,
    )


def put_vectors(tx: Tx, model_id: int, seqs: Sequence[int], vectors: Vectors) -> None:
    """Store a vector for each of the papers, rows in the order of `seqs`."""
    for seq, vector in zip(seqs, vectors, strict=True):
        put_vector(tx, model_id, seq, vector.tobytes())


def between(tx: Tx, model_id: int, after: int, up_to: int) -> tuple[list[int], Vectors]:
    """Seqs in (`after`, `up_to`] that the model has embedded, ascending, and their vectors."""
    rows = tx.rows(
        """
        SELECT seq, vector FROM vectors
        WHERE model_id = :model AND seq > :after AND seq <= :up_to ORDER BY seq
        """,
        model=model_id,
        after=after,
        up_to=up_to,
    )
    return [row["seq"] for row in rows], _stacked(tx, model_id, [row["vector"] for row in rows])


def by_seq(tx: Tx, model_id: int, seqs: Sequence[int]) -> Vectors:
    """The papers' vectors in the order of `seqs`. Raises KeyError for one not embedded."""
    rows = tx.rows(
        """
        SELECT seq, vector FROM vectors
        WHERE model_id = :model AND seq IN (SELECT value FROM json_each(:seqs))
        """,
        model=model_id,
        seqs=json.dumps(list(seqs)),
    )
    found = {row["seq"]: row["vector"] for row in rows}
    return _stacked(tx, model_id, [found[seq] for seq in seqs])


def row_of(tx: Tx, row: int) -> tuple[int, int] | None:
    """`(model, seq)` of the vector in a row of the table; None where there is none."""
    found = tx.row("SELECT model_id, seq FROM vectors WHERE rowid = :row", row=row)
    return None if found is None else (found["model_id"], found["seq"])


def having(tx: Tx, model_id: int, seqs: Sequence[int]) -> set[int]:
    """Those of the papers that the model has embedded."""
    rows = tx.rows(
        """
        SELECT seq FROM vectors
        WHERE model_id = :model AND seq IN (SELECT value FROM json_each(:seqs))
        """,
        model=model_id,
        seqs=json.dumps(list(seqs)),
    )
    return {row["seq"] for row in rows}


def interests(tx: Tx, model_id: int, ids: Sequence[int]) -> dict[int, bytes]:
    """The stored vectors of these interests, by id; those not embedded yet are missing."""
    rows = tx.rows(
        """
        SELECT interest_id, vector FROM interest_vectors
        WHERE model_id = :model AND interest_id IN (SELECT value FROM json_each(:ids))
        """,
        model=model_id,
        ids=json.dumps(list(ids)),
    )
    return {row["interest_id"]: row["vector"] for row in rows}


def put_interests(tx: Tx, model_id: int, ids: Sequence[int], vectors: Vectors) -> None:
    """Store vectors of interests; an interest that was removed meanwhile is passed over."""
    for interest_id, vector in zip(ids, vectors, strict=True):
        tx.execute(
            """
            INSERT INTO interest_vectors (model_id, interest_id, vector)
            SELECT :model, id, :vector FROM interests WHERE id = :id
            ON CONFLICT (model_id, interest_id) DO NOTHING
            """,
            model=model_id,
            id=interest_id,
            vector=vector.tobytes(),
        )


def _stacked(tx: Tx, model_id: int, blobs: Sequence[bytes]) -> Vectors:
    dim: int = tx.value("SELECT dim FROM models WHERE id = :id", id=model_id)
    return np.frombuffer(b"".join(blobs), dtype=np.float32).reshape(len(blobs), dim)
