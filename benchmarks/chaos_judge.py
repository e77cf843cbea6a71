"""Judges a chaos run by what stands at the stand-ins and in the database.

What is owed is worked out a second time, from titles alone: each hit of each alert, each digest
that was made due, and each paper in it. A message is known by the key in Slack's metadata, or by
Discord's nonce and the ref in its buttons; whatever carries none is one too many.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SHOWN = re.compile(r"vote like (\d+) d(\d+)")
REF = re.compile(r'"custom_id": "p[rc]:d(\d+)[.:]')
NONCE = 25
CARDS_IN_ALERT = 20

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Post:
    """One message of the bot's at a stand-in."""

    key: str | None
    """Of its delivery; None: it belongs to none."""
    address: str
    receipt: str
    at: float
    """When it was accepted, in seconds since 1970."""
    papers: tuple[int, ...]
    """Those with buttons in it."""


@dataclass(kw_only=True)
class Verdict:
    """What a run amounts to; lists hold a sentence each."""

    owed: int = 0
    delivered: int = 0
    recorded: int = 0
    duplicated: int = 0
    posted_all_the_same: int = 0
    """Recorded as given up, when nobody knew whether it was posted; it was."""
    missing: list[str] = field(default_factory=list)
    """What nobody got and no reason is on record for."""
    doubled: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What was told and should not have been, and what is left in a state that it may not have."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Of what is recorded."""

    @property
    def lost(self) -> int:
        """Owed, and neither delivered nor recorded."""
        return self.owed - self.delivered - self.recorded

    def lacks(self, what: str) -> None:
        """Something was owed that is not even in the outbox."""
        self.owed += 1
        self.missing.append(what)


def slack_posts(state: Any) -> list[Post]:
    """Everything that the bot posted on Slack."""
    found = []
    for team, about in state["teams"].items():
        bot = about["bot_user_id"]
        for number, channel in about["channels"].items():
            people = [one for one in channel["members"] if one != bot]
            owner = people[0] if channel["kind"] == "im" else number
            for message in channel["messages"]:
                if message.get("user") != bot:
                    continue
                carried = message.get("metadata") or {}
                found.append(
                    Post(
                        key=(carried.get("event_payload") or {}).get("key"),
                        address=f"{team}/{owner}",
                        receipt=f"{number}/{message['ts']}",
                        at=float(message["ts"]),
                        papers=_papers(message.get("blocks")),
                    )
                )
    return found


def discord_posts(state: Any, outbox: Iterable[Row]) -> list[Post]:
    """Everything that the bot posted on Discord."""
    rows = list(outbox)
    by_nonce = {hashlib.sha256(row["key"].encode()).hexdigest()[:NONCE]: row for row in rows}
    by_ref = {row["id"]: row for row in rows}
    found = []
    for number, channel in state["channels"].items():
        place = channel["parent"] or number
        for message in channel["messages"]:
            if not message["author"].get("bot"):
                continue
            address = f"{channel['guild']}/{place}"
            if channel["guild"] is None:
                bot = message["author"]["id"]
                address = f"users/{next(one for one in channel['recipients'] if one != bot)}"
            refs = {int(one) for one in REF.findall(json.dumps(message["components"]))}
            row = by_nonce.get(message.get("nonce")) or by_ref.get(min(refs, default=0))
            is_whole = row is not None and refs == {row["id"]}  # nonce and ref name the same
            found.append(
                Post(
                    key=row["key"] if row is not None and is_whole else None,
                    address=address,
                    receipt=f"{number}/{message['id']}",
                    at=datetime.fromisoformat(message["timestamp"]).timestamp(),
                    papers=_papers(message["components"]),
                )
            )
    return found


def _papers(content: Any) -> tuple[int, ...]:
    return tuple(int(seq) for seq, _ in SHOWN.findall(json.dumps(content)))


def judge_outbox(verdict: Verdict, outbox: Iterable[Row], posts: Iterable[Post]) -> None:
    """Every key of the outbox once at its place, in order, or dead with a reason."""
    by_key: dict[str, list[Post]] = defaultdict(list)
    rows = {row["key"]: row for row in outbox}
    for post in posts:
        if post.key is None or post.key not in rows:
            verdict.duplicated += 1
            verdict.doubled.append(f"belongs to no delivery: {post.receipt} at {post.address}")
        else:
            by_key[post.key].append(post)
    for key, row in rows.items():
        verdict.owed += 1
        there = by_key[key]
        if len(there) > 1:
            verdict.duplicated += len(there) - 1
            verdict.doubled.append(f"{key} {len(there)} times: {_when(there)}")
        if row["status"] == "dead" and row["reason"]:
            verdict.recorded += 1
            verdict.reasons[row["reason"]] += 1
            if there and row["maybe_posted"]:
                verdict.posted_all_the_same += 1
            elif there:
                verdict.wrong.append(f"{key} is dead, and posted")
        elif row["status"] == "sent" and there:
            verdict.delivered += 1
            _judge_place(verdict, row, there)
        else:
            verdict.missing.append(f"{key} is {row['status']} and posted {len(there)} times")
            if row["status"] == "leased":
                verdict.wrong.append(f"{key} is still leased")
    _judge_order(verdict, rows, by_key)


def _when(posts: Iterable[Post]) -> str:
    return ", ".join(f"{post.at:.3f}" for post in posts)


def _judge_place(verdict: Verdict, row: Row, there: list[Post]) -> None:
    for post in there:
        if post.address != row["address"]:
            verdict.misplaced.append(f"{row['key']} for {row['address']} is at {post.address}")
    if row["receipt"] not in {post.receipt for post in there}:
        verdict.wrong.append(f"{row['key']} has the receipt of another message")


def _judge_order(
    verdict: Verdict, rows: Mapping[str, Row], by_key: Mapping[str, list[Post]]
) -> None:
    """Within one precedence a destination gets its messages as they were decided."""
    last: dict[tuple[str, str, int], tuple[float, str]] = {}
    for key, row in sorted(rows.items(), key=lambda one: one[1]["id"]):
        if row["status"] != "sent" or not by_key.get(key):
            continue
        queue = (row["platform"], row["address"], row["precedence"])
        at = min(post.at for post in by_key[key])
        before, earlier = last.get(queue, (0.0, ""))
        if at < before:
            verdict.disordered.append(f"{key} came before {earlier}")
        else:
            last[queue] = (at, key)


def judge_contents(
    verdict: Verdict, outbox: Iterable[Row], posts: Iterable[Post], told: Mapping[str, list[int]]
) -> None:
    """Every paper of a message stands in it or in one of its parts, once.

    told: by the key of the first message, the papers that it is about.
    """
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    for post in posts:
        if post.key is not None:
            seen[post.key.partition("#")[0]].update(set(post.papers))
    dead = {row["key"].partition("#")[0] for row in outbox if row["status"] == "dead"}
    for key, papers in told.items():
        if key in dead:
            continue
        shown = seen[key]
        expected = sorted(papers)[:CARDS_IN_ALERT] if key.startswith("alert/") else papers
        for seq in expected:
            if not shown[seq]:
                verdict.lacks(f"{key} does not show paper {seq}")
            elif shown[seq] > 1:
                verdict.duplicated += 1
                verdict.doubled.append(f"{key} shows paper {seq} {shown[seq]} times")
        if strange := set(shown) - set(expected):
            verdict.wrong.append(f"{key} shows papers that are not in it: {sorted(strange)}")
