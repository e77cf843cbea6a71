"""Why a paper was or was not sent, and what would change that."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, channel, message, person, press, text
from fakes.pages import dump

from bot import alerts, digests
from bot.commands import Commands, Standing
from bot.demo import samples
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, outbox, profiles, subscriptions
from storage.records import DeliveryKind

TITLES = (
    "Graph Networks for Invented Molecules",
    "Graph Networks for Road Traffic",
    "Medieval Poetry Read Aloud",
)
FIRST = 38
"""The seq of the first of them; the samples are there before."""


@pytest.fixture
async def library(db, minilm, clock) -> Library:
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=40))
    return Library(db, minilm)


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


@pytest.fixture
def papers_come(library, clock):
    async def come() -> None:
        await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
        await alerts.queue_new(library.db, clock.now)

    return come


async def send_all(db, clock) -> None:
    """Whatever is due is sent."""
    lease = timedelta(minutes=2)
    while claimed := await db.write(
        outbox.claim, owner="me", platforms=["slack"], limit=9, lease=lease, now=clock.now
    ):
        for one in claimed:
            await db.write(outbox.settle, one, "me", f"ts-{one.id}", clock.now)


async def test_what_is_in_the_next_digest_says_when_it_comes(commands, papers_come):
    await ask(commands, "follow graph networks for molecules")
    await ask(commands, "digest daily 08:30")
    await papers_come()
    said = text(await ask(commands, f"why {FIRST}"))
    assert "Not sent so far" in said
    assert "It comes with your next digest" in said
    assert "Tue 28 Oct 08:30" in said
    assert "Nearest to your interest “graph networks for molecules”" in said
    assert "The interest carries 100% of it" in said
    assert "and reaches the cut-off, 0.50" in said
    assert "Number 1 of" in said


async def test_why_not_is_understood_as_why(commands, papers_come):
    await ask(commands, "follow graph networks")
    await papers_come()
    assert text(await ask(commands, f"why not {FIRST}")) == text(
        await ask(commands, f"why {FIRST}")
    )
    assert "Say which paper" in text(await ask(commands, "why not"))


async def test_what_was_sent_says_when_as_what_and_why_it_was_chosen(
    commands, papers_come, library, clock
):
    await ask(commands, "follow graph networks for molecules")
    await ask(commands, "digest daily 08:30")
    await papers_come()
    clock.advance(hours=3)
    await digests.queue_due(library, clock.now)
    waiting = text(await ask(commands, f"why {FIRST}"))
    assert "Waits to be sent with your digest, as number 1" in waiting
    await send_all(library.db, clock)
    said = text(await ask(commands, f"why {FIRST}"))
    assert "Sent with your digest, as number 1" in said
    assert "Tue 28 Oct 09:00: close to your interest" in said
    assert "would fit" not in said, "nothing has to change"
    assert "to be sent" not in said


async def test_what_an_alert_told_is_not_said_to_come_with_the_digest_too(
    commands, papers_come, library, clock
):
    await ask(commands, "follow graph networks for molecules")
    await ask(commands, "digest daily 08:30")
    await press(commands, await ask(commands, "alert title:molecules"), "Save")
    await papers_come()
    await send_all(library.db, clock)
    said = text(await ask(commands, f"why {FIRST}"))
    assert "Sent with your alert" in said
    assert "no digest brings it again" in said
    assert "Your alert hits it" in said
    assert "title:molecules" in said
    assert "It comes with" not in said
    other = text(await ask(commands, f"why {FIRST + 1}"))
    assert "Number 1 of 1 that fit" in other, "what was told takes no room of the others"


async def test_what_came_long_ago_is_not_said_to_come(commands, papers_come, clock):
    await papers_come()
    clock.advance(days=20)
    await ask(commands, "follow graph networks for molecules")
    await ask(commands, "digest daily 08:30")
    said = text(await ask(commands, f"why {FIRST}"))
    assert "came too long ago to be sent as new" in said
    assert "the last 14 days" in said
    assert "It comes with" not in said


async def test_what_could_not_be_delivered_says_why(commands, papers_come, library, clock):
    await ask(commands, "follow graph networks for molecules")
    await ask(commands, "digest daily 08:30")
    await papers_come()
    await digests.queue_due(library, clock.advance(hours=3))
    (one,) = await library.db.read(deliveries.newest)
    await library.db.write(deliveries.bury_waiting, one.id, "too long", clock.now)
    said = text(await ask(commands, f"why {FIRST}"))
    assert "could not be delivered" in said
    assert "too long" in said


async def test_what_does_not_fit_says_how_much_is_missing_and_offers_what_would_help(
    commands, papers_come
):
    await ask(commands, "follow graph networks for molecules")
    await papers_come()
    reply = await ask(commands, f"why {FIRST + 2}")
    assert "more to be sent" in text(reply)
    assert button(reply, "Follow its subject").action == "follow Medieval Poetry Read Aloud"
    assert button(reply, "Papers like it").action == f"similar {FIRST + 2}"
    await press(commands, reply, "Follow its subject")
    assert "more to be sent" not in text(await ask(commands, f"why {FIRST + 2}"))


async def test_what_found_no_room_offers_a_longer_digest_and_a_press_makes_it(
    commands, papers_come, library
):
    await ask(commands, "follow graph networks")
    await ask(commands, "digest daily 08:30 size 1")
    await papers_come()
    replies = [await ask(commands, f"why {FIRST + place}") for place in (0, 1)]
    (reply,) = [one for one in replies if "no room" in text(one)]
    assert "let a digest hold 2" in text(reply)
    await press(commands, reply, "Digests of 2 papers")
    ada = await library.db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    assert [one.size for one in await library.db.read(subscriptions.of, ada.id)] == [2]
    for place in (0, 1):
        assert "It comes with" in text(await ask(commands, f"why {FIRST + place}"))


async def test_a_mute_is_named_and_can_be_taken_off(commands, papers_come):
    await ask(commands, "follow graph networks for molecules")
    await ask(commands, "mute molecules")
    await papers_come()
    reply = await ask(commands, f"why {FIRST}")
    assert "kept away by your mutes" in text(reply)
    assert button(reply, "Unmute “molecules”").action == "unmute 1"
    await press(commands, reply, "Unmute")
    assert "kept away" not in text(await ask(commands, f"why {FIRST}"))


async def test_a_vote_is_named_and_can_be_taken_back(commands, papers_come):
    await ask(commands, "follow graph networks for molecules")
    await papers_come()
    await ask(commands, f"save {FIRST}")
    reply = await ask(commands, f"why {FIRST}")
    assert "what was voted on is not sent again" in text(reply)
    await press(commands, reply, "Take back: save")
    assert "voted on" not in text(await ask(commands, f"why {FIRST}"))


async def test_what_holds_everything_back_is_told_with_a_way_out(
    commands, papers_come, library, clock
):
    await ask(commands, "follow graph networks for molecules")
    await papers_come()
    reply = await ask(commands, f"why {FIRST}")
    assert "No digest is set up" in text(reply)
    await press(commands, reply, "Daily at 08:30")
    await ask(commands, "snooze 3d")
    await library.db.write(subscriptions.pause, ADA.destination, "direct messages are closed")
    reply = await ask(commands, f"why {FIRST}")
    assert "Snoozed until" in text(reply)
    assert "direct messages are closed" in text(reply)
    await press(commands, reply, "Wake up")
    await press(commands, reply, "Resume")
    said = text(await ask(commands, f"why {FIRST}"))
    assert "Snoozed" not in said
    assert "paused" not in said


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("why", "`/papers why 12`"),
        ("why nothing of that name", "No stored paper"),
        ("why 99999", "No stored paper"),
    ],
)
async def test_a_question_that_is_not_clear_says_how(commands, papers_come, typed, says):
    await papers_come()
    assert says in text(await ask(commands, typed))


async def test_somebody_new_is_told_how_to_begin(commands, papers_come):
    await papers_come()
    reply = await ask(commands, f"why {FIRST}")
    assert "nothing to choose papers by" in text(reply)
    assert button(reply, "Add an interest").action == "follow"
    assert message(reply).cards[0].title == TITLES[0]


async def test_a_profile_that_wants_nothing_is_told_so(commands, papers_come):
    await papers_come()
    await ask(commands, "timezone Berlin")
    reply = await ask(commands, f"why {FIRST}")
    assert "no interest and no liked paper" in text(reply)


async def test_a_paper_that_is_not_embedded_yet_asks_for_patience(commands, papers_come, library):
    await papers_come()
    await ask(commands, "follow graph networks for molecules")
    sql = "DELETE FROM vectors WHERE seq = :seq"
    await library.db.write(lambda tx: tx.execute(sql, seq=FIRST))
    assert "in a minute" in text(await ask(commands, f"why {FIRST}"))


# --- for a channel -------------------------------------------------------------------------


@pytest.fixture
async def channels_digest(commands, papers_come, library, clock) -> str:
    """The reference of what the channel was sent."""
    await ask(commands, "channel follow graph networks for molecules", room=ROOM)
    await ask(commands, "channel digest daily 08:30", room=ROOM)
    await papers_come()
    await digests.queue_due(library, clock.advance(hours=3))
    await send_all(library.db, clock)
    (one,) = await library.db.read(deliveries.newest)
    assert one.kind is DeliveryKind.DIGEST
    return f"d{one.id}"


async def test_under_what_a_channel_was_sent_it_is_about_the_channel(commands, channels_digest):
    member = channel(standing=Standing.MEMBER)
    for typed in (f"why {FIRST} {channels_digest}", f"channel why {FIRST}"):
        reply = await ask(commands, typed, room=member)
        assert "Sent with the channel's digest" in text(reply)
        assert "the channel's interest “graph networks for molecules”" in text(reply)
        assert "your" not in text(reply).lower()
        assert not reply.is_public


@pytest.mark.parametrize(
    ("who", "room"),
    [
        (ADA, None),
        (BOB, channel("#other")),
        (person("eve", workspace="T2"), channel(workspace="T2")),
        (ADA, channel(standing=Standing.OUTSIDER)),
    ],
)
async def test_elsewhere_the_same_button_tells_nothing_of_the_channel(
    commands, channels_digest, who, room
):
    said = text(await ask(commands, f"why {FIRST} {channels_digest}", person=who, room=room))
    assert "nothing to choose papers by" in said
    assert "channel" not in said


async def test_a_members_press_on_a_change_is_refused_with_the_reason(commands, channels_digest):
    member = channel(standing=Standing.MEMBER)
    reply = await ask(commands, f"why {FIRST + 2} {channels_digest}", room=member)
    assert button(reply, "Follow its subject").action.startswith("channel follow")
    refused = await press(commands, reply, "Follow its subject", room=member)
    assert "Only an admin" in text(refused)
