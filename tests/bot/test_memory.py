"""Memory that was let go goes back to the system, where the system's library can do that."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot import memory

HOUSE = Path(__file__).resolve().parents[2]

HELD = """
from pathlib import Path
from bot import memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

memory.keep_few_arenas()
held = [bytes(2_000) for _ in range(50_000)]
del held[::2]  # pages are let go where both neighbours are
rest, held = held[::100], None
before = resident()
memory.give_back()
print(before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it there")
def test_what_was_let_go_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", HELD], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 1_000  # pages of 4 KB, of some 25,000


def test_where_the_library_cannot_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.keep_few_arenas()
    memory.give_back()


SETTLED = """
import gc
from bot import memory

held = [[] for _ in range(1_000)]
memory.settle()
seen = {id(one) for one in gc.get_objects()}
print(sum(id(one) in seen for one in held))
"""


def test_what_stays_is_not_looked_through_again():
    done = subprocess.run(
        [sys.executable, "-c", SETTLED], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == 0
