"""What a chaos run owed, worked out a second time and slowly: from titles and wishes alone.

Each hit of each alert; each digest that was made due; each paper on a reader's subjects in one of
its digests, unless an alert told it of that. Subjects share no words, so what fits is not in doubt.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chaos_cast import SIZE, Reader
from chaos_judge import Row, Verdict

from storage.database import Tx
from storage.instants import from_text
from storage.records import OwnerKind


@dataclass(frozen=True, kw_only=True)
class Records:
    """What the database says at the end."""

    outbox: list[Row]
    titles: dict[int, str]
    """By `seq`."""
    alerts: list[Row]
    hits: dict[tuple[int, int], str]
    """Keys of messages by `(alert, seq)`."""
    digests: list[Row]
    lines: dict[int, list[int]]
    """Papers by digest."""
    dumps: dict[int, str]
    """By `seq` the dump that brought it first."""
    seconds: list[str]
    """Keys of the second chances that were decided."""
    cursors: dict[int, int]
    """By subscription."""

    @property
    def told(self) -> dict[str, list[int]]:
        """By message the papers that it is about."""
        found: dict[str, list[int]] = defaultdict(list)
        for (_, seq), key in sorted(self.hits.items(), key=lambda one: one[0][1]):
            if seq not in found[key]:
                found[key].append(seq)
        for digest in self.digests:
            if digest["delivery_key"] is not None:
                found[digest["delivery_key"]] = self.lines[digest["id"]]
        return dict(found)


def records(tx: Tx) -> Records:
    """Everything that the judge reads."""

    def rows(sql: str) -> list[Row]:
        return [dict(row) for row in tx.rows(sql)]

    lines: dict[int, list[int]] = defaultdict(list)
    for row in rows("SELECT digest_id, seq FROM digest_papers ORDER BY digest_id, rank"):
        lines[row["digest_id"]].append(row["seq"])
    papers = rows(
        "SELECT seq, title, dumps.name FROM papers JOIN dumps ON dumps.id = papers.first_dump"
    )
    return Records(
        outbox=rows(
            "SELECT id, key, precedence, platform, address, status, reason, receipt, attempts, "
            "maybe_posted FROM outbox ORDER BY id"
        ),
        titles={row["seq"]: row["title"] for row in papers},
        alerts=rows("SELECT id, paused, after_seq FROM alerts"),
        hits={
            (row["alert_id"], row["seq"]): row["delivery_key"]
            for row in rows("SELECT * FROM alert_hits")
        },
        digests=rows("SELECT * FROM digests ORDER BY id"),
        lines=lines,
        dumps={row["seq"]: row["name"] for row in papers},
        seconds=[
            f"second-chance/{row['profile_id']}/{row['seq']}"
            for row in rows("SELECT profile_id, seq FROM second_chances")
        ],
        cursors={row["id"]: row["cursor"] for row in rows("SELECT id, cursor FROM subscriptions")},
    )


def judge_papers(verdict: Verdict, found: Records, subject: Mapping[str, int]) -> None:
    """Every paper that was dropped is stored, once."""
    stored = sorted(found.titles.values())
    for title in set(subject) - set(stored):
        verdict.lacks(f"the paper {title!r} is not stored")
    if len(stored) != len(set(stored)) or set(stored) - set(subject):
        verdict.wrong.append("papers are stored twice, or were never dropped")


def judge_alerts(
    verdict: Verdict, found: Records, readers: Sequence[Reader], gone: set[int]
) -> None:
    """Every hit is on record with a message for its reader; there is none that is no hit."""
    addresses = {row["key"]: row["address"] for row in found.outbox}
    rows = {row["id"]: row for row in found.alerts}
    expected = set()
    for reader in readers:
        is_gone = reader.profile.id in gone
        for number, wish in reader.wishes.items():
            if rows[number]["paused"] and not is_gone:
                verdict.wrong.append(f"alert {number} is paused: {rows[number]['paused']}")
            for seq, title in found.titles.items():
                if seq <= rows[number]["after_seq"] or not wish.hits(title):
                    continue
                expected.add((number, seq))
                key = found.hits.get((number, seq))
                if key is None:
                    if not is_gone:
                        verdict.lacks(f"alert {number} was not told of paper {seq}")
                elif addresses.get(key) != reader.profile.destination.address:
                    verdict.wrong.append(f"the hit of alert {number} in {seq} is in {key}")
    if strange := set(found.hits) - expected:
        verdict.wrong.append(f"{len(strange)} hits are none, as {sorted(strange)[0]}")


def judge_second_chances(verdict: Verdict, found: Records) -> None:
    """What was decided has its message, nothing else has one, and nobody had two in a week."""
    prefix = "second-chance/"
    queued = [row["key"] for row in found.outbox if row["key"].startswith(prefix)]
    for key in set(found.seconds) - set(queued):
        verdict.lacks(f"{key} was decided, and has no message")
    if strange := set(queued) - set(found.seconds):
        verdict.wrong.append(f"{sorted(strange)[0]} was never decided")
    if len({key.split("/")[1] for key in queued}) < len(queued):
        verdict.wrong.append("somebody had two second chances in a week")


def judge_digests(
    verdict: Verdict,
    found: Records,
    readers: Sequence[Reader],
    gone: set[int],
    due: Mapping[tuple[int, datetime], None],
    subject: Mapping[str, int],
) -> None:
    """Every digest that was due was made; together they read every paper once, and left out none
    that fits.
    """
    made: dict[int, list[Row]] = defaultdict(list)
    for digest in found.digests:
        made[digest["subscription_id"]].append(digest)
    times = {(one["subscription_id"], from_text(one["due_at"])) for one in found.digests}
    in_channels = _posted_in_channels(found, readers)
    told: dict[int, set[int]] = defaultdict(set)
    for number, seq in found.hits:
        told[number].add(seq)
    for reader in readers:
        number, is_gone = reader.subscription, reader.profile.id in gone
        if number is None:
            continue
        for at in [at for one, at in due if one == number and (one, at) not in times]:
            if not is_gone:
                verdict.lacks(f"subscription {number} got no digest for {at}")
        by_alert = set().union(*(told[alert] for alert in reader.wishes))
        read = 0
        late: set[int] = set()
        for digest in made[number]:
            if digest["amends"] is not None:  # its papers were told, and the cursor stays
                late |= set(found.lines[digest["id"]])
                continue
            if digest["after_seq"] != read:
                verdict.wrong.append(f"digest {digest['id']} does not go on where the last ended")
            read = digest["up_to_seq"]
            fitting = {
                seq
                for seq in range(digest["after_seq"] + 1, read + 1)
                if subject[found.titles[seq]] in reader.subjects
            }
            told_before = by_alert | late
            _judge_lines(
                verdict, digest, found.lines[digest["id"]], fitting - told_before, in_channels
            )
        if found.cursors[number] != read or (not is_gone and read != max(found.titles, default=0)):
            verdict.wrong.append(f"subscription {number} has read {read}")


def _posted_in_channels(found: Records, readers: Sequence[Reader]) -> set[int]:
    """Papers that some channel's digest brought: whoever reads it is not told of them again."""
    sent = {row["key"] for row in found.outbox if row["status"] == "sent"}
    channels = {one.subscription for one in readers if one.profile.kind is OwnerKind.CHANNEL}
    return {
        seq
        for digest in found.digests
        if digest["subscription_id"] in channels and digest["delivery_key"] in sent
        for seq in found.lines[digest["id"]]
    }


