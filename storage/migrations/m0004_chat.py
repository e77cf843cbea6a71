"""Migration m0004. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0004_chat(db: sqlite_utils.Database) -> None:
    """What chat needs: threads, snoozes, mutes, votes of a channel's members, answers that can be
    pressed, notices, workspaces that installed the bot, and events that were handled.
    """
    for statement in (
        "ALTER TABLE outbox ADD COLUMN thread TEXT",
        "ALTER TABLE alerts ADD COLUMN paused TEXT",
        "ALTER TABLE profiles ADD COLUMN snoozed_until TEXT",
        """
        CREATE TABLE member_votes (
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL REFERENCES papers (seq),
            member TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('like', 'dislike')),
            voted_at TEXT NOT NULL,
            PRIMARY KEY (profile_id, seq, member)
        ) STRICT
        """,
        "CREATE INDEX member_votes_member ON member_votes (member)",
        """
        CREATE TABLE mutes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('word', 'organisation', 'paper')),
            value TEXT NOT NULL CHECK (value <> ''),
            created_at TEXT NOT NULL,
            UNIQUE (profile_id, kind, value)
        ) STRICT
        """,
        """
        CREATE TABLE notices (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            text TEXT NOT NULL CHECK (text <> ''),
            created_at TEXT NOT NULL,
            told_at TEXT
        ) STRICT
        """,
        "CREATE INDEX notices_untold ON notices (profile_id) WHERE told_at IS NULL",
        """
        CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            platform TEXT NOT NULL,
            workspace TEXT NOT NULL,
            person TEXT NOT NULL,
            body TEXT NOT NULL,
            created_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX answers_person ON answers (person)",
        "CREATE INDEX answers_age ON answers (created_at)",
        """
        CREATE TABLE handled_events (
            platform TEXT NOT NULL,
            event TEXT NOT NULL,
            handled_at TEXT NOT NULL,
            PRIMARY KEY (platform, event)
        ) STRICT
        """,
        "CREATE INDEX handled_events_age ON handled_events (handled_at)",
        """
        CREATE TABLE installs (
            platform TEXT NOT NULL,
            workspace TEXT NOT NULL,
            sealed BLOB NOT NULL,
            installed_at TEXT NOT NULL,
            PRIMARY KEY (platform, workspace)
        ) STRICT
        """,
        """
        CREATE TABLE install_states (
            state TEXT NOT NULL PRIMARY KEY,
            expires_at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE workspaces (
            platform TEXT NOT NULL,
            workspace TEXT NOT NULL,
            channel_changes TEXT NOT NULL CHECK (channel_changes IN ('managers', 'members')),
            PRIMARY KEY (platform, workspace)
        ) STRICT
        """,
        "CREATE TABLE marks (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
    ):
        db.execute(statement)
