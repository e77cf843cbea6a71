"""The soak runs, and what it prints is there. What it finds in hours is the benchmark's matter."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

COMMAND = Path(__file__).resolve().parents[2] / "benchmarks" / "soak.py"


@pytest.mark.long  # by the clock on the wall: a busy machine would not get through its day
@pytest.mark.timeout(900)
async def test_some_minutes_of_a_day_go_by_with_nothing_wrong():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        COMMAND,
        *("--hours", "0.3", "--people", "8", "--known", "40"),
        *("--speed", "100", "--seed", "3", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert out, err.decode()
    found = json.loads(out.splitlines()[-1])
    assert found["faults"] == [], found
    assert process.returncode == 0
    assert found["dumps"] >= 1
    assert found["sent"] >= 1
    assert found["rss_first_mb"] > 0
    assert found["rss_last_mb"] > 0
    assert found["lag"]["embedding"]["looks"] > 0
    assert all(isinstance(one, int) for one in (*found["tasks"], *found["files"]))
