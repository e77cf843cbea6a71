"""Messages as Discord gets them: whole, within its limits, and shown as text."""

import re
from dataclasses import replace
from typing import Any

import pytest
from fakes.discord.payloads import check_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Button, Card, Elsewhere, Message, Row, Style
from bot.platforms.discord import embeds as embeds_room
from bot.platforms.discord import layout as layout_room
from bot.platforms.discord import limits, render, text, wording
from bot.platforms.discord.buttons import is_marked
from bot.platforms.discord.finding import carries, names
from bot.platforms.discord.splitting import MOST_CARDS, details
from storage.records import VoteKind

MESSAGES = "/channels/1/messages"


def card(number: int = 1, **more: Any) -> Card:
    facts = {
        "seq": number,
        "title": f"Paper {number}",
        "url": f"https://arxiv.org/abs/2510.{number:05}",
        "facts": "NAVER AI Lab · 14 Jun 2022",
        "reason": "close to your interest “graph networks”",
        "sentence": "We show that graphs help.",
        "score": 0.83,
    }
    return Card(**facts | more)


def digest(count: int) -> Message:
    cards = tuple(card(number) for number in range(1, count + 1))
    return Message(heading=f"{count} papers for ada", cards=cards, footer="Read 200 new papers.")


def walk(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for part in parts:
        inner = [*part.get("components", ()), *filter(None, [part.get("accessory")])]
        found += [part, *walk(inner)]
    return found


def parts_of(view: Any) -> list[dict[str, Any]]:
    return walk(view.to_components())


def words(view: Any) -> str:
    return "\n".join(part["content"] for part in parts_of(view) if part["type"] == 10)


def labels(view: Any) -> list[str]:
    return [part["label"] for part in parts_of(view) if part["type"] == 2]


def ids(view: Any) -> list[str]:
    return [part["custom_id"] for part in parts_of(view) if part["type"] == 2]


def faults(view: Any) -> list[str]:
    body = {"components": view.to_components(), "flags": 1 << 15}
    return check_request("POST", MESSAGES, body | {"allowed_mentions": {"parse": []}})


def faults_of_embeds(shown: embeds_room.Shown) -> list[str]:
    embeds, view = shown
    body = {"embeds": [one.to_dict() for one in embeds], "components": view.to_components()}
    return check_request("POST", MESSAGES, body | {"allowed_mentions": {"parse": []}})


def shown_cards(views: list[Any]) -> list[int]:
    """The papers that have a Like button, in order."""
    every = [re.match(r"pr:d12[^:]*:vote like (\d+)", name) for view in views for name in ids(view)]
    return [int(found.group(1)) for found in every if found]


# --- one card ------------------------------------------------------------------------------


def test_a_card_shows_its_paper_and_why():
    shown = words(render.detail(card(), "d12"))
    assert shown == (
        "### [Paper 1](https://arxiv.org/abs/2510.00001)\n"
        "close to your interest “graph networks”\n"
        "> “We show that graphs help.”\n"
        "-# ▰▰▰▰▰▰▰▰▱▱ 0.83 · NAVER AI Lab · 14 Jun 2022"
    )


def test_what_a_card_does_not_know_leaves_no_gap():
    bare = card(facts="", reason="", sentence="", score=None, url="")
    assert words(render.detail(bare, "")) == "### Paper 1"


def test_a_card_without_a_title_still_leads_to_its_paper():
    assert "[(no title)](https://arxiv.org" in words(render.detail(card(title=" "), ""))


def test_a_card_has_its_buttons_below_it_and_each_says_where_it_was_shown():
    view = render.detail(card(7), "d12")
    assert labels(view) == ["Like", "Not for me", "Save", "Why?"]
    assert ids(view) == [
        "pr:d12:vote like 7 d12",
        "pr:d12:vote dislike 7 d12",
        "pr:d12:vote save 7 d12",
        "pr:d12:why 7 d12",
    ]


@pytest.mark.parametrize(
    ("said", "colour"),
    [
        ((), layout_room.ACCENT),
        ((VoteKind.LIKE, VoteKind.SAVE), layout_room.LIKED),
        ((VoteKind.DISLIKE,), layout_room.DISLIKED),
    ],
)
def test_a_vote_colours_its_card(said, colour):
    (container,) = render.detail(card(said=said), "").to_components()
    assert container["accent_color"] == colour


# --- one message ---------------------------------------------------------------------------


def test_a_digest_that_fits_is_one_message():
    message = replace(digest(3), intro="Type `help`.", buttons=(Button(label="B", action="b"),))
    view = render.layout(message, "d12")
    assert words(view).startswith("## 3 papers for ada\nType `help`.")
    assert words(view).endswith("-# Read 200 new papers.")
    assert labels(view)[-1] == "B"
    assert shown_cards([view]) == [1, 2, 3]
    assert faults(view) == []


def test_a_long_message_alone_says_how_much_more_there_is():
    view = render.layout(digest(12), "d12")
    assert words(view).endswith("-# Read 200 new papers.\n-# And 7 more.")
    assert shown_cards([view]) == [1, 2, 3, 4, 5]


def test_a_message_alone_looks_like_the_first_of_several():
    first = render.several(digest(12), "d12")[0]
    note = "\n-# And 7 more."
    alone = words(render.layout(digest(12), "d12"))
    assert alone == words(render.layout(first, "d12")) + note


def test_several_messages_hold_every_card_once_in_order():
    pieces = render.several(digest(12), "d12")
    views = [render.layout(one, "d12") for one in pieces]
    assert shown_cards(views) == list(range(1, 13))
    assert [one.heading for one in pieces[1:]] == ["6–10 of 12", "11–12 of 12"]
    assert not any(faults(view) for view in views)


def test_the_details_of_a_digest_say_where_they_stand():
    assert [one.heading for one in details(digest(12))] == [
        "1–5 of 12",
        "6–10 of 12",
        "11–12 of 12",
    ]
    assert [one.heading for one in details(digest(5))] == [""]


def test_what_was_pressed_is_drawn_anew_as_the_message_it_was_in():
    message = digest(12)
    _, second, third = render.several(message, "a3")
    assert render.pressed_in(message, "a3", "pr:a3:vote like 7 a3") == second
    assert render.pressed_in(message, "a3", "pr:a3:why 12 a3") == third
    assert render.pressed_in(message, "a3", "pr:a3:vote like 1 a3") == message
    assert render.pressed_in(message, "a3", "pr:a3:unknown") == message


def test_an_overview_lists_the_papers_without_their_details():
    view = render.overview(replace(digest(12), buttons=(Button(label="Settings", action="p"),)))
    entry = "12. [Paper 12](https://arxiv.org/abs/2510.00012)\n-# close to your interest"
    assert entry in words(view)
    assert "graphs help" not in words(view)
    assert labels(view) == ["Settings"]
    assert faults(view) == []


def test_an_overview_tells_the_first_of_several_reasons():
    one = card(reason="close to your interest “a; b”; in common: bees")
    assert words(render.overview(Message(heading="H", cards=(one,)))).endswith(
        "-# close to your interest “a; b”"
    )


def test_an_overview_of_too_many_papers_says_how_many_more():
    long = [replace(one, title="long " * 40) for one in digest(50).cards]
    view = render.overview(replace(digest(50), cards=tuple(long)))
    listed = words(view).count("](https://")
    assert 10 < listed < 50
    assert f"-# And {50 - listed} more." in words(view)
    assert faults(view) == []


def test_rows_have_their_buttons_beside_or_below_them():
    def buttons(*names: str) -> tuple[Button, ...]:
        return tuple(Button(label=name, action=f"do {name}") for name in names)

    rows = (
        Row(text="plain"),
        Row(text="plain too", detail="small"),
        Row(text="one", buttons=buttons("a")),
        Row(text="two", buttons=buttons("b", "c")),
    )
    (head, container) = render.layout(Message(heading="Yours", rows=rows), "").to_components()
    assert head["content"] == "## Yours"
    kinds = [part["type"] for part in container["components"]]
    assert kinds == [10, 9, 10, 1]
    assert container["components"][0]["content"] == "plain\nplain too\n-# small"


def test_a_message_without_anything_says_so():
    assert words(render.layout(Message(heading=""), "")) == "There is nothing to show."
    assert faults(render.layout(Message(heading=""), "")) == []


# --- buttons -------------------------------------------------------------------------------


def test_the_same_command_twice_has_two_ids():
    twice = (Button(label="A", action="do"), Button(label="B", action="do"))
    view = render.layout(Message(heading="H", buttons=twice), "d12")
    assert len(set(ids(view))) == 2
    assert all(is_marked(name, "d12") for name in ids(view))


def test_a_button_that_asks_first_says_so_in_its_id():
    sure = Button(label="Forget me", action="forget", style=Style.DANGER, confirm="Really?")
    view = render.layout(Message(heading="H", buttons=(sure,)), "d12")
    assert ids(view) == ["pc:d12:forget"]


def test_a_command_that_just_fits_keeps_its_button_and_a_longer_one_has_none():
    fits, too_long = (Button(label="A", action="x" * length) for length in (90, 99))
    view = render.layout(Message(heading="H", buttons=(fits, too_long)), "d1234567")
    assert ids(view) == ["pr:0:" + "x" * 90]


def test_a_ref_is_not_taken_for_a_longer_one():
    assert is_marked("pr:d12:help", "d12")
    assert is_marked("pc:d12.3:help", "d12")
    assert not is_marked("pr:d123:help", "d12")
    assert not is_marked("pr:d1:help d12", "d12")
    assert not is_marked("form:d12:x", "d12")


async def test_the_library_is_not_made_to_keep_what_was_drawn():
    _, view = render.embeds(digest(3), "d12")
    assert view.is_finished()
    assert render.layout(digest(3), "d12").is_finished()
    assert render.overview(digest(3), "d12").is_finished()


def test_the_marks_of_a_view_are_found_wherever_its_buttons_are():
    row = Row(text="a", buttons=(Button(label="A", action="do"),))
    for message in (digest(1), Message(heading="H", rows=(row,))):
        assert carries(render.layout(message, "d12").children, "d12")
        assert not carries(render.layout(message, "d12").children, "d1")
    assert list(names(render.layout(Message(heading="H"), "d12").children)) == []


# --- embeds --------------------------------------------------------------------------------


def test_embeds_show_the_same_and_their_buttons_say_which_paper():
    embeds, view = render.embeds(digest(3), "d12")
    assert [one.title for one in embeds] == [
        "3 papers for ada",
        "1. Paper 1",
        "2. Paper 2",
        "3. Paper 3",
    ]
    assert embeds[1].url == "https://arxiv.org/abs/2510.00001"
    assert "-# ▰▰▰▰▰▰▰▰▱▱ 0.83 · NAVER" in (embeds[1].description or "")
    assert labels(view)[4:8] == ["2 · Like", "2 · Not for me", "2 · Save", "2 · Why?"]
    assert faults_of_embeds((embeds, view)) == []


def test_the_longest_parts_of_a_message_fit_together():
    card = wording.TITLE + limits.URL + wording.FACTS + wording.REASON + wording.SENTENCE + 50
    around = wording.HEADING + wording.INTRO_ABOVE_MORE + wording.FOOTER + 50
    assert around + card <= limits.TEXT
    assert wording.HEADING + wording.INTRO_ALONE + wording.FOOTER + 50 <= limits.TEXT
    small = embeds_room
    card = small.TITLE + small.REASON + small.SENTENCE + wording.FACTS + 50
    around = limits.EMBED_TITLE + small.INTRO + small.FOOTER + 50
    assert around + MOST_CARDS * card <= limits.EMBED_TEXT
    assert around + small.LISTED <= limits.EMBED_TEXT
    assert small.INTRO + small.LISTED + 50 <= limits.EMBED_DESCRIPTION
    assert small.FOOTER <= limits.EMBED_FOOTER
    assert 1 + MOST_CARDS <= limits.EMBEDS


def test_embeds_of_a_long_message_hold_as_many_cards_as_its_layout():
    embeds, view = render.embeds(digest(12), "d12")
    assert len(embeds) == 6
    assert shown_cards([view]) == [1, 2, 3, 4, 5]
    assert "And 7 more." in (embeds[0].description or "")


# --- anything ------------------------------------------------------------------------------

HOSTILE = "<@1> @everyone [x](http://evil.example) **b** `c` ||s|| # h\n> q \u202e \\ <t:1:R>"

anything = st.one_of(
    st.sampled_from(["", " ", HOSTILE, "word " * 2_000, "*" * 10_000, "🦜" * 3_000, "a`b`c" * 900]),
    st.text(max_size=60),
)
actions = st.one_of(st.sampled_from(["help", "", "x" * 90, "é" * 45]), st.text(max_size=90))
buttons = st.builds(
    Button,
    label=anything,
    action=actions,
    style=st.sampled_from(Style),
    confirm=st.sampled_from(["", "Sure?"]),
)
cards = st.builds(
    Card,
    seq=st.integers(1, 10**12),
    title=anything,
    url=st.one_of(st.just("https://example.org/" + "(" * 150), st.text(max_size=30), anything),
    facts=anything,
    reason=anything,
    sentence=anything,
    score=st.one_of(st.none(), st.floats(0, 1)),
    said=st.lists(st.sampled_from(VoteKind), unique=True).map(tuple),
    likes=st.integers(0, 10**6),
)
rows = st.builds(Row, text=anything, detail=anything, buttons=st.lists(buttons).map(tuple))
messages = st.builds(
    Message,
    heading=anything,
    intro=anything,
    cards=st.lists(cards, max_size=12).map(tuple),
    rows=st.lists(rows, max_size=20).map(tuple),
    footer=anything,
    buttons=st.lists(buttons, max_size=7).map(tuple),
)
heavy = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@heavy
@given(messages, st.sampled_from(["", "a3", "d12", "d1234567890"]))
def test_any_message_is_accepted_however_it_is_drawn(message, ref):
    assert faults(render.layout(message, ref)) == []
    assert faults(render.overview(message, ref)) == []
    assert faults_of_embeds(render.embeds(message, ref)) == []
    assert faults_of_embeds(embeds_room.overview(message, ref)) == []
    for one in message.cards:
        assert faults(render.detail(one, ref)) == []


@heavy
@given(messages)
def test_several_messages_of_any_message_lose_nothing_and_fit(message):
    pieces = render.several(message, "d12")
    assert tuple(one for piece in pieces for one in piece.cards) == message.cards
    assert tuple(one for piece in pieces for one in piece.rows) == message.rows
    for piece in pieces:
        view = render.layout(piece, "d12")
        assert faults(view) == []
        assert render.several(piece, "d12") == [piece]
        assert len(shown_cards([view])) == len(piece.cards)


@heavy
@given(messages)
def test_the_details_of_any_message_lose_nothing_and_fit(message):
    pieces = details(message)
    assert tuple(one for piece in pieces for one in piece.cards) == message.cards
    for piece in pieces:
        assert render.several(piece, "d12") == [piece]


@pytest.mark.parametrize(
    "message",
    [
        Message(heading="x" * 10_000, intro="y" * 10_000, footer="z" * 10_000),
        Message(heading="H", cards=tuple(card(n, title="t" * 10_000) for n in range(50))),
        Message(heading="H", cards=tuple(card(n, url="https://e.org/" * 90) for n in range(50))),
        Message(
            heading="H", rows=tuple(Row(text=f"row {n}", detail="d" * 400) for n in range(200))
        ),
        Message(
            heading="",
            cards=(Card(seq=1, title="", url="", facts="", reason="", sentence=""),),
        ),
    ],
    ids=["long", "long titles", "long addresses", "rows", "empty"],
)
def test_a_message_beyond_all_bounds_arrives_whole_in_several(message):
    pieces = render.several(message, "d12")
    assert [one for piece in pieces for one in piece.cards] == list(message.cards)
    assert [one for piece in pieces for one in piece.rows] == list(message.rows)
    assert not any(faults(render.layout(piece, "d12")) for piece in pieces)
    assert faults_of_embeds(render.embeds(message, "d12")) == []


@pytest.mark.parametrize("field", ["title", "facts", "reason", "sentence"])
def test_hostile_text_of_a_paper_is_escaped_wherever_it_stands(field):
    one = card(**{field: HOSTILE})
    escaped = text.escaped(text.one_line(HOSTILE))
    embeds, _ = render.embeds(Message(heading="H", cards=(one,)), "")
    for shown in (
        words(render.detail(one, "")),
        f"{embeds[1].title}\n{embeds[1].description}",
    ):
        assert escaped in shown
        assert HOSTILE not in shown
    if field == "title":
        assert escaped in words(render.overview(Message(heading="H", cards=(one,))))


@pytest.mark.parametrize("field", ["heading", "intro", "footer"])
def test_hostile_text_in_our_own_words_is_escaped_but_for_its_code(field):
    message = Message(**{"heading": "H", field: HOSTILE.replace("\n", " ")})
    shown = words(render.layout(message, ""))
    assert r"\<@1\> @" in shown
    assert r"\[x\](http\://evil.example) \*\*b\*\* `c` \|\|s\|\| \# h" in shown


def test_hostile_labels_are_plain():
    view = render.layout(Message(heading="H", buttons=(Button(label=HOSTILE, action="x"),)), "")
    assert labels(view) == [text.plain(HOSTILE, 74)]


def test_a_paper_on_hugging_face_has_a_second_link():
    address = "https://huggingface.co/papers/2510.00001"
    assert f"[Hugging Face]({address})" in wording.below_title(card(discussed=address))
    assert "Hugging Face" not in wording.below_title(card())


@pytest.mark.parametrize("drawn", [lambda one: layout_room.layout(one, ""), layout_room.overview])
def test_a_digest_links_to_the_post_that_has_more_of_it(drawn):
    there = Elsewhere(channel="#ml", papers=2, address="9/11", receipt="11/12")
    said = words(drawn(replace(digest(2), elsewhere=(there,))))
    assert r"-# Open [\#ml](https://discord.com/channels/9/11/12)" in said
