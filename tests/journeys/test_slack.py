"""Journeys on Slack: the whole service, the real library, a stand-in server over real sockets."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.running import drop, running, settings_in, until
from fakes.slack.server import SlackServer
from fakes.slack_bot import KEY
from pydantic import SecretStr
from rich.console import Console

from bot import dispatcher, rounds
from bot.commands import table, throttle
from bot.platforms import Misconfigured
from bot.platforms.chosen import chosen
from bot.platforms.slack import limits
from bot.platforms.slack.scopes import BOT_SCOPES
from bot.service import Service, utc_now
from storage import profiles, votes
from storage.records import VoteKind

BEES = ("Bees Dance in the Hive", "Nectar and the Forager Bees", "The Queen of the Colony")
ICE = ("Moraine Retreat of Alpine Ice", "Snow and Firn in a Warm Spring")
LATER = ("Why Bees Dance in the Hive Again", "Meltwater and Sediment")

SCRIPT = Path(__file__).with_name("slack_service.py")


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(limits, "PER_MESSAGE", timedelta(0))
    monkeypatch.setattr(dispatcher, "FIRST_WAIT", timedelta(seconds=0.2))
    monkeypatch.setattr(rounds, "INBOX_EVERY", timedelta(seconds=0.2))


@pytest.fixture
async def slack():
    """With no more scopes than the manifest asks for; at the end, nothing went wrong unseen."""
    async with SlackServer() as server:
        server.workspace.install(BOT_SCOPES)
        yield server
        assert server.violations == []
        assert [one.summary() for one in server.delivery.handed if one.failed or one.late] == []
        assert [one for one in server.calls if one.error == "missing_scope"] == []


@pytest.fixture
def settings(slack, tmp_path):
    return settings_in(
        tmp_path,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
    )


@pytest.fixture
def ada(slack):
    return slack.user("ada")


@pytest.fixture
def room(slack, ada):
    return slack.channel("reading-group", creator=ada, members=[ada])


def oauth(slack, folder, mode):
    return settings_in(
        folder,
        slack_client_id=slack.app.client_id,
        slack_client_secret=slack.app.client_secret,
        slack_signing_secret=slack.signing_secret,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        slack_mode=mode,
        secret_key=KEY,
        http_port=0,
    )


def text_of(messages) -> str:
    return "\n".join(one.shown for one in messages)


def done(settings, name: str):
    return lambda: (settings.inbox.parent / "done" / name).exists()


async def answered(working) -> None:
    """Wait until everything that people asked has its answer."""
    slack = next(one for one in working._platforms if one.name == "slack")
    await slack._errands.finish()


async def command(working, person, text: str, channel=None) -> None:
    handed = await person.command("/papers", text, channel)
    assert handed.acked
    await answered(working)


# --- the main path -------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_from_the_install_to_a_digest_whose_votes_change_the_next_one(
    slack, tmp_path, library, ada, mode
):
    slack.workspace.revoke()
    settings = oauth(slack, tmp_path, mode)
    async with running(library, settings) as working:
        await until(lambda: working.web.port, "the web server")
        here = f"http://127.0.0.1:{working.web.port}"
        slack.app.redirect_uri = f"{here}/slack/oauth_redirect"
        if mode == "http":
            slack.http.url = f"{here}/slack/events"
        else:
            await slack.connected()
        await until(lambda: all(one.is_connected for one in working._platforms), "Slack")
        status, _ = await ada.install(f"{here}/slack/install")
        assert status == 200
        await until(lambda: ada.dms, "the first words")
        assert "Begin with eight papers" in ada.dms[0].buttons

        await command(working, ada, "follow bees in the hive")
        await command(working, ada, "digest daily 08:30")
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(done(settings, "monday.txt"), "the dump")
        await command(working, ada, "digest now")
        await until(lambda: BEES[0] in text_of(ada.dms), "the digest")
        head = next(one for one in ada.dms if BEES[0] in one.shown)
        await until(lambda: BEES[0] in text_of(slack.thread(head)), "the details")
        card = next(one for one in slack.thread(head) if BEES[0] in one.shown)
        assert card.buttons == ["Like", "Not for me", "Save", "Why?"]

        await ada.press(card, "Like")
        await until(lambda: card.edited, "the changed card")
        assert card.buttons == ["Liked", "Not for me", "Save", "Why?"]
        assert len([one for one in ada.dms if BEES[0] in one.shown]) == 2  # head and details
        made = await library.db.read(profiles.of, "slack", slack.workspace.id, ada.id)
        (vote,) = await library.db.read(votes.of, made.id)
        assert vote.kind is VoteKind.LIKE
        await ada.press(card, "Why?")
        await until(lambda: ada.ephemerals[-1].thread_ts == head.ts, "the reason, in the thread")

        shown = len(ada.dms)
        drop(settings, "tuesday.txt", *LATER)
        await until(done(settings, "tuesday.txt"), "the dump")
        await command(working, ada, "digest now")
        await until(lambda: LATER[0] in text_of(ada.dms[shown:]), "the next digest")
        # A liked paper is a reason from now on, and is not sent a second time.
        await until(lambda: "you liked" in text_of(ada.dms[shown:]), "the like as a reason")
        assert not any(one.shown.startswith(BEES[0]) for one in ada.dms[shown:])


async def test_an_alert_arrives_by_direct_message_right_after_the_dump(
    slack, settings, library, ada, monkeypatch
):
    monkeypatch.setattr(rounds, "INBOX_EVERY", timedelta(seconds=1))  # as it is in earnest
    async with running(library, settings) as working:
        await slack.connected()
        await command(working, ada, "alert moraine OR firn")
        save = next(one for one in ada.ephemerals[-1].buttons if "Save" in one)
        await ada.press(ada.ephemerals[-1], save)
        await answered(working)
        drop(settings, "monday.txt", *BEES, *ICE)
        # Two seconds is what it takes on an idle machine; the deadline is for a busy one.
        await until(lambda: ICE[0] in text_of(ada.dms), "the alert", within_s=60)
        assert ICE[1] in text_of(ada.dms)
        assert BEES[0] not in text_of(ada.dms)


async def test_a_channel_votes_with_one_voice_for_each_member(slack, settings, library, ada, room):
    ben = slack.user("ben")
    room.members.append(ben.id)
    async with running(library, settings) as working:
        await slack.connected()
        await command(working, ben, "channel follow bees", room)
        assert "Only an admin" in ben.ephemerals[-1].shown
        await command(working, ada, "channel follow bees in the hive", room)
        assert "bees in the hive" in text_of(slack.history(room))
        await command(working, ada, "channel digest daily 08:30", room)
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(done(settings, "monday.txt"), "the dump")
        await command(working, ada, "channel digest now", room)
        await until(
            lambda: any("Like" in one.buttons and one.thread_ts for one in slack.history(room)),
            "the details in a thread",
        )
        card = next(one for one in slack.history(room) if "Like" in one.buttons)
        await asyncio.gather(ada.press(card, "Like"), ben.press(card, "Like"))
        await until(lambda: "Like · 2" in card.buttons, "both voices")
        await ben.press(card, "Like · 2")
        await until(lambda: "Like · 1" in card.buttons, "one voice")


# --- trouble -------------------------------------------------------------------------------


async def test_a_post_whose_answer_was_lost_arrives_once(slack, settings, library, ada):
    async with running(library, settings) as working:
        await slack.connected()
        await command(working, ada, "alert moraine")
        save = next(one for one in ada.ephemerals[-1].buttons if "Save" in one)
        await ada.press(ada.ephemerals[-1], save)
        await answered(working)
        lost = slack.fail("chat.postMessage", "drop_after")
        drop(settings, "monday.txt", *ICE)
        await until(lambda: lost.hits, "the post")
        await until(lambda: slack.calls_of("conversations.history"), "the search for it")
        drop(settings, "tuesday.txt", "Moraine Once More")
        await until(lambda: "Once More" in text_of(ada.dms), "the next alert")
        assert sum(ICE[0] in one.shown for one in ada.dms) == 1


async def test_a_limit_on_one_channel_delays_only_that_channel(slack, settings, library, ada, room):
    other = slack.channel("other", creator=ada, members=[ada])
    async with running(library, settings) as working:
        await slack.connected()
        for place in (room, other):
            await command(working, ada, "channel follow bees in the hive", place)
            await command(working, ada, "channel digest daily 08:30", place)
        drop(settings, "monday.txt", *BEES)
        await until(done(settings, "monday.txt"), "the dump")
        limited = slack.fail("chat.postMessage", "ratelimited", times=None, channel=room.id)
        for place in (room, other):
            await command(working, ada, "channel digest now", place)
        await until(lambda: limited.hits, "the limit")
        await until(lambda: BEES[0] in text_of(slack.history(other)), "the other channel's")
        assert BEES[0] not in text_of(slack.history(room))
        slack.faults.calm()
        await until(lambda: BEES[0] in text_of(slack.history(room)), "the limited channel's")


@pytest.mark.parametrize("name", ["slack_bot_token", "slack_app_token"])
async def test_a_wrong_token_ends_the_service_with_a_sentence(slack, settings, library, name):
    wrong = settings.model_copy(update={name: SecretStr("xoxb-wrong")})
    made = chosen(wrong, library.db, utc_now, Console(quiet=True))
    with pytest.raises(Misconfigured, match=f"PAPERROUND_{name.upper()}"):
        await asyncio.wait_for(Service(library, made, wrong).run(), 60)


async def test_slack_that_goes_away_and_comes_back_is_spoken_to_again(
    slack, settings, library, ada, monkeypatch
):
    from bot.platforms.slack import connecting

    monkeypatch.setattr(connecting, "PING_S", 0.2)
    async with running(library, settings) as working:
        await slack.connected()
        await command(working, ada, "follow bees")
        await slack.away()
        await asyncio.sleep(0.3)
        await slack.back()
        await slack.connected()
        await command(working, ada, "interests")
        assert "bees" in ada.ephemerals[-1].shown


async def test_buttons_work_after_a_restart(slack, settings, library, ada):
    async with running(library, settings) as working:
        await slack.connected()
        drop(settings, "monday.txt", *BEES)
        await until(done(settings, "monday.txt"), "the dump")
        await command(working, ada, "search bees dance")
        await command(working, ada, "follow bees in the hive")
    answer, followed = ada.ephemerals
    assert BEES[0] in answer.shown
    async with running(library, settings) as working:
        await until(lambda: slack.sockets.open, "the socket")
        await ada.press(answer, "Like", nth=0)
        await until(lambda: "Liked" in answer.buttons, "the changed answer")
        undo = next(one for one in followed.buttons if "Undo" in one or "Remove" in one)
        await ada.press(followed, undo)
        await answered(working)
        made = await library.db.read(profiles.of, "slack", slack.workspace.id, ada.id)
        assert await library.db.read(profiles.interests, made.id) == []


@asynccontextmanager
async def process(settings, log: Path):
    """The service as a process of its own; killed at the end if it still runs."""
    given = {
        f"PAPERROUND_{name.upper()}": str(getattr(value, "get_secret_value", lambda: value)())
        for name in settings.model_fields_set
        if (value := getattr(settings, name)) is not None
    }
    with log.open("ab") as out:
        made = await asyncio.create_subprocess_exec(
            sys.executable, SCRIPT, env=os.environ | given, stdout=out, stderr=out
        )
    try:
        yield made
    finally:
        if made.returncode is None:
            made.kill()
        await made.wait()


async def test_killed_while_a_message_is_on_its_way_it_is_posted_once(
    slack, settings, ada, tmp_path
):
    log = tmp_path / "log.txt"
    async with process(settings, log):
        await until(lambda: slack.sockets.open, "the socket")
        await ada.command("/papers", "alert moraine")
        await until(lambda: ada.ephemerals, "the trial")
        save = next(one for one in ada.ephemerals[-1].buttons if "Save" in one)
        await ada.press(ada.ephemerals[-1], save)
        await until(lambda: "Save" not in text_of(ada.ephemerals[-1:]), "the alert")
        slow = slack.fail("chat.postMessage", "delay", seconds=1.4, after_effect=True)
        drop(settings, "monday.txt", *ICE)
        await until(lambda: slow.hits, "the post")
    await until(lambda: not slack.sockets.open, "the end")
    async with process(settings, log) as second:
        await until(lambda: slack.calls_of("conversations.history"), "the search for it")
        drop(settings, "tuesday.txt", "Moraine Once More")
        await until(lambda: "Once More" in text_of(ada.dms), "the next alert")
        second.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(second.wait(), 60) == 0
    assert sum(ICE[0] in one.shown for one in ada.dms) == 1
    assert "Traceback" not in log.read_text()
    assert "moraine" not in log.read_text().casefold()


# --- every verb ----------------------------------------------------------------------------


EXAMPLES = sorted(
    {
        example
        for verb in table.VERBS
        for example in (*verb.examples, verb.name, *verb.aliases, f"{verb.name} 1")
        if verb.name != "forget"
    }
)
IN_CHANNELS = [f"channel {one}" for one in EXAMPLES if not one.startswith("channel")]
BROKEN = "Something broke"


@pytest.fixture
async def stocked(slack, settings, library, ada, room):
    """A service with papers, and somebody who has a bit of everything."""
    async with running(library, settings) as working:
        await slack.connected()
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(done(settings, "monday.txt"), "the dump")
        for text in ("follow bees in the hive", "mute wasps", "like 1", "save 2", "dislike 4"):
            await command(working, ada, text)
        yield working


def seen(slack, ada, room) -> int:
    """How much there is to be read; it grows or changes with every answer."""
    pages = [one.hash for one in (ada.home, ada.modal) if one]
    whole = [*ada.dms, *ada.ephemerals, *slack.history(room)]
    return hash((tuple(pages), len(whole), tuple(one.edited for one in whole)))


@pytest.mark.parametrize("way", ["slash in a channel", "slash", "direct message", "mention"])
async def test_every_command_is_answered(slack, stocked, ada, room, way):
    silent = []
    for text in [*EXAMPLES, *IN_CHANNELS, "", "?!", "what is this", "forget", "x" * 3000]:
        before = seen(slack, ada, room)
        match way:
            case "slash in a channel":
                await ada.command("/papers", text, room)
            case "slash":
                await ada.command("/papers", text)
            case "direct message":
                await ada.dm(text)
            case "mention":
                await ada.mention(room, text)
        await answered(stocked)
        if seen(slack, ada, room) == before:
            silent.append(text)
    assert silent == []
    assert BROKEN not in text_of([*ada.dms, *ada.ephemerals, *slack.history(room)])


async def test_every_button_is_answered(slack, stocked, ada, room, monkeypatch):
    """Each verb's buttons, and those of their answers, pressed where they stand."""
    monkeypatch.setattr(throttle, "BURST", 100_000)  # no person presses so fast
    for verb in table.VERBS:
        if verb.name != "forget":
            text = verb.examples[0] if verb.examples else verb.name
            await command(stocked, ada, text, room)
            if verb.in_channel:
                await command(stocked, ada, f"channel {text}", room)
    pressed: set[str] = set()
    for _ in range(2):  # what the first round brought is pressed in the second
        for message in [*ada.ephemerals, *slack.history(room)]:
            while fresh := [one for one in buttons(message) if is_new(one, pressed)]:
                pressed.add(fresh[0]["value"])
                handed = await ada.press(message, fresh[0]["action_id"])
                assert handed.acked
                await answered(stocked)
    assert len(pressed) > 100
    assert BROKEN not in text_of([*ada.dms, *ada.ephemerals, *slack.history(room)])


