"""What most tests of this platform start from; a file that needs it otherwise says so itself."""

import pytest
from fakes.hand import Hand
from fakes.scripted_commands import ScriptedCommands
from fakes.slack.bolted import careful_client
from fakes.slack.server import SlackServer
from fakes.slack_bot import at_work


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
async def slack():
    """As strict as the platform: nothing that it would not have allowed was done."""
    async with SlackServer() as server:
        yield server
        assert server.violations == []


@pytest.fixture
def client(slack):
    return careful_client(slack)


@pytest.fixture
def commands(db, clock) -> ScriptedCommands:
    return ScriptedCommands(db, clock)


@pytest.fixture
async def platform(slack, db, clock, commands):
    async with at_work(slack, db, clock, commands) as working:
        yield working


@pytest.fixture
def ada(slack):
    return slack.user("ada")
