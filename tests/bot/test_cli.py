"""The command line, through its own door: what people read, what programs read, how it fails."""

import asyncio
import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.pages import abstract, page
from fakes.words_encoder import WordsEncoder
from rich.console import Console
from typer.testing import CliRunner, Result

from bot import cli, messages, service
from bot.alone import alone
from bot.cli import base, ingesting
from bot.cli.base import app
from bot.cli.shelf import SHELF, everything, everything_fetched
from matching import encoder
from storage import outbox, profiles, subscriptions
from storage.database import Database
from storage.dumps import MAX_BYTES
from storage.records import DeliveryKind, Destination, OwnerKind
from storage.schema import DatabaseUnusable

TITLES = ("Graph Networks for Kitchens", "Speech Recognition at Sea", "Graph Networks for Farms")


class Shell:
    """Runs `paperround` in this process, on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "paperround.db"

    def run(self, *words: str, code: int = 0, stdin=None) -> Result:
        result = CliRunner().invoke(app, ["--db", str(self.db), *words], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    def __call__(self, *words: str, code: int = 0, stdin=None) -> str:
        """Everything that was said, on one line."""
        return " ".join(self.run(*words, code=code, stdin=stdin).output.split())

    def lines(self, *words: str, code: int = 0, stdin=None) -> list[dict]:
        said = self.run(*words, "--json", code=code, stdin=stdin).stdout
        return [json.loads(line) for line in said.splitlines()]


@pytest.fixture
def shell(tmp_path, monkeypatch) -> Shell:
    async def words_encoder(model, choice):
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
    (answer,) = shell.lines("ingest", "-", stdin=page(TITLES))
    assert {key: answer[key] for key in ("layout", "entries", "new", "seen_again", "rejects")} == {
        "layout": "spaced-with-details",
        "entries": 3,
        "new": 3,
        "seen_again": 0,
        "rejects": [],
    }


def test_rejects_come_with_line_and_reason_and_an_exit_code(shell):
    cut = page(TITLES) + b"A Title Whose Abstract Was Cut Off\n"
    (answer,) = shell.lines("ingest", "-", stdin=cut, code=3)
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
    (answer,) = shell.lines("ingest", str(shell.folder / "photo.png"), code=1)
    assert "photo.png" in answer["error"]


def test_standard_input_is_read_no_further_than_a_dump_may_reach(shell, monkeypatch, capsys):
    class Endless:
        """A pipe from something that never stops."""

        def __init__(self) -> None:
            self.buffer = self
            self.asked: list[int] = []

        def read(self, size: int = -1) -> bytes:
            self.asked.append(size)
            return bytes(max(size, 0))

    stdin = Endless()
    monkeypatch.setattr(sys, "stdin", stdin)
    assert "refused" in refused(shell, monkeypatch, capsys, "ingest", "-")
    assert stdin.asked == [MAX_BYTES + 1]


def test_a_file_that_was_stored_is_told_of_whatever_happens_to_the_next(shell, monkeypatch):
    stored = ingesting.ingest

    async def ingest(db, encoder, raw, *rest):
        if raw.name == "second.txt":
            raise DatabaseUnusable("the disk is full")
        return await stored(db, encoder, raw, *rest)

    monkeypatch.setattr(ingesting, "ingest", ingest)
    for name, titles in (("first.txt", TITLES), ("second.txt", ("Other Papers", "More Of Them"))):
        (shell.folder / name).write_bytes(page(titles))
    files = [str(shell.folder / name) for name in ("first.txt", "second.txt")]
    for ask, told in ((["ingest", *files], "3 new"), (["ingest", *files, "--json"], '"new": 0')):
        result = CliRunner().invoke(app, ["--db", str(shell.db), *ask])
        assert isinstance(result.exception, DatabaseUnusable)
        assert "first.txt" in result.stdout
        assert told in result.stdout


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


def test_a_backup_is_read_whole_where_that_is_asked(stocked):
    said = stocked("db", "backup", str(stocked.folder / "copy.db"), "--verify")
    assert "is sound and holds 3 papers" in said


def test_a_dry_run_restores_nothing_and_says_what_would_change(stocked):
    copy = stocked.folder / "copy.db"
    stocked("db", "backup", str(copy))
    stocked("profile", "add", "ada")
    said = stocked("db", "restore", str(copy), "--dry-run")
    assert "3 papers" in said
    assert "1 profile " in said
    assert "Nothing was changed" in said
    assert "ada" in stocked("profile", "list")
    copy.write_bytes(b"no database")
    with pytest.raises(DatabaseUnusable, match="no SQLite database"):
        stocked("db", "restore", str(copy), "--dry-run")


def test_a_check_makes_no_database(shell):
    assert "there is no database" in shell("db", "check", code=1)
    assert not shell.db.exists()


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["profile", "add", "ada", "--zone", "Berln"], "Europe/Berlin"),
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


# --- what a digest sent by hand says -------------------------------------------------------


@pytest.fixture
def reader(stocked) -> Shell:
    """Ada, whose digest would hold two of the three papers."""
    stocked("profile", "add", "ada")
    for text in (TITLES[0], TITLES[2]):
        stocked("interest", "add", "ada", text, "--no-preview")
    stocked("subscribe", "ada", "daily", "08:30")
    return stocked


def test_a_digest_sent_by_hand_is_shown_and_on_record(reader):
    said = reader("digest", "send", "ada")
    assert TITLES[0] in said
    (one,) = reader.lines("outbox", "list")
    assert one["status"] == "sent"


def test_a_digest_in_quiet_hours_says_when_it_comes(reader):
    reader("profile", "set", "ada", "--quiet", quiet_now())
    said = reader("digest", "send", "ada")
    assert "quiet hours until" in said
    assert TITLES[0] not in said
    assert [one["status"] for one in reader.lines("outbox", "list")] == ["pending"]


def test_a_paused_digest_is_not_sent_and_says_why(reader):
    on_record(reader, lambda tx: subscriptions.pause(tx, ADA, "the channel [is] gone"))
    said = reader("digest", "send", "ada", code=1)
    assert "paused: the channel [is] gone" in said
    assert "paperround subscribe ada" in said
    assert reader.lines("outbox", "list") == []
    reader("subscribe", "ada", "daily", "08:30")
    assert TITLES[0] in reader("digest", "send", "ada")


def test_a_digest_behind_a_hold_says_so(reader):
    until = datetime.now(UTC) + timedelta(hours=1)

    def hold(tx):
        queue_for_ada(tx)
        now = datetime.now(UTC)
        (first,) = outbox.claim(
            tx, owner="me", platforms=["console"], limit=1, lease=timedelta(minutes=1), now=now
        )
        outbox.postpone(tx, first, "me", until=until, reason="too many", maybe_posted=False)

    on_record(reader, hold)
    said = reader("digest", "send", "ada")
    assert f"local/ada is on hold until {until:%a %d %b %H:%M} (too many)" in said


def test_a_digest_that_cannot_be_posted_says_that_it_is_tried_again(reader, monkeypatch):
    monkeypatch.setenv("PAPERROUND_TRANSCRIPT", str(reader.folder / "nowhere" / "transcript"))
    said = reader("digest", "send", "ada")
    assert "Not sent yet: no answer: FileNotFoundError" in said
    assert "tries again" in said


def test_a_digest_of_another_platform_is_left_to_the_service(reader):
    on_record(reader, lambda tx: add_slack_profile(tx, "ben", "U1"))
    reader("interest", "add", "ben", TITLES[0], "--no-preview")
    reader("subscribe", "ben", "daily", "08:30")
    assert "`paperround run` sends it on slack" in reader("digest", "send", "ben")


def test_what_others_wait_for_is_not_shown_with_a_digest(reader):
    reader("profile", "add", "ben")
    body = messages.to_json(messages.Message(heading="A secret for ben"))
    ben = Destination(platform="console", address="local/ben")
    on_record(reader, lambda tx: queue_for_ada(tx, ben, body))
    said = reader("digest", "send", "ada")
    assert TITLES[0] in said
    assert "A secret" not in said
    assert "1 other message that waited went out too" in said
    assert {one["status"] for one in reader.lines("outbox", "list")} == {"sent"}


def test_an_empty_digest_says_why(stocked):
    stocked("profile", "add", "ada")
    assert "no subscription" in stocked("digest", "send", "ada", code=1)
    stocked("subscribe", "ada", "daily", "08:30")
    assert "Nothing sent" in stocked("digest", "send", "ada")


ADA = Destination(platform="console", address="local/ada")


def on_record(shell: Shell, write) -> None:
    """One transaction on the shell's database."""

    async def go() -> None:
        async with await Database.open(shell.db) as db:
            await db.write(write)

    asyncio.run(go())


