"""SQLite's varints, https://www.sqlite.org/fileformat2.html#varint, of numbers.

Seven bits a byte, the highest first, each byte but the last with its high bit set; the ninth has
eight bits.
"""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.uint64]
Counts: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]

WHOLE = 9
"""Bytes of any number below zero, and of those from 2**56."""


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
    """Varints of numbers, as 64 bits hold them."""
    found = bytearray()
    for value in values:
        if value < 0 or value >> 56:
            found += bytes([value >> 8 + 7 * place & 0x7F | 0x80 for place in reversed(range(8))])
            found.append(value & 0xFF)
            continue
        parts = [value & 0x7F]
        while value := value >> 7:
            parts.append(value & 0x7F | 0x80)
        found += bytes(reversed(parts))
    return bytes(found)
