"""What people type, press and fill in on Slack, and where they read the answer."""

import asyncio

import pytest
from fakes.scripted_commands import said
from fakes.slack.server import SlackServer
from fakes.slack_bot import at_work
from structlog.testing import capture_logs

from bot.commands import Attachment, Reply, Standing
from bot.forms import Field, Form
from bot.messages import Button, Message
from bot.platforms.slack import listening, submissions

FORM = Form(
    title="Follow a subject",
    action="follow",
    fields=(Field(name="interest", label="Interest"), Field(name="why", label="Why?")),
)


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server
        assert server.violations == []
        assert [one.summary() for one in server.delivery.handed if one.failed or one.late] == []


@pytest.fixture
def ada(slack):
    return slack.user("ada", tz="Europe/Berlin")


@pytest.fixture
def room(slack, ada):
    return slack.channel("papers", members=[ada])


# --- slash commands ------------------------------------------------------------------------


async def test_a_slash_command_is_answered_to_the_asker_alone(platform, slack, commands, ada, room):
    await ada.command("/papers", "follow bees", room)
    await slack.until(lambda: ada.ephemerals)
    assert ada.ephemerals[-1].shown == "You said follow bees"
    assert ada.ephemerals[-1].channel == room.id
    assert slack.history(room) == []
    (request,) = commands.requests
    assert (request.text, request.prefix) == ("follow bees", "/papers ")
    assert (request.asker.workspace, request.asker.id) == (slack.workspace.id, ada.id)
    assert (request.asker.name, request.asker.zone) == ("ada", "Europe/Berlin")
    assert (request.room.id, request.room.name) == (room.id, "#papers")


async def test_in_direct_messages_there_is_no_room(platform, slack, commands, ada):
    await ada.command("/papers", "follow bees")
    await slack.until(lambda: ada.ephemerals)
    assert commands.requests[0].room is None


async def test_a_public_answer_stands_in_the_channel(platform, slack, commands, ada, room):
    commands.replies["trending"] = said("Trending", is_public=True)
    await ada.command("/papers", "trending", room)
    await slack.until(lambda: slack.history(room))
    assert slack.history(room)[0].shown == "Trending"
    assert ada.ephemerals == []


async def test_a_public_answer_needs_no_invitation(slack, db, clock, commands, ada):
    slack.workspace.grants[-1].scopes = tuple(
        one for one in slack.workspace.grants[-1].scopes if one != "chat:write.public"
    )
    room = slack.channel("elsewhere", members=[ada], bot=False)
    commands.replies["trending"] = said("Trending", is_public=True)
    async with at_work(slack, db, clock, commands):
        await ada.command("/papers", "trending", room)
        await slack.until(lambda: slack.history(room))
    assert len(slack.history(room)) == 1


@pytest.mark.parametrize("kind", ["error", "status", "drop_before"])
async def test_a_public_answer_that_cannot_be_shown_to_all_is_shown_to_the_asker(
    platform, slack, commands, ada, room, kind
):
    commands.replies["trending"] = said("Trending", is_public=True)
    slack.fail("chat.postMessage", kind, error="restricted_action")
    await ada.command("/papers", "trending", room)
    await slack.until(lambda: ada.ephemerals)
    assert [one.shown for one in ada.ephemerals] == ["Trending"]


async def test_whatever_the_slash_command_is_called_examples_show_that_name(
    platform, slack, commands, ada
):
    await ada.command("/lab-papers", "help")
    await slack.until(lambda: ada.ephemerals)
    assert commands.requests[0].prefix == "/lab-papers "


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("alert comments &gt;= 5 &amp; authors&lt;3", "alert comments >= 5 & authors<3"),
        ("alert comments<5 or comments> 9", "alert comments<5 or comments> 9"),
        ("similar <https://arxiv.org/abs/1>", "similar https://arxiv.org/abs/1"),
        ("similar <https://arxiv.org/abs/1|this>", "similar https://arxiv.org/abs/1"),
        ("follow <http://arxiv.org|arxiv.org>", "follow arxiv.org"),
        ("mute <mailto:a@b.org|a@b.org>", "mute a@b.org"),
        ("follow <@U1|ada> in <#C1|papers>", "follow @ada in #papers"),
        ("follow &amp;lt;\u00a0bees ", "follow &lt; bees"),
    ],
)
async def test_text_arrives_as_it_was_typed(platform, slack, commands, ada, sent, typed):
    await ada.command("/papers", sent)
    await slack.until(lambda: commands.requests)
    assert commands.requests[0].text == typed