def queue_for_ada(tx, destination: Destination = ADA, body: str = "{}") -> None:
    now = datetime.now(UTC)
    outbox.queue(
        tx,
        key="earlier",
        kind=DeliveryKind.NOTICE,
        destination=destination,
        profile_id=None,
        body=body,
        due_at=now,
        now=now,
    )


def add_slack_profile(tx, name: str, owner: str, workspace: str = "T1") -> None:
    profiles.add(
        tx,
        kind=OwnerKind.PERSON,
        platform="slack",
        workspace=workspace,
        owner=owner,
        name=name,
        zone="UTC",
        now=datetime.now(UTC),
    )


def quiet_now() -> str:
    """Quiet hours in UTC that hold now and for hours to come."""
    now = datetime.now(UTC)
    return f"{now - timedelta(hours=6):%H:00}-{now + timedelta(hours=6):%H:00}"


# --- answers for programs ------------------------------------------------------------------


def test_a_preview_for_programs(reader):
    (answer,) = reader.lines("digest", "preview", "ada", "--size", "1")
    assert (answer["profile"], answer["considered"], answer["left_out"]) == ("ada", 3, 1)
    (card,) = answer["cards"]
    assert set(card) == {"seq", "title", "url", "facts", "reason", "sentence", "score"}
    assert card["title"] in TITLES
    assert 0 < card["score"] <= 1
    assert reader.lines("outbox", "list") == []


