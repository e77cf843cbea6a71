"""Digests made again: what one was made from, and whether the same comes out of it today.

With each digest goes what its profile wanted at that moment, which papers it considered, which the
background was fitted on, and which code ranked it. Later votes, interests and papers change none of
that, so the same list must come out; where it does not, what has changed since is named.
"""

import asyncio
import hashlib
import inspect
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Any

from matching.library import Fitted, Library, fingerprint
from matching.pool import Pool
from matching.surprise import ranked
from matching.taste import Taste
from storage import receipts
from storage.digests import DigestLine, Making
from storage.mutes import Mute, MuteKind
from storage.receipts import Recorded
from storage.records import Interest, Vote, VoteKind

FORMAT = 1
"""Raised when what is recorded with a digest changes its meaning."""

SAME_SCORE = 1e-5
"""Alone and among many, a score differs in its last digits."""

RANKING = tuple(
    import_module(f"matching.{room}")
    for room in """
    background board evidence facets joined library likeness likes mutes pool products ranking
    scores signals strands surprise texts words
    """.split()
)
"""The rooms that decide on a score or on an order."""


class NotRebuildable(Exception):
    """The digest can't be made again; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Considered:
    """The papers that digests were ranked from together."""

    after: int
    up_to: int
    """Those in (`after`, `up_to`]."""
    fingerprint: str
    dumps: tuple[str, ...]
    """SHA-256 of the dumps that they came from."""


@dataclass(frozen=True, kw_only=True)
class Rebuilt:
    """A digest beside the one that was recorded."""

    digest_id: int
    profile_version: str
    was: tuple[DigestLine, ...]
    now: tuple[DigestLine, ...]
    """Made again; without reasons."""
    differences: tuple[str, ...]
    """In what the two lists differ; empty: they are identical."""
    changes: tuple[str, ...]
    """What is not as it was then; without any of it the lists are identical."""

    @property
    def is_identical(self) -> bool:
        """The same papers in the same order with the same scores."""
        return not self.differences


async def considered(library: Library, pool: Pool, after: int, up_to: int) -> Considered:
    """What goes on record about a pool of the papers in (`after`, `up_to`]."""
    return Considered(
        after=after,
        up_to=up_to,
        fingerprint=await asyncio.to_thread(fingerprint, pool.papers, pool.vectors),
        dumps=tuple(await library.db.read(receipts.dumps_between, after, up_to)),
    )


def making(
    taste: Taste,
    size: int,
    read: Considered,
    fitted: Fitted,
    *,
    floor: float | None = None,
    surprise: int | None = None,
) -> Making:
    """What goes on record with a digest of at most `size` papers. Pure.

    floor: where its dial was turned, else None.  surprise: the `seq` of the paper tried out in it.
    """
    profile = {
        "interests": [[one.id, one.text] for one in taste.interests],
        "votes": [[one.seq, str(one.kind)] for one in taste.votes],
        "mutes": [[str(one.kind), one.value] for one in taste.mutes],
        "told": sorted(seq for seq in taste.told if read.after < seq <= read.up_to),
        "size": size,
    }
    chosen = {"floor": floor, "surprise": surprise}
    made_from = {
        "format": FORMAT,
        "profile": profile,
        "voted": fingerprint(taste.voted, taste.voted_vectors),
        "papers": {
            "after": read.after,
            "up_to": read.up_to,
            "fingerprint": read.fingerprint,
            "dumps": list(read.dumps),
        },
        "background": {
            "after": fitted.after,
            "up_to": fitted.up_to,
            "fingerprint": fitted.fingerprint,
        },
        "code": code(),
    }
    if any(one is not None for one in chosen.values()):
        made_from["chosen"] = chosen
    return Making(
        profile_version=_hash(_written(profile)),
        made_from=_written(made_from),
    )


async def rebuild(library: Library, digest_id: int, now: datetime) -> Rebuilt:
    """Rank the digest again from what is on record with it. Reads only. Raises NotRebuildable."""
    was = await library.db.read(receipts.recorded, digest_id)
    if was is None:
        raise NotRebuildable(
            f"there is no digest {digest_id}: `paperround receipts NAME` shows their numbers"
        )
    if was.made_from is None:
        raise NotRebuildable(f"digest {digest_id} was made before it was recorded from what")
    made = json.loads(was.made_from)
    if made["format"] != FORMAT:
        raise NotRebuildable(f"digest {digest_id} was recorded by another version: use that one")
    profile, papers, ground = made["profile"], made["papers"], made["background"]
    taste = replace(
        await library.past_taste(
            [
                Interest(
                    id=number, profile_id=was.profile_id, text=text, created_at=was.composed_at
                )
                for number, text in profile["interests"]
            ],
            _votes(profile, was),
            _mutes(profile, was),
            now,
        ),
        told=frozenset(profile["told"]),
    )
    pool = await library.pool(papers["after"], papers["up_to"], now)
    read = await considered(library, pool, papers["after"], papers["up_to"])
    fitted = await library.fitted_on(ground["after"], ground["up_to"], now)
    chosen = made.get("chosen", {"floor": None, "surprise": None})
    fits, tried = await asyncio.to_thread(
        ranked, taste, pool, fitted.background, size=profile["size"], **chosen
    )
    found = [*fits, *([tried] if tried else [])]
    lines = [DigestLine(seq=one.paper.seq, score=one.score, reason="") for one in found]
    again = json.loads(making(taste, profile["size"], read, fitted).made_from)
    return Rebuilt(
        digest_id=digest_id,
        profile_version=was.profile_version or "",
        was=was.lines,
        now=tuple(lines),
        differences=tuple(_differences(was.lines, lines)),
        changes=tuple(_changes(made, again, was.model, library.encoder.identity)),
    )


@cache
def code() -> str:
    """The code that ranks: the package's version, and a hash of the rooms that decide."""
    content = hashlib.sha256()
    for room in RANKING:
        for name, value in sorted(vars(room).items()):
            if name.isupper() and isinstance(value, int | float | str):
                content.update(f"{room.__name__}.{name}={value!r}\n".encode())
        content.update(inspect.getsource(room).encode())
    return f"{version('paperround')}+{content.hexdigest()[:12]}"


