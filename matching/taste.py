"""A profile as vectors and words: its interests, the papers that it voted on, and its mutes.

Each interest stands for itself. A profile may have no interest, no vote, or neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from matching.pool import Pool
from storage.mutes import Mute
from storage.records import Interest, Paper, Vectors, Vote, VoteKind


@dataclass(frozen=True, kw_only=True, eq=False)
class Taste:
    """What a profile wants, ready for ranking."""

    interests: tuple[Interest, ...] = ()
    interest_vectors: Vectors
    """(len(interests), dim) unit rows: the encoded `Interest.text`."""
    votes: tuple[Vote, ...] = ()
    """Oldest first."""
    voted: tuple[Paper, ...] = ()
    """The paper of each vote."""
    voted_vectors: Vectors
    """(len(votes), dim) unit rows."""
    mutes: tuple[Mute, ...] = ()
    """What it wants to hear nothing of; scores do not know them."""
    told: frozenset[int] = frozenset()
    """The `seq` of papers that it was told of by other ways, as by an alert."""

    memory: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    """What was worked out for the background that asked last."""

    def __post_init__(self) -> None:
        if len(self.interests) != len(self.interest_vectors):
            raise ValueError("every interest needs its vector")
        if not len(self.votes) == len(self.voted) == len(self.voted_vectors):
            raise ValueError("every vote needs its paper and its vector")

    @classmethod
    def of(
        cls,
        interests: Sequence[Interest],
        interest_vectors: Vectors,
        votes: Sequence[tuple[Vote, Paper]],
        voted_vectors: Vectors,
        mutes: Sequence[Mute] = (),
    ) -> "Taste":
        """A taste from what storage gives: interests, votes with their papers, mutes."""
        return cls(
            interests=tuple(interests),
            interest_vectors=interest_vectors,
            votes=tuple(vote for vote, _ in votes),
            voted=tuple(paper for _, paper in votes),
            voted_vectors=voted_vectors,
            mutes=tuple(mutes),
        )

    def after(self, told: frozenset[int]) -> "Taste":
        """The same taste after other papers were told of; scores do not know them, and stay."""
        made = replace(self, told=told)
        object.__setattr__(made, "memory", self.memory)
        return made

    @cached_property
    def liked(self) -> list[int]:
        """Places in `votes` of likes and saves."""
        return [i for i, vote in enumerate(self.votes) if vote.kind is not VoteKind.DISLIKE]

    @cached_property
    def disliked(self) -> list[int]:
        """Places in `votes` of dislikes."""
        return [i for i, vote in enumerate(self.votes) if vote.kind is VoteKind.DISLIKE]

    @cached_property
    def seen(self) -> frozenset[int]:
        """The `seq` of every paper that is no news: voted on, or told before."""
        return self.told | {vote.seq for vote in self.votes}

    @cached_property
    def library(self) -> Pool:
        """The papers voted on, in the order of the votes."""
        return Pool(self.voted, self.voted_vectors)

    def __bool__(self) -> bool:
        """Whether there is anything to rank by."""
        return bool(self.interests) or bool(self.liked)