def test_why_for_programs(reader):
    reader("alert", "add", "ada", "kitchens")
    reader("digest", "send", "ada")
    (answer,) = reader.lines("why", "ada", "1")
    assert (answer["seq"], answer["title"]) == (1, TITLES[0])
    assert [one["as"] for one in answer["sent"]] == ["digest"]
    assert "kitchens" in answer["alerts"][0]
    assert set(answer) == {
        "seq", "title", "sent", "alerts", "score", "floor", "rank", "stopped_by",
        "smallest_change", "because", "sentence", "text",
    }  # fmt: skip
    assert answer["because"]["interest"]
    assert answer["because"]["meaning_share"] <= 1
    assert answer["sentence"], "as it stands in the abstract"


def test_an_alert_is_tried_for_programs(stocked):
    (answer,) = stocked.lines("alert", "test", '"graph network"')
    assert (answer["papers"], answer["hits"]) == (3, 2)
    assert {one["title"] for one in answer["samples"]} == {TITLES[0], TITLES[2]}


def test_a_profile_for_programs(reader):
    reader("profile", "set", "ada", "--quiet", "22:00-07:00")
    reader("vote", "ada", "2", "save")
    (answer,) = reader.lines("profile", "show", "ada")
    assert (answer["name"], answer["kind"], answer["quiet"]) == ("ada", "person", "22:00-07:00")
    assert [one["text"] for one in answer["interests"]] == [TITLES[0], TITLES[2]]
    assert answer["votes"] == {"like": 0, "dislike": 0, "save": 1}
    (digest,) = answer["digests"]
    assert (digest["times"], digest["size"], digest["paused"]) == (["08:30"], 8, None)


def test_a_check_for_programs(stocked):
    assert stocked.lines("db", "check") == [{"db": str(stocked.db), "sound": True, "problems": []}]
    stocked.db.write_bytes(b"no database at all" * 100)
    (answer,) = stocked.lines("db", "check", code=1)
    assert answer["sound"] is False
    assert answer["problems"]


def test_the_doctor_for_programs(stocked, doctor_with_a_model):
    told = {one["check"]: one for one in stocked.lines("doctor")}
    assert list(told) == "Python SQLite settings database disk inbox clock model platforms".split()
    assert all(one["ok"] for one in told.values())


