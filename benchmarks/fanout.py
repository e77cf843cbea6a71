"""How close fan-out comes to what the platforms allow, and whether it stays within it.

`python benchmarks/fanout.py [--discord 1000] [--slack 30] [--each 20] [--json]` starts stand-ins
for Discord and Slack in processes of their own, with the limits that bots live with: on Discord 50
requests a second and 5 messages in 5 seconds for each channel, on Slack one message a second for
each channel, without a burst. Then the whole service, as in production but for its encoder, finds
messages waiting for as many channels on Discord and, `--each` of them, on Slack; in the midst of
it comes an alert for a Slack channel in which digests wait.

The reference is the stand-ins' own limit. Rates are by their clocks, between the first and the last
message that they took: all of Discord's together, and each Slack channel's by itself, of which the
slowest is printed. The exit code is 1 where one is more than 5 % below what is allowed, or anything
was refused, or more than the one digest that was under way came before the alert.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import chaos_judge as judging
from chaos import machine
from chaos_judge import Post
from chaos_stage import Stage

from bot.messages import Card, Message, to_json
from storage import deliveries, outbox
from storage.database import Database, Tx
from storage.records import DeliveryKind, DeliveryStatus, Destination

ON_DISCORD = 50.0
"""Requests a second: https://discord.com/developers/docs/topics/rate-limits#global-rate-limit"""

ON_SLACK = 1.0
"""Messages a second for each channel: https://docs.slack.dev/apis/web-api/rate-limits"""

BELOW = 0.05
ALERT = "alert"


def queue(tx: Tx, to: Destination, key: str, kind: DeliveryKind) -> None:
    """A message that waits; it has a paper, whose buttons say which message it is."""
    card = Card(
        seq=1,
        title=f"A paper for {key}.",
        url="https://arxiv.org/abs/2510.00001",
        facts="2 authors",
        reason="close to your interest “bees”",
        sentence="Bees dance where the nectar is.",
        score=0.5,
    )
    now = datetime.now(UTC)
    outbox.queue(
        tx,
        key=key,
        kind=kind,
        destination=to,
        profile_id=None,
        body=to_json(Message(heading="Papers", cards=(card,))),
        due_at=now,
        now=now,
    )


def queue_all(tx: Tx, places: dict[str, list[Destination]], each: int) -> None:
    """One for each place on Discord, `each` for those on Slack."""
    for to in places["discord"]:
        queue(tx, to, f"discord {to.address}", DeliveryKind.NOTICE)
    for number in range(each):
        for to in places["slack"]:
            queue(tx, to, f"slack {to.address} {number}", DeliveryKind.NOTICE)


async def build(stage: Stage, discord: int, slack: int) -> dict[str, list[Destination]]:
    """Channels at both stand-ins, which are as strict as the platforms."""

    async def act(**what: object) -> Any:
        return await stage.ask(str(what.pop("at")), "__act", what)

    owner = (await act(at="discord", do="user", name="ada"))["id"]
    guild = (await act(at="discord", do="guild", name="Lab", owner=owner, members=[owner]))["id"]
    places: dict[str, list[Destination]] = {"discord": [], "slack": []}
    for n in range(discord):
        room = (await act(at="discord", do="text", guild=guild, name=f"room{n}"))["id"]
        places["discord"].append(Destination(platform="discord", address=f"{guild}/{room}"))
    team = stage.slack["team"]
    for n in range(slack):
        room = (await act(at="slack", do="channel", args={"name": f"room{n}"}))["channel"]
        places["slack"].append(Destination(platform="slack", address=f"{team}/{room}"))
    await act(at="discord", do="as_discord")
    await stage.ask("slack", "__fault", {"limit": {"per_second": ON_SLACK, "burst": 1}})
    return places


async def spread(stage: Stage, places: dict[str, list[Destination]], each: int) -> float:
    """Let the service send everything; when the alert was queued, in seconds since 1970."""
    async with await Database.open(stage.db) as db:
        await db.write(queue_all, places, each)
    life = await stage.start(hurry=False)
    queued_at, total = 0.0, len(places["discord"]) + len(places["slack"]) * each + 1
    while await life.lives(0.5):
        async with await Database.open(stage.db) as db:
            sent = (await db.read(deliveries.counts))[DeliveryStatus.SENT]
            if not queued_at and sent >= total / 3:
                await db.write(queue, places["slack"][0], ALERT, DeliveryKind.ALERT)
                queued_at = time.time()
        if sent == total:
            return queued_at
    raise ChildProcessError(f"the service ended by itself: {life.ended}")


def rate(at: list[float]) -> float:
    """Per second, between the first and the last."""
    return (len(at) - 1) / (max(at) - min(at))


async def measure(folder: Path, discord: int, slack: int, each: int) -> dict[str, Any]:
    """One fan-out; what came when."""
    async with Stage(folder) as stage:
        places = await build(stage, discord, slack)
        queued_at = await spread(stage, places, each)
        await stage.stop()
        on_slack, on_discord = [await stage.ask(one, "__state") for one in ("slack", "discord")]
        async with await Database.open(stage.db) as db:
            rows = await db.read(_rows)
    there = [one.at for one in judging.discord_posts(on_discord, rows)]
    channels: dict[str, list[Post]] = defaultdict(list)
    for post in judging.slack_posts(on_slack):
        channels[post.address].append(post)
    alert = next(one for some in channels.values() for one in some if one.key == ALERT)
    before = [one for one in channels[alert.address] if queued_at < one.at < alert.at]
    behind = [one for one in channels[alert.address] if one.at > alert.at]
    rates = [rate([one.at for one in some]) for some in channels.values()]
    return {
        "discord": {
            "channels": discord,
            "messages": len(there),
            "allowed_per_s": ON_DISCORD,
            "messages_per_s": round(rate(there), 2),
            "of_allowed": round(rate(there) / ON_DISCORD, 3),
            "busiest_second": on_discord["busiest_second"],
            "refused": len(on_discord["exceeded"]),
        },
        "slack": {
            "channels": slack,
            "messages": sum(len(some) for some in channels.values()),
            "allowed_per_s_and_channel": ON_SLACK,
            "slowest_channel_per_s": round(min(rates), 3),
            "of_allowed": round(min(rates) / ON_SLACK, 3),
            "refused": on_slack["refused"],
        },
        "alert": {
            "after_s": round(alert.at - queued_at, 3),
            "digests_before_it": len(before),
            "digests_overtaken": len(behind),
        },
        "machine": machine(),
    }


def _rows(tx: Tx) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.rows("SELECT id, key FROM outbox")]


def is_sound(result: dict[str, Any]) -> bool:
    """Whether it was fast enough, and nowhere too fast."""
    both = (result["discord"], result["slack"])
    return (
        all(one["of_allowed"] >= 1 - BELOW and not one["refused"] for one in both)
        and result["alert"]["digests_before_it"] <= 1
    )


async def main() -> int:
    """Fan out, print, and say whether it kept to what is allowed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--discord", type=int, default=1_000, help="channels")
    arguments.add_argument("--slack", type=int, default=30, help="channels")
    arguments.add_argument("--each", type=int, default=20, help="messages for each on Slack")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = await measure(Path(folder), asked.discord, asked.slack, asked.each)
    if not asked.json:
        for name, facts in result.items():
            print(name, facts)
    print(json.dumps(result))
    return 0 if is_sound(result) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
