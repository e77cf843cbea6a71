"""Codes: every stored vector in a quarter of its size, in a file beside the database.

A search over a million papers can't read a million vectors from their rows. The file holds each
as one byte a number with a scale of its own, memory-mapped, so that all are compared in
milliseconds; the nearest of them are then compared exactly, by their vectors. It follows from the
database and may be deleted at any time. One header says how far it has read: what a killed process
had written beyond that is written again.
"""

import fcntl
import itertools
import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numkong
import numpy as np
import numpy.typing as npt

from storage.database import Tx
from storage.records import Vector, Vectors

MAGIC = b"paperround codes 1"
HEADER = struct.Struct("<24s32sIQQqQI")
"""Magic, the model's identity, dim; rows, the last vector read and its seq, which is below 1 in the
archive, the last change read; checksum.
"""

START = 512
"""Bytes before the first row: one sector, written whole or not at all."""

READ = 10_000
"""Vectors that are read in one snapshot."""

BLOCK = 4_096
"""Rows that are compared in one go: as many as the processor's own memory holds."""

SIDE_BY_SIDE, SHARE = 2, 100_000
"""Threads that compare at a time, where there are so many rows for each."""

Rows = npt.NDArray[np.void]
Near = tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]
"""How near, and which rows."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How far a file has read the database."""

    rows: int = 0
    vector: int = 0
    """The last row of `vectors`, ..."""
    seq: int = 0
    """... and whose it is."""
    change: int = 0
    """The last row of `vector_changes`."""


@dataclass(frozen=True, kw_only=True)
class News:
    """What the database holds beyond an extent."""

    seqs: list[int]
    vectors: Vectors
    changed: list[int]
    """Seqs whose vector is another than it was, or gone."""
    extent: Extent
    """How far this is, without the rows."""


