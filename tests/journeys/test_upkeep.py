"""The running service looks after its own house: old rows go, and what should hold is looked at."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fakes.running import running, settings_in, until
from structlog.testing import capture_logs

from bot import memory, rounds, service
from bot.settings import BadSetting, load
from storage import deliveries, outbox
from storage.records import DeliveryKind, Destination


async def test_old_deliveries_go_and_the_invariants_are_checked(library, tmp_path, monkeypatch):
    for name in ("PRUNING_EVERY", "INVARIANTS_EVERY"):
        monkeypatch.setattr(rounds, name, timedelta(seconds=0.1))
    long_ago = service.utc_now() - timedelta(days=400)
    await library.db.write(
        outbox.queue,
        key="old",
        kind=DeliveryKind.DIGEST,
        destination=Destination(platform="console", address="local/ada"),
        profile_id=None,
        body="{}",
        due_at=long_ago,
        now=long_ago,
    )
    (old,) = await library.db.read(deliveries.newest)
    await library.db.write(deliveries.bury_waiting, old.id, "by hand", long_ago)
    given_back = []
    monkeypatch.setattr(memory, "give_back", lambda: given_back.append(True))
    with capture_logs() as logs:
        async with running(library, settings_in(tmp_path)):
            await until(lambda: given_back, "memory is given back")
            await until(lambda: any(one["event"] == "invariants checked" for one in logs))
            await until(lambda: any(one["event"] == "old rows pruned" for one in logs))
    assert await library.db.read(deliveries.newest) == []
    assert all(one.get("broken", 0) == 0 for one in logs)


async def test_the_settings_say_how_long_things_are_kept(library, tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "PRUNING_EVERY", timedelta(seconds=0.1))
    settings = settings_in(tmp_path, keep_messages=10, keep_deliveries=20, keep_dumps=1)
    done, failed = (settings.inbox.parent / name for name in ("done", "failed"))
    now = datetime.now(UTC)

    def put(tx):
        for days in (15, 25):
            at = now - timedelta(days=days)
            to = Destination(platform="gone", address="T1/C1")
            outbox.queue(
                tx,
                key=f"{days} days old",
                kind=DeliveryKind.DIGEST,
                destination=to,
                profile_id=None,
                body="words",
                due_at=at,
                now=at,
            )
            (one,) = outbox.claim(
                tx, owner="me", platforms=["gone"], limit=1, lease=timedelta(minutes=1), now=at
            )
            outbox.settle(tx, one, "me", "posted", at)

    await library.db.write(put)
    # Files come to `done` by a rename, which nothing can date back: the clock goes on instead.
    monkeypatch.setattr(service, "utc_now", lambda: datetime.now(UTC) + timedelta(hours=20))
    async with running(library, settings):
        for folder in (done, failed):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "page.txt").write_text("a page")
        kept = await library.db.read(deliveries.newest)
        while [one.body for one in kept] != ["{}"]:
            await asyncio.sleep(0.02)
            kept = await library.db.read(deliveries.newest)
        assert [one.key for one in kept] == ["15 days old"]
        assert (done / "page.txt").exists()
    monkeypatch.setattr(service, "utc_now", lambda: datetime.now(UTC) + timedelta(hours=25))
    async with running(library, settings):
        await until(lambda: not (done / "page.txt").exists(), "the old dump is deleted")
        await until(lambda: not (failed / "page.txt").exists(), "the refused dump is deleted")


def test_a_text_that_would_outlive_its_delivery_is_refused(monkeypatch):
    monkeypatch.setenv("PAPERROUND_KEEP_DELIVERIES", "30")
    with pytest.raises(BadSetting, match="PAPERROUND_KEEP_MESSAGES"):
        load()
