"""What a person got back for what they did."""

from typing import TYPE_CHECKING, Any

from fakes.discord.nouns import LOADING, Interaction, Message, OpenModal

if TYPE_CHECKING:
    from fakes.discord.rest import Rest

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9


class NoAnswer(Exception):
    """The person was left waiting."""


class Answer:
    """The app's answer, as it stands whenever it is looked at."""

    def __init__(self, interaction: Interaction, rest: "Rest") -> None:
        self.interaction = interaction
        self._rest = rest

    @property
    def acknowledged(self) -> bool:
        return self.interaction.answered is not None

    @property
    def is_thinking(self) -> bool:
        original = self.interaction.original
        return original is not None and bool(original.flags & LOADING)

    @property
    def done(self) -> bool:
        """Something came back that the person can see (or choose from, or fill in)."""
        kind = self.interaction.answered
        if kind == DEFERRED_UPDATE:
            return bool(self.interaction.edits or self.interaction.followups)
        return kind is not None and not self.is_thinking

    @property
    def message(self) -> Message | None:
        """The answer itself: a new message, or the one whose button was pressed."""
        return self.interaction.original

    @property
    def followups(self) -> list[Message]:
        return self.interaction.followups

    @property
    def messages(self) -> list[Message]:
        """The answer and its follow-ups, without the deleted."""
        found = [self.message] if self.message else []
        return [message for message in [*found, *self.followups] if not message.deleted]

    @property
    def text(self) -> str:
        """Everything readable in the answer and its follow-ups."""
        return "\n".join(message.text for message in self.messages if message.text)

    @property
    def ephemeral(self) -> bool:
        """Only the person sees it."""
        return self.message is not None and self.message.ephemeral

    @property
    def modal(self) -> OpenModal | None:
        """The form that it opened."""
        if self.interaction.answered != MODAL:
            return None
        opened = self._rest.world.modals.get(self.interaction.user)
        return opened if opened and opened.interaction is self.interaction else None

    @property
    def choices(self) -> list[dict[str, Any]]:
        """What autocomplete offers."""
        return self.interaction.choices or []

    async def acknowledgement(self, *, within_s: float | None = None) -> "Answer":
        """Wait for the callback. Raises NoAnswer after the time that Discord gives an app."""
        limit = self._rest.ack_limit_s + 0.2 if within_s is None else within_s
        try:
            await self._rest.until(lambda: self.acknowledged, within_s=limit)
        except TimeoutError:
            raise NoAnswer(
                f"the application did not respond ({self.interaction.callbacks} callbacks came)"
            ) from None
        return self

    async def completion(self, *, within_s: float = 60.0) -> "Answer":
        """Wait for something to see. Raises NoAnswer."""
        await self.acknowledgement()
        try:
            await self._rest.until(lambda: self.done, within_s=within_s)
        except TimeoutError:
            state = "is thinking" if self.is_thinking else "acknowledged and said nothing"
            raise NoAnswer(f"the application {state}") from None
        return self

    def __repr__(self) -> str:
        return f"<answer {self.interaction.answered}: {self.text[:60]!r}>"
