"""Marks: single facts that outlive a process, by name."""

from storage.database import Tx


def get(tx: Tx, name: str) -> str | None:
    """The fact, or None where nobody wrote it down."""
    value: str | None = tx.value("SELECT value FROM marks WHERE name = :name", name=name)
    return value


def put(tx: Tx, name: str, value: str) -> None:
    """Write a fact down, in place of an older one."""
    tx.execute(
        """
        INSERT INTO marks (name, value) VALUES (:name, :value)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """,
        name=name,
        value=value,
    )
