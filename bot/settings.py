"""Settings: read once from the environment, checked at the start, passed down as values."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.sources import wanted
from storage.pruning import Retention
from storage.records import Destination


class BadSetting(Exception):
    """A setting has a value that can't be used; the message names it."""


class Settings(BaseSettings):
    """Every setting, as `PAPERROUND_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="PAPERROUND_",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,  # tokens among it
    )

    db: Path = Field(default=Path("paperround.db"), description="The database file.")
    model: str | None = Field(
        default=None,
        description="A sentence-transformers model, by folder or id; unset: the bundled "
        "all-MiniLM-L6-v2.",
    )
    encoder: Literal["auto", "openvino", "torch", "float32"] = Field(
        default="auto",
        description="What computes the model: `auto` takes the fastest that is right on this "
        "processor, `torch` does without OpenVINO, `float32` is plain torch.",
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

    operators: str | None = Field(
        default=None,
        pattern=r"^[a-z]+:[^/\s]+/[^/\s]+$",
        description="The channel that hears what needs a person: `slack:T…/C…` or "
        "`discord:SERVER/CHANNEL`; unset: the log alone.",
    )

    http_host: str = Field(
        default="127.0.0.1", description="The address that the web server listens on."
    )
    http_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="The web server's port, for health checks, metrics, Slack's HTTP mode and "
        "installs; "
        "unset: no web server.",
    )
    keep_messages: int = Field(
        default=90,
        ge=2,
        le=36_500,
        description="Days after which the text of a sent message goes; buttons under it work on, "
        "and no longer change it.",
    )
    keep_deliveries: int = Field(
        default=180,
        ge=2,
        le=36_500,
        description="Days after which it goes that a message was sent: `outbox list` and notices. "
        "What became of each paper stays.",
    )
    keep_dumps: int | None = Field(
        default=None,
        ge=1,
        le=36_500,
        description="Days after which files in `done` and `failed` are deleted; unset: never.",
    )
    sources: str | None = Field(
        default=None,
        description="Where papers come from by themselves: `hf, arxiv:cs.CL, oai:cs, "
        "feed:https://…`; unset: from the inbox alone.",
    )
    sources_every: int = Field(
        default=30, ge=5, le=1440, description="Minutes between two questions to one source."
    )
    contact: str | None = Field(
        default=None,
        pattern=r"^[\x21-\x7e]{3,200}$",
        description="A mail or web address that sources are told, so that they can write.",
    )
    hf_api_base: str = Field(
        default="https://huggingface.co", description="Hugging Face, or a stand-in for it."
    )
    arxiv_feeds_base: str = Field(
        default="https://rss.arxiv.org", description="arXiv's feeds, or a stand-in for them."
    )
    arxiv_oai_url: str = Field(
        default="https://oaipmh.arxiv.org/oai", description="arXiv's harvest, or a stand-in for it."
    )
    push_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Whoever has it may hand in dumps at `POST /dumps`; unset: nobody may.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Seals the tokens of workspaces that install the bot: any 32 characters or "
        "more; keep it, without it they must install again.",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="`xoxb-…`, for one workspace; unset: workspaces install by OAuth."
    )
    slack_app_token: SecretStr | None = Field(
        default=None, description="`xapp-…` with `connections:write`, for Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="Checks what Slack sends, in HTTP mode."
    )
    slack_client_id: str | None = Field(
        default=None, description="For installs by OAuth, with the secret below."
    )
    slack_client_secret: SecretStr | None = Field(default=None, description="For installs.")
    slack_mode: Literal["socket", "http"] = Field(
        default="socket", description="How Slack reaches the bot; `socket` needs no public URL."
    )
    slack_command: str = Field(
        default="/papers", pattern=r"^/[a-z0-9_-]{1,31}$", description="The slash command's name."
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="Slack's Web API, or a stand-in for it."
    )
    discord_token: SecretStr | None = Field(default=None, description="The bot's token.")
    discord_api_base: str | None = Field(
        default=None, description="Discord's REST API, or a stand-in for it; unset: Discord's own."
    )
    discord_gateway_url: str | None = Field(
        default=None, description="Discord's gateway, or a stand-in for it; unset: as it tells."
    )

    @model_validator(mode="after")
    def _slack_is_whole(self) -> "Settings":
        """What Slack needs is there before anything is loaded."""
        if not self.has_slack and (self.slack_app_token or self.slack_signing_secret):
            half = "APP_TOKEN" if self.slack_app_token else "SIGNING_SECRET"
            raise ValueError(
                f"PAPERROUND_SLACK_{half} is set, and PAPERROUND_SLACK_BOT_TOKEN is missing: set "
                "it too, or PAPERROUND_SLACK_CLIENT_ID for installs by OAuth"
            )
        if not self.has_slack:
            return self
        if self.slack_mode == "socket" and self.slack_app_token is None:
            raise ValueError(
                "PAPERROUND_SLACK_APP_TOKEN is missing: make an app-level token with "
                "connections:write, or set PAPERROUND_SLACK_MODE to http"
            )
        if self.slack_mode == "http" and self.slack_signing_secret is None:
            raise ValueError(
                "PAPERROUND_SLACK_SIGNING_SECRET is missing: it is under Basic Information of the "
                "Slack app"
            )
        if self.slack_bot_token is None and None in (self.slack_client_secret, self.secret_key):
            raise ValueError(
                "installs by OAuth need PAPERROUND_SLACK_CLIENT_SECRET and PAPERROUND_SECRET_KEY; "
                "for one workspace set PAPERROUND_SLACK_BOT_TOKEN"
            )
        needs_web = self.slack_mode == "http" or self.slack_bot_token is None
        if needs_web and self.http_port is None:
            raise ValueError("PAPERROUND_HTTP_PORT is missing: Slack calls the bot there")
        return self

    @property
    def has_slack(self) -> bool:
        """Whether Slack is set up."""
        return self.slack_bot_token is not None or self.slack_client_id is not None

    @model_validator(mode="after")
    def _sources_are_known(self) -> "Settings":
        """A source that nobody knows is found at the start."""
        try:
            wanted.parse(self.sources)
        except wanted.BadSource as error:
            raise ValueError(f"PAPERROUND_SOURCES: {error}") from error
        if self.push_token is not None and self.http_port is None:
            raise ValueError("PAPERROUND_HTTP_PORT is missing: dumps are handed in there")
        return self

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

    @model_validator(mode="after")
    def _operators_can_be_told(self) -> "Settings":
        """A channel of a platform that is not set up would never hear anything."""
        channel = self.operators_channel
        ours = {"console"} | ({"slack"} if self.has_slack else set())
        ours |= {"discord"} if self.discord_token is not None else set()
        if channel is not None and channel.platform not in ours:
            raise ValueError(
                f"PAPERROUND_OPERATORS names {channel.platform}, which is not set up: set it up, "
                f"or name a channel of {' or '.join(sorted(ours))}"
            )
        return self

    @model_validator(mode="after")
    def _texts_go_first(self) -> "Settings":
        """A delivery is no shorter on record than its text."""
        if self.keep_deliveries < self.keep_messages:
            raise ValueError(
                f"PAPERROUND_KEEP_DELIVERIES is {self.keep_deliveries} and "
                f"PAPERROUND_KEEP_MESSAGES {self.keep_messages}: the text of a message can't stay "
                "longer than its delivery"
            )
        return self

    @property
    def retention(self) -> Retention:
        """How long what was sent stays on record."""
        return Retention(
            messages=timedelta(days=self.keep_messages),
            deliveries=timedelta(days=self.keep_deliveries),
        )

    @property
    def operators_channel(self) -> Destination | None:
        """Where the operators are told."""
        if self.operators is None:
            return None
        platform, _, address = self.operators.partition(":")
        return Destination(platform=platform, address=address)

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
