"""Metrics: all there from the start, counted where it happens, and nobody is named."""

import asyncio

import aiohttp
import pytest
from fakes.running import drop, running, settings_in, until
from prometheus_client.parser import text_string_to_metric_families

from bot.commands import Asker, Commands, Request
from bot.dispatcher import Dispatcher
from bot.metrics import CommandOutcome, DumpOutcome, Metrics, Outcome, WatchedEncoder
from bot.platforms import Reason, Receipt, RetryLater, Undeliverable
from bot.watching import Watcher
from storage import alert_hits, invariants, outbox, profiles
from storage.invariants import Broken
from storage.records import DeliveryKind, Destination, OwnerKind
from storage.trouble import DatabaseDamaged

ADA = Destination(platform="script", address="local/ada")


class Script:
    name = "script"
    is_connected = True

    def __init__(self, *ends: Exception | Receipt) -> None:
        self.ends = list(ends)

    async def send(self, delivery):
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end


def samples(text: bytes) -> dict[tuple[str, frozenset], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def value(metrics: Metrics | bytes, called: str, /, **labels: str) -> float:
    text = metrics if isinstance(metrics, bytes) else metrics.text()
    return samples(text)[f"paperround_{called}", frozenset(labels.items())]


def queue(tx, key, clock):
    outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.NOTICE,
        destination=ADA,
        profile_id=None,
        body="{}",
        due_at=clock.now,
        now=clock.now,
    )


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (Receipt(id="1"), Outcome.SENT),
        (RetryLater(Reason.RATE_LIMITED, "slow down"), Outcome.RATE_LIMITED),
        (RetryLater(Reason.UNAVAILABLE, "away"), Outcome.UNAVAILABLE),
        (Undeliverable(Reason.MESSAGE_REFUSED, "too long"), Outcome.MESSAGE_REFUSED),
        (Undeliverable(Reason.DESTINATION_GONE, "deleted"), Outcome.DESTINATION_GONE),
        (ConnectionResetError(), Outcome.UNKNOWN),
    ],
)
async def test_each_end_of_a_send_is_counted_once(db, clock, end, outcome):
    metrics = Metrics()
    sender = Dispatcher(db, [Script(end)], clock, owner="test", metrics=metrics)
    await db.write(queue, "one", clock)
    await sender.drain()
    assert value(metrics, "deliveries_total", platform="script", outcome=outcome) == 1
    assert value(metrics, "send_seconds_count", platform="script") == 1


async def test_every_value_of_a_label_is_there_before_anything_happened(db, clock):
    metrics = Metrics()
    scraped = await Watcher(db, [Script()], metrics, clock).scrape()
    for outcome in Outcome:
        assert value(scraped, "deliveries_total", platform="script", outcome=outcome) == 0
    for answered in CommandOutcome:
        assert value(scraped, "commands_total", platform="script", outcome=answered) == 0
    for became in DumpOutcome:
        assert value(scraped, "dumps_total", outcome=became) == 0
    for one in invariants.INVARIANTS:
        assert value(scraped, "invariant_violations", name=one.name) == 0
    assert value(scraped, "rejects_total", source="folder") == 0
    assert value(scraped, "outbox_deliveries", status="dead") == 0


async def test_what_waits_is_seen_with_its_age(db, clock):
    watcher = Watcher(db, [Script()], Metrics(), clock)
    await db.write(queue, "one", clock)
    clock.advance(minutes=5)
    scraped = await watcher.scrape()
    assert value(scraped, "outbox_deliveries", status="pending") == 1
    assert value(scraped, "outbox_overdue_seconds") == 300
    assert value(scraped, "platform_connected", platform="script") == 1


