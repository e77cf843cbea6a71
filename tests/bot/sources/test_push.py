"""Whoever has the token hands in a dump; everybody else is told what to do."""

import gzip

import aiohttp
import pytest
from aiohttp import web
from fakes import source_shapes as shapes
from fakes.pages import page
from pydantic import SecretStr

from bot.sources.push import Push

TOKEN = "a-token-of-some-length"
LIMIT = 200_000


@pytest.fixture
async def door(tmp_path):
    (tmp_path / "inbox").mkdir()
    app = web.Application(client_max_size=1000)
    app.add_routes(Push(SecretStr(TOKEN), tmp_path / "inbox", LIMIT).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
        yield client
    await runner.cleanup()


async def hand_in(door, data, token=f"Bearer {TOKEN}", name="?name=today.txt"):
    headers = {"Authorization": token} if token else {}
    async with door.post(f"/dumps{name}", data=data, headers=headers) as answer:
        return answer.status, await answer.json()


def files(tmp_path):
    return sorted(one.name for one in (tmp_path / "inbox").iterdir())


async def test_a_dump_is_accepted_and_lies_in_the_inbox(door, tmp_path):
    data = page(["A Paper on Doors and Their Keys"])
    status, said = await hand_in(door, data)
    assert (status, said["entries"], said["rejects"]) == (202, 1, 0)
    (name,) = files(tmp_path)
    assert name == f"push-{said['sha256'][:12]}-today.txt"
    assert (tmp_path / "inbox" / name).read_bytes() == data
    await hand_in(door, data)
    assert len(files(tmp_path)) == 1


async def test_a_packed_feed_is_accepted_too(door, tmp_path):
    status, said = await hand_in(door, gzip.compress(shapes.snapshot(5)), name="")
    assert (status, said["layout"], said["entries"]) == (202, "json-lines", 5)


@pytest.mark.parametrize(
    "token", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ü"]
)
async def test_nobody_else_hands_anything_in(door, tmp_path, token):
    status, said = await hand_in(door, page(["A Paper on Doors and Their Keys"]), token)
    assert (status, files(tmp_path)) == (401, [])
    assert TOKEN not in str(said)


async def test_what_is_no_dump_is_refused_with_the_reason(door, tmp_path):
    status, said = await hand_in(door, b"\x89PNG\r\n\x1a\n" + bytes(500))
    assert (status, files(tmp_path)) == (422, [])
    assert "PNG image" in said["error"]


async def test_what_is_too_large_is_refused(door, tmp_path):
    status, _ = await hand_in(door, b"x" * (LIMIT + 1))
    assert (status, files(tmp_path)) == (413, [])


@pytest.mark.parametrize("name", ["../../etc/cron", "/etc/passwd", ".hidden", "a b\nc", "x" * 500])
async def test_a_name_leads_nowhere_else(door, tmp_path, name):
    async with door.post(
        "/dumps",
        params={"name": name},
        data=page(["A Paper on Doors and Their Keys"]),
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as answer:
        assert answer.status == 202
    (found,) = files(tmp_path)
    assert found.startswith("push-")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["inbox"]
