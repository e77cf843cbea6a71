"""Nothing that somebody else sends can read or change what is a person's or a channel's.

Ada and her channel have everything there is; each text of hers holds `zebra`, each of the channel's
`okapi`. In another workspace there are an Ada and a channel with the same ids, and all that they
have holds `quokka`. Others, and each of these two, send every verb with every number and reference
that exists, and more.
"""

import re
from datetime import timedelta

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, channel, message, person, press, text
from fakes.pages import dump
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot import alerts, digests, second_chances
from bot.commands import Asker, Commands, Reply, Request, Room, Standing, Upload, table
from bot.commands.table import BY_NAME, VERBS
from bot.drafts import Drafts
from bot.messages import from_json, to_json
from matching.ingest import ingest, ingest_past
from storage import deliveries, exports, notices, outbox, profiles
from storage.records import DeliveryStatus

TITLES = ("Graph Networks for Traffic", "Speech in Noisy Kitchens", "Small Diffusion Models")
OLD = "Graph Networks of Long Ago"
"""A paper of the archive, which becomes news on the way: its old number stays its own."""

RISEN = "Graph Networks for Road Traffic"
"""Much is said of it in the end."""

QUIET = "Speech in Noisy Kitchenettes"
"""No alert finds it, so that a digest has something to tell."""

OTHERS = ("Weather on Distant Moons", "Bird Song at Dawn", "Old Pottery", "Steel Bridges in Winter")
"""What nobody asked for, beside which the rest stands out."""

OF_THE_PERSON = "zebra"
OF_THE_CHANNEL = "okapi"
OF_ANOTHER_WORKSPACE = "quokka"
EVERY_WORD = (OF_THE_PERSON, OF_THE_CHANNEL, OF_ANOTHER_WORKSPACE)

NAMESAKE = person("ada", workspace="T2")
ITS_ROOM = channel(workspace="T2")

TENANTS = {
    "T1": ((ADA, OF_THE_PERSON), (ROOM, OF_THE_CHANNEL)),
    "T2": ((NAMESAKE, OF_ANOTHER_WORKSPACE), (ITS_ROOM, OF_ANOTHER_WORKSPACE)),
}

STRANGERS: list[tuple[Asker, Room | None]] = [
    # The same ids in another workspace, and on another platform.
    (NAMESAKE, None),
    (NAMESAKE, ITS_ROOM),
    (person("ada", platform="discord"), None),
    (person("ada", platform="discord"), channel(platform="discord")),
    # Somebody of the same workspace: elsewhere, in another channel, or not let in.
    (BOB, None),
    (BOB, channel("#elsewhere")),
    (BOB, channel(standing=Standing.OUTSIDER)),
    # And the other way round.
    (ADA, None),
    (ADA, ROOM),
]


