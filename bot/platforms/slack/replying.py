"""Replying: a `Reply` as people see it, at the place where they asked.

Each way back has its end: response_urls are used up, triggers run out, the bot is not in every
channel. What can't be whispered in place comes by direct message.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands import Attachment, Reply, Upload
from bot.forms import Form
from bot.messages import Button, Message
from bot.platforms.slack import render
from bot.platforms.slack.clients import (
    NETWORK,
    Clients,
    HookRefused,
    error_code,
    needed_scope,
    patiently,
)
from bot.platforms.slack.files import fetched
from bot.platforms.slack.home import Home
from bot.platforms.slack.places import Json, Place, Stand, packed

LONGEST_ACTION = 90
"""Bytes of a command that a button can carry."""

PAGE_TITLE = "Paperround"

FAILED = Message(
    heading="Something broke on my side",
    intro="I have noted it, and nothing of yours was lost. Please try again.",
)

Way = Callable[[], Awaitable[Any]]

log = structlog.get_logger()


class Replying:
    """Shows replies. Nothing of them is logged."""

    def __init__(self, clients: Clients, home: Home) -> None:
        self._clients = clients
        self._home = home

    async def show(self, place: Place, asked: str, prefix: str, reply: Reply) -> None:
        """Everything that the reply holds, the form first: its trigger runs out.

        asked: the command, for a button that gives it again where no form can be opened.
        """
        if reply.form is not None:
            await self._open(place, asked, prefix, reply.form)
        if reply.changed is not None:
            await self._change(place, reply.changed, reply.changed_ref)
        if reply.message is not None:
            if reply.is_public and not place.is_page:
                await self._publish(place, reply.message, reply.ref)
            else:
                is_change = reply.is_profile_changed
                await self.tell(place, reply.message, reply.ref, is_change=is_change)
        elif reply.errors:
            await self.tell(place, wrong_fields(reply))
        if reply.attachment is not None:
            await self._hand_over(place, reply.attachment)
        if reply.is_profile_changed or (place.stand is Stand.HOME and reply.form is None):
            await self._redraw(place)

    async def tell(
        self, place: Place, message: Message, ref: str = "", *, is_change: bool = False
    ) -> None:
        """Say something to the asker alone, by the first way that works.

        is_change: a page that was pressed is out of date by now, so this takes its place.
        """
        shown = render.message(message, ref)
        client = await self._clients.of(place.workspace)
        if place.stand is Stand.DIRECT:
            await _post(client, place.channel or place.person, shown, place.thread)
            return
        ways = self._ways(client, place, shown, is_change=is_change)
        if not await _first(ways, "whisper"):
            await _post(client, place.person, shown)

    async def tell_directly(self, place: Place, message: Message) -> None:
        """Say something in the person's direct messages."""
        client = await self._clients.of(place.workspace)
        await _post(client, place.person, render.message(message, ""))

    async def post(self, place: Place, message: Message) -> None:
        """Say something to everybody in the channel."""
        client = await self._clients.of(place.workspace)
        await _post(client, place.channel or place.person, render.message(message, ""))

    async def fetched(self, place: Place, files: list[Json]) -> Upload:
        """The file that came with what was asked."""
        return await fetched(self._clients, place.workspace, files)

    # --- the ways --------------------------------------------------------------------------

    def _ways(
        self, client: AsyncWebClient, place: Place, shown: Json, *, is_change: bool
    ) -> list[Way]:
        """From the nearest to the farthest. What was whispered twice does no harm."""
        ways: list[Way] = []
        if place.stand is Stand.PAGE and place.page:
            if place.trigger and not is_change:
                ways.append(lambda: client.views_push(trigger_id=place.trigger, view=page(shown)))
            ways.append(lambda: client.views_update(view_id=place.page, view=page(shown)))
        if place.stand is Stand.HOME and place.trigger:
            ways.append(lambda: client.views_open(trigger_id=place.trigger, view=page(shown)))
        if place.hook:
            body = shown | {"response_type": "ephemeral", "replace_original": False}
            if place.thread:
                body["thread_ts"] = place.thread
            hook = place.hook
            ways.append(lambda: self._clients.to_hook(hook, body))
        if place.channel:
            channel = place.channel
            ways.append(
                lambda: patiently(
                    lambda: client.chat_postEphemeral(
                        channel=channel, user=place.person, thread_ts=place.thread, **shown
                    )
                )
            )
        return ways

    async def _publish(self, place: Place, message: Message, ref: str) -> None:
        """To everybody, once at most; what can't be shown to them is shown to the asker."""
        shown = render.message(message, ref)
        client = await self._clients.of(place.workspace)
        try:
            await _post(client, place.channel or place.person, shown, place.thread)
        except (SlackApiError, *NETWORK) as error:
            _note("public answer", error)
            code = error_code(error) if isinstance(error, SlackApiError) else ""
            hook, ways = place.hook, list[Way]()
            if hook and code in ("not_in_channel", "channel_not_found"):
                body = shown | {"response_type": "in_channel", "replace_original": False}
                ways.append(lambda: self._clients.to_hook(hook, body))
            if not await _first(ways, "public answer"):
                await self.tell(place, message, ref)

    async def _change(self, place: Place, message: Message, ref: str) -> None:
        """The message that was pressed. One that is gone by now needs no change."""
        shown = render.message(message, ref)
        client = await self._clients.of(place.workspace)
        ways: list[Way] = []
        if place.stand is Stand.PAGE and place.page:
            ways.append(lambda: client.views_update(view_id=place.page, view=page(shown)))
        if place.channel and place.message and place.stand is Stand.MESSAGE:
            channel, at = place.channel, place.message
            ways.append(
                lambda: patiently(lambda: client.chat_update(channel=channel, ts=at, **shown))
            )
        if place.hook and place.stand in (Stand.MESSAGE, Stand.WHISPER):
            hook, body = place.hook, shown | {"replace_original": True}
            ways.append(lambda: self._clients.to_hook(hook, body))
        await _first(ways, "change")

    async def _open(self, place: Place, asked: str, prefix: str, form: Form) -> None:
        client = await self._clients.of(place.workspace)
        view = render.modal(form, metadata=packed(place, prefix))
        try:
            if place.stand is Stand.PAGE and place.page:
                await client.views_update(view_id=place.page, view=view)
                return
            if place.trigger:
                await client.views_open(trigger_id=place.trigger, view=view)
                return
        except (SlackApiError, *NETWORK) as error:
            _note("form", error)
        await self.tell(replace(place, trigger=None), _instead_of(form, asked))

    async def _redraw(self, place: Place) -> None:
        """The home page; that it can't be drawn takes nothing back that was done."""
        try:
            await self._home.draw(place)
        except (SlackApiError, *NETWORK) as error:
            _note("home", error)

    async def _hand_over(self, place: Place, attachment: Attachment) -> None:
        """Put a file into the person's direct messages, or say why not."""
        client = await self._clients.of(place.workspace)
        try:
            opened = await patiently(lambda: client.conversations_open(users=place.person))
            await client.files_upload_v2(
                channel=opened["channel"]["id"],
                filename=attachment.name,
                title=attachment.name,
                file=attachment.data,
            )
        except (SlackClientError, *NETWORK) as error:
            _note("file", error)
            scope = needed_scope(error) if isinstance(error, SlackApiError) else ""
            why = (
                f"The app lacks the scope `{scope}`: ask whoever looks after it to add that."
                if scope
                else "Slack did not take it. Please try again in a while."
            )
            await self.tell(place, Message(heading="I could not send you the file", intro=why))


