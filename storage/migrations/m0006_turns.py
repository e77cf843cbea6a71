"""Migration m0006. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations

AT = """
    CASE
        WHEN EXISTS (
            SELECT 1 FROM outbox AS flying
            WHERE flying.address = turns.address AND flying.platform = turns.platform
                AND flying.status = 'leased'
        ) OR EXISTS (
            SELECT 1 FROM destinations AS place
            WHERE place.platform = turns.platform AND place.address = turns.address
                AND place.dead IS NOT NULL
        ) THEN NULL
        ELSE MAX(due_at, COALESCE((
            SELECT held_until FROM destinations AS place
            WHERE place.platform = turns.platform AND place.address = turns.address
        ), ''))
    END
"""


def renewed(row: str) -> str:
    """Statements of a trigger: the turn that `row` may have changed, from what is pending now."""
    lane = f"address = {row}.address AND platform = {row}.platform"
    kind = f"precedence = {row}.precedence"
    return f"""
        DELETE FROM turns WHERE {lane} AND {kind};
        INSERT INTO turns (platform, address, precedence, due_at, first_id)
        SELECT platform, address, precedence, due_at, id FROM outbox
        WHERE {lane} AND {kind} AND status = 'pending' ORDER BY due_at, id LIMIT 1;
    """


def told_again(row: str) -> str:
    """A statement of a trigger: when the turns of the place in `row` come."""
    return f"""
        UPDATE turns SET at = {AT}
        WHERE platform = {row}.platform AND address = {row}.address;
    """


@migrations()
def m0006_turns(db: sqlite_utils.Database) -> None:
    """What keeps the promise at any size: whose turn it is, and what became of what was pruned.

    `turns` follows from `outbox` and `destinations`, by triggers, so that whoever changes these
    need not think of it: a claim looks at no row that can't be claimed, however many wait.
    """
    for statement in (
        # What was sent years ago must cost a claim nothing: indexes over what waits are partial,
        # and those over every row hold nothing that a claim or a settlement changes.
        "DROP INDEX outbox_place",
        "DROP INDEX outbox_due",
        "CREATE INDEX outbox_address ON outbox (address, platform)",
        """
        CREATE INDEX outbox_waiting ON outbox (address, platform, precedence, id, due_at)
        WHERE status = 'pending'
        """,
        """
        CREATE INDEX outbox_waiting_due ON outbox (address, platform, precedence, due_at, id)
        WHERE status = 'pending'
        """,
        "CREATE INDEX outbox_flying ON outbox (address, platform) WHERE status = 'leased'",
        # counting, and pruning
        "CREATE INDEX outbox_status ON outbox (status, settled_at)",
        """
        CREATE INDEX outbox_bodies ON outbox (settled_at)
        WHERE settled_at IS NOT NULL AND body <> '{}'
        """,
        """
        CREATE TABLE turns (
            platform TEXT NOT NULL,
            address TEXT NOT NULL,
            precedence INTEGER NOT NULL,
            due_at TEXT NOT NULL,
            first_id INTEGER NOT NULL,
            at TEXT,
            PRIMARY KEY (platform, address, precedence)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX turns_at ON turns (precedence, at, first_id) WHERE at IS NOT NULL",
        """
        INSERT INTO turns (platform, address, precedence, due_at, first_id)
        SELECT platform, address, precedence, due_at, MIN(id) FROM outbox AS waiting
        WHERE status = 'pending' AND due_at = (
            SELECT MIN(due_at) FROM outbox AS other
            WHERE other.address = waiting.address AND other.platform = waiting.platform
                AND other.precedence = waiting.precedence AND other.status = 'pending'
        )
        GROUP BY platform, address, precedence
        """,
        f"UPDATE turns SET at = {AT}",
        f"""
        CREATE TRIGGER turns_queued AFTER INSERT ON outbox WHEN NEW.status IN ('pending', 'leased')
        BEGIN {renewed("NEW")} {told_again("NEW")} END
        """,
        f"""
        CREATE TRIGGER turns_left AFTER UPDATE OF status, due_at ON outbox
        WHEN OLD.status = 'pending' OR NEW.status = 'pending'
        BEGIN {renewed("NEW")} {told_again("NEW")} END
        """,
        f"""
        CREATE TRIGGER turns_landed AFTER UPDATE OF status ON outbox
        WHEN OLD.status <> 'pending' AND NEW.status <> 'pending'
        BEGIN {told_again("NEW")} END
        """,
        f"""
        CREATE TRIGGER turns_forgotten AFTER DELETE ON outbox
        WHEN OLD.status IN ('pending', 'leased')
        BEGIN {renewed("OLD")} {told_again("OLD")} END
        """,
        *(
            f"""
            CREATE TRIGGER turns_place_{event.lower()} AFTER {event} ON destinations
            BEGIN {told_again(row)} END
            """
            for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
        ),
        # What became of a delivery stays on record when its row is pruned.
        "ALTER TABLE digests ADD COLUMN settled TEXT CHECK (settled IN ('sent', 'dead'))",
        "ALTER TABLE digests ADD COLUMN settled_at TEXT",
        "ALTER TABLE digests ADD COLUMN settled_reason TEXT",
        """
        CREATE TABLE hits (
            alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL REFERENCES papers (seq),
            delivery_key TEXT REFERENCES outbox (key),
            settled TEXT CHECK (settled IN ('sent', 'dead')),
            settled_at TEXT,
            settled_reason TEXT,
            PRIMARY KEY (alert_id, seq),
            CHECK (delivery_key IS NOT NULL OR settled IS NOT NULL),
            CHECK (settled IS NULL OR settled_at IS NOT NULL)
        ) STRICT
        """,
        """
        INSERT INTO hits (alert_id, seq, delivery_key)
        SELECT alert_id, seq, delivery_key FROM alert_hits
        """,
        "DROP TABLE alert_hits",
        "ALTER TABLE hits RENAME TO alert_hits",
        # SQLite looks here for each delivery that is deleted.
        "CREATE INDEX alert_hits_delivery ON alert_hits (delivery_key)",
    ):
        db.execute(statement)
