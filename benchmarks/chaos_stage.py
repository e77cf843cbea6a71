"""The processes of a chaos run: the stand-ins, which live through it, and the service, which dies.

Everything listens on the loopback address, and ends with the stage or with whoever set it.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
from fakes.chaos_service import die_with_parent
from fakes.pages import page

HOUSE = Path(__file__).resolve().parents[1]
PATIENCE_S = 30.0
"""For a process that should answer at once; also on a machine with much else to do."""


@dataclass(kw_only=True)
class Life:
    """One process of the service, from its start to its end."""

    pid: int
    stage: "Stage"
    ended: int | None = None
    """The exit code; a signal is negative."""

    async def lives(self, seconds: float) -> bool:
        """Wait for its end, at most so long; whether it still lives."""
        if self.ended is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(seconds, 0.01)):
                    self.ended = int((await self.stage.told())["ended"])
        return self.ended is None

    async def end(self, how: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        if self.ended is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, how)
            if await self.lives(PATIENCE_S * 2):
                raise TimeoutError(f"the service outlives {how.name}")
        assert self.ended is not None
        return self.ended


class Stage:
    """Starts what a run needs in one folder; ends it all with its block."""

    def __init__(self, folder: Path, service: str = "fakes.chaos_service") -> None:
        """folder: for the database, the dumps and what the processes say.  service: its module."""
        self._service = service
        self.folder = folder
        self.db = folder / "paperround.db"
        self.inbox = folder / "dumps" / "inbox"
        self.log = folder / "service.log"
        self.slack: dict[str, str] = {}
        self.discord: dict[str, str] = {}
        """What the stand-ins say of themselves."""
        self.dropped: dict[str, float] = {}
        """When each dump was complete in the inbox, in seconds since 1970."""
        self.starts = 0
        self._processes: list[asyncio.subprocess.Process] = []
        self._maker: asyncio.subprocess.Process | None = None
        self._telling: asyncio.Task[dict[str, Any]] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self.inbox.mkdir(parents=True)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        try:
            self.slack = await self._stand_in("fakes.slack.process")
            self.discord = await self._stand_in("fakes.discord.control")
            self._maker = await self._run(self._service, self._settings())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._telling is not None:
            self._telling.cancel()
        for process in self._processes:  # the service dies with the process that made it
            if process.returncode is None:
                process.kill()
            await process.wait()
        if self._session is not None:
            await self._session.close()

    # --- the service -----------------------------------------------------------------------

    async def start(self, *, hurry: bool, point: str | None = None, occurrence: int = 1) -> Life:
        """A new process of the service; `point` and the others as in `fakes.chaos_service`."""
        await self.order({"hurry": hurry, "point": point, "occurrence": occurrence})
        self.starts += 1
        async with asyncio.timeout(PATIENCE_S):
            return Life(pid=int((await self.told())["pid"]), stage=self)

    async def order(self, what: dict[str, Any]) -> None:
        """A line for the process that makes services."""
        assert self._maker is not None
        assert self._maker.stdin is not None
        self._maker.stdin.write(json.dumps(what).encode() + b"\n")
        await self._maker.stdin.drain()

    async def stop(self) -> None:
        """No service any more, whatever it is at."""
        assert self._maker is not None
        if self._maker.returncode is None:
            self._maker.kill()  # the service dies with it
            await self._maker.wait()

    async def told(self) -> dict[str, Any]:
        """The next line of the process that makes services; a cancelled wait loses none."""
        assert self._maker is not None
        if self._telling is None:
            self._telling = asyncio.create_task(_line(self._maker))
        found = await asyncio.shield(self._telling)
        self._telling = None
        return found

    def drop(self, name: str, titles: Sequence[str], comments: int | None = None) -> None:
        """A dump of these papers, each with so many comments, lands in the inbox."""
        half = self.inbox / f"{name}.part"
        half.write_bytes(page(titles, comments=comments))
        self.dropped[name] = time.time()
        half.rename(self.inbox / name)

    def waiting(self) -> list[str]:
        """Dumps that are not ingested yet."""
        taken = self.inbox.parent / "taken"
        return [
            path.name
            for folder in (self.inbox, taken)
            if folder.is_dir()
            for path in folder.iterdir()
        ]

    # --- the stand-ins ---------------------------------------------------------------------

    async def ask(self, platform: str, door: str, body: Any = None) -> Any:
        """What a stand-in answers at its own door; one that is away for a while is waited for."""
        assert self._session is not None
        about = self.slack if platform == "slack" else self.discord
        url = f"{about['control_url']}/{door}"
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                how = self._session.get(url) if body is None else self._session.post(url, json=body)
                async with how as answer:
                    answer.raise_for_status()
                    return await answer.json()
            except aiohttp.ClientConnectionError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.1)

    # --- processes -------------------------------------------------------------------------

    async def _stand_in(self, module: str) -> dict[str, str]:
        process = await self._run(module, {})
        async with asyncio.timeout(PATIENCE_S):
            return await _line(process)

    async def _run(self, module: str, more: dict[str, str]) -> asyncio.subprocess.Process:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PAPERROUND_")}
        said = (self.folder / f"{module}.log") if not more else self.log
        with said.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                cwd=self.folder,
                env=kept | {"PYTHONPATH": f"{HOUSE / 'tests'}:{HOUSE}"} | more,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        self._processes.append(process)
        return process

    def _settings(self) -> dict[str, str]:
        return {
            "PAPERROUND_DB": str(self.db),
            "PAPERROUND_INBOX": str(self.inbox),
            "PAPERROUND_LOG_FORMAT": "json",
            "PAPERROUND_SLACK_BOT_TOKEN": self.slack["bot_token"],
            "PAPERROUND_SLACK_APP_TOKEN": self.slack["app_token"],
            "PAPERROUND_SLACK_API_URL": self.slack["api_url"],
            "PAPERROUND_DISCORD_TOKEN": self.discord["token"],
            "PAPERROUND_DISCORD_API_BASE": self.discord["base_url"],
            "PAPERROUND_DISCORD_GATEWAY_URL": self.discord["gateway_url"],
            "OPENBLAS_NUM_THREADS": "1",  # its threads do not live through a fork
        }


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise ChildProcessError(f"a process of the stage ended: {await process.wait()}")
    found: dict[str, Any] = json.loads(line)
    return found
