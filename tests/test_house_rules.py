"""What holds of the whole house, whoever works in it."""

import ast
import re
from pathlib import Path

import pytest

from bot.cli.shelf import everything
from bot.settings import Settings

HOUSE = Path(__file__).resolve().parents[1]
FLOORS = ("storage", "matching", "bot")
ROOMS = sorted(path for floor in FLOORS for path in (HOUSE / floor).rglob("*.py"))
NAMES = [str(room.relative_to(HOUSE)) for room in ROOMS]
READ = [*ROOMS, *sorted((HOUSE / "benchmarks").rglob("*.py"))]
"""What else somebody reads to see how a figure came about."""
README = (HOUSE / "README.md").read_text(encoding="utf-8")

MOST_LINES = 300

KNOWN_ONLY_TO = {
    "torch": ["matching/encoder"],
    "numkong": ["storage/codes.py"],
    "openvino": ["matching/encoder/backends.py"],
    "sentence_transformers": ["matching/encoder"],
    "transformers": ["matching/encoder"],
    "slack_bolt": ["bot/platforms/slack"],
    "slack_sdk": ["bot/platforms/slack"],
    "discord": ["bot/platforms/discord"],
    "sqlite_utils": ["storage/connections.py", "storage/schema.py", "storage/migrations"],
    "apscheduler": ["bot/scheduler.py"],
    "bibtexparser": ["storage/library_files/bibtex.py"],
    "pylatexenc": ["storage/library_files/bibtex.py"],
    "rispy": ["storage/library_files/ris.py"],
}


def tree(room: Path) -> ast.Module:
    return ast.parse(room.read_text(encoding="utf-8"))


def imported(room: Path) -> set[str]:
    """Top-level names of everything the room imports, wherever in the file."""
    found = set()
    for node in ast.walk(tree(room)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_imports_only_go_down(room: Path):
    floor = FLOORS.index(room.relative_to(HOUSE).parts[0])
    assert not imported(room) & set(FLOORS[floor + 1 :])


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_a_room_says_what_it_is_for(room: Path):
    assert ast.get_docstring(tree(room))


@pytest.mark.parametrize("room", READ, ids=[str(room.relative_to(HOUSE)) for room in READ])
def test_a_room_is_read_in_one_sitting(room: Path):
    assert len(room.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_a_library_is_known_in_its_own_room_only(room: Path):
    name = str(room.relative_to(HOUSE))
    strangers = {
        library
        for library in imported(room)
        if library in KNOWN_ONLY_TO and not name.startswith(tuple(KNOWN_ONLY_TO[library]))
    }
    assert not strangers


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_only_one_room_opens_sqlite(room: Path):
    calls = {
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(tree(room))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
    }
    if str(room.relative_to(HOUSE)) != "storage/connections.py":
        assert not calls & {"sqlite3.connect", "sqlite_utils.Database"}


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_what_awaits_holds_no_transaction(room: Path):
    held = [
        node.name
        for node in ast.walk(tree(room))
        if isinstance(node, ast.AsyncFunctionDef)
        and "tx"
        in {a.arg for a in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs)}
    ]
    assert not held


@pytest.mark.parametrize("room", ROOMS, ids=NAMES)
def test_data_is_frozen_and_named(room: Path):
    for node in ast.walk(tree(room)):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            if "dataclass" in ast.unparse(decorator):
                assert "frozen=True" in ast.unparse(decorator), node.name
                if not node.name.startswith("_"):
                    assert "kw_only=True" in ast.unparse(decorator), node.name


def test_there_is_no_junk_room():
    junk = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [name for name in NAMES if junk & set(Path(name).with_suffix("").parts)]


def test_every_setting_is_in_the_readme():
    missing = [
        name
        for name in (f"PAPERROUND_{field.upper()}" for field in Settings.model_fields)
        if f"`{name}`" not in README
    ]
    assert not missing


def test_every_setting_in_the_readme_exists():
    known = {f"PAPERROUND_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"PAPERROUND_[A-Z_]+", README)) <= known


def test_every_command_is_in_the_readme():
    missing = [command for command in commands() if f"`{command}" not in README]
    assert not missing


def commands() -> list[str]:
    found = []

    def walk(command, words: list[str]) -> None:
        below_it = getattr(command, "commands", None)
        if below_it:
            for name, below in sorted(below_it.items()):
                walk(below, [*words, name])
        else:
            found.append(" ".join(words))

    walk(everything(), [])
    return found


def test_the_project_names_no_machine():
    machine = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w")
    texts = [
        path
        for pattern in ("**/*.py", "*.md", "*.toml", "Makefile", "*.txt", "deploy/*", ".ci/*")
        for path in HOUSE.glob(pattern)
        if path.is_file() and not {".venv", ".git"} & set(path.parts)
    ]
    guilty = [path for path in texts if machine.search(path.read_text(encoding="utf-8"))]
    assert guilty == []
