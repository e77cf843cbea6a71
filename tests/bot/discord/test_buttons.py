"""Presses reach the client through their ids alone, so they outlive any restart."""

from dataclasses import replace
from typing import Any

import discord
import pytest
from fakes.discord.library import running
from fakes.discord.plain_bot import PlainBot, until
from fakes.discord.server import DiscordServer

from bot.commands import Reply
from bot.messages import Button, Card, Message, Row
from bot.platforms.discord import render
from bot.platforms.discord.answering import respond
from bot.platforms.discord.buttons import Confirm, Press
from storage.records import VoteKind

CARD = Card(seq=7, title="T", url="https://e.org", facts="", reason="", sentence="")
SHOWN = Message(
    heading="Yours",
    cards=(CARD,),
    rows=(
        Row(text="one", buttons=(Button(label="Open", action="open 1\nnow: yes"),)),
        Row(
            text="two",
            buttons=(Button(label="A", action="same"), Button(label="B", action="same")),
        ),
    ),
    buttons=(Button(label="Forget me", action="forget", confirm="Really?"),),
)


class Listener(PlainBot):
    """Writes down what it is asked, and answers with it."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[str, str]] = []

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Press, Confirm)

    async def pressed(self, interaction: discord.Interaction[Any], action: str) -> None:
        self.given.append(("pressed", action))
        await interaction.response.send_message("as you say", ephemeral=True)

    async def confirm(self, interaction: discord.Interaction[Any], action: str) -> None:
        self.given.append(("confirm", action))
        await interaction.response.send_message("sure?", ephemeral=True)


@pytest.fixture
async def server():
    async with DiscordServer() as started:
        yield started
        assert started.violations == []


@pytest.fixture
def ada(server):
    person = server.user("ada")
    server.guild("Lab", owner=person)
    return person


class Voter(Listener):
    """Answers every press as a vote for one of seven papers that were shown in two messages."""

    shown = Message(heading="7 papers", cards=tuple(replace(CARD, seq=n) for n in range(1, 8)))

    async def pressed(self, interaction: discord.Interaction[Any], action: str) -> None:
        seq = int(action.split()[2])
        cards = [
            replace(card, said=(VoteKind.LIKE,)) if card.seq == seq else card
            for card in self.shown.cards
        ]
        changed = replace(self.shown, cards=tuple(cards))

        async def vote() -> Reply:
            return Reply(changed=changed, changed_ref="a3")

        await respond(interaction, vote(), action)


async def shown_to(ada, server, *, in_components: bool = True):
    """The message in Ada's direct messages, posted by a client that is gone afterwards."""
    async with running(Listener(), server.token) as bot:
        place = await bot.create_dm(discord.Object(ada.id))
        if in_components:
            await place.send(view=render.layout(SHOWN, "d12"))
        else:
            embeds, view = render.embeds(SHOWN, "d12")
            await place.send(embeds=embeds, view=view)
        assert bot._connection._view_store._views == {}
    return ada.dms[0]


@pytest.mark.parametrize("in_components", [True, False])
async def test_a_press_after_a_restart_gives_its_command(ada, server, in_components):
    message = await shown_to(ada, server, in_components=in_components)
    async with running(Listener(), server.token) as bot:
        for name in message.buttons:
            await ada.press(message, name)
        await until(lambda: len(bot.given) == 8)
    assert bot.given == [
        ("pressed", "vote like 7 d12"),
        ("pressed", "vote dislike 7 d12"),
        ("pressed", "vote save 7 d12"),
        ("pressed", "why 7 d12"),
        ("pressed", "open 1\nnow: yes"),
        ("pressed", "same"),
        ("pressed", "same"),
        ("confirm", "forget"),
    ]


async def test_a_vote_changes_that_message_of_several_in_which_it_was_cast(ada, server):
    async with running(Voter(), server.token) as bot:
        place = await bot.create_dm(discord.Object(ada.id))
        for piece in render.several(bot.shown, "a3"):
            await place.send(view=render.layout(piece, "a3"))
        first, second = ada.dms
        await ada.press(second, "pr:a3:vote like 7 a3", until="acknowledged")
        await server.until(lambda: second.edited)
    assert "Liked" not in first.buttons
    assert "## 6–7 of 7" in second.text
    assert second.buttons.count("Like") == 1
    assert second.buttons.count("Liked") == 1