async def test_a_slow_answer_is_acknowledged_first(platform, slack, commands, ada):
    commands.delay = 0.4
    handed = await ada.command("/papers", "digest now")
    assert handed.acked
    assert handed.latency < 0.4
    await slack.until(lambda: ada.ephemerals)


async def test_what_is_delivered_twice_is_done_once(platform, slack, commands, ada, room):
    slack.delivery.repeats = 2
    await ada.command("/papers", "like 3", room)
    await ada.mention(room, "save 3")
    await ada.dm("drop 3")
    await slack.until(lambda: ada.dms)
    await platform._errands.finish()
    assert sorted(one.text for one in commands.requests) == ["drop 3", "like 3", "save 3"]


async def test_an_answer_finds_its_way_when_the_response_url_does_not_work(
    platform, slack, commands, ada, room
):
    slack.fail("response_url", "status", status=404, times=None)
    await ada.command("/papers", "help", room)
    await slack.until(lambda: ada.ephemerals)
    private = slack.channel("private", members=[ada], private=True, bot=False)
    await ada.command("/papers", "help", private)
    await slack.until(lambda: ada.dms)
    assert ada.dms[-1].shown == "You said help"


async def test_a_limit_on_answers_is_waited_for(platform, slack, commands, ada):
    slack.fail("response_url", "ratelimited", retry_after=0)
    slack.fail("chat.postMessage", "ratelimited", retry_after=0, times=2)
    await ada.command("/papers", "help")
    await ada.dm("help")
    await slack.until(lambda: ada.ephemerals and ada.dms)
    assert len(ada.dms) == 1


async def test_what_breaks_is_told_and_logged(platform, slack, commands, ada):
    commands.fails = True
    with capture_logs() as logs:
        await ada.command("/papers", "help")
        await slack.until(lambda: ada.ephemerals)
        await platform._errands.finish()
    assert "Something broke" in ada.ephemerals[-1].shown
    assert [one["event"] for one in logs if one["log_level"] == "error"] == ["slack errand failed"]


async def test_an_answer_that_does_not_come_is_told(platform, slack, commands, ada, monkeypatch):
    monkeypatch.setattr(listening, "ANSWER_S", 0.1)
    commands.delay = 30
    await ada.command("/papers", "help")
    await slack.until(lambda: ada.ephemerals)
    assert "Something broke" in ada.ephemerals[-1].shown


async def test_an_asker_whom_slack_does_not_describe_is_answered_all_the_same(
    platform, slack, commands, ada
):
    slack.fail("users.info", "status", times=None)
    await ada.command("/papers", "help")
    await slack.until(lambda: ada.ephemerals)
    assert (commands.requests[0].asker.name, commands.requests[0].asker.zone) == ("ada", None)


# --- direct messages and mentions ----------------------------------------------------------


async def test_a_direct_message_is_a_command_and_its_answer_another(platform, slack, commands, ada):
    await ada.dm("follow bees &amp; wasps")
    await slack.until(lambda: ada.dms)
    assert ada.dms[-1].shown == "You said follow bees & wasps"
    (request,) = commands.requests
    assert (request.room, request.prefix) == (None, "")


async def test_an_answer_in_a_thread_stays_there(platform, slack, commands, ada):
    await ada.dm("help")
    await slack.until(lambda: ada.dms)
    await ada.dm("help more", thread=ada.dms[0])
    await slack.until(lambda: len(ada.dms) == 2)
    assert ada.dms[1].thread_ts == ada.dms[0].ts


async def test_edits_bots_and_other_rooms_give_no_commands(platform, slack, commands, ada, room):
    im = {"type": "message", "channel": ada.im.id, "channel_type": "im", "ts": "1.0"}
    await slack.emit(im | {"subtype": "message_changed", "message": {"text": "help"}})
    await slack.emit(im | {"user": ada.id, "bot_id": "B1", "text": "help"})
    await slack.emit(im | {"user": slack.workspace.bot_user_id, "text": "help"})
    await slack.emit(im | {"user": ada.id, "text": "help", "edited": {"ts": "2.0"}})
    await ada.say(room, "help")
    mention = {"type": "app_mention", "channel": room.id, "text": "help", "bot_id": "B1"}
    await slack.emit(mention)
    await ada.dm("the last")
    await slack.until(lambda: ada.dms)
    assert [one.text for one in commands.requests] == ["the last"]


