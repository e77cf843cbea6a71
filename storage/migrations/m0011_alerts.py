"""Migration m0011. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


def changed(event: str, row: str, when: str = "") -> str:
    """A trigger that gives an alert's change the next number."""
    return f"""
        CREATE TRIGGER alert_changes_{event.partition(" ")[0].lower()} AFTER {event} ON alerts
        {when}
        BEGIN
            INSERT INTO alert_changes (alert_id, version)
            SELECT {row}.id, COALESCE(MAX(version), 0) + 1 FROM alert_changes WHERE true
            ON CONFLICT (alert_id) DO UPDATE SET version = excluded.version;
        END
    """


@migrations()
def m0011_alerts(db: sqlite_utils.Database) -> None:
    """Alerts at the speed of the dump, with limits: papers are stored before they are embedded,
    what changed of the alerts is numbered, and a hit says whether and why it was not told.
    """
    for statement in (
        # Alerts read a dump's papers from here on; digests when it is done.
        "ALTER TABLE dumps ADD COLUMN stored_at TEXT",
        "UPDATE dumps SET stored_at = touched_at WHERE status = 'done'",
        # Whoever keeps alerts in memory learns by these numbers what changed, whoever changed it.
        # The row of an alert that was removed stays: that is how its removal is learned.
        """
        CREATE TABLE alert_changes (
            alert_id INTEGER PRIMARY KEY,
            version INTEGER NOT NULL
        ) STRICT
        """,
        "INSERT INTO alert_changes (alert_id, version) SELECT id, id FROM alerts",
        "CREATE UNIQUE INDEX alert_changes_version ON alert_changes (version)",
        changed("INSERT", "NEW"),
        changed("DELETE", "OLD"),
        changed(
            "UPDATE OF query, paused",
            "NEW",
            "WHEN OLD.query <> NEW.query OR (OLD.paused IS NULL) <> (NEW.paused IS NULL)",
        ),
        "ALTER TABLE alerts ADD COLUMN expires_at TEXT",
        "CREATE INDEX alerts_expiring ON alerts (expires_at) WHERE expires_at IS NOT NULL",
        """
        ALTER TABLE alert_hits ADD COLUMN told TEXT NOT NULL DEFAULT 'card'
            CHECK (told IN ('card', 'counted', 'silenced'))
        """,
        "ALTER TABLE profiles ADD COLUMN alerts_a_day INTEGER CHECK (alerts_a_day >= 0)",
    ):
        db.execute(statement)
