"""Settings: read once from the environment, checked at the start, passed down as values."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class BadSetting(Exception):
    """A setting has a value that can't be used; the message names it."""


class Settings(BaseSettings):
    """Every setting, as `PAPERROUND_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="PAPERROUND_", frozen=True)

    db: Path = Field(default=Path("paperround.db"), description="The database file.")
    model: str | None = Field(
        default=None,
        description="A sentence-transformers model, by folder or id; unset: the bundled "
        "all-MiniLM-L6-v2.",
    )
    inbox: Path = Field(
        default=Path("dumps/inbox"),
        description="The folder that `paperround run` watches for dumps; `taken`, `done` and "
        "`failed` are made beside it.",
    )
    transcript: Path | None = Field(
        default=None,
        description="Where the console platform keeps what it posted; unset: beside the database.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe event that is logged."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="`text` for people, `json` for a log collector."
    )

    @field_validator("model", "transcript", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def console_transcript(self) -> Path:
        """The console's history."""
        return self.transcript or self.db.with_name(self.db.name + ".console.jsonl")


def load(db: Path | None = None) -> Settings:
    """The settings of this environment; `db` wins over PAPERROUND_DB. Raises BadSetting."""
    try:
        return Settings() if db is None else Settings(db=db)
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise BadSetting(f"PAPERROUND_{name}: {first['msg']}") from error