def test_the_doctor_tells_of_a_bad_database_once(shell, doctor_with_a_model):
    shell.db.write_bytes(b"no database at all" * 100)
    told = {one["check"]: one["ok"] for one in shell.lines("doctor", code=1)}
    assert [check for check, is_ok in told.items() if not is_ok] == ["database"]


@pytest.fixture
def doctor_with_a_model(tmp_path, monkeypatch):
    async def words_encoder(model, choice):
        return WordsEncoder()

    monkeypatch.setattr(encoder, "load_encoder", words_encoder)
    monkeypatch.setenv("PAPERROUND_INBOX", str(tmp_path / "dumps" / "inbox"))


# --- what people may get wrong -------------------------------------------------------------


def refused(shell: Shell, monkeypatch, capsys, *words: str, db: str | None = None) -> str:
    """What the program says that ends with exit code 1, whatever words it is given."""
    monkeypatch.setattr(sys, "argv", ["paperround", "--db", db or str(shell.db), *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["subscribe", "ada", "[/x]"],
        ["profile", "add", "[/x]", "--zone", "[/x]"],
        ["profile", "set", "ada", "--quiet", "[/x]"],
        ["profile", "show", "[/x]"],
        ["interest", "remove", "[/x]", "1"],
        ["alert", "add", "ada", "title: [/x] OR ("],
        ["vote", "ada", "[/x]", "like"],
        ["ingest", "[/x]"],
        ["db", "restore", "[/x]"],
        ["digest", "send", "[/x]"],
    ],
)
def test_square_brackets_are_said_as_they_are(shell, monkeypatch, capsys, words):
    shell("profile", "add", "ada")
    assert "[/x]" in refused(shell, monkeypatch, capsys, *words)


def test_a_path_with_square_brackets_is_said_as_it_is(shell, monkeypatch, capsys):
    db = str(shell.folder / "[/foo]" / "x.db")
    assert "[/foo]" in refused(shell, monkeypatch, capsys, "papers", db=db)
    assert "[/foo]" in refused(shell, monkeypatch, capsys, "db", "check", db=db)


def test_names_with_square_brackets_work_everywhere(stocked):
    for words in (
        ["profile", "add", "[red]"],
        ["profile", "show", "[red]"],
        ["interest", "add", "[red]", "[/b] graphs", "--no-preview"],
        ["alert", "add", "[red]", "graph"],
        ["subscribe", "[red]", "daily 8"],
        ["vote", "[red]", "1", "like"],
        ["digest", "preview", "[red]"],
        ["unsubscribe", "[red]"],
    ):
        assert "[red]" in stocked(*words)
    assert "[red]" in stocked("profile", "list")
    assert "[/b] graphs" in stocked("interest", "list", "[red]")
    assert "[red] is gone" in stocked("profile", "remove", "[red]", "--yes")
    copy = stocked.folder / "[b]copy[red].db"
    assert "[b]copy[red].db" in stocked("db", "backup", str(copy))
    assert "[b]copy[red].db" in stocked("db", "restore", str(copy))


def test_no_text_gives_orders_to_the_terminal(shell, monkeypatch, capsys):
    shell("profile", "add", "ada")
    assert "\x1b" not in shell("interest", "add", "ada", "clear \x1b[2J\x9b2J all")
    assert "clear" in shell("interest", "list", "ada")
    assert "\x1b" not in shell("interest", "list", "ada")
    said = refused(shell, monkeypatch, capsys, "db", "backup", "--", "\x1b[2J/x")
    assert "\x1b" not in said


def test_a_bar_shows_any_file_name(monkeypatch):
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120)
    monkeypatch.setattr(base, "err", terminal)
    bar = base.Bar("Ingesting {page} [/x] {0}.txt")
    bar(1, 2)
    bar.stop()
    assert "Ingesting {page} [/x] {0}.txt" in terminal.file.getvalue()


def test_a_profile_that_exists_is_not_made_again(shell):
    shell("profile", "add", "ada", "--zone", "Europe/Berlin", "--quiet", "22:00-07:00")
    said = shell("profile", "add", "ada", "--zone", "Asia/Tokyo", "--quiet", "off", code=1)
    assert "ada exists: `paperround profile set ada`" in said
    shown = shell("profile", "show", "ada")
    assert "Europe/Berlin" in shown
    assert "quiet 22:00-07:00" in shown