def is_new(button: dict, pressed: set[str]) -> bool:
    return button["value"] not in pressed and "forget" not in button["value"]


def buttons(message) -> list[dict]:
    """The buttons of a message as they are now."""
    rows = [block.get("elements", []) for block in message.blocks if block["type"] == "actions"]
    beside = [block["accessory"] for block in message.blocks if "accessory" in block]
    return [one for row in [*rows, beside] for one in row if one["type"] == "button"]


async def test_everything_on_the_home_page_works(slack, stocked, ada, room):
    await ada.open_home()
    await until(lambda: ada.home, "the home page")
    assert "bees in the hive" in ada.home.shown
    for label in dict.fromkeys(ada.home.buttons):
        if label not in ada.home.buttons or "Delete" in label or "Forget" in label:
            continue
        before = seen(slack, ada, room)
        await ada.press(ada.home, label, nth=0)
        await answered(stocked)
        assert seen(slack, ada, room) != before, label
        ada.modals.clear()
    assert BROKEN not in text_of([*ada.dms, *ada.ephemerals])


async def test_a_form_is_filled_in_and_its_errors_stay_at_their_fields(slack, stocked, ada, room):
    await command(stocked, ada, "digest-form", room)
    await until(lambda: ada.modal, "the form")
    await ada.submit({"At what time": "half past nine"})
    assert list(ada.modal.errors) == ["time"]
    await ada.submit({"At what time": "09:30"})
    assert ada.modal is None
    await answered(stocked)
    assert "09:30" in ada.ephemerals[-1].shown


