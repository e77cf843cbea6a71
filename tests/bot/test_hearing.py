"""A file is heard when it lands, and not while it is written."""

import asyncio
import sys

import pytest

from bot.hearing import LET_GO_S, Ears

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems tell less")


@pytest.fixture
async def heard(tmp_path):
    """The folder, and what was told of it."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    told: asyncio.Queue = asyncio.Queue()

    async def landed(path, still_s):
        await told.put((path.name, still_s))

    ears = Ears(folder, landed)
    ears.start()
    yield folder, told
    await ears.stop()


async def test_a_file_that_gets_its_name_is_heard_as_complete(heard):
    folder, told = heard
    (folder / "today.part").write_bytes(b"x")
    assert await told.get() == ("today.part", LET_GO_S)
    (folder / "today.part").rename(folder / "today.txt")
    assert await told.get() == ("today.txt", 0.0)


async def test_a_file_from_another_folder_is_heard_as_complete(heard, tmp_path):
    folder, told = heard
    (tmp_path / "outside.txt").write_bytes(b"x")
    (tmp_path / "outside.txt").rename(folder / "inside.txt")
    assert await told.get() == ("inside.txt", 0.0)


async def test_a_file_is_heard_when_its_writer_lets_go_of_it(heard):
    folder, told = heard
    with (folder / "growing.txt").open("wb") as writing:
        writing.write(b"x")
        writing.flush()
        (folder / "other.txt").write_bytes(b"x")
        assert (await told.get())[0] == "other.txt"
        assert told.empty()
    assert await told.get() == ("growing.txt", LET_GO_S)


async def test_a_folder_that_cannot_be_heard_is_left_to_the_looks(tmp_path):
    async def never(*_):
        raise AssertionError

    ears = Ears(tmp_path / "missing", never)
    ears.start()
    await ears.stop()
