"""The migrations, oldest first. A shipped one is never edited, only followed by another."""

from storage.migrations import (
    m0001_papers,
    m0002_profiles,
    m0003_outbox,
    m0004_chat,
    m0005_rebuild,
    m0006_turns,
    m0007_lanes,
    m0008_attention,
    m0009_dial,
    m0010_curating,
    m0011_alerts,
    m0014_sources,
    m0015_codes,
    m0017_refused,
    m0018_traces,
    m0019_bulk,
    m0020_upvotes,
)
from storage.migrations.registry import migrations

__all__ = [
    "m0001_papers",
    "m0002_profiles",
    "m0003_outbox",
    "m0004_chat",
    "m0005_rebuild",
    "m0006_turns",
    "m0007_lanes",
    "m0008_attention",
    "m0009_dial",
    "m0010_curating",
    "m0011_alerts",
    "m0014_sources",
    "m0015_codes",
    "m0017_refused",
    "m0018_traces",
    "m0019_bulk",
    "m0020_upvotes",
    "migrations",
]
