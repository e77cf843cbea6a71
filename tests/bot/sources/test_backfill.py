"""The past is fetched day by day, goes on where it was, and is news to nobody."""

import asyncio
import json

import pytest
from fakes.source_server import JSON, Said, SourceServer
from fakes.source_shapes import daily_papers
from typer.testing import CliRunner

from bot.cli import app, backfilling
from storage import papers, vectors
from storage.database import Database

LISTS = {f"2025-10-{day:02}": [f"Ring of Day {day}", f"Chain of Day {day}"] for day in range(1, 9)}


class Past:
    """A server with a past, and the command that fetches it."""

    def __init__(self, path, base):
        self.path, self.base = path, base

    async def run(self, *words):
        env = {"PAPERROUND_HF_API_BASE": self.base}
        arguments = ["--db", str(self.path), "backfill", *words]
        # Width keeps each sentence on its line.
        return await asyncio.to_thread(
            CliRunner().invoke, app, arguments, env=env | {"COLUMNS": "300"}
        )

    async def titles(self):
        async with await Database.open(self.path) as db:
            return [
                one.title for one in await db.read(papers.between, vectors.EVERYTHING, 10**9)
            ], await db.read(papers.newest)


@pytest.fixture
async def server():
    async with SourceServer() as made:
        yield made


@pytest.fixture
def past(tmp_path, server, monkeypatch):
    monkeypatch.setattr(backfilling, "PAUSE_S", 0)
    monkeypatch.setattr(backfilling, "FIRST_WAIT_S", 0)
    return Past(tmp_path / "paperround.db", server.base)


def list_of(day):
    found = [(f"2510.{day[8:]}{n:03}", title) for n, title in enumerate(LISTS.get(day, []))]
    return Said(daily_papers(found, day), kind=JSON)


ALL = ("--source", "hf", "--since", "2025-10-01", "--until", "2025-10-08")


async def test_the_past_comes_the_latest_day_first_and_is_no_news(server, past):
    server.says("/api/daily_papers", lambda request: list_of(request.query["date"]))
    done = await past.run(*ALL, "--json")
    assert done.exit_code == 0, done.output
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said[0] == {"day": "2025-10-08", "new": 2, "seen_again": 0}
    assert said[-1] == {"source": "hf", "papers": 16, "failed": []}
    titles, newest = await past.titles()
    assert (len(titles), titles[-1], newest) == (16, "Ring of Day 8", 0)


async def test_it_goes_on_where_it_was_stopped(server, past):
    def broken(request):
        day = request.query["date"]
        return Said(status=500) if day == "2025-10-04" else list_of(day)

    server.says("/api/daily_papers", broken)
    first = await past.run(*ALL)
    assert first.exit_code == 3
    assert "1 day could not be fetched, the latest is 2025-10-04" in first.output
    server.asked.clear()
    server.says("/api/daily_papers", lambda request: list_of(request.query["date"]))
    again = await past.run(*ALL)
    assert again.exit_code == 0
    assert [one.query["date"] for one in server.asked] == ["2025-10-04"]
    assert len((await past.titles())[0]) == 16


async def test_a_source_that_asks_for_patience_ends_the_run(server, past):
    server.says("/api/daily_papers", Said(status=429, headers={"Retry-After": "7200"}))
    done = await past.run(*ALL)
    assert done.exit_code == 3
    assert "8 days could not be fetched" in done.output
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--source", "arxiv:cs.CL", "--since", "2025-10-01"), "take the past from hf", 1),
        (("--source", "nonsense", "--since", "2025-10-01"), "is no source", 2),
        (("--source", "hf", "--since", "2999-10-01"), "name an earlier day", 2),
    ],
)
async def test_what_has_no_past_is_told(past, words, said, code):
    done = await past.run(*words)
    assert (done.exit_code, said in done.output) == (code, True)
