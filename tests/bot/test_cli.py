"""The command line, through its own door: what people read, what programs read, how it fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.pages import abstract, page
from fakes.words_encoder import WordsEncoder
from typer.testing import CliRunner

from bot import cli, service
from bot.cli.base import app

TITLES = ("Graph Networks for Kitchens", "Speech Recognition at Sea", "Graph Networks for Farms")


class Shell:
    """Runs `paperround` in this process, on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "paperround.db"

    def __call__(self, *words: str, code: int = 0, stdin: bytes | None = None) -> str:
        result = CliRunner().invoke(app, ["--db", str(self.db), *words], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    def lines(self, *words: str, **how) -> list[dict]:
        result = CliRunner().invoke(app, ["--db", str(self.db), *words, "--json"], **how)
        return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def shell(tmp_path, monkeypatch) -> Shell:
    async def words_encoder(model):
        return WordsEncoder()

    monkeypatch.setattr(service, "load_encoder", words_encoder)
    monkeypatch.setenv("COLUMNS", "120")
    return Shell(tmp_path)


@pytest.fixture
def stocked(shell) -> Shell:
    (shell.folder / "page.txt").write_bytes(page(TITLES, comments=4))
    shell("ingest", str(shell.folder / "page.txt"))
    return shell


def test_ingest_sums_up_what_a_dump_brought(shell):
    (shell.folder / "page.txt").write_bytes(page(TITLES))
    said = shell("ingest", str(shell.folder / "page.txt"))
    assert "3 entries, 3 new, 0 seen again, 0 rejects" in said
    said = shell("ingest", str(shell.folder / "page.txt"))
    assert "0 new, 3 seen again" in said
    assert "ingested before: nothing was done" in said


def test_ingest_answers_programs_with_one_object(shell):
    (answer,) = shell.lines("ingest", "-", input=page(TITLES))
    assert {key: answer[key] for key in ("layout", "entries", "new", "seen_again", "rejects")} == {
        "layout": "spaced-with-details",
        "entries": 3,
        "new": 3,
        "seen_again": 0,
        "rejects": [],
    }


def test_rejects_come_with_line_and_reason_and_an_exit_code(shell):
    cut = page(TITLES) + b"A Title Whose Abstract Was Cut Off\n"
    result = CliRunner().invoke(app, ["--db", str(shell.db), "ingest", "-", "--json"], input=cut)
    assert result.exit_code == 3
    answer = json.loads(result.stdout)
    assert answer["new"] == 3
    (reject,) = answer["rejects"]
    assert reject["line"] == len(cut.splitlines())
    assert reject["reason"]


def test_what_is_no_dump_is_refused_in_a_sentence_and_stores_nothing(shell):
    (shell.folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    said = shell("ingest", str(shell.folder / "photo.png"), code=1)
    assert said.startswith("refused photo.png")
    assert "Traceback" not in said
    assert shell.lines("papers") == []


def test_one_bad_file_does_not_keep_the_others_out(shell):
    (shell.folder / "good.txt").write_bytes(page(TITLES))
    shell("ingest", str(shell.folder / "missing.txt"), str(shell.folder / "good.txt"), code=1)
    assert len(shell.lines("papers")) == 3


def test_papers_for_programs(stocked):
    first = stocked.lines("papers")[0]
    assert first["title"] == TITLES[0]
    assert first["abstract"] == abstract(TITLES[0])
    assert (first["authors"], first["organisation"]) == (3, None)
    assert (first["published"], first["comments"]) == ("2022-06-14", 4)
    assert first["first_seen"].endswith("+00:00")


def test_a_profile_from_nothing_to_its_first_digest(stocked):
    stocked("profile", "add", "ada", "--zone", "Europe/Berlin", "--quiet", "22:00-07:00")
    assert "ada follows graph networks" in stocked("interest", "add", "ada", "graph networks")
    said = stocked("subscribe", "ada", "daily", "08:30", "--size", "3")
    assert "daily at 08:30, Europe/Berlin, up to 3 papers" in said
    shown = stocked("profile", "show", "ada")
    for part in ("graph networks", "quiet 22:00-07:00", "daily at 08:30", "a person on console"):
        assert part in shown
    previewed = stocked("digest", "preview", "ada")
    assert "papers for ada" in previewed or "Nothing for ada" in previewed
    stocked("digest", "send", "ada")
    again = stocked("digest", "send", "ada")
    assert "no new papers" in again


def test_interests_are_listed_and_removed(stocked):
    stocked("profile", "add", "ada")
    stocked("interest", "add", "ada", "graphs", "--no-preview")
    (one,) = stocked.lines("interest", "list", "ada")
    stocked("interest", "remove", "ada", str(one["id"]))
    assert stocked.lines("interest", "list", "ada") == []
    assert "has no interest" in stocked("interest", "remove", "ada", str(one["id"]), code=1)


def test_an_alert_shows_what_it_would_have_found(stocked):
    stocked("profile", "add", "ada")
    said = stocked("alert", "add", "ada", '"graph network"')
    assert "2 hits in 3 stored papers" in said
    assert TITLES[0] in said
    (one,) = stocked.lines("alert", "list", "ada")
    assert one["query"] == '"graph network"'
    stocked("alert", "remove", "ada", str(one["id"]))


def test_a_bad_query_is_refused_with_its_position(stocked):
    stocked("profile", "add", "ada")
    said = stocked("alert", "add", "ada", 'graph "networks', code=1)
    assert "^" in said
    assert stocked.lines("alert", "list", "ada") == []


def test_votes_are_given_and_taken_back(stocked):
    stocked("profile", "add", "ada")
    stocked("vote", "ada", "1", "like")
    assert "1 like" in stocked("profile", "show", "ada")
    stocked("vote", "ada", TITLES[0], "like", "--undo")
    assert "1 like" not in stocked("profile", "show", "ada")


def test_search_and_similar_find_papers(stocked):
    assert stocked.lines("search", "speech", "--words")[0]["title"] == TITLES[1]
    assert stocked.lines("search", "speech")[0]["title"] == TITLES[1]
    assert stocked.lines("similar", "1")[0]["title"] == TITLES[2]
    assert "Nothing found" in stocked("search", "zzz", "--words")


def test_why_tells_a_paper_s_way(stocked):
    stocked("profile", "add", "ada")
    stocked("interest", "add", "ada", "graph networks", "--no-preview")
    stocked("alert", "add", "ada", "kitchens")
    said = stocked("why", "ada", "1")
    assert TITLES[0] in said
    assert "Not sent to ada so far" in said
    assert "Hit by the alert kitchens" in said


def test_names_that_are_wrong_are_answered_with_a_remedy(stocked):
    stocked("profile", "add", "ada")
    assert "did you mean ada" in stocked("interest", "list", "adda", code=1)
    assert "profile add ben" in stocked("interest", "list", "ben", code=1)
    assert "no stored paper" in stocked("why", "ada", "999", code=1)
    assert "give the number" in stocked("why", "ada", "graph networks", code=1)


def test_the_outbox_is_shown_retried_and_buried(stocked):
    assert "0 pending" in stocked("outbox", "list")
    assert "outbox list" in stocked("outbox", "retry", "7", code=1)
    assert "outbox list" in stocked("outbox", "bury", "7", code=1)


def test_the_database_is_checked_backed_up_and_restored(stocked):
    assert "is sound" in stocked("db", "check")
    stocked("db", "backup", str(stocked.folder / "copy.db"))
    stocked("profile", "add", "ada")
    stocked("db", "restore", str(stocked.folder / "copy.db"))
    assert stocked.lines("profile", "list") == []
    assert len(stocked.lines("papers")) == 3
    assert "up to date" in stocked("db", "migrate")


def test_a_check_makes_no_database(shell):
    assert "there is no database" in shell("db", "check", code=1)
    assert not shell.db.exists()


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["profile", "add", "ada", "--zone", "Berlin"], "Europe/Berlin"),
        (["profile", "add", "ada", "--quiet", "late"], "22:00-07:00"),
        (["subscribe", "ada", "sometimes"], "daily 08:30"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_can(shell, words, remedy, monkeypatch, capsys):
    shell("profile", "add", "ada")
    monkeypatch.setattr(sys, "argv", ["paperround", "--db", str(shell.db), *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert remedy in capsys.readouterr().err


def test_a_bad_setting_is_named(shell, monkeypatch, capsys):
    monkeypatch.setenv("PAPERROUND_LOG_LEVEL", "loud")
    monkeypatch.setattr(sys, "argv", ["paperround", "papers"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "PAPERROUND_LOG_LEVEL" in capsys.readouterr().err


def test_commands_that_need_no_model_load_none(tmp_path):
    """Starting in well under a second means that nothing heavy is imported on the way."""
    code = f"""
import sys
from typer.testing import CliRunner
from bot.cli import app
for words in (["papers"], ["profile", "list"], ["outbox", "list"], ["alert", "test", "a"]):
    result = CliRunner().invoke(app, ["--db", {str(tmp_path / "p.db")!r}, *words])
    assert result.exit_code == 0, result.output
heavy = {{"torch", "sentence_transformers", "transformers", "sklearn", "scipy"}}
print(sorted(heavy & set(sys.modules)))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
