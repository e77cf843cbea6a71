"""How fast the outbox is, and whether it stays so as it grows.

`python benchmarks/outbox.py [--pending N] [--destinations N] [--old N] [--json]` fills a new
database with deliveries that wait, spread over destinations, first alone and then behind `--old`
that were sent, and prints for both, and how many times the one is the other:

* claim and settle, per second, claimed as the dispatcher does: in one transaction, which shows the
  work itself, and with a commit for each, which shows the disk. The reference for both are two bare
  UPDATEs by primary key for each delivery, of columns that no index and no trigger knows.
* one claim in milliseconds where nothing may be claimed: every destination on hold, nothing due
  yet, and everything waiting for one destination that is on hold.
* what a delivery costs to be queued and to be pruned.

Seconds are the writer's own (processor time of its thread), so that a machine which does other
things as well says the same; those with a commit for each are seconds on the wall.
"""

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.dispatcher import IN_FLIGHT, LEASE
from storage import leases, outbox, pruning
from storage.database import Database, Tx
from storage.instants import to_text
from storage.records import Delivery, DeliveryKind, Destination

NOW = datetime(2025, 10, 28, 6, tzinfo=UTC)
BODY = "x" * 1_500
"""About as long as a digest of eight papers is short."""

CLAIMS = 100
COMMITTED_CLAIMS = 10
ROUNDS = 8

FILL = """
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < :n - 1)
    INSERT INTO outbox (key, kind, precedence, platform, address, body, status, attempts, due_at,
        receipt, created_at, settled_at)
    SELECT :name || n, 'digest', 2, 'console', 'bench/' || (n % :places), :body, :status, :sent,
        :at, CASE :sent WHEN 1 THEN 'receipt ' || n END, :at, CASE :sent WHEN 1 THEN :at END
    FROM numbers
"""


def fill(tx: Tx, name: str, n: int, places: int, status: str, at: datetime) -> None:
    """`n` deliveries, in turn to each of `places` destinations."""
    sent = int(status == "sent")
    tx.execute(
        FILL, name=name, n=n, places=places, body=BODY, status=status, sent=sent, at=to_text(at)
    )


def timed(tx: Tx, work: Callable[[Tx], int]) -> float:
    """Seconds of this thread for each thing that `work` says it did."""
    start = time.thread_time()
    done = work(tx)
    return (time.thread_time() - start) / max(done, 1)


def claim(tx: Tx) -> list[Delivery]:
    """As the dispatcher does."""
    leases.release_expired(tx, NOW)
    return outbox.claim(
        tx, owner="bench", platforms=["console"], limit=IN_FLIGHT, lease=LEASE, now=NOW
    )


def claim_and_settle(tx: Tx) -> int:
    """Deliveries that were claimed and settled."""
    done = 0
    for _ in range(CLAIMS):
        for one in claim(tx):
            assert outbox.settle(tx, one, "bench", "receipt", NOW)
            done += 1
    return done


def nothing_to_claim(tx: Tx) -> int:
    """Claims that were made, all of them in vain."""
    assert not claim(tx)
    return 1


def bare(tx: Tx, ids: list[int]) -> int:
    """Rows that were updated twice each by primary key."""
    for one in ids:
        tx.execute("UPDATE outbox SET leased_by = 'bench', reason = '1' WHERE id = :id", id=one)
    for one in ids:
        tx.execute("UPDATE outbox SET leased_by = NULL, reason = NULL WHERE id = :id", id=one)
    return len(ids)


def waiting(tx: Tx, n: int) -> list[int]:
    """Ids of deliveries that wait."""
    return [
        row["id"] for row in tx.rows("SELECT id FROM outbox WHERE status = 'pending' LIMIT :n", n=n)
    ]


def hold_all(tx: Tx) -> None:
    """Every destination on hold for an hour."""
    tx.execute(
        """
        INSERT INTO destinations (platform, address, held_until, reason)
        SELECT DISTINCT platform, address, :until, 'rate-limited' FROM outbox
        WHERE status = 'pending' ON CONFLICT DO NOTHING
        """,
        until=to_text(NOW + timedelta(hours=1)),
    )


def let_go(tx: Tx) -> None:
    """No destination on hold, and nothing due for an hour."""
    tx.execute("DELETE FROM destinations")
    tx.execute(
        "UPDATE outbox SET due_at = :at WHERE status = 'pending'",
        at=to_text(NOW + timedelta(hours=1)),
    )


