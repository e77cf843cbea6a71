"""One's own data: the page, the export, and its deletion."""

import json
from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, message, person, press, text
from fakes.pages import dump

from bot import alerts, digests
from bot.commands import Commands
from matching.ingest import ingest
from storage import deliveries, notices, outbox, profiles
from storage.records import Profile

TITLES = ("Graph Networks for Traffic", "Speech in Noisy Kitchens", "Small Diffusion Models")


@pytest.fixture
async def commands(library, clock) -> Commands:
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
    return Commands(library, clock, lambda: None)


async def profile(library, who) -> Profile | None:
    return await library.db.read(profiles.of, who.platform, who.workspace, who.id)


async def live(commands, library, clock, who=ADA, word="zebra") -> None:
    """Everything that a person can do, each text with the word in it."""
    for typed in (
        f"follow {word} networks",
        f"mute {word}mute",
        "like 1",
        "dislike 2",
        "save 3",
        "digest daily 08:30",
        "quiet 22:00-07:00",
        f"search {word} things",
        "saved",
    ):
        await ask(commands, typed, person=who)
    await press(commands, await ask(commands, f"alert {word}", person=who), "Save", person=who)
    await ask(commands, f"channel follow {word} rooms", person=who, room=ROOM)
    await ask(commands, "channel digest daily 08:30", person=who, room=ROOM)
    more = dump(f"A {word} in {word} Networks", f"More {word} Networks", name=f"{word} page")
    await ingest(library.db, library.encoder, more, clock.now)
    await alerts.queue_new(library.db, clock.now)
    mine = await profile(library, who)
    await library.db.write(notices.add, mine.id, f"{word} notice", clock.now)


# --- the page ------------------------------------------------------------------------------


async def test_somebody_new_has_a_page_that_says_how_to_begin(commands, library):
    reply = await ask(commands, "profile")
    assert "`/papers follow" in text(reply)
    assert [one.action for one in buttons(reply)] == ["follow", "alert", "digest-form", "help"]
    assert await profile(library, ADA) is None, "looking makes nothing"


async def test_the_page_shows_everything_with_what_can_be_done_about_it(commands, library, clock):
    await live(commands, library, clock)
    await ask(commands, "mute org OpenAI")
    await ask(commands, "snooze 3d")
    reply = await ask(commands, "profile")
    there = {row.text: [one.action for one in row.buttons] for row in message(reply).rows}
    assert there["zebra networks"] == ["interest-edit 1", "unfollow 1"]
    assert there["Alert `zebra`"] == ["alerts pause 1", "alerts remove 1"]
    assert there["Digest daily at 08:30, UTC"] == ["digest now", "digest-form"]
    assert there["Quiet from 22:00 to 07:00"] == ["quiet off"]
    assert there["Snoozed until Fri 31 Oct 06:00"] == ["snooze off"]
    assert there["Muted: “zebramute”"] == ["unmute 1"]
    assert there["Muted: everything from OpenAI"] == ["unmute 2"]
    assert there["Your votes: 1 liked, 1 not wanted, 1 saved"] == ["saved"]
    assert there["Times are in UTC"] == ["timezone-form"]
    for action in (one for row in there.values() for one in row):
        assert "my side" not in text(await ask(commands, action)), action


async def test_the_page_says_what_is_made_of_likes_and_dislikes(commands):
    await ask(commands, "follow graph networks for traffic")
    before = {row.text: row.detail for row in message(await ask(commands, "profile")).rows}
    assert "its own words" in before["graph networks for traffic"]
    await ask(commands, "like 1")
    await ask(commands, "like 2")
    await ask(commands, "dislike 3")
    after = {row.text: row.detail for row in message(await ask(commands, "profile")).rows}
    assert (
        "1 liked paper fits it: “Graph Networks for Traffic”" in after["graph networks for traffic"]
    )
    assert "carry 33%" in after["graph networks for traffic"]
    assert TITLES[1] in after["1 liked paper beside the interests"]
    assert "1 paper not wanted" in after


async def test_likes_alone_are_believed_too(commands):
    await ask(commands, "like 1")
    rows = {row.text: row.detail for row in message(await ask(commands, "profile")).rows}
    assert TITLES[0] in rows["1 liked paper"]


async def test_a_paused_alert_offers_to_go_on(commands, library, clock):
    await press(commands, await ask(commands, "alert zebra"), "Save")
    await ask(commands, "alerts pause 1")
    reply = await ask(commands, "profile")
    row = next(row for row in message(reply).rows if row.text.startswith("Alert"))
    assert "paused by you" in row.detail
    assert row.buttons[0].action == "alerts resume 1"


