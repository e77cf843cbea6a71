"""Nothing that somebody else sends can read or change what is a person's or a channel's.

Ada and her channel have everything there is; each text of hers holds `zebra`, each of the channel's
`okapi`. Others send every verb with every number and reference that exists, and more.
"""

from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, channel, message, person, press, text
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import alerts, digests
from bot.commands import Asker, Commands, Reply, Request, Room, Standing, Upload
from bot.commands.table import BY_NAME, VERBS
from bot.messages import from_json, to_json
from matching.ingest import ingest
from storage import deliveries, exports, notices, outbox, profiles
from storage.records import DeliveryStatus

TITLES = ("Graph Networks for Traffic", "Speech in Noisy Kitchens", "Small Diffusion Models")

OF_THE_PERSON = "zebra"
OF_THE_CHANNEL = "okapi"

STRANGERS: list[tuple[Asker, Room | None]] = [
    # The same ids in another workspace, and on another platform.
    (person("ada", workspace="T2"), None),
    (person("ada", workspace="T2"), channel(workspace="T2")),
    (person("ada", platform="discord"), None),
    (person("ada", platform="discord"), channel(platform="discord")),
    # Somebody of the same workspace: elsewhere, in another channel, or not let in.
    (BOB, None),
    (BOB, channel("#elsewhere")),
    (BOB, channel(standing=Standing.OUTSIDER)),
]


@pytest.fixture
async def commands(library, clock) -> Commands:
    """Ada and her channel at the end of a full day."""
    db = library.db
    await ingest(db, library.encoder, dump(*TITLES), clock.now)
    made = Commands(library, clock, lambda: None)
    for prefix, room, word in (("", None, OF_THE_PERSON), ("channel ", ROOM, OF_THE_CHANNEL)):
        for typed in (
            f"follow {word} graph networks for traffic",
            f"follow {word} " + "words that are too many for a button " * 3,
            f"mute {word}mute",
            "digest daily 08:30",
            "quiet 23:00-05:00",
        ):
            await ask(made, f"{prefix}{typed}", room=room)
        query = f"traffic OR kitchens OR diffusion OR {word}"
        tried = await ask(made, f"{prefix}alert {query}", room=room)
        await press(made, tried, "Save", room=room)
    for typed in (
        f'follow {OF_THE_PERSON} speech +"{OF_THE_PERSON} kitchens"',
        "digest about 6",
        "alerts limit 50",
        f"missed A {OF_THE_PERSON} paper that nobody has",
    ):
        assert "did not work" not in text(await ask(made, typed)), typed
    library_file = Upload(data=f"@article{{a, title={{On the {OF_THE_PERSON} at Rest}}}}".encode())
    await made.answer(Request(asker=ADA, text="import", file=library_file))
    for typed in ("like 1", "dislike 2", "save 3", f"search {OF_THE_PERSON} graph networks"):
        await ask(made, typed)
    more = dump(
        "Graph Networks for Road Traffic", "Kitchens of Sound", "More Diffusion", name="more"
    )
    await ingest(db, library.encoder, more, clock.now)
    await alerts.queue_new(db, clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    await sent(db, clock)
    found = [one for one in await db.read(deliveries.newest) if one.destination == ROOM.destination]
    shown_there = [(one.id, card.seq) for one in found for card in from_json(one.body).cards]
    for number, seq in shown_there:
        await ask(made, f"vote like {seq} d{number}", room=ROOM)
    mine = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    await db.write(notices.add, mine.id, f"{OF_THE_PERSON} notice", clock.now)
    return made


async def sent(db, clock) -> None:
    lease = timedelta(minutes=2)
    while claimed := await db.write(
        outbox.claim, owner="me", platforms=["slack"], limit=9, lease=lease, now=clock.now
    ):
        for one in claimed:
            await db.write(outbox.settle, one, "me", f"ts-{one.id}", clock.now)


async def rows(library) -> dict[str, set[tuple]]:
    """Every row of every table that holds something of people or channels."""

    def look(tx):
        return {
            table.name: {tuple(row) for row in tx.rows(f"SELECT * FROM {table.name}")}
            for table in exports.PERSONAL
        }

    return await library.db.read(look)


def shown(reply: Reply) -> str:
    """All that a reply holds, in whatever place."""
    parts = [text(reply), reply.changed_ref]
    parts += [to_json(one) for one in (reply.message, reply.changed) if one is not None]
    parts += [repr(reply.form), str(dict(reply.errors))]
    if reply.attachment is not None:
        parts.append(reply.attachment.data.decode())
    return "\n".join(parts).casefold()


NUMBERS = st.integers(0, 30).map(str) | st.sampled_from(["#1", "2 1", "9" * 25])
REFS = st.builds("{}{}".format, st.sampled_from("da"), st.integers(0, 60))
VERB = st.sampled_from([name for verb in VERBS for name in (verb.name, *verb.aliases)])
REST = st.one_of(
    NUMBERS,
    REFS,
    st.builds(
        "{} {}".format, st.sampled_from(["pause", "resume", "edit", "remove", "page"]), NUMBERS
    ),
    st.builds(
        "{} {} {}".format, st.sampled_from(["like", "dislike", "save"]), st.integers(1, 6), REFS
    ),
    st.builds("{} {}".format, st.integers(1, 6), REFS),
    st.builds("{} stolen words".format, NUMBERS),
    st.sampled_from(
        ["", "me", "me yes", "now", "off", "preview", "size 3", "daily 09:00", "graph networks"]
    ),
    st.text(max_size=20),
)
FIELDS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "text": st.just("stolen"),
        "query": st.just("stolen"),
        "zone": st.just("Asia/Tokyo"),
        "kind": st.just("word"),
        "size": st.just("3"),
    },
)
COMMAND = st.builds(
    lambda channelled, verb, rest: f"{'channel ' * channelled}{verb} {rest}",
    st.booleans(),
    VERB,
    REST,
)
RECEIPT = st.none() | st.integers(0, 12).map("ts-{}".format)
"""As `sent` writes them."""


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=250,
    deadline=None,  # a change is replayed over a month, on whatever machine this is
)
@given(stranger=st.sampled_from(STRANGERS), typed=COMMAND, fields=FIELDS, receipt=RECEIPT)
async def test_nothing_a_stranger_sends_reads_or_changes_what_is_anothers(
    commands, library, clock, stranger, typed, fields, receipt
):
    who, room = stranger
    clock.advance(seconds=1)
    theirs = await belonging(library)
    reply = await ask(commands, typed, person=who, room=room, fields=fields, receipt=receipt)
    assert OF_THE_PERSON not in shown(reply)
    assert OF_THE_CHANNEL not in shown(reply)
    assert "my side" not in text(reply)
    assert await belonging(library) == theirs