def one_place(tx: Tx, pending: int) -> None:
    """Everything that waits is for one destination, and that is on hold."""
    tx.execute("DELETE FROM outbox WHERE status = 'pending'")
    fill(tx, "crowd/", pending, 1, "pending", NOW)
    hold_all(tx)


def queue(tx: Tx) -> int:
    """Deliveries that were queued."""
    for n in range(1_000):
        outbox.queue(
            tx,
            key=f"queued/{n}",
            kind=DeliveryKind.DIGEST,
            destination=Destination(platform="console", address=f"queued/{n}"),
            profile_id=None,
            body=BODY,
            due_at=NOW,
            now=NOW,
        )
    return 1_000


def prune(tx: Tx) -> int:
    """Deliveries that were deleted for their age."""
    return pruning.prune(tx, NOW + timedelta(days=400), limit=1_000).deliveries


async def with_commits(db: Database) -> tuple[float, float]:
    """Seconds on the wall for each delivery, claimed and settled; and for each bare row."""
    done, start = 0, time.perf_counter()
    for _ in range(COMMITTED_CLAIMS):
        claimed = await db.write(claim)
        await asyncio.gather(*(db.write(outbox.settle, one, "bench", "r", NOW) for one in claimed))
        done += len(claimed)
    ours = (time.perf_counter() - start) / done
    ids = await db.read(waiting, IN_FLIGHT)
    start = time.perf_counter()
    await asyncio.gather(*(db.write(bare, [one]) for one in ids))
    return ours, (time.perf_counter() - start) / len(ids)


async def measure(folder: Path, asked: argparse.Namespace, old: int) -> dict[str, float]:
    """All figures with so many old deliveries."""
    async with await Database.open(folder / f"{old}.db") as db:
        await db.write(fill, "old/", old, asked.destinations, "sent", NOW - timedelta(days=30))
        await db.write(fill, "new/", asked.pending, asked.destinations, "pending", NOW)
        work, floor = [], []
        for _ in range(ROUNDS):
            ids = await db.read(waiting, CLAIMS * IN_FLIGHT)
            floor.append(await db.write(timed, lambda tx, ids=ids: bare(tx, ids)))
            work.append(await db.write(timed, claim_and_settle))
        committed, committed_bare = await with_commits(db)
        queued = await db.write(timed, queue)
        await db.write(hold_all)
        held = await db.write(timed, nothing_to_claim)
        await db.write(let_go)
        not_due = await db.write(timed, nothing_to_claim)
        await db.write(one_place, asked.pending)
        crowd = await db.write(timed, nothing_to_claim)
        pruned = await db.write(timed, prune)
    return {
        "claimed_and_settled_per_s": round(1 / min(work)),
        "ratio_to_bare_updates": round(min(work) / min(floor), 2),
        "with_commits_per_s": round(1 / committed),
        "ratio_to_bare_with_commits": round(committed / committed_bare, 2),
        "claim_all_held_ms": round(held * 1e3, 2),
        "claim_none_due_ms": round(not_due * 1e3, 2),
        "claim_one_place_held_ms": round(crowd * 1e3, 2),
        "queued_us": round(queued * 1e6, 1),
        "pruned_us": round(pruned * 1e6, 1),
    }


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pending", type=int, default=100_000)
    arguments.add_argument("--destinations", type=int, default=10_000)
    arguments.add_argument("--old", type=int, default=1_000_000)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {old: await measure(Path(folder), asked, old) for old in (1, asked.old)}
    about = {
        "pending": asked.pending,
        "destinations": asked.destinations,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
    }
    grown = {
        name: round(figure / found[1][name], 2) if found[1][name] else None
        for name, figure in found[asked.old].items()
    }
    if asked.json:
        for old, figures in found.items():
            print(json.dumps(about | {"old": old} | figures))
        print(json.dumps(about | {"times": asked.old} | grown))
        return
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    print(f"{'with so many old deliveries':28}", *(f"{old:>12,}" for old in found), "       times")
    for name in grown:
        print(
            f"{name.replace('_', ' '):28}",
            *(f"{one[name]:>12,}" for one in found.values()),
            f"{grown[name]:>12}",
        )


if __name__ == "__main__":
    asyncio.run(main())
