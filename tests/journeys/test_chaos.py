"""The service under crashes and trouble: everything that was owed arrives once, or a reason is on
record. The harness is the benchmark that anybody can run; its judge is tried here too, since one
that sees nothing would be content with everything.
"""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.chaos_service import POINTS

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from chaos_judge import Post, Verdict, judge_contents, judge_outbox

COMMAND = Path(__file__).resolve().parents[2] / "benchmarks" / "chaos.py"
KEYS = ("alert/1/aa/0-4", "digest/2/now", "digest/2/now#2")


async def chaos(deliveries: int, kills: int, seed: int) -> dict:
    """Ends by itself, also where the machine has much else to do: then it only takes longer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        COMMAND,
        *("--deliveries", str(deliveries), "--kills", str(kills), "--seed", str(seed), "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert out, err.decode()
    result = json.loads(out.splitlines()[-1])
    assert process.returncode == 0, json.dumps(result, indent=1)
    return result


def check(result: dict, deliveries: int, kills: int) -> None:
    assert (result["lost"], result["duplicated"], result["order_violations"]) == (0, 0, 0)
    assert result["owed"] >= deliveries
    assert result["owed"] == result["delivered"] + result["recorded"]
    assert result["kills"] == kills == sum(result["killed_at"].values())
    assert not result["killed_at"]["by itself"]
    assert result["integrity"] == "ok"
    assert result["faults"]


@pytest.mark.timeout(900)
async def test_killed_again_and_again_amid_trouble_nothing_is_lost_or_said_twice():
    result = await chaos(120, 6, seed=7)
    check(result, 120, 6)
    assert sum(result["killed_at"][point] for point in POINTS) >= 1


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_killed_at_every_point_nothing_is_lost_or_said_twice():
    result = await chaos(2_500, 104, seed=11)
    check(result, 2_500, 104)
    assert not [point for point in POINTS if not result["killed_at"][point]]


# --- the judge ---------------------------------------------------------------------------------


@pytest.fixture
def outbox() -> list[dict]:
    return [
        {
            "id": number,
            "key": key,
            "precedence": 0 if key.startswith("alert") else 2,
            "platform": "slack",
            "address": "T1/C1",
            "status": "sent",
            "reason": None,
            "maybe_posted": 0,
            "receipt": f"C1/{number}",
        }
        for number, key in enumerate(KEYS, 1)
    ]


@pytest.fixture
def posts() -> list[Post]:
    papers = {KEYS[0]: (1, 2), KEYS[1]: (), KEYS[2]: (3,)}
    return [
        Post(key=key, address="T1/C1", receipt=f"C1/{n}", at=100.0 + n, papers=papers[key])
        for n, key in enumerate(KEYS, 1)
    ]


def judged(outbox: list[dict], posts: list[Post]) -> Verdict:
    verdict = Verdict()
    judge_outbox(verdict, outbox, posts)
    judge_contents(verdict, outbox, posts, {KEYS[0]: [1, 2], KEYS[1]: [3]})
    return verdict


def test_the_judge_is_content_where_each_message_stands_once(outbox, posts):
    verdict = judged(outbox, posts)
    assert (verdict.owed, verdict.delivered, verdict.lost, verdict.duplicated) == (3, 3, 0, 0)
    assert [*verdict.disordered, *verdict.misplaced, *verdict.wrong] == []


def test_the_judge_sees_a_message_that_is_not_there(outbox, posts):
    assert judged(outbox, posts[1:]).lost == 3  # it, and the two papers in it


def test_the_judge_sees_what_still_waits(outbox, posts):
    outbox[1] |= {"status": "leased", "receipt": None}
    verdict = judged(outbox, posts)
    assert verdict.lost == 1
    assert verdict.wrong == [f"{KEYS[1]} is still leased"]


def test_the_judge_sees_a_message_that_came_twice(outbox, posts):
    again = replace(posts[1], receipt="C1/9", at=200.0)
    assert judged(outbox, [*posts, again]).duplicated == 1


def test_the_judge_sees_a_message_of_no_delivery(outbox, posts):
    stray = replace(posts[1], key=None, receipt="C1/9")
    assert judged(outbox, [*posts, stray]).duplicated == 1


def test_the_judge_sees_a_part_that_was_never_queued(outbox, posts):
    assert judged(outbox[:2], posts[:2]).lost == 1


def test_the_judge_sees_a_message_at_the_wrong_place(outbox, posts):
    posts[0] = replace(posts[0], address="T1/C2")
    assert len(judged(outbox, posts).misplaced) == 1


def test_the_judge_sees_messages_in_the_wrong_order(outbox, posts):
    posts[1] = replace(posts[1], at=300.0)
    assert len(judged(outbox, posts).disordered) == 1


def test_the_judge_takes_a_reason_for_an_answer(outbox, posts):
    outbox[0] |= {"status": "dead", "reason": "the channel is gone", "receipt": None}
    verdict = judged(outbox, posts[1:])
    assert (verdict.recorded, verdict.lost, verdict.wrong) == (1, 0, [])


def test_the_judge_asks_why_what_was_given_up_stands_there_all_the_same(outbox, posts):
    outbox[0] |= {"status": "dead", "reason": "the channel is gone", "receipt": None}
    assert judged(outbox, posts).wrong == [f"{KEYS[0]} is dead, and posted"]
    outbox[0]["maybe_posted"] = 1  # nobody could know, and nobody may look any more
    verdict = judged(outbox, posts)
    assert (verdict.wrong, verdict.posted_all_the_same, verdict.recorded) == ([], 1, 1)