async def test_a_long_page_is_cut_and_says_how_much_more_there_is(commands):
    for n in range(20):
        await ask(commands, f"follow subject number {n}")
        await press(commands, await ask(commands, f"alert word{n}"), "Save")
        await ask(commands, f"mute unwanted{n}")
    shown = message(await ask(commands, "profile"))
    assert len(shown.rows) <= 40
    more = {row.text: row.buttons[0].action for row in shown.rows if row.text.startswith("and ")}
    assert more == {
        "and 8 more": "interests",
        "and 10 more": "alerts",
        "and 14 more": "mutes",
    }


async def test_the_page_of_the_platform_is_the_same(commands, library, clock):
    await live(commands, library, clock)
    home = await commands.home(ADA)
    assert home.rows == message(await ask(commands, "profile")).rows


async def test_texts_of_others_are_not_on_the_page(commands, library, clock):
    await live(commands, library, clock)
    for who in (BOB, person("ada", workspace="T2"), person("ada", platform="discord")):
        assert "zebra" not in text(await ask(commands, "profile", person=who))


async def test_a_hostile_interest_and_a_hostile_title_stay_what_they_are(commands, library, clock):
    hostile = "<!channel> *all* <@U1> @everyone [x](https://example.org)"
    await ask(commands, f"follow {hostile}")
    assert hostile in text(await ask(commands, "profile"))


# --- the export ----------------------------------------------------------------------------


async def test_the_export_is_a_json_file_with_everything(commands, library, clock):
    await live(commands, library, clock)
    await digests.queue_due(library, clock.advance(hours=3))
    reply = await ask(commands, "export")
    assert reply.attachment.name == "paperround-export-2025-10-28.json"
    assert not reply.is_public
    data = json.loads(reply.attachment.data)
    assert data["exported_at"] == "2025-10-28T09:00:00+00:00"
    assert data["profile"]["owner"] == ADA.id
    assert [one["text"] for one in data["interests"]] == ["zebra networks"]
    assert {one["title"] for one in data["votes"]} == {*TITLES}
    assert [one["query"] for one in data["alerts"]] == ["zebra"]
    assert len(data["alert_hits"]) == 2
    assert [one["value"] for one in data["mutes"]] == ["zebramute"]
    assert len(data["subscriptions"]) == len(data["digests"]) == 1
    assert {one["kind"] for one in data["deliveries"]} >= {"alert"}
    assert data["deliveries"][0]["body"]["heading"]
    assert data["kept_replies"]
    assert "zebra notice" in data["notices"][0]["text"]
    assert "zebra rooms" not in reply.attachment.data.decode(), "that is the channel's"


async def test_votes_in_channels_are_exported(commands, library, clock):
    await live(commands, library, clock)
    await digests.queue_due(library, clock.advance(hours=3))
    ref = await channels_message(library)
    await ask(commands, f"vote like 4 {ref}", room=ROOM)
    data = json.loads((await ask(commands, "export")).attachment.data)
    (vote,) = data["votes_in_channels"]
    assert (vote["kind"], vote["channel"]) == ("like", ROOM.name)


async def channels_message(library) -> str:
    """The reference of the channel's digest."""
    found = await library.db.read(deliveries.newest)
    return f"d{next(one.id for one in found if one.destination == ROOM.destination)}"


async def test_the_export_of_somebody_nobody_knows_is_no_file(commands):
    reply = await ask(commands, "export")
    assert reply.attachment is None
    assert "know nothing about you" in text(reply)


async def test_an_export_holds_nothing_of_others(commands, library, clock):
    await live(commands, library, clock)
    await live(commands, library, clock, BOB, "yak")
    data = (await ask(commands, "export", person=BOB)).attachment.data.decode()
    assert "yak" in data
    assert "zebra networks" not in data
    assert ADA.id not in data


# --- forgetting ----------------------------------------------------------------------------


async def rows_with(library, *markers: str) -> set[str]:
    """Tables of which some row holds one of the texts; papers are nobody's."""

    def look(tx):
        found = set()
        for row in tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            name = row["name"]
            if name.startswith(("sqlite_", "papers", "_")) or name == "dumps":
                continue
            columns = [
                one["name"] for one in tx.rows(f"SELECT name FROM pragma_table_info('{name}')")
            ]
            for column in columns:
                for marker in markers:
                    sql = f"SELECT COUNT(*) FROM {name} WHERE instr(CAST({column} AS TEXT), :m)"
                    if tx.value(sql, m=marker):
                        found.add(name)
        return found

    return await library.db.read(look)


