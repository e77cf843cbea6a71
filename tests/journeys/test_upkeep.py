"""The running service looks after its own house: old rows go, and what should hold is looked at."""

from datetime import timedelta

from fakes.running import running, settings_in, until
from structlog.testing import capture_logs

from bot import rounds, service
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
    with capture_logs() as logs:
        async with running(library, settings_in(tmp_path)):
            await until(lambda: any(one["event"] == "invariants checked" for one in logs))
            await until(lambda: any(one["event"] == "old rows pruned" for one in logs))
    assert await library.db.read(deliveries.newest) == []
    assert all(one.get("broken", 0) == 0 for one in logs)
