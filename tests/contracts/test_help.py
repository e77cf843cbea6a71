"""Help as each platform shows it: no verb falls off the end of a row."""

import pytest
from fakes.chat import ask, message
from fakes.slack import blocks as kit

from bot.commands import Commands
from bot.commands.table import VERBS
from bot.messages import Message
from bot.platforms.discord import layout, splitting
from bot.platforms.slack import render


def on_slack(shown: Message) -> str:
    return "\n".join(kit.texts(render.message(shown, "")["blocks"]))


def on_discord(shown: Message) -> str:
    views = [layout.layout(one, "") for one in splitting.several(shown)]
    parts = [part for view in views for part in view.walk_children()]
    return "\n".join(part.content for part in parts if hasattr(part, "content"))


@pytest.mark.parametrize("drawn", [on_slack, on_discord])
async def test_help_shows_every_verb_whole_and_what_it_does(drawn, library, clock):
    commands = Commands(library, clock, lambda: None)
    said = drawn(message(await ask(commands, "help"))).replace("`", "").replace("\\", "")
    for verb in VERBS:
        if not verb.is_hidden:
            assert f"/papers {verb.examples[0] if verb.examples else verb.name}" in said, verb.name
    assert "…" not in said