def _votes(profile: dict[str, Any], was: Recorded) -> list[Vote]:
    return [
        Vote(
            profile_id=was.profile_id,
            seq=seq,
            kind=VoteKind(kind),
            voted_at=was.composed_at,
        )
        for seq, kind in profile["votes"]
    ]


def _mutes(profile: dict[str, Any], was: Recorded) -> list[Mute]:
    return [
        Mute(
            id=place,
            profile_id=was.profile_id,
            kind=MuteKind(kind),
            value=value,
            created_at=was.composed_at,
        )
        for place, (kind, value) in enumerate(profile["mutes"], 1)
    ]


def _differences(was: Sequence[DigestLine], now: Sequence[DigestLine]) -> list[str]:
    """In what two lists of papers differ, as sentences without a full stop."""
    old = {line.seq: (place, line.score) for place, line in enumerate(was, 1)}
    new = {line.seq: (place, line.score) for place, line in enumerate(now, 1)}
    found = [f"#{seq} was in it and is not" for seq in old if seq not in new]
    found += [f"#{seq} was not in it and is" for seq in new if seq not in old]
    for seq in old:
        if seq not in new:
            continue
        (place, score), (place_now, score_now) = old[seq], new[seq]
        if place != place_now:
            found.append(f"#{seq} was number {place} and is number {place_now}")
        if abs(score - score_now) > SAME_SCORE:
            found.append(f"#{seq} scored {score:.6f} and scores {score_now:.6f}")
    return found


def _changes(made: dict[str, Any], again: dict[str, Any], model: str, model_now: str) -> list[str]:
    """What is not as it was, as sentences without a full stop."""
    found = []
    if model != model_now:
        found.append(f"another model: {model} then, {model_now} now")
    if made["code"] != again["code"]:
        found.append(f"another code version: {made['code']} then, {again['code']} now")
    if model != model_now:
        return found  # its vectors are others throughout: nothing more can be told from them
    if made["papers"] != again["papers"]:
        found.append("papers that it considered have changed since, as by a fuller abstract")
    if made["profile"] != again["profile"] or made["voted"] != again["voted"]:
        found.append("papers that were voted on have changed since, as by a fuller abstract")
    if made["background"] != again["background"]:
        found.append("papers that scores are compared with have changed since")
    return found


def _written(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
