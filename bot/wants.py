"""What people say they want: interests and mutes as they are typed, kept on one line. No model.

Each has a length that ranking reads to the end, and a profile holds as many as one person can keep
in mind; both keep a digest's cost in bounds.
"""

import unicodedata
from datetime import datetime

from matching.mutes import holds_a_word
from storage import changes, mutes, profiles
from storage.changes import Change
from storage.database import Database, Tx
from storage.mutes import Mute, MuteKind
from storage.records import Interest

LONGEST_INTEREST = 500
"""Characters: the model reads no further than a few sentences."""

LONGEST_MUTE = 100
QUOTES = frozenset(zip("\"“„«'‘", "\"”“»'’", strict=True))
"""Characters."""

MOST_INTERESTS = 100
MOST_MUTES = 200


class BadWant(ValueError):
    """An interest or a mute that can't be kept; the message says what can."""


def line(text: str) -> str:
    """The text on one line, without signs that nobody types."""
    spaced = " ".join(text.split())
    return "".join(sign for sign in spaced if unicodedata.category(sign) not in {"Cc", "Cs"})


def interest_text(text: str) -> str:
    """An interest as it is kept. Raises BadWant."""
    wanted = line(text)
    if len(wanted) > LONGEST_INTEREST:
        raise BadWant(
            f"an interest has at most {LONGEST_INTEREST} characters, and this one {len(wanted):,}: "
            "say it in a sentence or two"
        )
    if not any(sign.isalnum() for sign in wanted):
        raise BadWant(
            f"an interest is a line of plain words, at most {LONGEST_INTEREST} characters"
        )
    return wanted


def mute_text(kind: MuteKind, text: str) -> str:
    """A muted word, phrase or organisation as it is kept. Raises BadWant."""
    wanted = line(text)
    if len(wanted) > 2 and (wanted[0], wanted[-1]) in QUOTES:
        wanted = wanted[1:-1].strip()  # a phrase is one without them, too
    if len(wanted) > LONGEST_MUTE:
        raise BadWant(
            f"a mute has at most {LONGEST_MUTE} characters, and this one {len(wanted):,}: "
            "a word or a short phrase silences more"
        )
    if kind is MuteKind.WORD and not holds_a_word(wanted):
        raise BadWant("a mute needs a word: signs alone silence nothing")
    if not any(sign.isalnum() for sign in wanted):
        raise BadWant("a mute needs the name of an organisation or an author")
    return wanted


async def follow(
    db: Database, profile_id: int, text: str, now: datetime
) -> tuple[Interest, Change | None]:
    """The interest, and the change that it is; None where it is there, capitals aside.

    Raises BadWant where there is no room for another.
    """
    return await db.write(changes.recorded, profile_id, now, _follow, profile_id, text, now)


async def unfollow(db: Database, profile_id: int, interest_id: int, now: datetime) -> Change | None:
    """Remove one of the profile's interests; None if it has none of that id."""
    _, change = await db.write(
        changes.recorded, profile_id, now, profiles.remove_interest, profile_id, interest_id
    )
    return change


async def reword(
    db: Database, profile_id: int, interest_id: int, text: str, now: datetime
) -> tuple[Interest | None, Change | None]:
    """The interest that stands in the place of another; None if the profile has none of that id."""
    return await db.write(
        changes.recorded, profile_id, now, _reword, profile_id, interest_id, text, now
    )


async def mute(
    db: Database, profile_id: int, kind: MuteKind, text: str, now: datetime
) -> tuple[Mute, Change | None]:
    """The mute, and the change that it is; None where it is there.

    Raises BadWant where there is no room for another.
    """
    return await db.write(changes.recorded, profile_id, now, _mute, profile_id, kind, text, now)


async def unmute(db: Database, profile_id: int, mute_id: int, now: datetime) -> Change | None:
    """Remove one of the profile's mutes; None if it has none of that id."""
    _, change = await db.write(changes.recorded, profile_id, now, mutes.remove, profile_id, mute_id)
    return change


def _follow(tx: Tx, profile_id: int, text: str, now: datetime) -> Interest:
    there = profiles.interests(tx, profile_id)
    for one in there:
        if one.text.casefold() == text.casefold():
            return one
    if len(there) >= MOST_INTERESTS:
        raise BadWant(f"{MOST_INTERESTS} interests are the most: remove one first")
    return profiles.add_interest(tx, profile_id, text, now)


def _reword(tx: Tx, profile_id: int, interest_id: int, text: str, now: datetime) -> Interest | None:
    # Another text is another interest, with another vector: the old one goes with everything.
    if not profiles.remove_interest(tx, profile_id, interest_id):
        return None
    return _follow(tx, profile_id, text, now)


def _mute(tx: Tx, profile_id: int, kind: MuteKind, text: str, now: datetime) -> Mute:
    there = mutes.of(tx, profile_id)
    made = mutes.add(tx, profile_id, kind, text, now)
    if made not in there and len(there) >= MOST_MUTES:
        raise BadWant(f"{MOST_MUTES} mutes are the most: remove one first")
    return made
