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

memory.be_frugal()
held = [bytes(2_000) for _ in range(50_000)]
del held[::2]  # pages are let go where both neighbours are
rest, held = held[::100], None
before = resident()
memory.give_back()
print(before - resident())
"""


LARGE = """
from pathlib import Path
from bot import memory
import numpy as np

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

memory.be_frugal()
np.ones(20_000_000, dtype=np.uint8)  # glibc alone would from now on keep pieces of this size
before, kept = resident(), []
for _ in range(50):
    tables = [np.ones(10_000_000, dtype=np.uint8) for _ in range(5)]
    kept += [bytes(100) for _ in range(5)]  # settle where there is room
    del tables
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it there")
def test_large_pieces_go_back_at_once_whatever_small_ones_settle_beside_them():
    done = subprocess.run(
        [sys.executable, "-c", LARGE], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 1_000  # pages: one table alone has 2,400


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it there")
def test_what_was_let_go_is_given_back():
    done = subprocess.run(
        [sys.executable, "-c", HELD], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) > 1_000  # pages of 4 KB, of some 25,000


def test_where_the_library_cannot_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda _: object())
    memory.be_frugal()
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