def _judge_lines(
    verdict: Verdict, digest: Row, lines: list[int], fitting: set[int], in_channels: set[int]
) -> None:
    """fitting: papers that the digest owes.  in_channels: what it may count and not repeat."""
    read = range(digest["after_seq"] + 1, digest["up_to_seq"] + 1)
    if set(lines) - set(read) or len(lines) != len(set(lines)):  # others may fit by chance
        verdict.wrong.append(f"digest {digest['id']} holds what it has not read, or twice")
    if len(lines) < SIZE:
        missing = fitting - set(lines)
        counted = json.loads(digest["left_out"] or "{}").get("elsewhere", 0)
        if len(missing & in_channels) <= counted:  # on record, with the reason
            missing -= in_channels
        for seq in sorted(missing):
            verdict.lacks(f"digest {digest['id']} left out paper {seq}")
    if bool(lines) != (digest["delivery_key"] is not None):
        verdict.wrong.append(f"digest {digest['id']} is not queued as it should be")


def latencies(
    found: Records, accepted: Mapping[str, float], dropped: Mapping[str, float]
) -> dict[str, list[float]]:
    """By dump, seconds from its last byte to each alert's acceptance; the oldest dump counts."""
    first: dict[str, tuple[float, str]] = {}
    for (_, seq), key in found.hits.items():
        name = found.dumps[seq]
        first[key] = min(first.get(key, (float("inf"), "")), (dropped[name], name))
    result: dict[str, list[float]] = defaultdict(list)
    for key, (at, name) in first.items():
        if key in accepted:
            result[name].append(accepted[key] - at)
    return result


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share of them lies, rounded to milliseconds; None without any."""
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 3)
