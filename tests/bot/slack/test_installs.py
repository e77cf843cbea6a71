"""Workspaces that install the bot by OAuth, each with its own sealed tokens."""

import asyncio
import sqlite3
from contextlib import closing

import aiohttp
import pytest
from fakes.slack.server import SlackServer
from fakes.slack_bot import at_work, oauth
from structlog.testing import capture_logs

from bot import desk, messages, timetable
from bot.messages import Message
from bot.platforms import Misconfigured, Reason, RetryLater
from bot.platforms.slack import SlackPlatform
from bot.platforms.slack.installs import Install, Many, NotInstalled
from bot.platforms.slack.oauth import authorize_url
from bot.platforms.slack.scopes import BOT_SCOPES
from bot.settings import BadSetting
from bot.web import Web
from storage import profiles, subscriptions, workspaces
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination, OwnerKind

KEY = "another secret of more than thirty-two characters"


async def ready() -> dict[str, bool]:
    return {}


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        server.workspace.revoke()
        yield server
        assert server.violations == []


@pytest.fixture
async def platform(slack, db, clock, commands):
    async with at_work(slack, db, clock, commands, oauth(slack)) as working:
        yield working


@pytest.fixture
async def link(platform, slack):
    """Where an install begins."""
    web = Web(oauth(slack), ready, platform.routes)
    await web.start()
    url = f"http://127.0.0.1:{web.port}"
    slack.app.redirect_uri = f"{url}/slack/oauth_redirect"
    yield f"{url}/slack/install"
    await web.stop()


@pytest.fixture
def many(db, clock) -> Many:
    return Many(db, clock, KEY)


INSTALL = Install(workspace="T1", token="xoxb-1", bot_id="B1", bot_user="U1", installer="U2")


# --- the whole way -------------------------------------------------------------------------


async def test_a_workspace_installs_the_bot_and_is_answered(platform, slack, link, commands, ada):
    status, page = await ada.install(link)
    assert status == 200
    assert "works in Lab now" in page
    await slack.until(lambda: ada.dms)
    assert ada.dms[0].buttons == ["Begin", "Help"]
    await ada.command("/papers", "help")
    await slack.until(lambda: ada.ephemerals)
    assert ada.ephemerals[0].shown == "You said help"
    assert slack.workspace.grants[-1].scopes == BOT_SCOPES


async def test_the_first_words_are_said_once(platform, slack, link, ada):
    await ada.install(link)
    await ada.install(link)
    await ada.open_home()
    await slack.until(lambda: ada.home)
    await platform._errands.finish()
    assert len(ada.dms) == 1


async def test_two_workspaces_are_apart(platform, slack, link, commands, ada):
    await ada.install(link)
    other = slack.add_workspace("Field", installed=False)
    ben = slack.user("ben", other)
    await ben.install(link)
    for person in (ada, ben):
        await person.command("/papers", "help")
        await slack.until(lambda person=person: person.ephemerals)
    assert [one.asker.workspace for one in commands.requests] == [slack.workspace.id, other.id]
    assert [one.team for one in (ada.dms[0], ben.dms[0])] == [slack.workspace.id, other.id]
    await slack.uninstalls(other)
    await platform._errands.finish()
    with pytest.raises(NotInstalled):
        await platform._source.of(other.id)
    await ada.command("/papers", "again")
    await slack.until(lambda: len(ada.ephemerals) == 2)


async def test_a_workspace_whose_install_is_unknown_is_told_so(
    platform, slack, link, commands, ada
):
    await ada.install(link)
    await ada.open_home("messages")
    await slack.until(lambda: ada.dms)
    await platform._source.forget(slack.workspace.id)
    handed = await ada.press(ada.dms[0], "Begin")
    assert handed.acked
    await slack.until(lambda: ada.ephemerals)
    assert "not installed in this workspace" in ada.ephemerals[0].shown
    handed = await ada.command("/papers", "help")
    assert "not installed in this workspace" in handed.reply.shown
    assert (await ada.dm("help")).acked
    assert commands.requests == []


async def test_what_was_paused_goes_on_after_a_new_install(platform, slack, link, db, clock, ada):
    await ada.install(link)
    made = await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="slack",
        workspace=slack.workspace.id,
        owner=ada.id,
        name="ada",
        zone="UTC",
        now=clock.now,
    )
    schedule = timetable.read_schedule("daily 08:30", "UTC")
    await desk.subscribe(db, made, schedule, 4, clock.now)
    await slack.uninstalls()
    await platform._errands.finish()
    (subscription,) = await db.read(subscriptions.of, made.id)
    assert subscription.paused == "Paperround was removed from the workspace"
    await ada.install(link)
    (subscription,) = await db.read(subscriptions.of, made.id)
    assert subscription.paused is None


# --- what may go wrong on it ---------------------------------------------------------------


