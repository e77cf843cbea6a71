"""A small Bolt app that keeps what it hears, for tests of the stand-in."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncApp


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Bees*"}}
CARD = [
    SECTION,
    {
        "type": "actions",
        "block_id": "card:7",
        "elements": [
            {"type": "button", "text": plain("Like"), "value": "7", "action_id": "vote"},
            {"type": "button", "text": plain("Settings"), "action_id": "settings"},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": plain(t), "value": t.lower()} for t in ("Why", "Mute")],
            },
            {
                "type": "static_select",
                "action_id": "size",
                "options": [{"text": plain(n), "value": n} for n in ("5", "10")],
            },
        ],
    },
]
MODAL = {
    "type": "modal",
    "callback_id": "settings",
    "private_metadata": "profile 1",
    "notify_on_close": True,
    "title": plain("Settings"),
    "submit": plain("Save"),
    "blocks": [
        {
            "type": "input",
            "block_id": "interest",
            "label": plain("Interest"),
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "days",
            "optional": True,
            "label": plain("Days"),
            "element": {
                "type": "checkboxes",
                "action_id": "days",
                "options": [{"text": plain(d), "value": d[:3]} for d in ("Monday", "Friday")],
            },
        },
    ],
}


@dataclass(kw_only=True)
class Listener:
    """`heard` by kind: command, action, view, closed, shortcut, event. `answers` go with the ack
    of a `command` or a `view`."""

    app: AsyncApp
    heard: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


def listening(app: AsyncApp) -> Listener:
    """The app with listeners for all that CARD and MODAL, `/papers` and a workspace can send."""
    bot = Listener(app=app)

    @app.command("/papers")
    async def command(ack, body):
        bot.heard["command"].append(body)
        await ack(**bot.answers.get("command", {}))

    @app.action("settings")
    async def settings(ack, body, client):
        await ack()
        bot.heard["action"].append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    for action_id in ("vote", "more", "size"):

        @app.action(action_id)
        async def action(ack, body):
            await ack()
            bot.heard["action"].append(body)

    @app.view("settings")
    async def view(ack, body):
        bot.heard["view"].append(body)
        await ack(**bot.answers.get("view", {}))

    @app.view_closed("settings")
    async def closed(ack, body):
        await ack()
        bot.heard["closed"].append(body)

    @app.shortcut("similar")
    async def shortcut(ack, body):
        await ack()
        bot.heard["shortcut"].append(body)

    for kind in ("app_home_opened", "app_mention", "message", "member_joined_channel"):

        @app.event(kind)
        async def event(body):
            bot.heard["event"].append(body)

    for kind in ("channel_archive", "channel_deleted", "app_uninstalled", "tokens_revoked"):
        app.event(kind)(event)
    return bot
