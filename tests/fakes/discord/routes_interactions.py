"""Routes that answer an interaction: the callback, and the webhook that its token opens.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from typing import Any

from fakes.discord import message_shapes, posting
from fakes.discord.errors import invalid, known
from fakes.discord.nouns import EPHEMERAL, LOADING, Interaction, Message, OpenModal
from fakes.discord.rest import Call, route
from fakes.discord.routes_messages import change

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMISSION = 2, 3, 4, 5
MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9

ALLOWED = {
    COMMAND: {MESSAGE, DEFERRED_MESSAGE, MODAL},
    COMPONENT: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    SUBMISSION: {MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE},
}


@route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", token=False)
def callback(call: Call) -> Any:
    interaction = call.world.interactions.get(call.number("interaction_id"))
    if interaction is None or interaction.token != call.params["interaction_token"]:
        raise known(10062)
    interaction.callbacks += 1
    if interaction.answered is not None:
        raise known(40060)
    took = call.world.clock() - interaction.created
    if took > call.rest.ack_limit_s:
        raise known(10062)
    kind = call.body["type"]
    allowed = ALLOWED[interaction.type]
    if interaction.type == SUBMISSION and interaction.message is None:
        allowed = allowed - {DEFERRED_UPDATE, UPDATE}
    if kind not in allowed:
        raise invalid("type", "BASE_TYPE_CHOICES", f"{kind} does not answer this interaction")
    data = call.body.get("data") or {}
    call.body = data
    _answer(call, interaction, kind, data)
    interaction.answered = kind
    interaction.acknowledged_after = took
    if call.query.get("with_response") not in ("1", "true", "True"):
        return None
    return _response(interaction, kind)


def _answer(call: Call, interaction: Interaction, kind: int, data: dict[str, Any]) -> None:
    world = call.world
    if kind == MESSAGE:
        interaction.original = _say(call, interaction, data)
    elif kind == DEFERRED_MESSAGE:
        interaction.original = _say(call, interaction, {"flags": data.get("flags")}, flags=LOADING)
    elif kind == DEFERRED_UPDATE:
        interaction.original = interaction.message
    elif kind == UPDATE:
        interaction.original = interaction.message
        assert interaction.message
        change(call, interaction.message)
    elif kind == CHOICES:
        interaction.choices = data.get("choices") or []
    elif kind == MODAL:
        world.modals[interaction.user] = OpenModal(
            interaction=interaction,
            custom_id=data["custom_id"],
            title=data["title"],
            components=posting.numbered(data["components"]),
        )


def _response(interaction: Interaction, kind: int) -> dict[str, Any]:
    about: dict[str, Any] = {"id": str(interaction.id), "type": interaction.type}
    shape: dict[str, Any] = {"interaction": about}
    original = interaction.original
    if original is not None:
        about |= {
            "response_message_id": str(original.id),
            "response_message_loading": bool(original.flags & LOADING),
            "response_message_ephemeral": original.ephemeral,
        }
    shape["resource"] = {"type": kind}
    if original is not None and kind in (MESSAGE, DEFERRED_MESSAGE, UPDATE):
        shape["resource"]["message"] = message_shapes.message(original)
    return shape


def _say(call: Call, interaction: Interaction, body: dict[str, Any], *, flags: int = 0) -> Message:
    ephemeral = bool((body.get("flags") or 0) & EPHEMERAL)
    return posting.publish(
        call.world,
        interaction.channel,
        interaction.application.bot,
        body,
        files=call.files,
        app=interaction.application,
        interaction=interaction,
        only_for=interaction.user if ephemeral else None,
        flags=flags | (EPHEMERAL if ephemeral else 0),
    )


WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"


def _interaction(call: Call) -> Interaction:
    """The interaction whose token the path holds; refused where it has run out."""
    found = call.world.tokens.get(call.params["webhook_token"])
    if found is None or found.application.id != call.number("webhook_id"):
        raise known(10015)
    if call.world.clock() - found.created > call.rest.token_limit_s:
        raise known(50027)
    if found.answered is None:
        raise known(10015)
    return found


@route("POST", WEBHOOK, token=False)
def follow_up(call: Call) -> Any:
    """A further answer; the first after a deferral takes the place of "is thinking"."""
    interaction = _interaction(call)
    original = interaction.original
    if original is not None and original.flags & LOADING and not original.deleted:
        _fill_in(call, interaction, original)
        return message_shapes.message(original)
    message = _say(call, interaction, call.body)
    interaction.followups.append(message)
    return message_shapes.message(message)


def _fill_in(call: Call, interaction: Interaction, message: Message) -> None:
    message.flags &= ~LOADING
    change(call, message)
    interaction.edits += 1


def _message(call: Call, interaction: Interaction, name: str) -> Message:
    found: Message | None
    if name == "@original":
        found = interaction.original
    else:
        found = call.world.posted.get(int(name)) if name.isdigit() else None
        if found is not interaction.original and found not in interaction.followups:
            found = None
    if found is None or found.deleted:
        raise known(10008)
    return found


@route("GET", WEBHOOK + "/messages/{message_id}", token=False)
def get_answer(call: Call) -> Any:
    interaction = _interaction(call)
    return message_shapes.message(_message(call, interaction, call.params["message_id"]))


@route("PATCH", WEBHOOK + "/messages/{message_id}", token=False)
def edit_answer(call: Call) -> Any:
    interaction = _interaction(call)
    message = _message(call, interaction, call.params["message_id"])
    _fill_in(call, interaction, message)
    return message_shapes.message(message)


@route("DELETE", WEBHOOK + "/messages/{message_id}", token=False)
def delete_answer(call: Call) -> Any:
    interaction = _interaction(call)
    posting.delete(call.world, _message(call, interaction, call.params["message_id"]))
