"""Forms become modals that Slack takes, and what is filled in comes back."""

import json

import pytest
from fakes.slack.payloads import check_view
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forms import Choice, Field, FieldKind, Form
from bot.platforms.slack import modals, render

CHOICES = (Choice(value="UTC", label="Universal"), Choice(value="", label="Ask me later"))
FORM = Form(
    title="Your schedule",
    action="schedule 3",
    intro="As in `daily 08:30`.",
    fields=(
        Field(name="when", label="When", hint="As in daily 08:30", value="daily 08:30"),
        Field(name="zone", label="Zone", kind=FieldKind.CHOICE, choices=CHOICES, value="UTC"),
        Field(name="pace", label="Pace", kind=FieldKind.RADIO, choices=CHOICES),
        Field(name="more", label="More", kind=FieldKind.TEXT, is_optional=True, longest=80),
    ),
)

texts = st.one_of(
    st.sampled_from(["", " ", "<!channel>", "a\x00\u202eb", "x" * 4000, "\ud800", "a\nb"]),
    st.text(max_size=200),
)
choices = st.builds(Choice, value=texts, label=texts)
fields = st.builds(
    Field,
    name=st.text("abcdefgh", min_size=1, max_size=30),
    label=texts,
    kind=st.sampled_from(FieldKind),
    hint=texts,
    value=texts,
    choices=st.lists(choices, max_size=25).map(tuple),
    is_optional=st.booleans(),
    longest=st.integers(0, 5000),
)
forms = st.builds(
    Form,
    title=texts,
    action=st.text(max_size=90),
    fields=st.lists(fields, max_size=5, unique_by=lambda one: one.name).map(tuple),
    submit=texts,
    intro=texts,
)


@settings(max_examples=60, deadline=None)
@given(forms, st.text('ab"\\<', max_size=500))
def test_slack_takes_every_form_and_gives_it_back(form, metadata):
    view = render.modal(form, metadata=metadata)
    assert check_view(view) == []
    assert modals.asked(view) == (form.action, metadata)
    json.dumps(view["blocks"], ensure_ascii=False).encode()


def view(**state) -> dict:
    """A submission of FORM as Slack tells it."""
    values = {name: {modals.ANSWER: told} for name, told in state.items()}
    return render.modal(FORM, metadata="C1") | {"state": {"values": values}}


def chosen(value) -> dict:
    return {"type": "static_select", "selected_option": value and {"value": value}}


def test_a_field_stands_under_its_name_with_what_it_holds():
    made = render.modal(FORM, metadata="")
    intro, when, zone, pace, more = made["blocks"]
    assert intro["type"] == "rich_text"
    assert [one["block_id"] for one in (when, zone, pace, more)] == ["when", "zone", "pace", "more"]
    assert when["element"]["initial_value"] == "daily 08:30"
    assert when["hint"]["text"] == "As in daily 08:30"
    assert zone["element"]["initial_option"]["text"]["text"] == "Universal"
    assert pace["element"]["type"] == "radio_buttons"
    assert pace["element"]["initial_option"]["text"]["text"] == "Ask me later"
    assert (more["element"]["multiline"], more["element"]["max_length"]) == (True, 80)
    assert [one["optional"] for one in (when, more)] == [False, True]


def test_what_is_filled_in_is_read_by_field():
    told = view(
        when={"type": "plain_text_input", "value": "weekly mon 09:00"},
        zone=chosen("UTC"),
        pace=chosen(None),
        more={"type": "plain_text_input", "value": None},
    )
    assert render.submitted(told) == {
        "when": "weekly mon 09:00",
        "zone": "UTC",
        "pace": "",
        "more": "",
    }


def test_an_empty_choice_comes_back_empty():
    zone = render.modal(FORM, metadata="")["blocks"][2]
    empty = zone["element"]["options"][1]
    assert empty["value"]
    assert render.submitted(view(zone=chosen(empty["value"])))["zone"] == ""


def test_a_choice_that_slack_could_not_give_back_is_left_out():
    field = Field(
        name="a",
        label="A",
        kind=FieldKind.CHOICE,
        choices=(Choice(value="x" * 151, label="Long"), *CHOICES, *CHOICES),
    )
    (block,) = render.modal(Form(title="T", action="a", fields=(field,)), metadata="")["blocks"]
    labels = [one["text"]["text"] for one in block["element"]["options"]]
    assert labels == ["Universal", "Ask me later"]


def test_of_two_choices_with_one_value_the_first_is_shown():
    twice = (Choice(value="a", label="First"), Choice(value="a", label="Second"))
    field = Field(name="a", label="A", kind=FieldKind.RADIO, choices=twice)
    (block,) = render.modal(Form(title="T", action="a", fields=(field,)), metadata="")["blocks"]
    assert [one["text"]["text"] for one in block["element"]["options"]] == ["First"]


def test_a_field_begins_with_no_more_than_it_may_hold():
    """Slack opens no modal whose field is too full from the start."""
    field = Field(name="a", label="A", kind=FieldKind.TEXT, value="x" * 90, longest=80)
    (block,) = render.modal(Form(title="T", action="a", fields=(field,)), metadata="")["blocks"]
    assert block["element"]["initial_value"] == "x" * 80


def test_many_choices_are_a_list_that_opens():
    many = tuple(Choice(value=str(n), label=str(n)) for n in range(11))
    field = Field(name="a", label="A", kind=FieldKind.RADIO, choices=many)
    (block,) = render.modal(Form(title="T", action="a", fields=(field,)), metadata="")["blocks"]
    assert block["element"]["type"] == "static_select"


def test_what_is_wrong_is_said_at_its_field():
    assert render.errors({"when": "Write it as `daily 08:30`."}) == {
        "response_action": "errors",
        "errors": {"when": "Write it as `daily 08:30`."},
    }


@pytest.mark.parametrize("kept", ["", "{}", "[]", "null", "no json"])
def test_a_view_of_somebody_else_is_no_form(kept):
    with pytest.raises(ValueError, match=r"no form|Expecting"):
        modals.asked({"private_metadata": kept})