async def visit(url: str, **more) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(url, allow_redirects=False, **more) as answer,
    ):
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def begun(link) -> tuple[str, dict[str, str]]:
    """Where Slack would send an installer back to, and the cookie of the browser that began."""
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        session.get(link, allow_redirects=False) as answer,
    ):
        cookies = {name: crumb.value for name, crumb in answer.cookies.items()}
        allow = answer.headers["Location"]
    _, _, back = await visit(allow)
    return back, {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


async def test_an_install_that_was_not_allowed_says_so(slack, link, ada):
    slack.declines = True
    status, page = await ada.install(link)
    assert status == 400
    assert "It was not allowed. Begin again at /slack/install" in page
    assert not slack.workspace.installed


async def test_a_state_counts_once(slack, link, ada):
    back, cookie = await begun(link)
    assert (await visit(back, headers=cookie))[0] == 200
    status, page, _ = await visit(back, headers=cookie)
    assert (status, "finished before" in page) == (400, True)


async def test_a_state_counts_for_ten_minutes(slack, link, clock, ada):
    back, cookie = await begun(link)
    clock.advance(minutes=10)
    status, page, _ = await visit(back, headers=cookie)
    assert (status, "longer than ten minutes" in page) == (400, True)


async def test_a_state_counts_in_the_browser_that_began(slack, link, ada):
    back, _ = await begun(link)
    status, page, _ = await visit(back)
    assert (status, "another browser" in page) == (400, True)
    assert not slack.workspace.installed


async def test_a_made_up_state_and_a_made_up_code_are_refused(slack, link, ada):
    back, cookie = await begun(link)
    place = back.partition("?")[0]
    forged = {"Cookie": "slack-app-oauth-state=made-up"}
    assert (await visit(f"{place}?state=made-up&code=1", headers=forged))[0] == 400
    state = back.partition("state=")[2].partition("&")[0]
    status, page, _ = await visit(f"{place}?state={state}&code=made-up", headers=cookie)
    assert (status, "did not accept the code" in page) == (400, True)
    status, page, _ = await visit(f"{place}?error=<script>")
    assert (status, "<script>" in page) == (400, False)


async def test_slack_that_is_in_trouble_is_told(slack, link, ada):
    slack.fail("oauth.v2.access", "drop_before")
    status, page = await ada.install(link)
    assert (status, "could not be reached" in page) == (502, True)


async def test_neither_tokens_nor_codes_are_logged(slack, link, ada, caplog):
    with capture_logs() as logs:
        await ada.install(link)
        back, cookie = await begun(link)
        slack.fail("oauth.v2.access", "error", error="invalid_code")
        await visit(back, headers=cookie)
    written = repr(logs) + caplog.text
    code = back.partition("code=")[2].partition("&")[0]
    for secret in (slack.bot_token, slack.app.client_secret, code, ada.name):
        assert secret not in written


async def test_people_allow_the_app_where_its_api_is(slack):
    assert authorize_url("https://slack.com/api/") == "https://slack.com/oauth/v2/authorize"
    assert authorize_url(slack.api_url) == slack.authorize_url


async def test_without_oauth_there_is_no_door(slack, db, clock):
    slack.workspace.install()
    platform = SlackPlatform(oauth(slack, slack_bot_token=slack.bot_token), db, clock)
    assert platform.routes == []


# --- keeping tokens ------------------------------------------------------------------------


async def test_a_token_is_read_back_by_its_key(many, db, clock):
    await many.add(INSTALL)
    assert await many.of("T1") == INSTALL
    assert await Many(db, clock, KEY).of("T1") == INSTALL


async def test_no_token_lies_in_the_database(many, db, clock, tmp_path):
    await many.add(INSTALL)
    await db.write(lambda tx: None)
    with closing(sqlite3.connect(tmp_path / "paperround.db")) as file:
        dump = "\n".join(file.iterdump())
    assert "installs" in dump
    assert "xoxb-1" not in dump


async def test_another_key_is_told_in_a_sentence(many, slack, db, clock, commands):
    await many.add(INSTALL)
    platform = SlackPlatform(oauth(slack), db, clock)
    with pytest.raises(Misconfigured, match="PAPERROUND_SECRET_KEY is not the key"):
        await asyncio.wait_for(platform.listen(commands), 60)
    await platform.close()


async def test_another_key_costs_nobody_a_delivery(many, slack, db, clock):
    await many.add(INSTALL)
    platform = SlackPlatform(oauth(slack), db, clock)
    delivery = Delivery(
        id=1,
        key="a",
        kind=DeliveryKind.NOTICE,
        destination=Destination(platform="slack", address="T1/U1"),
        profile_id=None,
        body=messages.to_json(Message(heading="A paper")),
        status=DeliveryStatus.LEASED,
        attempts=1,
        due_at=clock.now,
        maybe_posted=False,
    )
    with pytest.raises(RetryLater) as later:
        await platform.send(delivery)
    assert later.value.reason is Reason.UNAVAILABLE
    await platform.close()


async def test_a_key_that_is_too_short_is_told_at_the_start(slack, db, clock):
    with pytest.raises(BadSetting, match="PAPERROUND_SECRET_KEY is too short"):
        SlackPlatform(oauth(slack, secret_key="short"), db, clock)


async def test_what_is_forgotten_is_gone(many, db):
    await many.add(INSTALL)
    await many.forget("T1")
    with pytest.raises(NotInstalled):
        await many.of("T1")
    assert await db.read(workspaces.installed, "slack", "T1") is None


async def test_a_new_install_replaces_the_old(many):
    await many.add(INSTALL)
    newer = Install(workspace="T1", token="xoxb-2")
    await many.add(newer)
    assert await many.of("T1") == newer
    assert await many.check() == 1


async def test_no_secret_shows_in_a_representation():
    assert "xoxb-1" not in repr(INSTALL)
