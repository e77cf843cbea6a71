"""What every test may ask for: a database, a clock moved by hand, an encoder, the shared dumps."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from fakes.remembering_encoder import RememberingEncoder
from fakes.words_encoder import WordsEncoder
from hypothesis import settings

from matching.encoder import load_encoder
from matching.library import Library
from storage import upkeep
from storage.database import Database

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


def pytest_configure() -> None:
    settings.register_profile("unhurried", deadline=None)  # as fast as the machine is
    settings.load_profile("unhurried")


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2025, 10, 28, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture(autouse=True)
def default_logs() -> Iterator[None]:
    """What one test sets up for logging is gone before the next."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database: a copy of it takes a fraction of making one by every migration."""
    path = tmp_path_factory.mktemp("empty") / "paperround.db"
    upkeep.migrate(path)
    assert not path.with_name(path.name + "-wal").exists()  # all of it is in the one file
    return path


@pytest.fixture
async def db(tmp_path: Path, empty_database: Path) -> AsyncIterator[Database]:
    shutil.copyfile(empty_database, tmp_path / "paperround.db")
    async with await Database.open(tmp_path / "paperround.db") as opened:
        yield opened


@pytest.fixture
def encoder() -> WordsEncoder:
    return WordsEncoder()


@pytest.fixture
def library(db: Database, encoder: WordsEncoder) -> Library:
    return Library(db, encoder)


@pytest.fixture(scope="session")
def minilm() -> Iterator[RememberingEncoder]:
    """The bundled model: seconds to load, so once for all tests that need real meaning."""
    loaded = asyncio.run(load_encoder())
    yield RememberingEncoder(loaded)
    asyncio.run(loaded.aclose())


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared dumps are not on this machine")
    return SHARED
