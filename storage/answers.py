"""Answers: messages that a person was shown in reply and may still press.

What goes through the outbox is found there; a reply never was in it, so its body is kept here for
as long as its buttons should work.
"""

from datetime import datetime, timedelta

from storage.database import Tx
from storage.instants import to_text

KEPT = timedelta(days=30)


def add(tx: Tx, *, platform: str, workspace: str, person: str, body: str, now: datetime) -> int:
    """Keep a reply; its id. Those that are too old go."""
    tx.execute("DELETE FROM answers WHERE created_at < :before", before=to_text(now - KEPT))
    made: int = tx.value(
        """
        INSERT INTO answers (platform, workspace, person, body, created_at)
        VALUES (:platform, :workspace, :person, :body, :now) RETURNING id
        """,
        platform=platform,
        workspace=workspace,
        person=person,
        body=body,
        now=to_text(now),
    )
    return made


def of(tx: Tx, answer_id: int, *, platform: str, workspace: str, person: str) -> str | None:
    """The body of a reply to this person; None where it is too old, or somebody else's."""
    body: str | None = tx.value(
        """
        SELECT body FROM answers
        WHERE id = :id AND platform = :platform AND workspace = :workspace AND person = :person
        """,
        id=answer_id,
        platform=platform,
        workspace=workspace,
        person=person,
    )
    return body


def forget(tx: Tx, platform: str, workspace: str, person: str) -> None:
    """Delete what a person was shown."""
    tx.execute(
        """
        DELETE FROM answers
        WHERE platform = :platform AND workspace = :workspace AND person = :person
        """,
        platform=platform,
        workspace=workspace,
        person=person,
    )
