"""Answers to interactions: acknowledged in time, shown where they belong.

Discord waits three seconds for the first answer and knows it by its kind: a form can only be the
first one, so an answer that is quick is given as it is, and a slow one is announced and then put in
its place. What is for one person alone is ephemeral.
"""

import asyncio
import io
from collections.abc import Coroutine
from typing import Any, TypeAlias

import discord
import structlog

from bot.commands import Reply
from bot.forms import Form
from bot.messages import Button, Message, Style
from bot.platforms.discord import render
from bot.platforms.discord.modals import modal

ACK_AFTER_S = 1.2
"""After so long an answer is announced; the rest of Discord's three seconds is for the network."""

GONE = {10062, 10015}
"""The interaction's token is no longer good: https://discord.com/developers/docs/topics/opcodes-and-status-codes"""

DONE = 40060
"""Already acknowledged: an earlier try of the same call was processed after all."""

SILENT = discord.AllowedMentions.none()
"""Edits do not take the client's default."""

Interaction: TypeAlias = discord.Interaction[Any]

log = structlog.get_logger()


async def respond(interaction: Interaction, work: Coroutine[Any, Any, Reply], again: str) -> None:
    """Answer an interaction with what `work` gives. again: the command that opens its form anew."""
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=ACK_AFTER_S)
        if not done:
            await _once(_announce(interaction))
        await _show(interaction, await task, again)
    except discord.HTTPException as error:
        # The answer is lost, the command is not: it was carried out before.
        event = "answer came too late" if error.code in GONE else "answer refused"
        log.warning(event, code=error.code, status=error.status)
    finally:
        task.cancel()


async def _announce(interaction: Interaction) -> None:
    if interaction.type is discord.InteractionType.component:
        await interaction.response.defer()  # the message that was pressed stays as it is
    else:
        await interaction.response.defer(ephemeral=True, thinking=True)


async def _show(interaction: Interaction, reply: Reply, again: str) -> None:
    if reply.form is not None:
        await _show_form(interaction, reply.form)
    elif reply.errors:
        await _say(interaction, _errors(reply, again), "", is_public=False)
    else:
        if reply.changed is not None:
            await _change(interaction, reply.changed, reply.changed_ref)
        if reply.message is not None:
            await _say(interaction, reply.message, reply.ref, is_public=reply.is_public)
        elif reply.changed is None and reply.attachment is None:
            await _close(interaction)
        if reply.attachment is not None:
            file = discord.File(io.BytesIO(reply.attachment.data), filename=reply.attachment.name)
            await _attach(interaction, file)


async def _show_form(interaction: Interaction, form: Form) -> None:
    if interaction.response.is_done() or interaction.type is discord.InteractionType.modal_submit:
        button = Button(label="Open the form", action=form.action, style=Style.PRIMARY)
        message = Message(heading=form.title, buttons=(button,))
        await _say(interaction, message, "", is_public=False)
    else:
        await _once(interaction.response.send_modal(modal(form)))


async def _change(interaction: Interaction, changed: Message, ref: str) -> None:
    """The message that was pressed, as it looks now."""
    shown = interaction.message
    pressed: Any = interaction.data or {}
    changed = render.pressed_in(changed, ref, str(pressed.get("custom_id", "")))
    if shown is not None and not shown.flags.components_v2:
        embeds, view = render.embeds(changed, ref)
        if interaction.response.is_done():
            await interaction.edit_original_response(
                embeds=embeds, view=view, allowed_mentions=SILENT
            )
        else:
            await _once(
                interaction.response.edit_message(embeds=embeds, view=view, allowed_mentions=SILENT)
            )
        return
    layout = render.layout(changed, ref)
    if interaction.response.is_done():
        await interaction.edit_original_response(view=layout, allowed_mentions=SILENT)
    else:
        await _once(interaction.response.edit_message(view=layout, allowed_mentions=SILENT))


async def _say(interaction: Interaction, message: Message, ref: str, *, is_public: bool) -> None:
    first, *others = render.several(message, ref)
    layout = render.layout(first, ref)
    is_announced = interaction.response.is_done()
    if not is_announced:
        await _once(interaction.response.send_message(view=layout, ephemeral=not is_public))
    elif interaction.type is discord.InteractionType.component or is_public:
        await interaction.followup.send(view=layout, ephemeral=not is_public)
        if interaction.type is not discord.InteractionType.component:
            await interaction.delete_original_response()
    else:
        await interaction.edit_original_response(view=layout, allowed_mentions=SILENT)
    for other in others:
        await interaction.followup.send(
            view=render.layout(other, ref), ephemeral=not is_public, wait=True
        )


async def _close(interaction: Interaction) -> None:
    """Nothing to show: the interaction is answered all the same."""
    if not interaction.response.is_done():
        if interaction.type is discord.InteractionType.component:
            await _once(interaction.response.defer())
        else:
            await _say(interaction, Message(heading="Done"), "", is_public=False)
    elif interaction.type is not discord.InteractionType.component:
        await interaction.edit_original_response(
            view=render.layout(Message(heading="Done"), ""), allowed_mentions=SILENT
        )


async def _attach(interaction: Interaction, file: discord.File) -> None:
    """A file goes by itself: beside components it would have to be one of them."""
    if interaction.response.is_done():
        await interaction.followup.send(file=file, ephemeral=True)
    else:
        await interaction.response.send_message(file=file, ephemeral=True)


def _errors(reply: Reply, again: str) -> Message:
    """Discord shows no error beside a field: they are listed, with a way back to the form."""
    said = "\n".join(reply.errors.values())
    button = Button(label="Open the form again", action=again, style=Style.PRIMARY)
    return Message(heading="That did not work", intro=said, buttons=(button,))


async def _once(call: Coroutine[Any, Any, Any]) -> None:
    try:
        await call
    except discord.HTTPException as error:
        if error.code != DONE:
            raise
