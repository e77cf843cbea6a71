"""Messages become payloads that Slack takes, whatever they hold, and obeys no part of."""

import json
from dataclasses import replace

import pytest
from fakes.slack import blocks as kit
from fakes.slack.payloads import check_home, check_message
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Button, Card, Elsewhere, Message, Row, Style, card_buttons
from bot.platforms.slack import cards as cards_room
from bot.platforms.slack import limits, render
from storage.records import VoteKind

CARD = Card(
    seq=7,
    title="Sparse Attention for Long Texts",
    url="https://arxiv.org/abs/2510.00007",
    facts="NAVER AI Lab · 14 Jun 2022 · 3 comments",
    reason="close to your interest “long texts”",
    sentence="Attention is costly.",
    score=0.81,
)
DIGEST = Message(
    heading="2 papers for ada",
    intro="Good morning.",
    cards=(CARD, replace(CARD, seq=8, title="Bees & <Wasps>")),
    footer="Read 5 new papers for you.",
    buttons=(Button(label="Later", action="snooze 7d"),),
)

SLACKS_OWN = ("<!channel>", "<@U012345678>", "<https://evil.example|arxiv.org>", "@here @channel")
HOSTILE = (
    *SLACKS_OWN,
    "https://evil.example/login and evil.example",
    "*bold* _it_ ~no~ `code` ```x``` :tada: > quote",
    "&lt;!channel&gt; &amp; <&>",
    "a\x00b\x1b[2J\x9b\u202egnp.exe\u2066\u2028",
    "\ud800 half",
    "x" * 10_000,
    "word " * 3_000,
    "&" * 4_000,
    "😀" * 4_000,
    "\n" * 500,
    "`" * 99,
    " ",
    "",
)

texts = st.sampled_from(HOSTILE) | st.text(max_size=12).map(lambda some: f"{some}. " * 40)
actions = st.text(st.characters(codec="ascii"), max_size=90)
buttons = st.builds(
    Button, label=texts, action=actions, style=st.sampled_from(Style), confirm=texts
)
urls = st.one_of(
    st.just(CARD.url),
    st.text(max_size=30),
    st.sampled_from(
        ["javascript:alert(1)", "http://", "//x", "https://[", "https://" + "x" * 3000]
    ),
    st.integers(0, 3500).map(lambda n: "https://example.org/" + "x" * n),
)
cards = st.builds(
    Card,
    seq=st.integers(1, 10**6),
    title=texts,
    url=urls,
    facts=texts,
    reason=texts,
    sentence=texts,
    score=st.none() | st.floats(),
    said=st.sets(st.sampled_from(VoteKind)).map(tuple),
    likes=st.integers(0, 10**9),
    dislikes=st.integers(0, 10**9),
)
rows = st.builds(Row, text=texts, detail=texts, buttons=st.lists(buttons, max_size=4).map(tuple))