@pytest.fixture
async def commands(library, clock) -> Commands:
    """Ada, her channel, and those of the same names elsewhere, at the end of some full days."""
    db = library.db
    await ingest_past(db, dump(OLD, name="past"), clock.now)
    await ingest(db, library.encoder, dump(*TITLES), clock.now)
    made = Commands(library, clock, lambda: None)
    for (who, word), (room, its_word) in TENANTS.values():
        await _settled(made, who, None, word)
        await _settled(made, who, room, its_word)
        await _curated(made, who, word)
    more = dump(
        *(RISEN, QUIET, "Kitchens of Sound", "More Diffusion", OLD, *OTHERS),
        name="more",
        comments=3,
    )
    await ingest(db, library.encoder, more, clock.now)
    await alerts.queue_new(db, clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    await sent(db, clock)
    found = await db.read(deliveries.newest)
    for (who, word), (room, _) in TENANTS.values():
        shown_there = [
            (one.id, card.seq)
            for one in found
            if one.destination == room.destination
            for card in from_json(one.body).cards
        ]
        for number, seq in shown_there:
            await ask(made, f"vote like {seq} d{number}", person=who, room=room)
        mine = await db.read(profiles.of, who.platform, who.workspace, who.id)
        await db.write(notices.add, mine.id, f"{word} notice", clock.now)
    # Days later an alert has ended, and much is said of a paper that both were sent.
    clock.advance(days=3)
    await ingest(db, library.encoder, dump(RISEN, name="again", comments=41), clock.now)
    await alerts.queue_new(db, clock.now)
    assert await second_chances.queue(library, clock.now) == 2
    await digests.queue_due(library, clock.now)
    await sent(db, clock)
    clock.advance(hours=23, minutes=15)  # the next digest is drafted already
    assert await Drafts(library, lambda: clock.now).look() == 4
    return made


async def _settled(made: Commands, who: Asker, room: Room | None, word: str) -> None:
    """All that both a person and a channel can have."""
    prefix = "" if room is None else "channel "
    for typed in (
        f"follow {word} graph networks for traffic",
        f"follow {word} " + "words that are too many for a button " * 3,
        f"mute {word}mute",
        "digest daily 08:30",
        "quiet 23:00-05:00",
    ):
        await ask(made, f"{prefix}{typed}", person=who, room=room)
    for query in (f"traffic OR kitchens OR diffusion OR {word}", f"networks OR {word}ending"):
        tried = await ask(made, f"{prefix}alert {query}", person=who, room=room)
        saved = await press(made, tried, "Save", person=who, room=room)
    assert "#" in message(saved).heading
    ending = max(int(one) for one in re.findall(r"#(\d+)", text(await _alerts(made, who, room))))
    expiring = f"{prefix}alerts expire {ending} 1d"
    assert "ends on" in text(await ask(made, expiring, person=who, room=room)), expiring


async def _alerts(made: Commands, who: Asker, room: Room | None) -> Reply:
    return await ask(made, "alerts" if room is None else "channel alerts", person=who, room=room)


async def _curated(made: Commands, who: Asker, word: str) -> None:
    """What only people have."""
    for typed in (
        f'follow {word} speech +"{word} kitchens"',
        "digest about 6",
        "alerts limit 50",
        f"missed A {word} paper that nobody has",
    ):
        assert "did not work" not in text(await ask(made, typed, person=who)), typed
    shelf = Upload(data=f"@article{{a, title={{On the {word} at Rest}}}}".encode())
    await made.answer(Request(asker=who, text="import", file=shelf))
    for typed in ("like 1", "save 2", "dislike 3", "like #-1", f"search {word} graph networks"):
        await ask(made, typed, person=who)


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


HIGHEST = 120
"""Above every number that a reference can have; a test below holds it to what is there."""

NUMBERS = st.integers(-1, 40).map(str) | st.sampled_from(["#1", "#-1", "2 1", "9" * 25])
REFS = st.builds("{}{}".format, st.sampled_from("da"), st.integers(0, HIGHEST))
VERB = st.sampled_from([name for verb in VERBS for name in (verb.name, *verb.aliases)])
REST = st.one_of(
    NUMBERS,
    REFS,
    st.builds(
        "{} {}".format,
        st.sampled_from(["pause", "resume", "edit", "remove", "page", "more", "limit", "yes"]),
        NUMBERS,
    ),
    st.builds(
        "{} {} {}".format, st.sampled_from(["like", "dislike", "save"]), st.integers(-1, 7), REFS
    ),
    st.builds("{} {}".format, st.integers(-1, 7), REFS),
    st.builds("{} stolen words".format, NUMBERS),
    st.builds("expire {} 2w".format, NUMBERS),
    st.sampled_from(
        "|me|me yes|now|off|preview|size 3|daily 09:00|graph networks|second-chances off"
        "|second-chances|expire|members|channels off".split("|")
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
RECEIPT = st.none() | st.integers(0, HIGHEST).map("ts-{}".format)
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
    is_owner = who in (ADA, NAMESAKE)  # who may not empty the house for those who come after
    assume(not (is_owner and table.split(typed)[0] == "forget"))
    clock.advance(seconds=1)
    theirs = await belonging(library, who)
    reply = await ask(commands, typed, person=who, room=room, fields=fields, receipt=receipt)
    for word in not_for(who):
        assert word not in shown(reply)
    assert "my side" not in text(reply)
    assert await belonging(library, who) == theirs


def not_for(who: Asker) -> set[str]:
    """The words of what is not theirs."""
    own = TENANTS.get(who.workspace, ()) if who in (ADA, NAMESAKE) else ()
    return set(EVERY_WORD) - {word for _, word in own}


EACH = ("", "1", "#2 d1", "remove 1", "page 2", "yes stolen words")


async def test_no_verb_of_the_table_is_left_out(commands, library, clock):
    """What was drawn above may pass a verb over; here each has its turn, a new one too."""
    strangers = [STRANGERS[3], STRANGERS[5], STRANGERS[6]]
    strangers.append((person("ada", workspace="T3"), channel(workspace="T3")))
    theirs = await belonging(library, BOB)
    for verb in BY_NAME:
        for typed in (f"{prefix}{verb} {rest}" for prefix in ("", "channel ") for rest in EACH):
            for who, room in strangers:
                clock.advance(seconds=1)
                said = shown(await ask(commands, typed, person=who, room=room))
                assert [word for word in EVERY_WORD if word in said] == [], typed
        assert await belonging(library, BOB) == theirs, verb


async def belonging(library, who: Asker) -> dict[str, list[dict]]:
    """All that belongs to others than this one, as an export would tell it."""
    return {
        name: [
            await library.db.read(exports.of, one.platform, one.workspace, one.id)
            for one, _ in all_
        ]
        for name, all_ in TENANTS.items()
        if who != all_[0][0]
    }


async def test_there_is_something_to_be_stolen(commands, library):
    """Without this the test above could pass over an empty house."""
    there = await belonging(library, BOB)
    for person_there, room_there in there.values():
        for part in ("interests", "mutes", "subscriptions", "alerts", "deliveries", "digests"):
            assert person_there[part], part
            assert room_there[part], part
        for one in exports.PERSONAL:
            is_of_the_outbox = one.shown in ("holds", "turns", "marks")
            assert is_of_the_outbox or person_there[one.shown], one.shown
        assert person_there["second_chances"]
        keys = [one["key"] for one in person_there["deliveries"] + room_there["deliveries"]]
        for kind in ("digest/", "alert/", "alert-ended/", "second-chance/"):
            assert any(key.startswith(kind) for key in keys), kind
    (ada, room), (namesake, its_room) = there["T1"], there["T2"]
    assert OF_THE_PERSON in str(ada)
    assert OF_THE_CHANNEL in str(room)
    assert OF_ANOTHER_WORKSPACE in str(namesake)
    assert OF_ANOTHER_WORKSPACE in str(its_room)
    assert await library.db.read(lambda tx: tx.value("SELECT COUNT(*) FROM old_seqs")) == 1
    found = await library.db.read(deliveries.newest)
    assert all(one.status is DeliveryStatus.SENT for one in found)
    numbers = [one["id"] for every in there.values() for one in every[0]["kept_replies"]]
    assert max([*numbers, *(one.id for one in found)]) <= HIGHEST


async def test_the_owner_reads_what_strangers_do_not(commands):
    """The same words in the right place do tell: the test above looks for the right thing."""
    assert OF_THE_PERSON in shown(await ask(commands, "profile"))
    assert OF_THE_CHANNEL in shown(await ask(commands, "channel", room=ROOM))
    assert OF_THE_PERSON in shown(await ask(commands, "export"))
    assert OF_THE_PERSON in shown(await ask(commands, "why 4"))


async def test_forgetting_oneself_elsewhere_leaves_ones_namesake_alone(commands, library):
    before = await rows(library)
    elsewhere = (person("ada", workspace="T3"), person("ada", platform="discord"))
    for who in elsewhere:
        await ask(commands, "follow something", person=who)
        await ask(commands, "forget me yes", person=who)
    assert await rows(library) == before
    theirs = await belonging(library, NAMESAKE)
    await ask(commands, "forget me yes", person=NAMESAKE)
    assert await belonging(library, NAMESAKE) == theirs
    assert OF_ANOTHER_WORKSPACE not in shown(await ask(commands, "export", person=NAMESAKE))


async def test_a_members_press_in_the_room_shows_nothing_of_a_persons(commands, library):
    """In the channel itself, with every reference there is."""
    for number in range(1, 20):
        for ref in (f"d{number}", f"a{number}"):
            for typed in (f"vote like 4 {ref}", f"why 4 {ref}", f"vote save 4 {ref}"):
                reply = await ask(commands, typed, person=BOB, room=ROOM)
                assert OF_THE_PERSON not in shown(reply)
                assert ADA.id.casefold() not in shown(reply)


async def test_two_namesakes_have_two_profiles(commands):
    elsewhere = person("ada", workspace="T3")
    await ask(commands, "follow giraffes", person=elsewhere)
    assert "giraffes" not in shown(await ask(commands, "profile"))
    rest = [row.text for row in message(await ask(commands, "interests", person=elsewhere)).rows]
    assert rest == ["giraffes"]
