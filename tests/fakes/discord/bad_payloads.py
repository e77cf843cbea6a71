"""Bodies that Discord refuses or takes: method, path, body, and where the fault lies.

The limits are documented; the rule that mentions are off is ours.
"""

from typing import Any

Case = tuple[str, str, Any, str]

QUIET = {"allowed_mentions": {"parse": []}}
V2 = 1 << 15
POST = ("POST", "/channels/1/messages")
CALLBACK = ("POST", "/interactions/1/token/callback")
COMMANDS = ("PUT", "/applications/1/commands")


def button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Like", "custom_id": "like"} | more


def link(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"} | more


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


def select(count: int) -> dict[str, Any]:
    options = [{"label": str(n), "value": str(n)} for n in range(count)]
    return row({"type": 3, "custom_id": "size", "options": options})


def text(words: str) -> dict[str, Any]:
    return {"type": 10, "content": words}


def message(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": "hello", "components": list(rows)} | QUIET | more


def layout(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"flags": V2, "components": list(parts)} | QUIET | more


def embeds(*shapes: dict[str, Any]) -> dict[str, Any]:
    return {"embeds": list(shapes)} | QUIET


def modal(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": 9, "data": {"custom_id": "m", "title": "T", "components": list(fields)} | more}


def labelled(label: str = "Name", **more: Any) -> dict[str, Any]:
    field = {"type": 4, "style": 1, "custom_id": label[:9]} | more
    return {"type": 18, "label": label, "component": field}


def command(name: str = "papers", **more: Any) -> dict[str, Any]:
    return {"name": name, "description": "Papers", "type": 1} | more


def option(name: str = "interest", **more: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "An interest"} | more


CHOICES = [{"name": str(n), "value": str(n)} for n in range(26)]

BAD: dict[str, Case] = {
    "content over 2,000": (*POST, message(content="x" * 2_001), "content"),
    "nothing at all": (*POST, {"content": "  "}, "body"),
    "mentions not off": (*POST, {"content": "hello"}, "allowed_mentions"),
    "mentions on": (
        *POST,
        message(allowed_mentions={"parse": ["users"]}),
        "allowed_mentions",
    ),
    "mentions not off in an edit": (
        "PATCH",
        "/webhooks/1/t/messages/@original",
        {"content": "hello"},
        "allowed_mentions",
    ),
    "mentions not off in a forum post": (
        "POST",
        "/channels/1/threads",
        {"name": "post", "message": {"content": "hello"}},
        "message.allowed_mentions",
    ),
    "a long nonce": (*POST, message(nonce="x" * 26), "nonce"),
    "eleven embeds": (*POST, embeds(*[{"title": "t"}] * 11), "embeds"),
    "6,001 in embeds": (*POST, embeds(*[{"description": "x" * 3_001}] * 2), "embeds"),
    "a long title": (*POST, embeds({"title": "x" * 257}), "embeds.0.title"),
    "an empty embed": (*POST, embeds({"color": 1}), "embeds.0.description"),
    "a custom_id twice": (
        *POST,
        message(row(button(), button(label="Save"))),
        "components.0.components.1.custom_id",
    ),
    "a long custom_id": (
        *POST,
        message(row(button(custom_id="x" * 101))),
        "components.0.components.0.custom_id",
    ),
    "a long label": (
        *POST,
        message(row(button(label="x" * 81))),
        "components.0.components.0.label",
    ),
    "a link without url": (*POST, message(row(link(url=None))), "components.0.components.0.url"),
    "a link with custom_id": (
        *POST,
        message(row(link(custom_id="x"))),
        "components.0.components.0.custom_id",
    ),
    "six buttons": (
        *POST,
        message(row(*[button(custom_id=str(n)) for n in range(6)])),
        "components.0.components",
    ),
    "six rows": (
        *POST,
        message(*[row(button(custom_id=str(n))) for n in range(6)]),
        "components",
    ),
    "26 options": (*POST, message(select(26)), "components.0.components.0.options"),
    "V2 parts without the flag": (*POST, message(text("hello")), "components.0.type"),
    "V2 with content": (*POST, layout(text("hello"), content="hello"), "content"),
    "V2 with embeds": (*POST, layout(text("hello"), embeds=[{"title": "t"}]), "embeds"),
    "41 V2 parts in all": (
        *POST,
        layout({"type": 17, "components": [text("x")] * 20}, *[text("x")] * 20),
        "components",
    ),
    "4,001 characters in V2": (*POST, layout(text("x" * 4_000), text("x")), "components"),
    "a long modal title": (*CALLBACK, modal(labelled(), title="x" * 46), "data.title"),
    "a long field label": (*CALLBACK, modal(labelled("x" * 46)), "data.components.0.label"),
    "six fields": (
        *CALLBACK,
        modal(*[labelled(str(n)) for n in range(6)]),
        "data.components",
    ),
    "26 offers": (*CALLBACK, {"type": 8, "data": {"choices": CHOICES}}, "data.choices"),
    "an upper-case command": (*COMMANDS, [command("Papers")], "0.name"),
    "101 commands": (*COMMANDS, [command(f"c{n}") for n in range(101)], "body"),
    "a command twice": (*COMMANDS, [command(), command()], "0.name"),
    "26 command options": (
        *COMMANDS,
        [command(options=[option(f"o{n}") for n in range(26)])],
        "0.options",
    ),
    "26 choices": (*COMMANDS, [command(options=[option(choices=CHOICES)])], "0.options.0.choices"),
    "required after optional": (
        *COMMANDS,
        [command(options=[option(), option("other", required=True)])],
        "0.options",
    ),
    "no description": (*COMMANDS, [command(description="")], "0.description"),
}

FINE: dict[str, tuple[str, str, Any]] = {
    "a plain message": (*POST, message()),
    "rows of buttons": (*POST, message(row(button(), link()), select(25))),
    "a layout": (
        *POST,
        layout(
            {
                "type": 17,
                "components": [
                    {"type": 9, "components": [text("one")], "accessory": button()},
                    {"type": 14},
                    row(button(custom_id="save")),
                ],
            }
        ),
    ),
    "an edit that takes buttons away": (
        "PATCH",
        "/channels/1/messages/2",
        {"components": [], "tts": False},
    ),
    "a deferral": (*CALLBACK, {"type": 5, "data": {"flags": 64}}),
    "a form": (*CALLBACK, modal(labelled(), labelled("Size"))),
    "integers for ids": ("POST", "/users/@me/channels", {"recipient_id": 7}),
    "commands": (
        *COMMANDS,
        [command(options=[option(autocomplete=True)]), {"name": "More like this", "type": 3}],
    ),
}