async def test_forgetting_asks_first_and_says_what_goes_and_what_stays(commands, library, clock):
    await live(commands, library, clock)
    reply = await ask(commands, "forget me")
    assert button(reply, "Forget me").style == "danger"
    assert button(reply, "Forget me").confirm
    assert "3 votes" in text(reply)
    assert "stays in our chats" in text(reply)
    assert await profile(library, ADA) is not None, "nothing is gone yet"


async def test_who_is_forgotten_is_in_no_table_any_more(commands, library, clock):
    await live(commands, library, clock)
    await digests.queue_due(library, clock.advance(hours=3))
    await ask(commands, f"vote like 4 {await channels_message(library)}", room=ROOM)
    await ask(commands, "channel unfollow 2", room=ROOM)
    assert len(await rows_with(library, ADA.id, "zebra")) >= 8
    reply = await press(commands, await ask(commands, "forget me"), "Forget me")
    assert reply.is_profile_changed
    assert await rows_with(library, ADA.id, "ada", "zebramute", "zebra things") == set()
    assert await rows_with(library, "zebra") <= {
        "digests",
        "digest_papers",
        "outbox",
        "profile_changes",
    }, "what the channel was sent, and what was changed of it, is the channel's"
    assert "know nothing about you" in text(await ask(commands, "forget me yes"))


async def test_forgetting_one_leaves_the_others_and_the_channel(commands, library, clock):
    await live(commands, library, clock)
    await live(commands, library, clock, BOB, "yak")
    await ask(commands, "help", person=BOB)  # here Bob is told his notice
    before = text(await ask(commands, "profile", person=BOB))
    room = text(await ask(commands, "channel", room=ROOM, person=BOB))
    await ask(commands, "forget me yes")
    assert text(await ask(commands, "profile", person=BOB)) == before
    assert text(await ask(commands, "channel", room=ROOM, person=BOB)) == room


async def test_a_forgotten_members_voice_no_longer_counts_in_the_channel(commands, library, clock):
    await live(commands, library, clock)
    await digests.queue_due(library, clock.advance(hours=3))
    ref = await channels_message(library)
    await ask(commands, f"vote like 4 {ref}", room=ROOM)
    await ask(commands, "forget me yes")
    reply = await ask(commands, f"vote dislike 4 {ref}", room=ROOM, person=BOB)
    shown = next(one for one in reply.changed.cards if one.seq == 4)
    assert (shown.likes, shown.dislikes) == (0, 1)


async def test_nothing_is_sent_to_who_is_forgotten(commands, library, clock):
    await live(commands, library, clock)
    await ask(commands, "forget me yes")
    await ask(commands, "channel digest off", room=ROOM, person=BOB)
    await ingest(library.db, library.encoder, dump("A zebra again", name="z"), clock.now)
    await alerts.queue_new(library.db, clock.now)
    await digests.queue_due(library, clock.advance(days=1))
    counts = await library.db.read(deliveries.counts)
    assert sum(counts.values()) == 0


async def test_who_is_forgotten_may_begin_anew(commands, library, clock):
    await live(commands, library, clock)
    await ask(commands, "forget me yes")
    await ask(commands, "follow something else")
    rows = [row.text for row in message(await ask(commands, "profile")).rows]
    assert rows[0] == "something else"
    assert not any("zebra" in row for row in rows)


async def test_a_message_in_flight_is_forgotten_with_its_person(commands, library, clock):
    await live(commands, library, clock)
    clock.advance(hours=2)  # the quiet hours are over
    claimed = await library.db.write(
        outbox.claim,
        owner="me",
        platforms=["slack"],
        limit=9,
        lease=timedelta(minutes=2),
        now=clock.now,
    )
    assert claimed
    await ask(commands, "forget me yes")
    assert await rows_with(library, ADA.id) == set()


@pytest.mark.parametrize("typed", ["forget", "forget everything", "forget me please", "forget you"])
async def test_forgetting_without_saying_me_explains(commands, library, clock, typed):
    await live(commands, library, clock)
    assert "`/papers forget me`" in text(await ask(commands, typed))
    assert await profile(library, ADA) is not None