async def _first(ways: Sequence[Way], what: str) -> bool:
    """Take the first way that leads anywhere; False if none does."""
    for way in ways:
        try:
            await way()
        except (SlackApiError, HookRefused, *NETWORK) as error:
            _note(what, error)
        else:
            return True
    return False


def page(shown: Json) -> Json:
    """A message as a page over everything else."""
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": PAGE_TITLE},
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": shown["blocks"],
    }


def wrong_fields(reply: Reply) -> Message:
    """A form's errors where the form is no longer there."""
    return Message(heading="That did not work", intro="\n".join(reply.errors.values()))


def _instead_of(form: Form, asked: str) -> Message:
    """Where no form can be opened: a button, since a press can open one."""
    action = asked if asked and len(asked.encode()) <= LONGEST_ACTION else form.action
    button = Button(label="Open the form", action=action)
    return Message(heading=form.title, intro=form.intro, buttons=(button,))


async def _post(
    client: AsyncWebClient, channel: str, shown: Json, thread: str | None = None
) -> None:
    await patiently(
        lambda: client.chat_postMessage(
            channel=channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, **shown
        )
    )


def _note(what: str, error: Exception) -> None:
    """A way that did not lead anywhere is a fact for the operator, not for the person."""
    code = error_code(error) if isinstance(error, SlackApiError) else type(error).__name__
    log.warning("slack reply refused", what=what, error=code)
