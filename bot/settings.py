"""Settings: read once from the environment, checked at the start, passed down as values."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class BadSetting(Exception):
    """A setting has a value that can't be used; the message names it."""


class Settings(BaseSettings):
    """Every setting, as `PAPERROUND_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="PAPERROUND_", env_ignore_empty=True, frozen=True)

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

    @model_validator(mode="after")
    def _inbox_holds_dumps_only(self) -> "Settings":
        """What lies in the inbox is ingested and moved away: nothing of ours may lie there."""
        inbox = self.inbox.absolute()
        spools = {inbox, *(inbox.parent / name for name in ("taken", "done", "failed"))}
        for path in (self.db, self.console_transcript):
            if path.absolute().parent in spools:
                raise ValueError(
                    f"PAPERROUND_INBOX is {self.inbox}, and {path} lies there or beside it in "
                    "taken, done or failed: give the inbox a folder of its own"
                )
        return self

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
        said = first["msg"].removeprefix("Value error, ")
        raise BadSetting(f"PAPERROUND_{name}: {said}" if name else said) from error
