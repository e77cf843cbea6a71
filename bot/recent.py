"""What was used last: a mapping with a bound, so that a service does not grow with its age.

What falls out is what nobody asked for the longest; whoever needs it again works it out again.
"""

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(MutableMapping[K, V]):
    """A mapping that holds at most so many; looking one up, or setting it, makes it the newest."""

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"a mapping that holds {most} is none")
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __getitem__(self, key: K) -> V:
        found = self._kept[key]
        self._kept.move_to_end(key)
        return found

    def __setitem__(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def __delitem__(self, key: K) -> None:
        del self._kept[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)
