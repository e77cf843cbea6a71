"""Everything about a person is told, and everything about a person is forgotten."""

import json
from datetime import time, timedelta

import pytest
from fakes.pages import dump

from matching.ingest import ingest
from matching.library import Library
from storage import (
    alert_hits,
    answers,
    changes,
    destinations,
    dials,
    digests,
    drafts,
    exports,
    keepers,
    library_papers,
    marks,
    missed,
    mutes,
    notices,
    outbox,
    profiles,
    second_chances,
    subscriptions,
    votes,
)
from storage.changes import Delta
from storage.digests import DigestLine, LeftOut, Making, NewDigest
from storage.drafts import Draft, Kept
from storage.instants import to_text
from storage.library_papers import Shelved
from storage.mutes import MuteKind
from storage.records import (
    DeliveryKind,
    Destination,
    OwnerKind,
    Profile,
    QuietHours,
    Schedule,
    VoteKind,
)
from storage.second_chances import SecondChance

WORKSPACE = "T1"


def tables(tx) -> dict[str, list[str]]:
    """Our tables with their columns; SQLite's and sqlite-utils' own are left out."""
    names = [row["name"] for row in tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    ours = [
        name
        for name in names
        if not name.startswith(("sqlite_", "_sqlite", "papers_fts_")) and "migrations" not in name
    ]
    return {
        name: [row["name"] for row in tx.rows(f"SELECT name FROM pragma_table_info('{name}')")]
        for name in ours
    }


def holding(tx, marker: str) -> set[str]:
    """The tables of which any column of any row holds the marker."""
    return {
        name
        for name, columns in tables(tx).items()
        if name not in {"papers_fts", "alert_changes"}
        and any(
            tx.value(f"SELECT COUNT(*) FROM {name} WHERE instr(CAST({one} AS TEXT), :m)", m=marker)
            for one in columns
        )
    }


def contents(tx) -> dict[str, list[tuple]]:
    """Every row of every table; what is left of an alert that was removed is its number alone, and
    of a vote in a channel that the channel's wishes changed once more.
    """
    return {
        name: [tuple(row[one] for one in columns if one != "revision") for row in rows]
        for name, columns in tables(tx).items()
        if name not in {"papers_fts", "alert_changes"}
        for rows in [tx.rows(f"SELECT * FROM {name}")]
    }


def made(tx, name, now, *, kind=OwnerKind.PERSON) -> Profile:
    return profiles.add(
        tx,
        kind=kind,
        platform="slack",
        workspace=WORKSPACE,
        owner=f"U{name}",
        name=f"name-{name}",
        zone="Europe/Berlin",
        now=now,
    )


def queue(tx, profile, key, destination, now, text) -> None:
    outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.DIGEST,
        destination=destination,
        profile_id=profile.id,
        body=json.dumps({"heading": text}),
        due_at=now,
        now=now,
    )


def draft(mine, name) -> Kept:
    return Kept(
        subscription_id=mine.id,
        due_at=mine.due_at,
        after=0,
        ground="",
        revision=0,
        state="",
        draft=Draft(
            up_to=1,
            considered=1,
            outcome=f"drafted-{name}",
            floor=0.5,
            making=Making(profile_version="", made_from="{}"),
            lines=(DigestLine(seq=1, score=0.9, reason=f"reason-{name}"),),
            left_out=LeftOut(),
            body=f"body-{name}",
        ),
    )