async def test_a_mention_is_a_command_without_the_bots_name(platform, slack, commands, ada, room):
    await ada.mention(room, "`follow bees`")
    await slack.until(lambda: ada.ephemerals)
    assert commands.requests[0].text == "follow bees"
    assert commands.requests[0].room.id == room.id
    assert [one.user for one in slack.history(room)] == [ada.id]


# --- presses -------------------------------------------------------------------------------


async def posted(slack, commands, ada, room, **more) -> object:
    """A public message with a button that changes it."""
    buttons = (Button(label="Like", action="like 3 d1"),)
    message = Message(heading="A paper", buttons=buttons)
    commands.replies["show"] = Reply(message=message, is_public=True, **more)
    await ada.command("/papers", "show", room)
    await slack.until(lambda: slack.history(room))
    return slack.history(room)[-1]


async def test_a_press_changes_the_message_in_place(platform, slack, commands, ada, room):
    message = await posted(slack, commands, ada, room)
    changed = Message(heading="A paper", footer="1 like")
    commands.replies["like 3 d1"] = Reply(changed=changed, changed_ref="d1")
    await ada.press(message, "Like")
    await slack.until(lambda: message.edited)
    assert "1 like" in message.shown
    assert len(slack.history(room)) == 1
    assert ada.ephemerals == []
    assert commands.requests[-1].receipt == f"{room.id}/{message.ts}"


async def test_a_press_changes_what_only_the_asker_sees(platform, slack, commands, ada, room):
    buttons = (Button(label="Like", action="like 3 a1"),)
    commands.replies["show"] = Reply(message=Message(heading="A paper", buttons=buttons))
    commands.replies["like 3 a1"] = Reply(changed=Message(heading="Liked"), changed_ref="a1")
    await ada.command("/papers", "show", room)
    await slack.until(lambda: ada.ephemerals)
    await ada.press(ada.ephemerals[0], "Like")
    await slack.until(lambda: ada.ephemerals[0].shown == "Liked")
    assert len(ada.ephemerals) == 1


async def test_the_answer_to_a_press_is_whispered_in_the_thread_of_the_message(
    platform, slack, commands, ada, room
):
    message = await posted(slack, commands, ada, room)
    below = slack.workspace.post(
        room, slack.workspace.bot_user_id, "", blocks=message.blocks, thread_ts=message.ts
    )
    await ada.press(below, "Like")
    await slack.until(lambda: ada.ephemerals)
    assert ada.ephemerals[0].thread_ts == message.ts


async def test_many_presses_at_once_leave_what_the_last_answer_says(
    platform, slack, commands, ada, room
):
    message = await posted(slack, commands, ada, room)
    count = iter(range(1, 100))
    commands.delay = 0.01

    def liked(_) -> Reply:
        return Reply(changed=Message(heading=f"{next(count)} likes", buttons=message_buttons))

    message_buttons = (Button(label="Like", action="like 3 d1"),)
    commands.replies["like 3 d1"] = liked
    slack.fail("chat.update", "delay", seconds=0.1, after_effect=False)
    people = [slack.user(f"member{n}") for n in range(5)]
    await asyncio.gather(*(one.press(message, "Like") for one in people))
    await platform._errands.finish()
    assert message.shown.startswith("5 likes")


async def test_a_press_on_a_message_that_is_gone_breaks_nothing(
    platform, slack, commands, ada, room
):
    message = await posted(slack, commands, ada, room)
    changed = Message(heading="Changed")
    commands.replies["like 3 d1"] = Reply(changed=changed, message=Message(heading="Noted"))
    slack.fail("chat.update", "error", error="message_not_found")
    await ada.press(message, "Like")
    await slack.until(lambda: ada.ephemerals)
    assert ada.ephemerals[0].shown == "Noted"


async def test_a_button_of_an_older_version_is_acknowledged(platform, slack, ada, room):
    unknown = {"type": "button", "action_id": "old", "text": {"type": "plain_text", "text": "Old"}}
    blocks = [{"type": "actions", "elements": [unknown]}]
    message = slack.workspace.post(room, slack.workspace.bot_user_id, "", blocks=blocks)
    assert (await ada.press(message, "Old")).acked


# --- forms ---------------------------------------------------------------------------------


