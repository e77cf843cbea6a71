"""`paperround start`, `import`, `missed`, `undo` and `history`, through the command line's door."""

import json

import pytest
from fakes import small_field
from fakes.pages import page
from fakes.words_encoder import WordsEncoder
from typer.testing import CliRunner

from bot import service
from bot.cli.base import app
from matching import encoder

TITLES = ("Graph Networks for Kitchens", "Graph Networks for Farms", "Speech Recognition at Sea")


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Runs `paperround` in this process; what is said comes on one line."""

    async def words_encoder(model, choice):
        return WordsEncoder()

    monkeypatch.setattr(service, "load_encoder", words_encoder)
    monkeypatch.setattr(encoder, "load_encoder", words_encoder)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["--db", str(tmp_path / "paperround.db"), *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    (tmp_path / "old.txt").write_bytes(page(paper.title for paper in small_field.papers(60)))
    (tmp_path / "page.txt").write_bytes(page(TITLES))
    run("ingest", str(tmp_path / "old.txt"), str(tmp_path / "page.txt"))
    run("profile", "add", "ada")
    run.folder = tmp_path
    return run


def test_a_profile_is_begun_with_a_few_words_and_eight_papers(shell):
    said = shell("start", "ada", "graph networks")
    assert "ada follows graph networks" in said
    assert said.count(" #") == 8
    assert "paperround vote ada" in said
    assert "graph networks" in shell("interest", "list", "ada")
    assert "500 characters" in shell("start", "ada", "x" * 501, code=1)


def test_a_library_is_imported_reported_and_undone(shell):
    file = shell.folder / "mine.bib"
    file.write_text(
        "@article{a, title={Graph {Networks} for Farms}}\n"
        "@article{b, title={Glaciers of my own}}\n@article{c, eprint={1706.03762}}\n"
        "@article{d, title={Oh\n"
    )
    said = shell("import", "ada", str(file), code=3)
    assert "1 paper of it came in dumps, and counts as liked." in said
    assert "1 paper is not stored" in said
    assert "line 3: no stored paper has the id 1706.03762" in said
    assert "line 4: the entry is broken" in said
    assert "1 like" in shell("profile", "show", "ada")
    assert "imported a library: 1 like, 1 paper of one's own" in shell("history", "ada")
    assert "Undone for ada: imported a library" in shell("undo", "ada")
    assert "1 like" not in shell("profile", "show", "ada")
    assert "there is nothing to undo" in shell("undo", "ada", code=1)


def test_a_file_that_is_no_library_is_refused_in_a_sentence(shell):
    pdf = shell.folder / "paper.pdf"
    pdf.write_bytes(b"%PDF-1.7")
    assert "that is no text file" in shell("import", "ada", str(pdf), code=1)
    assert "can't be read" in shell("import", "ada", str(shell.folder / "none"), code=1)


def test_programs_are_told_of_an_import_in_one_object(shell):
    file = shell.folder / "ids.txt"
    file.write_text(f"{TITLES[0]}\n1706.03762\n")
    found = json.loads(
        CliRunner()
        .invoke(
            app,
            ["--db", str(shell.folder / "paperround.db"), "import", "ada", str(file), "--json"],
        )
        .stdout
    )
    assert (found["kind"], found["liked"], found["shelved"]) == ("a list", 1, 0)
    assert found["unknown"] == [{"line": 2, "id": "1706.03762"}]


def test_missed_papers_are_explained_and_checked(shell):
    shell("interest", "add", "ada", "graph networks")
    said = shell("missed", "add", "ada", "Speech Recognition at Sea")
    assert "It is missed" in said
    assert "The smallest change that catches it:" in said
    assert "ollow “Speech Recognition at Sea”" in said
    assert "0 of 1 must-catch paper caught" in shell("missed", "check", "ada", code=1)
    added = shell("interest", "add", "ada", "Speech Recognition at Sea")
    assert "1 of 1 must-catch paper is caught." in added
    assert "1 of 1 must-catch paper still caught" in shell("missed", "check", "ada")
    assert "ada: 1 of 1 must-catch paper caught." in shell("db", "reembed")
    shell("missed", "remove", "ada", "1")
    assert "no missed paper 1" in shell("missed", "remove", "ada", "1", code=1)


def test_changes_are_replayed_listed_and_undone(shell):
    assert "Digests of the last day, replayed: +" in shell("interest", "add", "ada", "graphs")
    shell("interest", "remove", "ada", "1")
    listed = shell("history", "ada")
    assert "stopped following “graphs”" in listed
    assert "Undone for ada: followed “graphs”." in shell("undo", "ada", "1")
    assert "(undone)" in shell("history", "ada")


def test_a_change_by_the_shell_says_what_it_does_to_the_month(shell):
    shell("interest", "add", "ada", "graph networks", "--no-preview")
    assert "Digests of the last day, replayed: −" in shell("mute", "add", "ada", "word", "farms")
    assert "replayed: +" in shell("mute", "remove", "ada", "1")
    said = shell("subscribe", "ada", "daily", "08:30", "--about", "0.1")
    assert "replayed" in said
    assert "turned the dial to about 0.1 a day" in shell("history", "ada")
    assert "turned the dial" in shell("undo", "ada")
    assert "replayed: −" in shell("interest", "remove", "ada", "1")
    assert "replayed" not in shell("mute", "add", "ada", "word", "farms", "--no-preview")


def test_a_change_is_tried_by_the_shell_without_being_made(shell):
    shell("interest", "add", "ada", "graph networks", "--no-preview")
    assert "To mute “farms”: Digests of the last day, replayed: −" in shell(
        "try", "ada", "mute", "farms"
    )
    found = json.loads(shell("try", "ada", "unfollow", "1", "--json"))
    assert found["changes"]
    assert found["fewer"] == found["before"] == 2
    assert "so already" in shell("try", "ada", "follow graph networks")
    assert "by its number" in shell("try", "ada", "unfollow", "9", code=1)
    assert shell("history", "ada").count("#") == shell("history", "ada").count("Farms") == 0
    assert "mutes nothing" in shell("mute", "list", "ada")