def test_numbers_beyond_every_database_are_refused(stocked):
    stocked("profile", "add", "ada")
    for words in (
        ["interest", "remove", "ada", "9" * 20],
        ["alert", "remove", "ada", "9" * 20],
        ["outbox", "retry", "9" * 20],
        ["outbox", "bury", "0"],
    ):
        assert "should be" in stocked(*words, code=2)
    for number in ("9" * 20, "#" + "9" * 5000, str(2**63)):
        assert "no stored paper" in stocked("vote", "ada", number, "like", code=1)


@pytest.mark.parametrize(
    "words",
    [
        ["profile", "add", "caf\udce9"],
        ["profile", "show", "caf\udce9"],
        ["interest", "add", "ada", "caf\udce9"],
        ["alert", "add", "ada", "caf\udce9"],
        ["alert", "test", "caf\udce9"],
        ["search", "caf\udce9"],
        ["subscribe", "ada", "caf\udce9"],
        ["why", "ada", "caf\udce9"],
        ["outbox", "bury", "1", "--reason", "caf\udce9"],
    ],
)
def test_bytes_that_are_no_text_are_refused(shell, words):
    shell("profile", "add", "ada")
    assert "no UTF-8 text" in shell(*words, code=2)


def test_files_may_have_names_that_are_no_text(shell):
    path = shell.folder / "caf\udce9.txt"
    assert "can't be read" in shell("ingest", str(path), code=1)
    assert "can't be read" in shell.lines("ingest", str(path), code=1)[0]["error"]
    path.write_bytes(page(TITLES))
    assert shell.lines("ingest", str(path))[0]["new"] == 3


def test_a_schedule_may_be_written_with_spaces(shell):
    shell("profile", "add", "ada")
    said = shell("subscribe", "ada", "Weekly", "Mon,", "thu", "09:00,", "17")
    assert "weekly on Mon and Thu at 09:00 and 17:00" in said


@pytest.mark.parametrize("words", ["", "  ", "…"])
def test_a_search_for_nothing_is_refused(stocked, words):
    assert "give a word" in stocked("search", words, code=1)
    assert "give a word" in stocked("search", words, "--words", code=1)


def test_nobody_is_asked_about_a_profile_that_is_not_there(shell):
    said = shell("profile", "remove", "ada", code=1)
    assert "there is no profile" in said
    assert "Delete" not in said
    shell("profile", "add", "ada")
    assert "Delete ada" in shell("profile", "remove", "ada", stdin="n\n", code=1)
    assert len(shell.lines("profile", "list")) == 1
    shell("profile", "remove", "ada", stdin="y\n")
    assert shell.lines("profile", "list") == []


def test_a_vote_that_was_never_given_cannot_be_taken_back(stocked):
    stocked("profile", "add", "ada")
    stocked("vote", "ada", "1", "like")
    assert "has given no save" in stocked("vote", "ada", "1", "save", "--undo", code=1)
    assert "1 like" in stocked("profile", "show", "ada")


def test_profiles_of_one_name_are_told_apart_by_their_platform(shell):
    shell("profile", "add", "ada", "--zone", "Europe/Berlin")
    on_record(shell, lambda tx: add_slack_profile(tx, "ada", "U1"))
    said = shell("profile", "show", "ada", code=1)
    assert "console:ada or slack:ada" in said
    assert "Europe/Berlin" in shell("profile", "show", "console:ada")
    assert "on slack" in shell("profile", "show", "slack:ada")
    on_record(shell, lambda tx: add_slack_profile(tx, "ada", "U1", workspace="T2"))
    assert "slack:T1/U1 or slack:T2/U1" in shell("profile", "show", "slack:ada", code=1)
    assert "on slack" in shell("profile", "show", "slack:T2/U1")
    assert "no colon" in shell("profile", "add", "slack:ada", code=1)


