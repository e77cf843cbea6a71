"""`paperround receipts` and `digest rebuild`, through the command line's own door."""

import asyncio
import json

import pytest
from fakes import small_field
from fakes.pages import page
from fakes.words_encoder import WordsEncoder
from typer.testing import CliRunner

from bot import service
from bot.cli.base import app
from storage.database import Database

TITLES = ("Graph Networks for Kitchens", "Graph Networks for Farms", "Speech Recognition at Sea")


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Runs `paperround` in this process, with one digest that was sent to ada."""

    async def words_encoder(model, choice):
        return WordsEncoder()

    monkeypatch.setattr(service, "load_encoder", words_encoder)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PAPERROUND_CONSOLE_TRANSCRIPT", str(tmp_path / "transcript.txt"))

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["--db", str(tmp_path / "paperround.db"), *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.output

    (tmp_path / "old.txt").write_bytes(page(paper.title for paper in small_field.papers(60)))
    (tmp_path / "page.txt").write_bytes(page(TITLES))
    run("ingest", str(tmp_path / "old.txt"))
    run("profile", "add", "ada", "--zone", "Europe/Berlin")
    run("interest", "add", "ada", "graph networks")
    run("subscribe", "ada", "daily", "08:30", "--no-surprise")
    run("ingest", str(tmp_path / "page.txt"))
    run("digest", "send", "ada")
    run.db = tmp_path / "paperround.db"
    return run


def change(shell, sql: str) -> None:
    async def go() -> None:
        async with await Database.open(shell.db) as db:
            await db.write(lambda tx: tx.execute(sql))

    asyncio.run(go())


def test_receipts_tell_the_digest_with_its_papers(shell):
    said = " ".join(shell("receipts", "ada").split())
    assert "digest 1 2 papers of 63; sent" in said
    assert "Graph Networks for Farms" in said
    assert "graph networks" in said


def test_receipts_answer_programs_with_an_object_for_each(shell):
    (told,) = [json.loads(line) for line in shell("receipts", "ada", "--json").splitlines()]
    assert told["kind"] == "digest"
    assert told["digest_id"] == 1
    assert {paper["title"] for paper in told["papers"]} == set(TITLES[:2])


def test_receipts_of_somebody_without_any_say_so(shell):
    shell("profile", "add", "ben")
    assert "Nothing was decided for ben in the last 2 days." in shell(
        "receipts", "ben", "--since", "2"
    )
    assert shell("receipts", "ben", "--json") == ""


def test_a_digest_is_rebuilt_after_the_profile_has_changed(shell):
    shell("interest", "add", "ada", "speech at sea")
    shell("vote", "ada", "61", "dislike")
    assert "Digest 1: identical, 2 papers." in shell("digest", "rebuild", "1")
    told = json.loads(shell("digest", "rebuild", "1", "--json"))
    assert told["identical"] is True
    assert [one["seq"] for one in told["was"]] == [one["seq"] for one in told["now"]]


def test_a_digest_that_differs_says_in_what_and_ends_with_1(shell):
    change(shell, "UPDATE digest_papers SET score = 0.5 WHERE seq = 61")
    said = " ".join(shell("digest", "rebuild", "1", code=1).split())
    assert "Digest 1 comes out differently: #61 scored 0.500000 and scores 0." in said
    assert "Since then: nothing that is on record has changed." in said
    assert json.loads(shell("digest", "rebuild", "1", "--json", code=1))["identical"] is False


def test_a_digest_that_does_not_exist_is_refused_with_the_remedy(shell):
    assert "there is no digest 9" in shell("digest", "rebuild", "9", code=1)
