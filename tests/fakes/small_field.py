"""A small invented field of research, as papers, votes and interests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from fakes.words_encoder import WordsEncoder

from matching.encoder import paper_text
from matching.taste import Taste
from storage.records import Interest, Paper, Vector, Vectors, Vote, VoteKind

DIM = 384
NOW = datetime(2026, 3, 1, tzinfo=UTC)

TOPICS = {
    "bees": "hive nectar pollen swarm forager queen wax larva brood colony honey dance",
    "glaciers": "ice moraine melt crevasse snow firn calving runoff alpine debris flow retreat",
    "looms": "yarn weave thread warp weft fabric shuttle cotton silk tension pattern dye",
    "comets": "orbit tail nucleus dust coma perihelion jet ion dwarf spectrum ephemeris sun",
    "violins": "string bow varnish tone spruce bridge luthier resonance peg fingerboard scroll",
    "tides": "harbour moon gauge ebb current spring neap estuary surge coast datum shoal",
    "fonts": "glyph serif kerning ligature stroke outline hint baseline italic print page",
    "mosses": "spore peat bog capsule rhizoid shade moisture sphagnum gametophyte carpet",
}
COMMON = [
    "we",
    "study",
    "measure",
    "model",
    "results",
    "method",
    "show",
    "data",
    "new",
    "large",
    "field",
    "test",
]

_vectors: dict[str, Vector] = {}


def papers(count: int, *, topics: Sequence[str] = tuple(TOPICS), first: int = 1) -> list[Paper]:
    """`count` papers that take turns over the topics."""
    luck = np.random.default_rng(count + first)
    made = []
    for i in range(count):
        topic = topics[i % len(topics)]
        own = TOPICS[topic].split()

        def said(length: int, own: Sequence[str] = own) -> str:
            return " ".join(
                str(luck.choice(own) if luck.random() < 0.5 else luck.choice(COMMON))
                for _ in range(length)
            )

        title = f"{topic} {said(6)}"
        abstract = f"Of {said(12)}. Then {said(12)}. With {said(12)}."
        made.append(Paper(seq=first + i, title=title, abstract=abstract, first_seen=NOW))
    return made


async def vectors(found: Sequence[Paper]) -> Vectors:
    texts = [paper_text(paper) for paper in found]
    new = [text for text in dict.fromkeys(texts) if text not in _vectors]
    _vectors.update(zip(new, await WordsEncoder(dim=DIM).encode(new), strict=True))
    rows = [_vectors[text] for text in texts]
    return np.array(rows, dtype=np.float32).reshape(-1, WordsEncoder(dim=DIM).dim)


async def taste(
    interests: Sequence[str] = (),
    *,
    liked: Sequence[Paper] = (),
    saved: Sequence[Paper] = (),
    disliked: Sequence[Paper] = (),
) -> Taste:
    votes = [
        (Vote(profile_id=1, seq=paper.seq, kind=kind, voted_at=NOW), paper)
        for kind, group in (
            (VoteKind.LIKE, liked),
            (VoteKind.SAVE, saved),
            (VoteKind.DISLIKE, disliked),
        )
        for paper in group
    ]
    return Taste.of(
        [
            Interest(id=i + 1, profile_id=1, text=text, created_at=NOW)
            for i, text in enumerate(interests)
        ],
        await WordsEncoder(dim=DIM).encode(list(interests)),
        votes,
        await vectors([paper for _, paper in votes]),
    )


def aged(wants: Taste, years: Sequence[int]) -> Taste:
    """The same taste, each vote so many years old."""
    votes = [
        replace(vote, voted_at=NOW - timedelta(days=365 * age))
        for vote, age in zip(wants.votes, years, strict=True)
    ]
    return replace(wants, votes=tuple(votes))