class Codes:
    """The codes of one model. Its methods block: call them on a thread."""

    def __init__(self, path: Path, identity: str, dim: int) -> None:
        self.path = path
        self._dim = dim
        self._name = identity.encode()[:24].ljust(24, b"\0") + struct.pack(
            "<Q", zlib.crc32(identity.encode())
        )
        self._kind = np.dtype([("seq", "<i8"), ("scale", "<f4"), ("_", "V4"), ("code", "i1", dim)])
        self.extent = Extent()
        self._rows: Rows = np.zeros(0, dtype=self._kind)

    def open(self) -> None:
        """Map what is there; a file that is not ours, or damaged, is begun anew.

        The system is asked to read all of it ahead: the first search needs it.
        """
        with self._locked() as file:
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)
            self._map(file, self._read(file))

    def forget(self) -> None:
        """Begin anew: the file is of another database."""
        with self._locked() as file:
            file.truncate(0)
            self._map(file, Extent())

    def add(self, news: News) -> None:
        """Write what is new, then how far that is."""
        with self._locked() as file:
            if self._read(file) != self.extent:  # another process was here
                self._map(file, self._read(file))
                return
            stale = self._places(news.changed)
            if len(stale):
                changed = np.memmap(
                    file,
                    self._kind,
                    "r+",
                    START,
                    shape=(self.extent.rows,),
                )
                changed["scale"][stale] = 0.0
                changed.flush()
            made = self._made(news.seqs, news.vectors)
            file.seek(START + self.extent.rows * self._kind.itemsize)
            file.write(made.tobytes())
            file.flush()
            os.fdatasync(file.fileno())
            rows = self.extent.rows + len(made)
            extent = replace(news.extent, rows=rows)
            self._write(file, extent)
            self._map(file, extent)

    def nearest(self, query: Vector, limit: int) -> list[int]:
        """Seqs of the `limit` rows nearest to a unit vector, by their codes; in no order."""
        rows = self._rows
        if not len(rows):
            return []
        code, _ = _coded(np.asarray(query, dtype=np.float32)[None])
        threads = max(1, min(SIDE_BY_SIDE, len(rows) // SHARE))
        ends = np.linspace(0, len(rows), threads + 1).astype(int).tolist()
        with ThreadPoolExecutor(threads) as side_by_side:
            parts = list(
                side_by_side.map(
                    lambda part: _nearest(code, rows, part, limit), itertools.pairwise(ends)
                )
            )
        near, places = (np.concatenate(one) for one in zip(*parts, strict=True))
        return [int(seq) for seq in rows["seq"][places[_greatest(near, limit)]]]

    # --- the file --------------------------------------------------------------------------

    @contextmanager
    def _locked(self) -> Iterator["IO[bytes]"]:
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", 0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield file
            finally:
                # A map keeps the opened file, and would keep its lock.
                fcntl.flock(file, fcntl.LOCK_UN)

    def _read(self, file: "IO[bytes]") -> Extent:
        """How far the file has read; an empty extent where it is not what we would write."""
        file.seek(0)
        head = file.read(HEADER.size)
        if len(head) < HEADER.size:
            return Extent()
        magic, name, dim, rows, vector, seq, change, checksum = HEADER.unpack(head)
        is_ours = (magic.rstrip(b"\0"), name, dim) == (MAGIC, self._name, self._dim)
        whole = os.fstat(file.fileno()).st_size >= START + rows * self._kind.itemsize
        if not is_ours or not whole or checksum != zlib.crc32(head[:-4]):
            return Extent()
        return Extent(rows=rows, vector=vector, seq=seq, change=change)

    def _write(self, file: "IO[bytes]", extent: Extent) -> None:
        which = (extent.rows, extent.vector, extent.seq, extent.change)
        facts = (MAGIC, self._name, self._dim, *which)
        checksum = zlib.crc32(HEADER.pack(*facts, 0)[:-4])
        os.pwrite(file.fileno(), HEADER.pack(*facts, checksum), 0)
        os.fdatasync(file.fileno())

    def _map(self, file: "IO[bytes]", extent: Extent) -> None:
        self.extent = extent
        if not extent.rows:
            self._rows = np.zeros(0, dtype=self._kind)
            return
        self._rows = np.memmap(file, self._kind, "r", START, shape=(extent.rows,))

    def _made(self, seqs: list[int], vectors: Vectors) -> Rows:
        made: Rows = np.zeros(len(seqs), dtype=self._kind)
        made["seq"] = seqs
        if seqs:
            made["code"], made["scale"] = _coded(vectors)
        return made

    def _places(self, seqs: list[int]) -> npt.NDArray[np.intp]:
        return np.flatnonzero(np.isin(self._rows["seq"], seqs)) if seqs else np.zeros(0, np.intp)


def news(tx: Tx, model_id: int, since: Extent) -> News:
    """What a file that has read so far does not know; at most `READ` vectors at a time."""
    changes = tx.rows(
        """
        SELECT id, seq FROM vector_changes WHERE model_id = :model AND id > :change
        ORDER BY id LIMIT :limit
        """,
        model=model_id,
        change=since.change,
        limit=READ,
    )
    changed = sorted({row["seq"] for row in changes}) if since.rows else []
    rows = tx.rows(
        """
        SELECT rowid AS id, seq, vector FROM vectors
        WHERE rowid > :vector AND +model_id = :model ORDER BY rowid LIMIT :limit
        """,
        model=model_id,
        vector=since.vector,
        limit=READ,
    )
    dim: int = tx.value("SELECT dim FROM models WHERE id = :id", id=model_id)
    found = {row["seq"]: row["vector"] for row in rows}
    for seq in changed:
        again = tx.value(
            "SELECT vector FROM vectors WHERE model_id = :model AND seq = :seq",
            model=model_id,
            seq=seq,
        )
        if again is not None:
            found[seq] = again
    return News(
        seqs=list(found),
        vectors=np.frombuffer(b"".join(found.values()), dtype=np.float32).reshape(-1, dim),
        changed=changed,
        extent=Extent(
            vector=rows[-1]["id"] if rows else since.vector,
            seq=rows[-1]["seq"] if rows else since.seq,
            change=changes[-1]["id"] if changes else since.change,
        ),
    )


def _nearest(code: npt.NDArray[np.int8], rows: Rows, part: tuple[int, int], limit: int) -> Near:
    """Those of a part that are nearest to a code, `limit` or some more."""
    near, places = np.empty(0, np.float32), np.empty(0, np.intp)
    floor = -np.inf
    for start in range(*part, BLOCK):
        block = rows[start : min(start + BLOCK, part[1])]
        found = np.asarray(numkong.cdist(code, block["code"], "dot"), dtype=np.float32).ravel()
        found *= block["scale"]
        found[block["scale"] == 0] = -np.inf  # they were changed, and stand further on
        better = np.flatnonzero(found > floor)
        near = np.concatenate([near, found[better]])
        places = np.concatenate([places, better + start])
        if len(near) > 2 * limit:  # not at each row that is a little better
            kept = _greatest(near, limit)
            near, places = near[kept], places[kept]
            floor = near.min()
    return near, places


def _coded(vectors: Vectors) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """(n, dim) whole numbers in -127..127, and (n,) what one of them stands for."""
    scale = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
    return np.round(vectors / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def _greatest(values: npt.NDArray[np.float32], limit: int) -> npt.NDArray[np.intp]:
    if len(values) <= limit:
        return np.arange(len(values))
    return np.argpartition(-values, limit)[:limit]