async def test_an_export_comes_as_a_file(slack, stocked, ada, room):
    await command(stocked, ada, "export", room)
    await until(lambda: slack.workspace.files, "the file")
    (file,) = slack.workspace.files.values()
    assert b"bees in the hive" in file.data


async def test_more_like_a_message_finds_papers(slack, stocked, ada, room):
    message = slack.workspace.post(room, ada.id, "Something about bees that dance in the hive")
    await ada.shortcut("more_like_this", message)
    await answered(stocked)
    assert BEES[0] in ada.ephemerals[-1].shown


# --- several workspaces --------------------------------------------------------------------


async def test_two_workspaces_share_nothing(slack, tmp_path, library, ada):
    slack.workspace.revoke()
    other = slack.add_workspace("Field", installed=False)
    ben = slack.user("ben", other)
    settings = oauth(slack, tmp_path, "socket")
    async with running(library, settings) as working:
        await until(lambda: working.web.port, "the web server")
        here = f"http://127.0.0.1:{working.web.port}"
        slack.app.redirect_uri = f"{here}/slack/oauth_redirect"
        await slack.connected()
        for person, query in ((ada, "moraine"), (ben, "nectar")):
            assert (await person.install(f"{here}/slack/install"))[0] == 200
            await command(working, person, f"alert {query}")
            save = next(one for one in person.ephemerals[-1].buttons if "Save" in one)
            await person.press(person.ephemerals[-1], save)
            await answered(working)
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(lambda: ICE[0] in text_of(ada.dms), "one workspace's alert")
        await until(lambda: BEES[1] in text_of(ben.dms), "the other workspace's alert")
        assert BEES[1] not in text_of(ada.dms)
        assert ICE[0] not in text_of(ben.dms)
        for person, query in ((ada, "moraine"), (ben, "nectar")):
            await command(working, person, "alerts")
            assert query in person.ephemerals[-1].shown
        await slack.uninstalls(other)
        await answered(working)
        drop(settings, "tuesday.txt", "Moraine and Nectar")
        await until(lambda: "Moraine and Nectar" in text_of(ada.dms), "the alert")
        assert "Moraine and Nectar" not in text_of(ben.dms)