def lived(tx, name, model, now) -> Profile:
    """A person of whom every table holds something; every text holds the person's name."""
    me = made(tx, name, now)
    profiles.set_quiet(tx, me.id, QuietHours(start=time(22), end=time(7)))
    profiles.add_interest(tx, me.id, f"interest-{name}", now)
    votes.vote(tx, me.id, 1, VoteKind.LIKE, now)
    mutes.add(tx, me.id, MuteKind.WORD, f"mute-{name}", now)
    change = changes.add(tx, me.id, Delta(followed=(f"changed-{name}",), library=1), now)
    shelved = [Shelved(title=f"shelved-{name}", abstract="of one's own")]
    library_papers.add(tx, me.id, change.id, shelved, now)
    (own,) = library_papers.of(tx, me.id)
    library_papers.put_vector(tx, model, own.id, bytes(4 * 64))  # of the words encoder
    missed.add(tx, me.id, seq=None, title=f"missed-{name}", arxiv_id=None, now=now)
    alert = profiles.add_alert(tx, me.id, f"alert-{name}", me.destination, 0, now)
    profiles.pause_alert(tx, me.id, alert.id, f"paused-{name}")
    mine = subscriptions.add(
        tx,
        profile_id=me.id,
        destination=me.destination,
        schedule=Schedule(times=(time(8),), weekdays=frozenset({0}), zone="UTC"),
        size=8,
        cursor=0,
        due_at=now,
        now=now,
    )
    tx.execute(
        "INSERT INTO readers VALUES ('slack', :room, :me, 'acted', :now)",
        room=f"{WORKSPACE}/CROOM-{name}", me=me.destination.address, now=to_text(now),
    )  # fmt: skip
    keepers.put(tx, mine.id, "slack", me.destination.address, now)
    dials.set_surprise(tx, mine.id, False, now)
    drafts.put_all(tx, [draft(mine, name)])
    queue(tx, me, f"digest/{name}", me.destination, now, f"body-{name}")
    queue(tx, me, f"alert/{name}", me.destination, now, f"body-{name}")
    elsewhere = Destination(platform="slack", address=f"{WORKSPACE}/CROOM")
    queue(tx, me, f"elsewhere/{name}", elsewhere, now, f"lent-{name}")
    alert_hits.add(tx, {f"alert/{name}": [(alert.id, 1)]})
    digests.record(
        tx,
        NewDigest(
            was=mine,
            due_at=now,
            up_to=1,
            considered=1,
            outcome=f"outcome-{name}",
            delivery_key=f"digest/{name}",
            lines=[DigestLine(seq=1, score=0.9, reason=f"reason-{name}")],
        ),
        model,
        now,
    )
    again = SecondChance(profile_id=me.id, seq=1, before=3, comments=41)
    assert second_chances.decide(tx, again, now)
    destinations.hold(tx, me.destination, now, f"held-{name}")
    notices.add(tx, me.id, f"notice-{name}", now)
    body = json.dumps({"draft": [f"answer-{name}"]})
    answers.add(tx, platform="slack", workspace=WORKSPACE, person=me.owner, body=body, now=now)
    marks.put(tx, f"slack welcomed {WORKSPACE}/{me.owner}", "yes")
    channel = made(tx, "channel", now, kind=OwnerKind.CHANNEL)
    who = exports.member(WORKSPACE, me.owner)
    votes.toggle_member(tx, channel.id, 1, who, VoteKind.LIKE, now)
    return me


def told(tx, name):
    return exports.of(tx, "slack", WORKSPACE, f"U{name}")


def forget(tx, name, now):
    return exports.forget(tx, "slack", WORKSPACE, f"U{name}", now)


@pytest.fixture
async def model(db, encoder, clock) -> int:
    await ingest(db, encoder, dump("A Paper to Vote About", "Another One"), clock.now)
    return await Library(db, encoder).model(clock.now)


@pytest.fixture
async def two(db, encoder, clock, model) -> tuple[Profile, Profile]:
    """Ada, and Bob of the same workspace, with everything that there can be."""
    ada = await db.write(lived, "ADA", model, clock.now)
    bob = await db.write(lived, "BOB", model, clock.now)
    for one in (ada, bob):
        await Library(db, encoder).taste(one.id, clock.now)  # encodes the interest
    return ada, bob


async def test_each_table_is_known_to_be_personal_or_not(db):
    there = set(await db.read(tables))
    personal = {table.name for table in exports.PERSONAL}
    assert there == personal | set(exports.NOT_PERSONAL)
    assert not personal & set(exports.NOT_PERSONAL)


async def test_a_life_leaves_something_in_every_personal_table(db, two):
    """Without this the tests below could pass over a table that nobody filled."""
    counts = await db.read(exports.counts, "slack", WORKSPACE, "UADA")
    assert set(counts) == {table.shown for table in exports.PERSONAL}


async def test_the_export_holds_every_text_that_the_person_gave_or_got(db, two):
    found = json.dumps(await db.read(told, "ADA"))
    for text in (
        "name-ADA interest-ADA mute-ADA alert-ADA paused-ADA body-ADA outcome-ADA reason-ADA "
        "held-ADA notice-ADA answer-ADA digest/ADA alert/ADA lent-ADA "
        "changed-ADA shelved-ADA missed-ADA"
    ).split():
        assert text in found


async def test_the_export_says_which_papers_and_which_channel(db, two):
    found = await db.read(told, "ADA")
    assert found["votes"][0]["title"] == "A Paper to Vote About"
    assert found["votes_in_channels"][0]["channel"] == "name-channel"
    assert found["deliveries"][0]["body"] == {"heading": "body-ADA"}
    assert found["profile"]["quiet_start"] == "22:00"


async def test_the_export_tells_nothing_of_anybody_else_nor_of_the_machine(db, two, clock):
    owner = "some-host:1:abc"
    await db.write(
        outbox.claim,
        owner=owner,
        platforms=["slack"],
        limit=9,
        lease=timedelta(minutes=2),
        now=clock.now,
    )
    found = json.dumps(await db.read(told, "ADA"))
    assert "BOB" not in found
    assert owner not in found


