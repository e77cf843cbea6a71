"""SQLite's varints, https://www.sqlite.org/fileformat2.html#varint, of few numbers and of many.

Seven bits a byte, the highest first, each byte but the last with its high bit set; the ninth has
eight bits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.uint64]
Counts: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]

ONE, TWO = (1 << 7) - 1, (1 << 14) - 1
"""The most that one byte holds, and two."""

WHOLE = 9
"""Bytes of any number below zero."""


def numbers(packed: bytes) -> list[int]:
    """What some varints say; ValueError where the last breaks off."""
    found = []
    value = length = 0
    for byte in packed:
        length += 1
        value = value << 8 | byte if length == WHOLE else value << 7 | byte & 0x7F
        if byte < 0x80 or length == WHOLE:
            found.append(value)
            value = length = 0
    if length:
        raise ValueError("a varint breaks off")
    return found


def packed(values: Iterable[int]) -> bytes:
    """Varints of numbers, 2**56 at most."""
    found = bytearray()
    for value in values:
        if value < 0:
            found += below_zero(np.array([value]))[0].tobytes()
            continue
        parts = [value & 0x7F]
        while value := value >> 7:
            parts.append(value & 0x7F | 0x80)
        found += bytes(reversed(parts))
    return bytes(found)


def below_zero(values: Counts) -> Bytes:
    """(n, 9) bytes: the varints of numbers below zero."""
    found = np.empty((len(values), WHOLE), np.uint8)
    for place in range(WHOLE - 1):
        found[:, place] = values >> 8 + 7 * (WHOLE - 2 - place) & 0x7F | 0x80
    found[:, -1] = values & 0xFF
    return found


def lengths(values: Counts) -> Counts:
    """Bytes of each; of numbers below 2**21."""
    found: Counts = 1 + (values > ONE).astype(np.int64)
    found += values > TWO
    return found


@dataclass(frozen=True, kw_only=True)
class Table:
    """For each number eight bytes with its varint, and which of these are kept (as 1 and 0)."""

    bytes: Numbers
    kept: Numbers

    @cached_property
    def lengths(self) -> Bytes:
        """How many are."""
        found: Bytes = self.kept.view(np.uint8).reshape(-1, 8).sum(axis=1, dtype=np.uint8)
        return found


def table(values: Counts, at: int) -> Table:
    """For numbers of two bytes at most, which begin at a bit; the first of all is the lowest."""
    high = (values >> 7 | 0x80) << at
    low = (values & 0x7F) << at + 8
    kept = (values > ONE).astype(np.int64) << at | 1 << at + 8
    return Table(bytes=(high | low).view(np.uint64), kept=kept.view(np.uint64))