async def test_a_form_opens_at_once_and_its_answer_comes_where_it_was_opened(
    platform, slack, commands, ada, room
):
    commands.replies["follow"] = lambda asked: (
        Reply(form=FORM) if asked.fields is None else said("Following")
    )
    await ada.command("/papers", "follow", room)
    await slack.until(lambda: ada.modal)
    await ada.submit({"Interest": "bees", "Why?": "honey"})
    await slack.until(lambda: ada.ephemerals)
    assert ada.modal is None
    assert (ada.ephemerals[0].shown, ada.ephemerals[0].channel) == ("Following", room.id)
    request = commands.requests[-1]
    assert (request.text, request.fields) == ("follow", {"interest": "bees", "why": "honey"})
    assert (request.room.id, request.prefix) == (room.id, "/papers ")


async def test_errors_stay_at_their_fields(platform, slack, commands, ada):
    commands.replies["follow"] = lambda asked: (
        Reply(form=FORM)
        if asked.fields is None
        else Reply(errors={"interest": "Too short."})
        if asked.fields["interest"] == "b"
        else said("Following")
    )
    await ada.command("/papers", "follow")
    await slack.until(lambda: ada.modal)
    await ada.submit({"Interest": "b", "Why?": "honey"})
    assert ada.modal.errors == {"interest": "Too short."}
    await ada.submit({"Interest": "bees", "Why?": "honey"})
    await slack.until(lambda: ada.ephemerals)
    assert [one.shown for one in ada.ephemerals] == ["Following"]


async def test_a_form_whose_answer_takes_long_is_closed_and_answered_later(
    platform, slack, commands, ada, room, monkeypatch
):
    monkeypatch.setattr(submissions, "PATIENCE_S", 0.05)
    commands.replies["follow"] = lambda asked: (
        Reply(form=FORM) if asked.fields is None else Reply(errors={"interest": "Too short."})
    )
    await ada.command("/papers", "follow", room)
    await slack.until(lambda: ada.modal)
    commands.delay = 0.3
    handed = await ada.submit({"Interest": "b", "Why?": "honey"})
    assert handed.acked
    assert ada.modal is None
    await slack.until(lambda: ada.ephemerals)
    assert "Too short." in ada.ephemerals[0].shown


async def test_a_form_that_is_delivered_twice_is_answered_once_and_alike(
    platform, slack, commands, ada
):
    commands.replies["follow"] = lambda asked: (
        Reply(form=FORM) if asked.fields is None else Reply(errors={"why": "Why not?"})
    )
    await ada.command("/papers", "follow")
    await slack.until(lambda: ada.modal)
    handed = await ada.submit({"Interest": "bees", "Why?": "honey"})
    again = await slack.delivery.again(handed)
    assert again.answer == handed.answer
    assert handed.answer["errors"] == {"why": "Why not?"}
    assert len(commands.requests) == 2


async def test_where_no_form_can_be_opened_a_button_stands_for_it(
    platform, slack, commands, ada, room
):
    commands.replies["follow now"] = lambda asked: Reply(form=FORM)
    await ada.dm("follow now")
    await slack.until(lambda: ada.dms)
    assert ada.dms[0].buttons == ["Open the form"]
    await ada.press(ada.dms[0], "Open the form")
    await slack.until(lambda: ada.modal)
    assert ada.modal.title == "Follow a subject"


async def test_a_form_that_comes_too_late_becomes_a_button(platform, slack, commands, ada):
    commands.replies["follow"] = Reply(form=FORM)
    slack.fail("views.open", "error", error="expired_trigger_id")
    await ada.command("/papers", "follow")
    await slack.until(lambda: ada.ephemerals)
    assert ada.ephemerals[0].buttons == ["Open the form"]


# --- the home page -------------------------------------------------------------------------


async def test_the_home_page_is_drawn_and_welcomes_once(platform, slack, commands, ada):
    await ada.open_home()
    await slack.until(lambda: ada.home and ada.dms)
    assert ada.home.shown.startswith("Home 1 of ada")
    assert ada.dms[0].shown.startswith("Welcome ada")
    assert ada.dms[0].buttons == ["Begin", "Help"]
    await ada.open_home("messages")
    await ada.open_home()
    await slack.until(lambda: ada.home.shown.startswith("Home 2 of ada"))
    await platform._errands.finish()
    assert len(ada.dms) == 1