async def test_an_alert_is_timed_from_its_papers_arrival(library, clock, tmp_path):
    settings = settings_in(tmp_path, http_port=0)
    await library.db.write(_ada_with_alert, clock)
    async with running(library, settings) as service:
        drop(settings, "page.txt", "Speculative decoding for all")
        await until(lambda: service.web.port)
        url = f"http://127.0.0.1:{service.web.port}/metrics"
        async with aiohttp.ClientSession() as session:

            async def timed() -> float:
                async with session.get(url) as answer:
                    assert answer.status == 200
                    text = await answer.read()
                assert b"Speculative" not in text
                assert b"ada" not in text
                return value(text, "dump_to_message_seconds_count", platform="console")

            await until(lambda: (settings.inbox.parent / "done" / "page.txt").exists())
            async with asyncio.timeout(60):
                while not await timed():
                    await asyncio.sleep(0.05)
            async with session.get(url) as answer:
                text = await answer.read()
    assert value(text, "papers_total", source="folder") == 1
    assert value(text, "dumps_total", outcome="ingested") == 1
    assert value(text, "deliveries_total", platform="console", outcome="sent") == 1
    assert value(text, "loop_lag_seconds_count") > 0
    assert value(text, "ticks_total", tick="inbox", outcome="done") > 0


def _ada_with_alert(tx, clock):
    ada = profiles.add(
        tx,
        kind=OwnerKind.PERSON,
        platform="console",
        workspace="local",
        owner="ada",
        name="ada",
        zone="UTC",
        now=clock.now,
    )
    profiles.add_alert(
        tx,
        ada.id,
        "speculative",
        Destination(platform="console", address="local/ada"),
        0,
        clock.now,
    )


async def test_a_delivery_of_no_alert_has_no_first_paper(db, clock):
    await db.write(queue, "one", clock)
    assert await db.read(alert_hits.first_seen, "one") is None


async def test_commands_are_counted_by_how_they_ended(library, clock):
    metrics = Metrics()
    commands = Commands(library, clock, lambda: None, metrics)
    asker = Asker(platform="script", workspace="w", id="u", name="u")
    for text in ("help", "similar 999", "no such verb"):
        await commands.answer(Request(asker=asker, text=text))
    assert value(metrics, "commands_total", platform="script", outcome="done") == 1
    assert value(metrics, "commands_total", platform="script", outcome="refused") == 2


async def test_an_invariant_that_holds_again_goes_back_to_zero(db, clock):
    metrics = Metrics()
    watcher = Watcher(db, [], metrics, clock)
    name = invariants.INVARIANTS[0].name
    watcher.checked([Broken(name=name, count=3, sentence="")])
    assert value(metrics, "invariant_violations", name=name) == 3
    watcher.checked([])
    assert value(metrics, "invariant_violations", name=name) == 0
    assert value(metrics, "invariants_checked_timestamp_seconds") == clock.now.timestamp()


async def test_a_database_that_cannot_be_read_takes_no_other_metric_away(db, clock, tmp_path):
    """Whoever watches would otherwise lose all of them just when they are wanted."""
    metrics = Metrics()
    watcher = Watcher(db, [Script()], metrics, clock)
    await db.write(queue, "one", clock)
    assert value(await watcher.scrape(), "database_usable") == 1

    async def damaged(*_):
        raise DatabaseDamaged("it is damaged: restore a backup")

    db.read, read = damaged, db.read
    scraped = await watcher.scrape()
    assert value(scraped, "database_usable") == 0
    assert value(scraped, "platform_connected", platform="script") == 1
    assert value(scraped, "outbox_deliveries", status="pending") == 1, "as it was seen last"
    db.read = read
    assert value(await watcher.scrape(), "database_usable") == 1


async def test_a_model_that_fails_is_seen_until_it_works_again(encoder):
    metrics = Metrics()
    watched = WatchedEncoder(encoder, metrics)
    assert (watched.works, value(metrics, "model_usable")) == (True, 1)

    async def fails(texts):
        raise MemoryError

    encoder.encode, encode = fails, encoder.encode
    with pytest.raises(MemoryError):
        await watched.encode(["a text"])
    assert (watched.works, value(metrics, "model_usable")) == (False, 0)
    encoder.encode = encode
    await watched.encode(["a text"])
    assert (watched.works, value(metrics, "model_usable")) == (True, 1)
    assert value(metrics, "encoded_texts_total") == 1