def several(one: st.SearchStrategy, most: int) -> st.SearchStrategy:
    """Few of them, or one of them many times."""
    many = st.builds(lambda x, n: (x,) * n, one, st.integers(most // 2, most))
    return st.lists(one, max_size=3).map(tuple) | many


messages = st.builds(
    Message,
    heading=texts,
    intro=texts,
    cards=several(cards, 50),
    rows=several(rows, 200),
    footer=texts,
    buttons=st.lists(buttons, max_size=5).map(tuple),
)


@settings(max_examples=40, deadline=None)
@given(messages)
def test_slack_takes_every_message(message):
    for made in (render.message(message, "d12"), render.overview(message)):
        assert made["text"]
        assert made["blocks"]
        assert check_message(made) == []
        sendable(made)
        pressable(made["blocks"])
    assert check_message({"text": render.plain(message)}) == []


@settings(max_examples=30, deadline=None)
@given(cards)
def test_slack_takes_every_paper(card):
    made = render.detail(card, "d12")
    assert check_message(made) == []
    sendable(made)


@settings(max_examples=20, deadline=None)
@given(messages)
def test_slack_takes_every_home(message):
    made = render.home(message)
    assert check_home(made) == []
    sendable(made)
    pressable(made["blocks"])


def sendable(made) -> None:
    json.dumps(made, ensure_ascii=False).encode()


def pressable(blocks) -> None:
    """Every button says one command, under an id of its own."""
    shown = [one for _, one in kit.elements(blocks)]
    ids = [one["action_id"] for one in shown]
    assert len(set(ids)) == len(ids)
    assert all(one.startswith("press/") for one in ids)


# --- what is seen --------------------------------------------------------------------------


def seen(made) -> str:
    return "\n".join(kit.texts(made["blocks"]))


def test_a_paper_shows_everything_known_about_it():
    shown = seen(render.detail(CARD, "d12"))
    for part in (CARD.title, CARD.facts, CARD.reason, f"“{CARD.sentence}”", "▰▰▰▰▰▰▰▰▱▱ 0.81"):
        assert part in shown


def test_a_papers_buttons_say_which_paper_and_where_it_was_shown():
    blocks = render.detail(replace(CARD, said=(VoteKind.LIKE,)), "d12")["blocks"]
    buttons = [one for _, one in kit.elements(blocks)]
    assert [one["value"] for one in buttons] == [one.action for one in card_buttons(CARD, "d12")]
    assert [one.get("style") for one in buttons] == ["primary", None, None, None]


def test_a_screen_reader_hears_which_paper_a_button_is_about():
    blocks = render.detail(CARD, "d12")["blocks"]
    spoken = [one["accessibility_label"] for _, one in kit.elements(blocks)]
    assert spoken[0] == "Like: Sparse Attention for Long Texts"


def test_an_overviews_reason_is_its_first_clause():
    reason = "close to your interest “bees; and wasps”; in common: bees"
    short = "contains “bees”; in common: bees"
    cards = (replace(CARD, reason=reason), replace(CARD, reason=short))
    shown = seen(render.overview(replace(DIGEST, cards=cards)))
    assert reason in shown
    assert "contains “bees”" in shown
    assert short not in shown


def test_an_overview_links_each_title_and_says_why_in_order():
    made = render.overview(DIGEST)
    (listing,) = [b["elements"][0] for b in made["blocks"] if is_list(b)]
    assert listing["style"] == "ordered"
    assert [item["elements"][0]["text"] for item in listing["elements"]] == [
        card.title for card in DIGEST.cards
    ]
    assert all(item["elements"][0]["url"] == CARD.url for item in listing["elements"])
    shown = seen(made)
    for part in (DIGEST.heading, DIGEST.intro, DIGEST.footer, CARD.reason, render.IN_THREAD):
        assert part in shown
    assert [kit.label(one) for _, one in kit.elements(made["blocks"])] == ["Later"]


def is_list(block) -> bool:
    return block["type"] == "rich_text" and block["elements"][0]["type"] == "rich_text_list"


def test_a_message_holds_its_papers_with_everything_while_there_is_room():
    made = render.message(DIGEST, "a3")
    assert seen(made).count("“Attention is costly.”") == 2
    assert "And" not in seen(made)


def test_papers_that_find_no_room_become_lines_and_then_a_number():
    many = replace(DIGEST, cards=(replace(CARD, sentence="So it is. " * 40),) * 80)
    made = render.message(many, "a3")
    assert check_message(made) == []
    in_full = seen(made).count("So it is.\N{RIGHT DOUBLE QUOTATION MARK}")
    (listing,) = [b["elements"][0] for b in made["blocks"] if is_list(b)]
    in_lines = len(listing["elements"])
    assert in_full >= 5
    assert f"And {80 - in_full - in_lines} more." in seen(made)


@pytest.mark.parametrize("intro", ["", "Good morning."])
@pytest.mark.parametrize("footer", ["", "Read 5 new papers for you."])
@pytest.mark.parametrize("facts", ["", "3 authors"])
def test_blocks_are_counted_to_the_last_one(intro, footer, facts):
    """Short papers run out of blocks before they run out of characters."""
    short = Card(seq=1, title="Bees", url=CARD.url, facts=facts, reason="", sentence="")
    row = Row(text="a", buttons=(Button(label="x", action="y"),))
    for cards, rows in ((100, 0), (100, 60), (15, 60), (0, 60)):
        message = Message(
            heading="Many", intro=intro, footer=footer, cards=(short,) * cards, rows=(row,) * rows
        )
        made = render.message(message, "a1")
        assert check_message(made) == []
        assert len(made["blocks"]) >= limits.MESSAGE_BLOCKS - 4


def test_a_digest_of_fifty_papers_names_them_all():
    crowded = replace(DIGEST, cards=(replace(CARD, title="A long title " * 20),) * 50)
    made = render.overview(crowded)
    assert check_message(made) == []
    assert seen(made).count("A long title") >= 50
    assert "more." not in seen(made)


def test_rows_that_find_no_room_are_counted():
    row = Row(text="graph networks", buttons=(Button(label="Remove", action="unfollow 1"),))
    made = render.home(Message(heading="Your profile", rows=(row,) * 200))
    shown = sum("accessory" in block for block in made["blocks"])
    assert shown > 90
    assert f"And {200 - shown} more." in seen(made)


def test_rows_move_together_before_one_is_left_out():
    row = Row(
        text="graph networks",
        detail="since October",
        buttons=(Button(label="Remove", action="unfollow 1"),),
    )
    made = render.message(Message(heading="Interests", rows=(row,) * 40), "")
    assert seen(made).count("since October") == 40


def test_a_long_list_of_rows_without_buttons_takes_one_block():
    help_rows = tuple(Row(text=f"`verb{n} <what>`", detail="does it") for n in range(60))
    made = render.message(Message(heading="Help", rows=help_rows), "")
    assert len(made["blocks"]) == 2
    assert "verb59" in seen(made)


def test_one_button_stands_beside_its_row_and_several_below():
    one = Button(label="Remove", action="unfollow 1")
    two = Button(label="Pause", action="pause 1", style=Style.DANGER, confirm="Really?")
    message = Message(
        heading="Alerts", rows=(Row(text="a", buttons=(one,)), Row(text="b", buttons=(one, two)))
    )
    blocks = render.message(message, "")["blocks"]
    assert blocks[1]["accessory"]["value"] == "unfollow 1"
    pause = blocks[3]["elements"][1]
    assert (pause["value"], pause["style"]) == ("pause 1", "danger")
    assert pause["confirm"]["text"]["text"] == "Really?"


def test_our_code_is_shown_as_code():
    message = Message(heading="Help", intro="Say `follow bees` to me.", footer="Or `help`.")
    _, intro, footer = render.message(message, "")["blocks"]
    styled = [one for one in intro["elements"][0]["elements"] if one.get("style")]
    assert styled == [{"type": "text", "text": "follow bees", "style": {"code": True}}]
    assert footer["elements"] == [{"type": "mrkdwn", "text": "Or `help`.", "verbatim": True}]


def test_code_beside_signs_that_slack_would_format_is_shown_as_typed():
    (footer,) = render.message(Message(heading="", footer="*Say* `help`."), "")["blocks"]
    (said,) = footer["elements"]
    assert (said["type"], said["text"]) == ("plain_text", "*Say* `help`.")


def test_colons_in_a_text_become_no_emoji():
    made = json.dumps(render.message(replace(DIGEST, heading=":tada:"), "a1"))
    assert '"emoji": false' in made
    assert '"emoji": true' not in made


def test_an_empty_message_is_still_a_message():
    made = render.message(Message(heading=""), "")
    assert check_message(made) == []
    assert made["text"] == seen(made) == "There is nothing to show."


# --- what must not work --------------------------------------------------------------------


@pytest.mark.parametrize("evil", SLACKS_OWN)
def test_no_text_from_outside_pings_or_links(evil):
    """Slack's own signs stay text: in blocks that know no markup, or escaped."""
    card = replace(CARD, title=evil, facts=evil, reason=evil, sentence=evil)
    row = Row(text=evil, detail=f"{evil} `code`", buttons=(Button(label=evil, action="x"),))
    message = Message(
        heading=evil, intro=evil, cards=(card,), rows=(row, row), footer=f"{evil} `code`"
    )
    for made in (
        render.message(message, "d1"),
        render.overview(message),
        render.detail(card, "d1"),
        {"text": render.plain(message), "blocks": []},
    ):
        assert not set(elements(made["blocks"])) - {"text", "link"}
        assert set(links(made["blocks"])) <= {CARD.url}
        marked = [made["text"], *mrkdwn(made["blocks"])]
        for text in marked:
            assert "<" not in text.replace(f"<{CARD.url}>", "")


def elements(blocks) -> list[str]:
    """The types of all elements of rich text."""
    return [
        one["type"]
        for block in blocks
        if block["type"] == "rich_text"
        for part in block["elements"]
        for section in (part["elements"] if part["type"] == "rich_text_list" else [part])
        for one in section["elements"]
    ]


def links(part) -> list[str]:
    if isinstance(part, list):
        return [url for one in part for url in links(one)]
    if isinstance(part, dict):
        own = [part["url"]] if "url" in part else []
        return own + [url for one in part.values() for url in links(one)]
    return []


def mrkdwn(part) -> list[str]:
    if isinstance(part, list):
        return [text for one in part for text in mrkdwn(one)]
    if isinstance(part, dict):
        own = [part["text"]] if part.get("type") == "mrkdwn" else []
        assert not own or part["verbatim"]
        return own + [text for one in part.values() for text in mrkdwn(one)]
    return []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "slack://open",
        "file:///etc/passwd",
        "https://",
        "https://a b",
        "https://arxiv.org|x>",
        "https://arxiv.org/\u202egro",
    ],
)
def test_only_web_addresses_are_linked(url):
    card = replace(CARD, url=url)
    made = [render.detail(card, ""), render.overview(replace(DIGEST, cards=(card,)))]
    assert links(made) == []
    assert url not in render.plain(replace(DIGEST, cards=(card,)))
    assert CARD.title in seen(made[0])