async def test_a_press_on_the_home_page_redraws_it_and_says_what_was_done(
    platform, slack, commands, ada
):
    await ada.open_home()
    await slack.until(lambda: ada.home)
    commands.replies["drop"] = Reply(
        message=Message(heading="Dropped", buttons=(Button(label="Undo", action="undo"),))
    )
    commands.replies["undo"] = said("It is back", is_profile_changed=True)
    await ada.press(ada.home, "Drop")
    await slack.until(lambda: ada.modal and ada.home.shown.startswith("Home 2"))
    assert ada.modal.shown.startswith("Paperround\nDropped")
    assert commands.requests[-1].room is None
    await ada.press(ada.modal, "Undo")
    await slack.until(lambda: "It is back" in ada.modal.shown)
    assert ada.ephemerals == []


async def test_pages_lie_on_each_other_unless_one_is_out_of_date(platform, slack, commands, ada):
    await ada.open_home()
    await slack.until(lambda: ada.home)
    buttons = (Button(label="Why?", action="why 1"), Button(label="Like", action="like 1"))
    commands.replies["follow"] = Reply(message=Message(heading="Trending", buttons=buttons))
    commands.replies["like 1"] = Reply(changed=Message(heading="Trending, liked", buttons=buttons))
    await ada.press(ada.home, "Follow")
    await slack.until(lambda: ada.modal)
    await ada.press(ada.modal, "Like")
    await slack.until(lambda: "liked" in ada.modal.shown)
    await ada.press(ada.modal, "Why?")
    await slack.until(lambda: len(ada.modals) == 2)
    assert "You said why 1" in ada.modal.shown
    await ada.close_modal()
    assert "Trending, liked" in ada.modal.shown


async def test_the_newest_home_page_is_what_stays(platform, slack, commands, ada, room):
    commands.replies["follow bees"] = said("Following", is_profile_changed=True)
    slack.fail("views.publish", "delay", seconds=0.2)
    await asyncio.gather(*(ada.command("/papers", "follow bees", room) for _ in range(3)))
    await platform._errands.finish()
    assert ada.home.shown.startswith("Home 3")


async def test_a_home_page_that_cannot_be_drawn_takes_nothing_back(
    platform, slack, commands, ada, room
):
    commands.replies["follow bees"] = said("Following", is_profile_changed=True)
    slack.fail("views.publish", "error", error="not_enabled")
    await ada.command("/papers", "follow bees", room)
    await slack.until(lambda: ada.ephemerals)
    await platform._errands.finish()
    assert [one.shown for one in ada.ephemerals] == ["Following"]


async def test_a_message_in_a_room_without_the_bot_is_changed_through_its_response_url(
    platform, slack, commands, ada
):
    elsewhere = slack.channel("elsewhere", members=[ada], private=True, bot=False)
    message = await posted(slack, commands, ada, elsewhere)
    commands.replies["like 3 d1"] = Reply(changed=Message(heading="Liked"), changed_ref="d1")
    await ada.press(message, "Like")
    await slack.until(lambda: message.shown == "Liked")


async def test_a_form_of_the_home_page_ends_in_a_page(platform, slack, commands, ada):
    commands.replies["follow"] = lambda asked: (
        Reply(form=FORM) if asked.fields is None else said("Following", is_profile_changed=True)
    )
    await ada.open_home()
    await slack.until(lambda: ada.home)
    await ada.press(ada.home, "Follow")
    await slack.until(lambda: ada.modal)
    await ada.submit({"Interest": "bees", "Why?": "honey"})
    assert "Following" in ada.modal.shown
    await slack.until(lambda: ada.home.shown.startswith("Home 2"))
    await platform._errands.finish()
    assert [one.shown for one in ada.dms if "Following" in one.shown] == []


async def test_a_changed_profile_redraws_the_home_page(platform, slack, commands, ada, room):
    commands.replies["follow bees"] = said("Following", is_profile_changed=True)
    await ada.command("/papers", "follow bees", room)
    await slack.until(lambda: ada.home)


# --- the shortcut and files ----------------------------------------------------------------


async def test_the_shortcut_asks_for_more_like_a_message(platform, slack, commands, ada, room):
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "<https://a.org|Bees> &amp; wasps"}},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [
                        {"type": "text", "text": "They "},
                        {"type": "text", "text": "dance", "style": {"bold": True}},
                    ],
                }
            ],
        },
    ]
    message = slack.workspace.post(room, ada.id, "ignored", blocks=blocks)
    await ada.shortcut("more_like_this", message)
    await slack.until(lambda: ada.ephemerals)
    (request,) = commands.requests
    assert (request.text, request.quoted) == ("more-like-this", "Bees & wasps\nThey dance")
    assert request.receipt == f"{room.id}/{message.ts}"
    assert ada.ephemerals[0].channel == room.id


