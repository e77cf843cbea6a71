"""The web server: health, on the loopback address, on the port that was asked for."""

import asyncio
import io
import os
import signal
import socket
from typing import Any

import aiohttp
import pytest
from fakes.running import PATIENCE_S, running, settings_in, until
from fakes.words_encoder import WordsEncoder
from rich.console import Console

from bot import service
from bot.metrics import Metrics, WatchedEncoder
from bot.settings import BadSetting, Settings
from bot.web import Web
from matching.library import Library


def settings(tmp_path, **more) -> Settings:
    return Settings(db=tmp_path / "a.db", inbox=tmp_path / "dumps" / "inbox", **more)


async def ready() -> dict[str, str | None]:
    return {"database": None, "slack": "not connected"}


async def get(web: Web, path: str) -> tuple[int, dict[str, Any]]:
    return await ask(web.port, path)


async def ask(port: int | None, path: str) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.json()


async def test_live_and_ready_tell_apart_running_and_able(tmp_path):
    web = Web(settings(tmp_path, http_port=0), ready)
    await web.start()
    assert await get(web, "/live") == (200, {"live": True})
    told = {"database": True, "slack": False, "why": {"slack": "not connected"}}
    assert await get(web, "/ready") == (503, told)
    await web.stop()


async def test_without_a_port_nothing_listens(tmp_path):
    web = Web(settings(tmp_path), ready)
    await web.start()
    assert web.port is None
    await web.stop()


async def test_a_port_that_is_taken_is_told_with_the_setting(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        web = Web(settings(tmp_path, http_port=other.getsockname()[1]), ready)
        with pytest.raises(BadSetting, match="PAPERROUND_HTTP_PORT"):
            await web.start()


async def test_a_body_that_is_too_large_is_refused(tmp_path):
    from aiohttp import web as http

    async def read(request: http.Request) -> http.Response:
        return http.Response(text=str(len(await request.read())))

    web = Web(settings(tmp_path, http_port=0), ready, [http.post("/door", read)])
    await web.start()
    url = f"http://127.0.0.1:{web.port}/door"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=b"x" * 1000) as answer:
            assert answer.status == 200
        async with session.post(url, data=io.BytesIO(b"x" * 2_000_000)) as answer:
            assert answer.status == 413
    await web.stop()


async def test_ready_names_the_database_the_model_and_each_platform(library, tmp_path):
    chosen = settings_in(tmp_path, http_port=0)
    watched = WatchedEncoder(library.encoder, Metrics())
    async with running(Library(library.db, watched), chosen) as service:
        await until(lambda: service.web.port)
        every = {"database": True, "model": True, "console": True}
        assert await get(service.web, "/ready") == (200, every)
        watched.works = False
        status, told = await get(service.web, "/ready")
        assert (status, told["model"], told["database"]) == (503, False, True)
        assert "log" in told["why"]["model"]
        watched.works = True
        assert await get(service.web, "/live") == (200, {"live": True})


async def test_health_is_for_this_machine_alone_unless_a_setting_says_otherwise(tmp_path):
    web = Web(settings(tmp_path, http_port=0), ready)
    await web.start()
    assert [host for host, _ in web._runner.addresses] == ["127.0.0.1"]
    await web.stop()
    assert Settings.model_fields["http_host"].default == "127.0.0.1"


# --- while the model is being loaded -----------------------------------------------------------


class SlowLoad:
    """A model that is there when a test says so."""

    def __init__(self) -> None:
        self.began, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self, *_: object) -> WordsEncoder:
        self.began.set()
        await self.may_end.wait()
        return WordsEncoder()


@pytest.fixture
def loading(monkeypatch) -> SlowLoad:
    slow = SlowLoad()
    monkeypatch.setattr(service, "load_encoder", slow)
    return slow


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


async def test_it_is_alive_before_the_model_is_there_and_says_what_it_waits_for(tmp_path, loading):
    chosen = settings_in(tmp_path, http_port=free_port(), push_token="p" * 16)
    task = asyncio.create_task(service.run(chosen, Console(file=io.StringIO())))
    try:
        await asyncio.wait_for(loading.began.wait(), PATIENCE_S)
        assert await ask(chosen.http_port, "/live") == (200, {"live": True})
        status, told = await ask(chosen.http_port, "/ready")
        assert status == 503
        assert (told["database"], told["model"]) == (True, False)
        assert "loaded" in told["why"]["model"]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{chosen.http_port}/metrics") as answer:
                assert "paperround_deliveries_total" in await answer.text()
            pushed = session.post(
                f"http://127.0.0.1:{chosen.http_port}/dumps",
                data=b'{"title": "Bees count to four", "abstract": "They do."}\n',
                headers={"Authorization": f"Bearer {'p' * 16}"},
            )
            async with pushed as answer:
                assert answer.status == 202, await answer.text()
        loading.may_end.set()
        every = {"database": True, "model": True, "console": True}
        async with asyncio.timeout(PATIENCE_S):
            while await ask(chosen.http_port, "/ready") != (200, every):
                await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, PATIENCE_S)
    finally:
        task.cancel()


async def test_a_signal_that_comes_while_the_model_is_loaded_ends_it_in_order(tmp_path, loading):
    chosen = settings_in(tmp_path, http_port=free_port())
    task = asyncio.create_task(service.run(chosen, Console(file=io.StringIO())))
    await asyncio.wait_for(loading.began.wait(), PATIENCE_S)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(task, PATIENCE_S)
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(chosen.http_port, "/live")


async def test_an_end_that_nobody_asked_for_is_not_taken_for_an_orderly_one(tmp_path, loading):
    task = asyncio.create_task(service.run(settings_in(tmp_path), Console(file=io.StringIO())))
    await asyncio.wait_for(loading.began.wait(), PATIENCE_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