EACH = ("", "1", "#2 d1", "remove 1", "page 2", "yes stolen words")


async def test_no_verb_of_the_table_is_left_out(commands, library, clock):
    """What was drawn above may pass a verb over; here each has its turn, a new one too."""
    theirs = await belonging(library)
    strangers = [STRANGERS[0], STRANGERS[3], STRANGERS[5], STRANGERS[6]]
    for verb in BY_NAME:
        for typed in (f"{prefix}{verb} {rest}" for prefix in ("", "channel ") for rest in EACH):
            for who, room in strangers:
                clock.advance(seconds=1)
                said = shown(await ask(commands, typed, person=who, room=room))
                assert OF_THE_PERSON not in said, typed
                assert OF_THE_CHANNEL not in said, typed
        assert await belonging(library) == theirs, verb


async def belonging(library) -> dict[str, list[dict]]:
    """All that is Ada's and all that is her channel's, as an export would tell it."""
    ada = await library.db.read(exports.of, ADA.platform, ADA.workspace, ADA.id)
    room = await library.db.read(exports.of, ROOM.platform, ROOM.workspace, ROOM.id)
    return {"ada": ada, "room": room}


async def test_there_is_something_to_be_stolen(commands, library):
    """Without this the test above could pass over an empty house."""
    there = await belonging(library)
    for part in ("interests", "mutes", "subscriptions", "alerts", "deliveries", "digests"):
        assert there["ada"][part], part
        assert there["room"][part], part
    for part in (
        *("votes", "votes_in_channels", "kept_replies", "notices", "alert_hits"),
        *("changes", "library", "missed", "dials"),
    ):
        assert there["ada"][part], part
    assert OF_THE_PERSON in str(there["ada"])
    assert OF_THE_CHANNEL in str(there["room"])
    found = await library.db.read(deliveries.newest)
    assert all(one.status is DeliveryStatus.SENT for one in found)
    assert {one.receipt for one in found} <= {f"ts-{n}" for n in range(13)}
    replies = there["ada"]["kept_replies"]
    assert max(one["id"] for one in [*replies, *there["ada"]["deliveries"]]) <= 60


async def test_the_owner_reads_what_strangers_do_not(commands):
    """The same words in the right place do tell: the test above looks for the right thing."""
    assert OF_THE_PERSON in shown(await ask(commands, "profile"))
    assert OF_THE_CHANNEL in shown(await ask(commands, "channel", room=ROOM))
    assert OF_THE_PERSON in shown(await ask(commands, "export"))
    assert OF_THE_PERSON in shown(await ask(commands, "why 4"))


async def test_forgetting_oneself_elsewhere_leaves_ones_namesake_alone(commands, library):
    before = await rows(library)
    for who in (person("ada", workspace="T2"), person("ada", platform="discord")):
        await ask(commands, "follow something", person=who)
        await ask(commands, "forget me yes", person=who)
    assert await rows(library) == before


async def test_a_members_press_in_the_room_shows_nothing_of_a_persons(commands, library):
    """In the channel itself, with every reference there is."""
    for number in range(1, 20):
        for ref in (f"d{number}", f"a{number}"):
            for typed in (f"vote like 4 {ref}", f"why 4 {ref}", f"vote save 4 {ref}"):
                reply = await ask(commands, typed, person=BOB, room=ROOM)
                assert OF_THE_PERSON not in shown(reply)
                assert ADA.id.casefold() not in shown(reply)


async def test_two_namesakes_have_two_profiles(commands):
    elsewhere = person("ada", workspace="T2")
    await ask(commands, "follow giraffes", person=elsewhere)
    assert "giraffes" not in shown(await ask(commands, "profile"))
    rest = [row.text for row in message(await ask(commands, "interests", person=elsewhere)).rows]
    assert rest == ["giraffes"]
