"""The payload checker: what Slack takes passes, and each thing that it refuses is found."""

import copy

import pytest
from fakes.slack import payloads
from fakes.slack.payloads import check_home, check_message, check_view


def plain(text: str) -> dict:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "*Bees*", **more) -> dict:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str = "Like", **more) -> dict:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: dict, **more) -> dict:
    return {"type": "actions", "elements": list(elements), **more}


def options(count: int, text: str = "size {}") -> list[dict]:
    return [{"text": plain(text.format(n)), "value": str(n)} for n in range(count)]


def select(count: int, **more) -> dict:
    return {"type": "static_select", "options": options(count), **more}


def overflow(count: int) -> dict:
    return {"type": "overflow", "options": options(count)}


def table(rows: int, cells: int) -> dict:
    cell = {"type": "raw_text", "text": "x"}
    return {"type": "table", "rows": [[cell] * cells] * rows}


def card(**more) -> dict:
    return {"type": "card", "title": mrkdwn("Bees"), "actions": [button()], **more}


def field(label: str = "Interest", **element) -> dict:
    told = {"type": "plain_text_input", "action_id": "text"} | element
    return {"type": "input", "label": plain(label), "element": told}


def modal(*blocks: dict, **more) -> dict:
    told = {"type": "modal", "title": plain("Interests"), "submit": plain("Save")}
    return told | {"blocks": list(blocks) or [field()]} | more


FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "vote",
    "positive_button": {"text": plain("Like"), "value": "7"},
    "negative_button": {"text": plain("Dislike"), "value": "7"},
}
EVERYTHING = [
    {"type": "header", "text": plain("3 papers")},
    section(accessory=overflow(2), block_id="first"),
    {"type": "section", "fields": [mrkdwn("*a*"), plain("b")]},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("14 Jun 2022")]},
    actions(button(value="7", action_id="like"), button(url="https://arxiv.org/abs/1"), select(3)),
    {"type": "context_actions", "elements": [FEEDBACK]},
    {"type": "markdown", "text": "**Bees**"},
    table(2, 3),
    card(body=mrkdwn("why")),
    {"type": "carousel", "elements": [card(), card(actions=[])]},
    {"type": "image", "image_url": "https://example.org/bee.png", "alt_text": "a bee"},
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Bees"}]}],
    },
]


def test_a_message_of_every_kind_of_block_is_fine():
    metadata = {"event_type": "delivery", "event_payload": {"key": "digest:1", "try": 2}}
    assert check_message({"text": "x", "blocks": EVERYTHING, "metadata": metadata}) == []


def test_a_modal_and_a_home_are_fine():
    assert check_view(modal(field(), section(), callback_id="c", private_metadata="p")) == []
    assert check_home({"type": "home", "blocks": [section(), actions(button())]}) == []


def test_what_is_checked_is_left_as_it_is():
    before = copy.deepcopy(EVERYTHING)
    check_message({"blocks": EVERYTHING})
    assert before == EVERYTHING


CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("x"),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}