async def test_whom_nobody_knows_has_an_empty_export(db, two):
    found = await db.read(exports.of, "discord", WORKSPACE, "UADA")
    assert found.pop("profile") is None
    assert not any(isinstance(value, list) and value for value in found.values())
    assert await db.read(exports.counts, "slack", "T2", "UADA") == {}
    assert await db.write(exports.forget, "slack", "T2", "UADA", two[0].created_at) == 0


async def test_forgetting_leaves_the_person_in_no_table(db, clock, two):
    assert await db.read(holding, "ADA") >= {"profiles", "outbox", "answers", "member_votes"}
    assert await db.write(forget, "ADA", clock.now) > 0
    assert await db.read(holding, "ADA") == set()
    assert await db.read(exports.counts, "slack", WORKSPACE, "UADA") == {}
    assert await db.write(forget, "ADA", clock.now) == 0


async def test_forgetting_one_changes_nothing_of_the_others(db, clock, model, encoder):
    await db.write(lived, "BOB", model, clock.now)
    before = await db.read(contents)
    await db.write(lived, "ADA", model, clock.now)
    await db.write(forget, "ADA", clock.now)
    assert await db.read(contents) == before


async def test_a_delivery_in_flight_is_forgotten_and_its_settlement_does_nothing(db, clock, two):
    claimed = await db.write(
        outbox.claim,
        owner="me",
        platforms=["slack"],
        limit=9,
        lease=timedelta(minutes=2),
        now=clock.now,
    )
    mine = next(one for one in claimed if one.profile_id == two[0].id)
    await db.write(forget, "ADA", clock.now)
    assert await db.write(outbox.settle, mine, "me", "receipt", clock.now) is False
    assert await db.read(holding, "ADA") == set()


async def test_what_another_profile_sent_to_the_person_goes_and_its_record_stays(
    db, clock, model, two
):
    """A digest of Bob's goes to Ada: she is forgotten, and Bob keeps what his digest held."""
    ada, bob = two

    def lend(tx):
        theirs = subscriptions.add(
            tx,
            profile_id=bob.id,
            destination=ada.destination,
            schedule=Schedule(times=(time(9),), weekdays=frozenset({0}), zone="UTC"),
            size=8,
            cursor=0,
            due_at=clock.now,
            now=clock.now,
        )
        queue(tx, bob, "digest/lent", ada.destination, clock.now, "lent")
        digests.record(
            tx,
            NewDigest(
                was=theirs,
                due_at=clock.now,
                up_to=1,
                considered=1,
                outcome="lent",
                delivery_key="digest/lent",
                lines=[],
            ),
            model,
            clock.now,
        )

    await db.write(lend)
    assert "lent" in json.dumps(await db.read(told, "ADA"))
    await db.write(forget, "ADA", clock.now)
    assert await db.read(holding, "UADA") == set()
    outcomes = await db.read(lambda tx: tx.rows("SELECT outcome, delivery_key FROM digests"))
    assert {tuple(row) for row in outcomes} == {("outcome-BOB", "digest/BOB"), ("lent", None)}


async def test_a_member_of_several_workspaces_channels_is_forgotten_in_all(db, clock, model):
    """On Discord people belong to no server; channels do."""

    def vote(tx):
        for server in ("S1", "S2"):
            channel = profiles.add(
                tx,
                kind=OwnerKind.CHANNEL,
                platform="discord",
                workspace=server,
                owner="C1",
                name="#papers",
                zone="UTC",
                now=clock.now,
            )
            for person in ("7", "77"):
                who = exports.member("users", person)
                votes.toggle_member(tx, channel.id, 1, who, VoteKind.DISLIKE, clock.now)

    await db.write(vote)
    assert await db.write(exports.forget, "discord", "users", "7", clock.now) == 2
    left = await db.read(lambda tx: tx.rows("SELECT DISTINCT member FROM member_votes"))
    assert [row["member"] for row in left] == ["users/77"]


def test_the_person_in_a_channel_is_not_the_person_of_another_workspace():
    assert exports.member("T1", "U1") != exports.member("T2", "U1")


async def test_marks_of_somebody_whose_id_ends_alike_stay(db, clock):
    await db.write(marks.put, "slack welcomed T1/U1", "yes")
    await db.write(marks.put, "slack welcomed XT1/U1", "yes")
    await db.write(exports.forget, "slack", "T1", "U1", clock.now)
    assert await db.read(marks.get, "slack welcomed T1/U1") is None
    assert await db.read(marks.get, "slack welcomed XT1/U1") == "yes"


async def test_a_person_is_called_by_their_address_wherever_they_stand(db, two):
    ada, _ = two
    assert ada.destination.address == exports.member(ada.workspace, ada.owner)
