"""Instants as text that sorts: UTC, microseconds, one fixed width.

Every instant in the database is written by `to_text`, so `<` in SQL is `<` in time.
"""

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    """`2025-10-28T08:30:00.000000+00:00`. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a zone: pass an aware datetime")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """The aware UTC datetime that `to_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def maybe_text(at: datetime | None) -> str | None:
    """`to_text`, passing None through."""
    return None if at is None else to_text(at)