def test_an_address_in_a_title_is_no_link_where_slack_looks_for_some():
    card = replace(CARD, title="See https://evil.example/x or evil.example, mail me@evil.example")
    text = render.plain(Message(heading="", cards=(card,)))
    assert "https://evil" not in text
    assert "evil.example" not in text
    assert f"<{CARD.url}>" in text


def test_no_unseen_sign_gets_through():
    evil = "a\x00\x1b[2J\x9b\N{RIGHT-TO-LEFT OVERRIDE}gnp\u2066\ud800"
    card = replace(CARD, title=evil, facts=evil, reason=evil, sentence=evil)
    message = Message(heading=evil, intro=evil, cards=(card,), rows=(Row(text=evil),), footer=evil)
    made = json.dumps([render.message(message, "d1"), render.plain(message)], ensure_ascii=False)
    assert not set(made) & set("\x00\x1b\x9b\u202e\u2066\ud800")
    assert "\N{REPLACEMENT CHARACTER}" in made


# --- beside the blocks ---------------------------------------------------------------------


def test_a_notification_begins_with_the_heading_and_names_the_papers():
    text = render.overview(DIGEST)["text"]
    assert text.startswith("2 papers for ada\nGood morning.\n1. Sparse Attention for Long Texts")
    assert "2. Bees &amp; &lt;Wasps&gt;" in text


