"""The manifest asks for what the code uses: no scope or event less, and none more."""

import re
from pathlib import Path

import pytest
import yaml
from fakes.scripted_commands import ScriptedCommands
from fakes.slack.server import SlackServer
from fakes.slack_bot import at_work, settings

from bot.platforms.slack import SlackPlatform, scopes
from bot.platforms.slack.happenings import Happenings
from bot.platforms.slack.listening import Listening
from bot.settings import Settings

HOUSE = Path(__file__).resolve().parents[3]
ROOMS = sorted((HOUSE / "bot" / "platforms" / "slack").glob("*.py"))

READ = {"channels:read", "groups:read"}
HISTORY = {"channels:history", "groups:history", "im:history"}

METHODS = {
    "auth_test": set(),
    "apps_connections_open": set(),  # of the app-level token
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": HISTORY,
    "conversations_info": READ,
    "conversations_join": {"channels:join"},
    "conversations_members": READ,
    "conversations_open": {"im:write"},
    "conversations_replies": HISTORY,
    "files_upload_v2": {"files:write"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
"""What each method needs for the kinds of channels that we use it on, by Slack's pages on it:
https://docs.slack.dev/reference/methods"""

FETCHED = {"files:read"}
"""What the addresses of files need: https://docs.slack.dev/reference/objects/file-object"""

HEARD = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "channel_archive": {"channels:read"},
    "channel_deleted": {"channels:read"},
    "channel_left": {"channels:read"},
    "channel_unarchive": {"channels:read"},
    "group_archive": {"groups:read"},
    "group_deleted": {"groups:read"},
    "group_left": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "member_joined_channel": READ,
    "member_left_channel": READ,
    "message.im": {"im:history"},
    "tokens_revoked": set(),
}
"""What each event needs: https://docs.slack.dev/reference/events"""


@pytest.fixture(scope="module")
def manifest() -> dict:
    text = (HOUSE / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def called() -> set[str]:
    """Every method of a client that the code calls."""
    source = "\n".join(room.read_text(encoding="utf-8") for room in ROOMS)
    found = set(re.findall(r"client\s*\.([a-z]+_\w+)\(", source))
    return found - {"api_call", "send_dict"}  # oauth.v2.access, and what a response_url is sent


class Recorder:
    """An app that remembers what it is asked to listen to."""

    def __init__(self) -> None:
        self.events: set[str] = set()

    def event(self, name: str):
        self.events.add({"message": "message.im"}.get(name, name))
        return lambda listener: listener

    def __getattr__(self, name: str):
        return lambda *_: lambda listener: listener


def test_the_scopes_are_those_that_are_used(manifest):
    used = ({"commands"} | FETCHED).union(*(METHODS[name] for name in called()), *HEARD.values())
    assert manifest["oauth_config"]["scopes"]["bot"] == sorted(used)
    assert list(scopes.BOT_SCOPES) == sorted(used)


def test_every_method_in_the_list_is_called():
    assert called() == set(METHODS)


def test_the_events_are_those_that_are_heard(manifest, db):
    facts = dict.fromkeys(("commands", "people", "replying", "errands"))
    app = Recorder()
    Listening(**facts, command_name="/papers").register(app)
    more = dict.fromkeys(("db", "clock", "source", "clients", "home"))
    Happenings(**facts, **more, command_name="/papers").register(app)
    assert sorted(app.events) == manifest["settings"]["event_subscriptions"]["bot_events"]
    assert app.events == set(scopes.EVENTS) == set(HEARD)


def test_the_command_and_the_shortcut_are_those_that_are_answered(manifest):
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == Settings.model_fields["slack_command"].default
    (shortcut,) = manifest["features"]["shortcuts"]
    assert (shortcut["type"], shortcut["callback_id"]) == ("message", scopes.SHORTCUT)


def test_people_can_write_to_the_bot_and_press(manifest):
    home = manifest["features"]["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
    assert not manifest["settings"]["token_rotation_enabled"]  # tokens are kept as they come


def test_slack_takes_its_texts(manifest):
    """https://docs.slack.dev/reference/app-manifest"""
    shown, features = manifest["display_information"], manifest["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["shortcuts"][0]["name"]) <= 24
    assert len(features["shortcuts"][0]["description"]) <= 150
    assert len(features["slash_commands"][0]["description"]) <= 2000
    assert len(features["slash_commands"][0]["usage_hint"]) <= 1000


async def test_the_manifests_scopes_are_enough_to_connect(manifest, db, clock):
    async with SlackServer() as slack:
        slack.workspace.install(manifest["oauth_config"]["scopes"]["bot"])
        commands = ScriptedCommands(db, clock)
        chosen = settings(slack)
        async with at_work(slack, db, clock, commands, chosen) as platform:
            assert isinstance(platform, SlackPlatform)
            ada = slack.user("ada")
            await ada.open_home()
            await slack.until(lambda: ada.home and ada.dms)
        refused = [call for call in slack.calls if call.error == "missing_scope"]
        assert refused == []
