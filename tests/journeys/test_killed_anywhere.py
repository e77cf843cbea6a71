"""Killed between any two transactions from the dump to the console, each message arrives once."""

import asyncio
import json
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.platforms.console import history
from storage.records import DeliveryKind

ROAD = Path(__file__).with_name("road.py")


class Walker:
    """The process that walks the road, one walk at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def walk(self, folder: Path, minutes: int, **kill: str | int) -> tuple[int, int]:
        """How it ended, and how many transactions it had."""
        order = {"folder": str(folder), "minutes": minutes, **kill}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await self._process.stdout.readline()
        assert line, "the walker died"
        told = json.loads(line)
        assert told["ended"] in (0, -signal.SIGKILL)
        return told["ended"], told["transactions"]


@pytest.fixture
async def walker() -> AsyncIterator[Walker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, ROAD, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    yield Walker(process)
    process.stdin.close()
    assert await process.wait() == 0


def owed(folder: Path) -> dict[str, list[int]]:
    """What arrived: the papers of each message, by whom and what it was for."""
    found: dict[str, list[int]] = {}
    for one in history(folder / "transcript.jsonl"):
        kind = "second chance" if one.key.startswith("second-chance/") else one.kind
        name = f"{'late addition' if '/late' in one.key else kind} for {one.to}"
        name += " again" if one.kind is DeliveryKind.ALERT and name in found else ""
        assert name not in found, f"{name} came twice"
        found[name] = [card.seq for card in one.message.cards]
    return found


def check(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "paperround.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT DISTINCT status FROM outbox").fetchall() == [("sent",)]
        keys = [key for (key,) in db.execute("SELECT key FROM outbox")]
    assert sorted(keys) == sorted(one.key for one in history(folder / "transcript.jsonl"))


@pytest.mark.timeout(1_800)  # some seventy processes, on a machine that has others to run
@pytest.mark.parametrize("when", ["before", "after"])
async def test_each_message_arrives_exactly_once_wherever_the_process_is_killed(
    tmp_path, walker, when
):
    quiet = tmp_path / "undisturbed"
    quiet.mkdir()
    _, transactions = await walker.walk(quiet, 5)
    expected = owed(quiet)
    check(quiet)
    assert set(expected) == {
        "alert for ada", "alert for ben", "alert for #room", "digest for ada", "digest for ben",
        "alert for #room again", "late addition for ada", "late addition for ben",
        "second chance for ada",
    }  # fmt: skip
    assert transactions >= 15
    killed = 0
    for number in range(1, transactions + 1):
        folder = tmp_path / f"{when} {number}"
        folder.mkdir()
        ended, _ = await walker.walk(folder, 5, when=when, number=number)
        # Later than every lease: what the dead process held is free again.
        await walker.walk(folder, 30)
        assert owed(folder) == expected, f"killed {when} transaction {number}"
        check(folder)
        killed += ended == -signal.SIGKILL
    # How often the dispatcher asks in vain is a matter of timing, so a last few may not be reached.
    assert killed >= 24