def test_the_plain_text_of_a_message_holds_all_of_it():
    text = render.plain(replace(DIGEST, rows=(Row(text="a row", detail="its detail"),)))
    for part in (CARD.title, f"<{CARD.url}>", CARD.facts, CARD.sentence, "a row", "its detail"):
        assert part in text


def test_a_plain_text_that_is_too_long_ends_between_two_parts():
    text = render.plain(replace(DIGEST, cards=(CARD,) * 100))
    assert len(text) <= limits.FALLBACK + 2
    assert text.endswith("\n…")
    assert text.count("<http") == text.count(">")


def test_a_paper_on_hugging_face_has_a_second_link():
    address = "https://huggingface.co/papers/2510.00001"
    with_link = json.dumps(cards_room.full(replace(CARD, discussed=address), "d1"))
    assert address in with_link
    assert "Hugging Face" not in json.dumps(cards_room.full(CARD, "d1"))


@pytest.mark.parametrize("drawn", [lambda one: render.message(one, ""), render.overview])
def test_a_digest_links_to_the_channel_that_has_more_of_it(drawn):
    there = Elsewhere(channel="#ml", papers=2, address="T1/C1", receipt="C1/17.5")
    payload = drawn(replace(DIGEST, elsewhere=(there,)))
    assert check_message(payload) == []
    links = [one for one in _elements(payload["blocks"]) if one.get("text") == "#ml"]
    assert [one["url"] for one in links] == [
        "https://slack.com/app_redirect?team=T1&channel=C1&message_ts=17.5"
    ]


def _elements(node):
    """Every element of these blocks, however deep."""
    for one in node:
        yield one
        yield from _elements(one.get("elements", ()))