def test_what_comes_next_can_be_pasted(stocked):
    said = stocked("profile", "add", "#reading group")
    assert "paperround interest add '#reading group'" in said
    said = stocked("interest", "add", "#reading group", "graphs", "--no-preview")
    assert "paperround subscribe '#reading group' daily 08:30" in said
    assert "interest add ben" in stocked("profile", "add", "ben")
    assert "interest add ben" in stocked("interest", "list", "ben")
    assert "alert add ben" in stocked("alert", "list", "ben")
    assert "nothing to change" in stocked("profile", "set", "ben", code=1)


def commands(group, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    below = getattr(group, "commands", None)
    if below is None:
        return [words]
    return [path for name, one in below.items() for path in commands(one, (*words, name))]


@pytest.mark.parametrize("words", commands(everything()), ids=" ".join)
def test_every_command_explains_itself_and_each_thing_it_takes(shell, words):
    """An argument without a sentence leaves a new user guessing."""
    assert shell(*words, "--help")
    command = everything()
    for word in words:
        command = command.commands[word]
    assert command.help
    assert [one.name for one in command.params if not one.help] == []


def test_the_list_of_commands_says_what_the_rooms_say():
    """A command whose room is not on the shelf would be there for nobody."""
    for room in Path(base.__file__).parent.glob("*.py"):
        importlib.import_module(f"bot.cli.{room.stem}")
    rooms = everything_fetched().commands
    assert set(rooms) == set(SHELF)
    for name, listed in SHELF.items():
        assert " ".join(rooms[name].help.partition("\n\n")[0].split()) == listed.help
        assert rooms[name].rich_help_panel == listed.panel


@pytest.mark.parametrize(
    "name", [n for n, one in everything().commands.items() if commands(one)[0]]
)
def test_the_rooms_on_the_shelf_are_all_that_a_command_needs(name):
    """Fetched alone, in a process of its own, a group has every command below it."""
    code = (
        "import sys; from bot.cli.shelf import fetch, everything_fetched as every\n"
        "fetch([sys.argv[1]]); print(*sorted(every().commands[sys.argv[1]].commands))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == sorted(everything().commands[name].commands)


def test_the_help_waits_for_nothing_that_it_does_not_show():
    code = (
        "import sys; sys.argv = ['paperround', '--help']\n"
        "import atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "from bot.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert "Find stored papers by their words" in done.stdout
    heavy = {"numpy", "sqlite_utils", "sqlite3", "pydantic", "structlog", "torch", "storage"}
    assert not loaded & heavy


def test_a_word_that_is_no_command_is_answered_with_the_nearest(shell):
    assert "search" in shell("serch", code=2)


def test_a_query_may_begin_with_a_minus_and_a_slip_is_no_query(stocked):
    stocked("profile", "add", "ada")
    assert 'not the word "survey"' in stocked("alert", "test", "-survey kitchens")
    assert 'not the word "survey"' in stocked("alert", "add", "ada", "-survey kitchens")
    assert 'not the word "ships"' in stocked("alert", "edit", "ada", "1", "-ships kitchens")
    assert "--jsn is no option" in stocked("alert", "test", "--jsn", code=2)


def test_the_list_of_alerts_says_ends_in_the_time_of_their_owner(stocked):
    stocked("profile", "add", "ada", "--zone", "Asia/Tokyo")
    stocked("alert", "add", "ada", "kitchens")
    (said,) = re.findall(r"ends on (.+)\.", stocked("alert", "expire", "ada", "1", "2w"))
    assert f"kitchens until {said}" in stocked("alert", "list", "ada")
    stocked("alert", "pause", "ada", "1")
    assert "kitchens paused by you" in stocked("alert", "list", "ada")


def test_an_alert_is_paused_ended_and_changed(stocked):
    stocked("profile", "add", "ada")
    stocked("alert", "add", "ada", "kitchens")
    (one,) = stocked.lines("alert", "list", "ada")
    number = str(one["id"])
    assert "is paused" in stocked("alert", "pause", "ada", number)
    assert "paused" in stocked("alert", "list", "ada")
    assert "is on" in stocked("alert", "resume", "ada", number)
    assert "ends on" in stocked("alert", "expire", "ada", number, "2w")
    assert "until " in stocked("alert", "list", "ada")
    assert stocked.lines("alert", "list", "ada")[0]["expires_at"]
    assert "`never`" in stocked("alert", "expire", "ada", number, "yesterday", code=1)
    assert "stays" in stocked("alert", "expire", "ada", number, "never")
    assert "graph network" in stocked("alert", "edit", "ada", number, '"graph network"')
    (changed,) = stocked.lines("alert", "list", "ada")
    assert (changed["query"], changed["paused"]) == ('"graph network"', None)
    assert "has no alert 99" in stocked("alert", "pause", "ada", "99", code=1)


def test_alerts_show_so_many_papers_a_day_and_second_chances_can_be_turned_off(stocked):
    stocked("profile", "add", "ada")
    assert "at most 20 papers" in stocked("alert", "limit", "ada")
    assert "at most 50 papers" in stocked("alert", "limit", "ada", "50")
    assert "every paper" in stocked("alert", "limit", "ada", "off")
    for wrong in ("0", "501", "many", "9" * 30):
        assert "is no limit" in stocked("alert", "limit", "ada", wrong, code=1)
    assert "nothing beyond" in stocked("alert", "more", "ada")
    assert "are on" in stocked("alert", "second-chances", "ada")
    assert "are off" in stocked("alert", "second-chances", "ada", "off")
    assert "neither" in stocked("alert", "second-chances", "ada", "perhaps", code=1)


def test_an_alert_is_compared_with_the_others_of_its_owner(stocked):
    stocked("profile", "add", "ada")
    stocked("alert", "add", "ada", '"graph network"')
    (one,) = stocked.lines("alert", "list", "ada")
    said = stocked("alert", "test", "graph", "--for", "ada")
    assert f"come with alert {one['id']}" in said
    (answer,) = stocked.lines("alert", "test", '"graph networks"', "--for", "ada")
    assert answer["overlaps"] == [{"alert": one["id"], "shared": answer["hits"], "same": True}]
    assert sum(week["hits"] for week in answer["weeks"]) == answer["hits"]
    assert stocked.lines("alert", "test", "graph")[0]["overlaps"] == []


def test_what_is_muted_stays_out_of_what_an_alert_would_find(stocked):
    stocked("profile", "add", "ada")
    (answer,) = stocked.lines("alert", "test", '"graph network"', "--for", "ada")
    number = str(answer["samples"][0]["seq"])
    assert "come no more to ada" in stocked("mute", "add", "ada", "paper", number)
    assert "already" in stocked("mute", "add", "ada", "paper", number)
    assert "by Jane Doe" in stocked("mute", "add", "ada", "author", "Jane", "Doe")
    (without,) = stocked.lines("alert", "test", '"graph network"', "--for", "ada")
    assert (without["muted"], without["hits"]) == (1, answer["hits"] - 1)
    found = stocked.lines("mute", "list", "ada")
    assert [(one["kind"], one["value"]) for one in found] == [
        ("paper", number),
        ("author", "Jane Doe"),
    ]
    for one in found:
        assert "again" in stocked("mute", "remove", "ada", str(one["id"]))
    assert "mutes nothing" in stocked("mute", "list", "ada")
    assert "has no mute 99" in stocked("mute", "remove", "ada", "99", code=1)


async def test_nothing_is_restored_under_a_service_even_where_the_file_is_damaged(stocked):
    """A file that can't be opened says nothing of who has it open."""
    copy = stocked.folder / "copy.db"
    await asyncio.to_thread(stocked, "db", "backup", str(copy), "--verify")
    stocked.db.write_bytes(b"damaged" * 1_000)
    async with alone(stocked.db):
        said = await asyncio.to_thread(stocked, "db", "restore", str(copy), code=1)
        assert "stop the service first" in said
        assert stocked.db.read_bytes().startswith(b"damaged")
        assert not list(stocked.folder.glob("*.before-restore*"))
    assert "Restored" in await asyncio.to_thread(stocked, "db", "restore", str(copy))
    assert "is sound" in await asyncio.to_thread(stocked, "db", "check")


def test_a_signal_that_comes_before_the_service_stands_is_an_orderly_end(shell, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(service, "run", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    try:
        shell.run("run", code=0)
        assert signal.getsignal(signal.SIGTERM) is not before
    finally:
        signal.signal(signal.SIGTERM, before)
