"""A source is asked politely, and whatever it answers does no harm."""

from datetime import timedelta

import pytest
from fakes.source_server import Said, SourceServer, packed

from bot.sources.fetching import Fault, SourceTrouble, Web
from bot.sources.source import JSON, XML

LIMIT = 100_000


@pytest.fixture
async def server():
    async with SourceServer() as made:
        yield made


@pytest.fixture
async def web():
    async with Web("mail@home.example", timeout=timedelta(seconds=0.5), limit=LIMIT) as made:
        yield made


async def trouble(web: Web, address: str, accept: str = XML) -> SourceTrouble:
    with pytest.raises(SourceTrouble) as raised:
        await web.get(address, accept=accept)
    return raised.value


async def test_it_says_who_asks_and_sends_the_validators_back(server, web):
    server.says("/a", Said(b"<rss/>", headers={"ETag": '"1"', "Last-Modified": "Mon, 27 Oct 2025"}))
    answer = await web.get(f"{server.base}/a", accept=XML)
    assert (answer.body, answer.etag, answer.last_modified) == (
        b"<rss/>",
        '"1"',
        "Mon, 27 Oct 2025",
    )
    server.says("/a", Said(status=304))
    again = await web.get(
        f"{server.base}/a", accept=XML, etag=answer.etag, last_modified=answer.last_modified
    )
    assert again.is_unchanged
    asked = server.asked[-1].headers
    assert asked["User-Agent"].startswith("Paperround/")
    assert "mail@home.example" in asked["User-Agent"]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', "Mon, 27 Oct 2025")


async def test_what_is_packed_is_unpacked(server, web):
    server.says("/a", packed(b"<rss/>" * 100))
    assert (await web.get(f"{server.base}/a", accept=XML)).body == b"<rss/>" * 100


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Said(after_s=2.0), Fault.TIMEOUT),
        (Said(status=500), Fault.SERVER),
        (Said(status=503), Fault.SERVER),
        (Said(status=404), Fault.REFUSED),
        (Said(status=403), Fault.REFUSED),
        (Said(b"x" * (LIMIT + 1)), Fault.TOO_LARGE),
        (packed(b"x" * 50_000_000), Fault.TOO_LARGE),
        (Said(b"x" * 1000, cut=500), Fault.BROKEN_OFF),
        (
            Said(packed(b"xyz" * 999).body[:-9], headers={"Content-Encoding": "gzip"}),
            Fault.BROKEN_OFF,
        ),
        (Said(b"x", headers={"Content-Encoding": "br"}), Fault.WRONG_TYPE),
        (Said(b"<!DOCTYPE html><p>Be right back</p>", kind="text/html"), Fault.WRONG_TYPE),
    ],
)
async def test_each_fault_is_told_by_its_name(server, web, said, fault):
    server.says("/a", said)
    assert (await trouble(web, f"{server.base}/a?key=secret")).fault is fault


async def test_json_that_is_none_is_refused(server, web):
    server.says("/a", Said(b"[]", kind="text/plain"))
    assert (await trouble(web, f"{server.base}/a", JSON)).fault is Fault.WRONG_TYPE


async def test_nobody_there_is_a_trouble_without_the_address(web):
    found = await trouble(web, "http://127.0.0.1:1/a?key=secret")
    assert found.fault is Fault.UNREACHABLE
    assert "secret" not in str(found)
    assert found.__cause__ is None


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("99999999999", timedelta(days=1)),
        ("Mon, 01 Jan 2001 00:00:00 GMT", timedelta(0)),
        ("Mon, 01 Jan 2101 00:00:00 GMT", timedelta(days=1)),
        ("soon", None),
    ],
)
async def test_retry_after_is_understood_in_both_ways(server, web, said, wait):
    server.says("/a", Said(status=429, headers={"Retry-After": said}))
    found = await trouble(web, f"{server.base}/a")
    assert (found.fault, found.wait) == (Fault.RATE_LIMITED, wait)


async def test_a_redirect_is_followed_on_the_same_host(server, web):
    server.says("/a", Said(status=301, headers={"Location": "/b?x=1"}))
    server.says("/b", Said(b"<rss/>"))
    assert (await web.get(f"{server.base}/a", accept=XML)).body == b"<rss/>"


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:80/b",
        "http://169.254.169.254/latest/meta-data",
        "//elsewhere.example/b",
        "file:///etc/passwd",
        "http://127.0.0.1:1/b",
        "http://[::1/b",
        "",
    ],
)
async def test_a_redirect_to_anywhere_else_is_not_followed(server, web, location):
    server.says("/a", Said(status=302, headers={"Location": location}))
    assert (await trouble(web, f"{server.base}/a")).fault is Fault.MOVED
    assert len(server.asked) == 1


async def test_redirects_in_a_circle_end(server, web):
    server.says("/a", Said(status=302, headers={"Location": "/a"}))
    assert (await trouble(web, f"{server.base}/a")).fault is Fault.MOVED
    assert len(server.asked) < 10
