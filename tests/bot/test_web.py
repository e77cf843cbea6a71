"""The web server: health, on the loopback address, on the port that was asked for."""

import io
import socket

import aiohttp
import pytest
from fakes.running import running, settings_in, until

from bot.metrics import Metrics, WatchedEncoder
from bot.settings import BadSetting, Settings
from bot.web import Web
from matching.library import Library


def settings(tmp_path, **more) -> Settings:
    return Settings(db=tmp_path / "a.db", inbox=tmp_path / "dumps" / "inbox", **more)


async def ready() -> dict[str, bool]:
    return {"database": True, "slack": False}


async def get(web: Web, path: str) -> tuple[int, dict[str, bool]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{web.port}{path}") as answer,
    ):
        return answer.status, await answer.json()


async def test_live_and_ready_tell_apart_running_and_able(tmp_path):
    web = Web(settings(tmp_path, http_port=0), ready)
    await web.start()
    assert await get(web, "/live") == (200, {"live": True})
    assert await get(web, "/ready") == (503, {"database": True, "slack": False})
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
        assert await get(service.web, "/ready") == (503, every | {"model": False})
        watched.works = True
        assert await get(service.web, "/live") == (200, {"live": True})


async def test_health_is_for_this_machine_alone_unless_a_setting_says_otherwise(tmp_path):
    web = Web(settings(tmp_path, http_port=0), ready)
    await web.start()
    assert [host for host, _ in web._runner.addresses] == ["127.0.0.1"]
    await web.stop()
    assert Settings.model_fields["http_host"].default == "127.0.0.1"