AT_THE_LIMIT = {
    "blocks": [section()] * 50,
    "section": [section("x" * 3000)],
    "fields": [{"type": "section", "fields": [mrkdwn("x" * 1199)] * 10}],
    "field": [{"type": "section", "fields": [mrkdwn("x" * 2000)]}],
    "header": [{"type": "header", "text": plain("x" * 150)}],
    "context": [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    "actions": [actions(*[button()] * 25)],
    "button": [actions(button("x" * 75, value="x" * 2000, action_id="x" * 255))],
    "url": [actions(button(url="https://" + "x" * 2992))],
    "select": [actions(select(100))],
    "option": [actions({"type": "static_select", "options": options(1, "x" * 75)})],
    "overflow": [actions(overflow(5))],
    "table": [table(100, 20)],
    "carousel": [{"type": "carousel", "elements": [card()] * 10}],
    "card": [card(title=mrkdwn("x" * 150), body=mrkdwn("x" * 200))],
    "sum": [section("x" * 3000)] * 4,
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
    "same action in two blocks": [actions(button(action_id="like"))] * 2,
    "confirm": [actions(button(confirm=CONFIRM | {"text": plain("x" * 300)}))],
}
BEYOND_IT = {
    "51 of 50 blocks": [section()] * 51,
    "3001 of 3000": [section("x" * 3001)],
    "11 of 10 fields": [{"type": "section", "fields": [mrkdwn("x")] * 11}],
    "2001 of 2000": [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
    "151 of 150": [{"type": "header", "text": plain("x" * 151)}],
    "11 of 10 elements": [{"type": "context", "elements": [mrkdwn("x")] * 11}],
    "26 of 25 elements": [actions(*[button()] * 26)],
    "6 of 5 elements": [{"type": "context_actions", "elements": [FEEDBACK] * 6}],
    "button has 76 of 75": [actions(button("x" * 76))],
    "value has 2001 of 2000": [actions(button(value="x" * 2001))],
    "block_id has 256 of 255": [section(block_id="x" * 256)],
    "action_id has 256 of 255": [actions(button(action_id="x" * 256))],
    "url has 3001 of 3000": [actions(button(url="https://" + "x" * 2993))],
    "101 of 100 options": [actions(select(101))],
    "option has 76 of 75": [actions({"type": "static_select", "options": options(1, "x" * 76)})],
    "2 to 5 options, not 1": [actions(overflow(1))],
    "2 to 5 options, not 6": [actions(overflow(6))],
    "one value twice": [actions({"type": "static_select", "options": options(1) * 2})],
    "is none of the options": [actions(select(2, initial_option=options(3)[2]))],
    "11 of 10 options": [actions({"type": "checkboxes", "options": options(11)})],
    "101 of 100 rows": [table(101, 1)],
    "21 of 20 row": [table(1, 21)],
    "only one table": [table(1, 1), table(1, 1)],
    "12001 of 12000": [section("x" * 3000)] * 4 + [section("x")],
    "markdown has 12001": [{"type": "markdown", "text": "x" * n} for n in (6000, 6001)],
    "block_id 'a' stands twice": [section(block_id="a"), section(block_id="a")],
    "action_id 'a' stands twice": [actions(button(action_id="a"), button(action_id="a"))],
    "11 of 10 elements ": [{"type": "carousel", "elements": [card()] * 11}],
    "body attribute cannot exceed": [card(body=mrkdwn("x" * 201))],
    "a card needs": [{"type": "card", "subtitle": mrkdwn("x")}],
    "text must not be empty": [section("")],
    "text must not be empty ": [{"type": "markdown", "text": ""}],
    "elements must not be empty": [actions()],
    "a section needs": [{"type": "section"}],
    "title has 101 of 100": [actions(button(confirm=CONFIRM | {"title": plain("x" * 101)}))],
    "text has 301 of 300": [actions(button(confirm=CONFIRM | {"text": plain("x" * 301)}))],
    "no button style": [actions(button(style="gold"))],
    "placeholder has 151 of 150": [actions(select(1, placeholder=plain("x" * 151)))],
    "shows no alert": [{"type": "alert", "text": plain("x")}],
    "unknown block type 'bees'": [{"type": "bees"}],
    "list of objects": ["bees"],
}


@pytest.mark.parametrize("blocks", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT)
def test_what_is_at_the_limit_is_fine(blocks):
    assert check_message({"text": "x", "blocks": blocks}) == []


@pytest.mark.parametrize(("said", "blocks"), BEYOND_IT.items(), ids=BEYOND_IT)
def test_what_is_beyond_the_limit_is_said(said, blocks):
    problems = check_message({"text": "x", "blocks": blocks})
    assert any(said.strip() in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": 7}, "invalid_arguments"),
        ({"text": "x", "chanel": "C1"}, "invalid_arguments"),
        ({"attachments": [{}] * 101}, "too_many_attachments"),
        ({"blocks": [section("x" * 3000)] * 5}, "msg_blocks_too_long"),
        ({"blocks": [section()] * 51}, "invalid_blocks"),
        ({"blocks": "[]"}, "invalid_blocks_format"),
        ({"metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"metadata": {"event_payload": {}}}, "invalid_metadata_format"),
        (
            {"metadata": {"event_type": "a", "event_payload": {"k": None}}},
            "invalid_metadata_format",
        ),
        (
            {"metadata": {"event_type": "a", "event_payload": {"k": {"deep": {"er": 1}}}}},
            "invalid_metadata_format",
        ),
        (
            {"metadata": {"event_type": "a", "event_payload": {"k": "x" * 20_000}}},
            "metadata_too_large",
        ),
    ],
)
def test_each_refusal_has_slacks_name(message, error):
    assert [problem.error for problem in check_message(message)] == [error]


@pytest.mark.parametrize(
    ("said", "view"),
    {
        "title has 25 of 24": modal(title=plain("x" * 25)),
        "submit has 25 of 24": modal(submit=plain("x" * 25)),
        "close has 25 of 24": modal(close=plain("x" * 25)),
        "private_metadata has 3001": modal(private_metadata="x" * 3001),
        "callback_id has 256": modal(callback_id="x" * 256),
        "101 of 100 blocks": modal(*[section()] * 101),
        "needs a title": {"type": "modal", "blocks": [section()]},
        "needs a submit": {"type": "modal", "title": plain("x"), "blocks": [field()]},
        "needs blocks": {"type": "modal", "title": plain("x")},
        "type must be 'modal'": modal(type="home"),
        "has no 'colour'": modal(colour="red"),
        "shows no table": modal(table(1, 1)),
        "label has 2001 of 2000": modal(field("x" * 2001)),
        "a view is an object": [],
    }.items(),
)
def test_what_is_wrong_with_a_modal_is_said(said, view):
    problems = check_view(view)
    assert any(said in problem for problem in problems), problems
    assert {problem.error for problem in problems} == {"invalid_arguments"}


def test_a_home_has_no_buttons_of_its_own():
    home = {"type": "home", "blocks": [section()]}
    assert any("no submit" in p for p in check_home(home | {"submit": plain("Save")}))
    assert any("no title" in p for p in check_home(home | {"title": plain("x")}))


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": mrkdwn("no markup here")},
        section(colour="red"),
        section(accessory={"type": "divider"}),
        actions(button() | {"text": "Like"}),
        actions(button(value=7)),
        {"type": "context", "elements": [button()]},
        field("x", type="button"),
    ],
)
def test_slacks_own_types_find_wrong_shapes(shared, block):
    assert shared == payloads.SHARED
    assert check_message({"text": "x", "blocks": [block]})


def test_without_the_schema_the_other_judges_still_sit(monkeypatch):
    monkeypatch.setattr(payloads, "_validators", dict)
    monkeypatch.setattr(payloads, "_judged", payloads._judged.__wrapped__)
    assert check_message({"text": "x", "blocks": EVERYTHING}) == []
    assert check_message({"text": "x", "blocks": [section("x" * 3001)]})
    assert check_message({"text": "x", "blocks": [{"type": "bees"}]})
