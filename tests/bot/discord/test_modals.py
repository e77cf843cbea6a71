"""Forms as modals, and what comes back from them after the form itself is forgotten."""

from typing import Any

import pytest
from fakes.discord.payloads import check_request
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forms import Choice, Field, FieldKind, Form
from bot.platforms.discord.modals import modal, submitted

SIZES = (Choice(value="5", label="Short"), Choice(value="", label="As it comes"))


def form(*fields: Field, **more: Any) -> Form:
    return Form(**{"title": "Your digest", "action": "digest", "fields": fields} | more)


def faults(one: Form) -> list[str]:
    body = {"type": 9, "data": modal(one).to_dict()}
    return check_request("POST", "/interactions/1/token/callback", body)


def component(one: Field) -> dict[str, Any]:
    return modal(form(one)).to_dict()["components"][0]["component"]


def filled(one: Form, *values: dict[str, Any]) -> dict[str, Any]:
    """The raw data of a submission with these values, in the order of the fields."""
    data = modal(one).to_dict()
    labels = [part for part in data["components"] if part["type"] == 18]
    parts = [
        {"type": 18, "component": {"custom_id": label["component"]["custom_id"]} | value}
        for label, value in zip(labels, values, strict=True)
    ]
    return {"custom_id": data["custom_id"], "components": [{"type": 10}, *parts]}


def test_a_line_is_an_input_with_its_label_hint_and_value():
    one = Field(name="name", label="Name", hint="As in `ada`", value="ada", longest=40)
    (label,) = modal(form(one)).to_dict()["components"]
    assert (label["label"], label["description"]) == ("Name", "As in `ada`")
    inner = label["component"]
    assert (inner["type"], inner["style"]) == (4, 1)
    assert (inner["custom_id"], inner["value"], inner["max_length"]) == ("name", "ada", 40)
    assert inner["required"]


def test_a_text_has_several_lines():
    assert component(Field(name="t", label="T", kind=FieldKind.TEXT, value="a\nb"))["style"] == 2


def test_a_few_choices_are_all_in_sight_with_the_present_one_chosen():
    one = Field(name="size", label="Size", kind=FieldKind.RADIO, choices=SIZES, value="5")
    inner = component(one)
    assert inner["type"] == 21
    assert [option["label"] for option in inner["options"]] == ["Short", "As it comes"]
    assert [bool(option.get("default")) for option in inner["options"]] == [True, False]


@pytest.mark.parametrize("count", [1, 11])
def test_choices_that_are_too_many_or_too_few_for_that_open_as_a_list(count):
    choices = tuple(Choice(value=str(n), label=f"{n}") for n in range(count))
    one = Field(name="n", label="N", kind=FieldKind.RADIO, choices=choices)
    assert component(one)["type"] == 3


def test_an_optional_field_may_be_left_open():
    inner = component(Field(name="n", label="N", is_optional=True))
    assert not inner["required"]
    choices = Field(name="n", label="N", kind=FieldKind.CHOICE, choices=SIZES, is_optional=True)
    assert component(choices)["min_values"] == 0


def test_an_intro_stands_above_the_fields_where_there_is_room():
    fields = tuple(Field(name=f"f{n}", label="F") for n in range(5))
    four = modal(form(*fields[:4], intro="Type `what` you like.")).to_dict()["components"]
    assert (four[0]["type"], four[0]["content"]) == (10, "Type `what` you like.")
    assert len(modal(form(*fields, intro="No room.")).to_dict()["components"]) == 5


def test_what_was_filled_in_is_read_without_the_form():
    fields = (
        Field(name="name", label="Name"),
        Field(name="size", label="Size", kind=FieldKind.RADIO, choices=SIZES),
        Field(name="day", label="Day", kind=FieldKind.CHOICE, choices=SIZES),
        Field(name="note", label="Note", is_optional=True),
    )
    one = form(*fields, action="digest change 12", intro="Hello")
    nothing = next(
        option["value"]
        for option in component(fields[1])["options"]
        if option["label"] == "As it comes"
    )
    data = filled(one, {"value": "ada"}, {"value": nothing}, {"values": ["5"]}, {"value": None})
    assert submitted(data) == (
        "digest change 12",
        {"name": "ada", "size": "", "day": "5", "note": ""},
    )


def test_a_choice_that_was_left_open_is_empty():
    one = form(Field(name="day", label="Day", kind=FieldKind.CHOICE, choices=SIZES))
    assert submitted(filled(one, {"values": []})) == ("digest", {"day": ""})


def test_fields_in_rows_are_read_as_well():
    row = {"type": 1, "components": [{"type": 4, "custom_id": "name", "value": "ada"}]}
    assert submitted({"custom_id": "form:rename", "components": [row]}) == (
        "rename",
        {"name": "ada"},
    )


def test_a_modal_of_somebody_else_is_none_of_ours():
    assert submitted({"custom_id": "survey", "components": []}) is None
    assert submitted({}) is None


async def test_the_library_is_not_made_to_keep_a_form():
    assert modal(form(Field(name="n", label="N"))).is_finished()


anything = st.one_of(st.sampled_from(["", " ", "<@1> **x**", "long " * 2_000]), st.text())
fields = st.builds(
    Field,
    name=st.text(st.characters(categories=["Ll"]), min_size=1, max_size=20),
    label=anything,
    kind=st.sampled_from(FieldKind),
    hint=anything,
    value=anything,
    choices=st.lists(st.builds(Choice, value=anything, label=anything), max_size=30).map(tuple),
    is_optional=st.booleans(),
    longest=st.integers(1, 9_000),
)


@settings(deadline=None)
@given(
    st.builds(
        Form,
        title=anything,
        action=st.text(max_size=90),
        fields=st.lists(fields, min_size=1, max_size=5, unique_by=lambda one: one.name).map(tuple),
        intro=anything,
    )
)
def test_any_form_is_accepted(one):
    assert faults(one) == []
