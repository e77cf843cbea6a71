"""What the README tells people to type does what it says: its shell blocks are run, in order."""

import os
import re
import shlex
import signal
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import service
from bot.cli.base import app

HOUSE = Path(__file__).resolve().parents[1]
README = (HOUSE / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    [line.partition(" #")[0].strip() for line in block.splitlines() if line.strip()]
    for block in re.findall(r"^```\n(.*?)^```$", README, re.M | re.S)
    if "─" not in block  # drawings
]
TYPED = [line for block in BLOCKS for line in block]
PATIENCE_S = 120

NOT_RUN = {
    "source .venv/bin/activate": "the interpreter of this test is in its environment already",
    ".ci/run": "runs this test",
}


def targets() -> set[str]:
    makefile = (HOUSE / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][\w-]*):", makefile, re.M))


def test_each_line_is_run_here_or_is_a_target_of_make():
    others = [one for one in TYPED if not one.startswith(("paperround ", "make "))]
    assert set(others) == set(NOT_RUN)
    named = {one.split()[1] for one in TYPED if one.startswith("make ")}
    assert named
    assert named <= targets()


def test_variables_given_to_make_are_read_by_it():
    given = set(re.findall(r"\b([A-Z_]+)=", " ".join(TYPED)))
    assert given
    makefile = (HOUSE / "Makefile").read_text(encoding="utf-8")
    assert given <= set(re.findall(r"^([A-Z_]+) \?=", makefile, re.M))


@pytest.mark.parametrize(
    "block",
    [one for one in BLOCKS if any(line.startswith("paperround ") for line in one)],
    ids=lambda block: block[-1],
)
def test_the_examples_work_one_after_the_other(block, tmp_path, monkeypatch, minilm):
    """With the real model, in an empty folder with a page of the reader's."""

    async def loaded(*_: object) -> object:
        return minilm

    async def left_open() -> None:
        pass

    monkeypatch.setattr(service, "load_encoder", loaded)
    monkeypatch.setattr(minilm, "aclose", left_open)
    monkeypatch.chdir(tmp_path)
    sample = files("bot").joinpath("samples", "tight.txt").read_bytes()
    (tmp_path / "page.txt").write_bytes(sample)
    said = {}
    for line in block:
        words = shlex.split(line)
        if words[0] != "paperround":
            continue
        if words[1:] == ["run"]:
            said[line] = served(tmp_path)
            continue
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}{result.exception!r}"
        said[line] = result.output
    assert all(said.values()), [line for line, output in said.items() if not output]
    assert any("would have" in output for output in said.values()), said


def served(folder: Path) -> str:
    """What the service says until it is ended, once it is up."""
    said = ""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HOUSE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                said += line
                if "service started" in line:
                    process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0, said
        finally:
            process.kill()
    return said