async def test_where_the_bot_is_not_the_shortcut_is_answered_directly(
    platform, slack, commands, ada
):
    elsewhere = slack.channel("elsewhere", members=[ada], private=True, bot=False)
    message = slack.workspace.post(elsewhere, ada.id, "Bees")
    slack.fail("response_url", "status", status=404)
    await ada.shortcut("more_like_this", message)
    await slack.until(lambda: ada.dms)
    assert commands.requests[0].quoted == "Bees"


async def test_a_file_comes_by_direct_message(platform, slack, commands, ada, room):
    commands.replies["export"] = said(
        "Your data", attachment=Attachment(name="paperround.json", data=b'{"a": 1}')
    )
    await ada.command("/papers", "export", room)
    await slack.until(lambda: ada.dms)
    (file,) = slack.workspace.files.values()
    assert (file.name, file.data) == ("paperround.json", b'{"a": 1}')
    assert ada.dms[0].files == [file.id]


async def test_a_file_that_may_not_be_sent_names_the_scope(platform, slack, commands, ada, room):
    grant = slack.workspace.grants[-1]
    grant.scopes = tuple(one for one in grant.scopes if one != "files:write")
    attachment = Attachment(name="paperround.json", data=b"{}")
    commands.replies["export"] = Reply(attachment=attachment)
    await ada.command("/papers", "export", room)
    await slack.until(lambda: ada.ephemerals)
    assert "files:write" in ada.ephemerals[0].shown


# --- keeping quiet -------------------------------------------------------------------------


async def test_nothing_that_people_write_is_logged(platform, slack, commands, ada, room, caplog):
    with capture_logs() as logs:
        slack.fail("response_url", "status", status=500)
        slack.fail("chat.postEphemeral", "error", error="user_not_in_channel")
        await ada.command("/papers", "follow secret bees", room)
        await slack.until(lambda: ada.dms)
        commands.fails = True
        await ada.dm("follow secret wasps")
        await slack.until(lambda: len(ada.dms) == 2)
        await platform._errands.finish()
    written = repr(logs) + caplog.text
    assert logs
    for secret in ("secret bees", "secret wasps", "ada", slack.bot_token, slack.app_token):
        assert secret not in written


async def test_a_stop_waits_for_what_is_under_way(slack, db, clock, commands, ada):
    commands.delay = 0.3
    async with at_work(slack, db, clock, commands):
        await ada.command("/papers", "help")
    assert [one.shown for one in ada.ephemerals] == ["You said help"]


async def test_a_member_has_the_standing_of_a_member(platform, slack, commands, ada, room):
    await ada.command("/papers", "help", room)
    await slack.until(lambda: commands.requests)
    assert commands.requests[0].room.standing is Standing.MEMBER


# --- files ---------------------------------------------------------------------------------


async def test_a_file_sent_directly_is_a_library_to_import(platform, slack, commands, ada):
    await ada.send_file("mine.bib", b"@article{a, title={Bees}}")
    await slack.until(lambda: ada.dms)
    (request,) = commands.requests
    assert request.text == "import"
    assert request.file.data == b"@article{a, title={Bees}}"


async def test_a_file_beside_another_command_is_left_alone(platform, slack, commands, ada):
    await ada.send_file("mine.bib", b"x", text="follow bees")
    await slack.until(lambda: ada.dms)
    (request,) = commands.requests
    assert (request.text, request.file) == ("follow bees", None)


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"size": 5_000_001}, "5 MB are the most"),
        ({"url_private_download": "https://files.example.org/x"}, "files:read"),
        ({"url_private_download": "http://files.slack.com/x"}, "files:read"),
        ({"url_private_download": None}, "files:read"),
    ],
)
async def test_a_file_is_fetched_from_slack_alone(platform, slack, commands, ada, about, said):
    await ada.send_file("mine.bib", b"x", **about)
    await slack.until(lambda: ada.dms)
    assert said in commands.requests[0].file.refused
    assert commands.requests[0].file.data == b""


async def test_a_file_that_slack_does_not_hand_over_is_told(platform, slack, commands, ada):
    gone = f"{slack.url}/files-pri/{slack.workspace.id}/FGONE"
    await ada.send_file("mine.bib", b"x", url_private_download=gone)
    await slack.until(lambda: ada.dms)
    assert "files:read" in commands.requests[0].file.refused
    assert commands.requests[0].file.data == b""
