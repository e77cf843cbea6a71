"""What people and papers wrote is shown as it is, whatever Discord could make of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord import text

ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"

ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
"""What Discord's markdown takes a backslash before: any sign but letters, digits and space."""

LIVE = re.compile(
    r"[*_~`|\[\]<>#]"  # emphasis, code, spoilers, links, mentions, timestamps, quotes, headings
    r"|^\s*(?:[-+]|\d+[.)])\s"  # lists
    r"|://"
    r"|@(?:everyone|here)\b"
    r"|discord(?:app)?\.(?:gg|com|new|gift)",
    re.MULTILINE | re.IGNORECASE,
)

MARKUP = [
    "# a heading",
    "-# small print",
    "- a list\n- of two",
    "+ a list",
    "1. one\n2) two",
    "**bold** __under__ ~~gone~~ ||hidden|| `code` ```block```",
    "> quote\n>>> all of it",
    "[read me](http://evil.example)",
    "<https://evil.example> https://evil.example/path?x=1",
    "<@123> <@!123> <@&123> <#123> </papers:123> <t:1618953630:R> <:smile:123> <a:x:1> <id:guide>",
    "@everyone and @here",
    "discord.gg/abc discordapp.com/invite/abc",
    "back\\slash \\* \\\\",
    "C# at 5 * 3 <= snake_case | a~b",
    "\N{RIGHT-TO-LEFT OVERRIDE}evil\N{POP DIRECTIONAL FORMATTING} \x07bell \ud800half",
]

texts = st.lists(
    st.one_of(
        st.sampled_from("\\`*_~|[]<>#-+1.)(@:/ \n\u202e\x00"),
        st.sampled_from(["://", "@everyone", "discord.gg", "a", "B", "é", "日", "🦜"]),
        st.characters(),
        st.text(max_size=20),
    ),
    max_size=80,
).map("".join)


def seen(markdown: str) -> str:
    """What a reader sees of escaped text."""
    return ESCAPE.sub(r"\1", markdown).replace(ZERO_WIDTH, "")


def live(markdown: str) -> list[str]:
    """Markup that is not escaped; a sign put for each escape keeps words apart."""
    return LIVE.findall(ESCAPE.sub("\N{WHITE SQUARE}", markdown))


@pytest.mark.parametrize("given_text", MARKUP)
def test_markup_in_foreign_text_is_shown_and_not_obeyed(given_text):
    shown = text.escaped(given_text)
    assert live(shown) == []
    assert seen(shown) == text.harmless(given_text)


@given(texts)
def test_any_text_is_shown_and_not_obeyed(given_text):
    shown = text.escaped(given_text)
    assert live(shown) == []
    assert seen(shown) == text.harmless(given_text).replace(ZERO_WIDTH, "")


def test_control_and_direction_signs_and_halves_of_characters_are_taken_out():
    assert text.harmless("a\x00b\u202ec\ud800d\x1be") == "a�b�c�d�e"
    assert text.harmless("a\r\nb\u2028c") == "a\nb\nc"


@given(texts, st.integers(1, 120))
def test_a_line_is_one_line_and_never_too_long(given_text, most):
    shown = text.line(given_text, most)
    assert "\n" not in shown
    assert text.size(shown) <= most
    assert live(shown) == []


@given(texts, st.integers(1, 120))
def test_our_own_text_is_never_too_long_and_only_its_code_is_live(given_text, most):
    shown = text.own(given_text, most)
    assert text.size(shown) <= most
    without_code = re.sub(r"(?<![`\\])`[^`\n]+`(?!`)", "", shown)
    assert live(without_code) == []


@given(texts, st.integers(1, 120))
def test_a_label_is_one_line_and_never_too_long(given_text, most):
    shown = text.plain(given_text, most)
    assert "\n" not in shown
    assert text.size(shown) <= most


def test_code_in_our_own_texts_stays_code():
    said = "Type `follow *graph* networks` or *this*"
    assert text.own(said, 100) == r"Type `follow *graph* networks` or \*this\*"


@pytest.mark.parametrize("said", ["a ` b", "``a``", "`a\nb`", "`` ` ``", "```x```", "`a``b`"])
def test_backticks_that_are_no_code_are_shown(said):
    assert seen(text.own(said, 100)) == said


def test_foreign_text_has_no_code():
    assert text.line("`x`", 100) == r"\`x\`"


def test_a_long_text_ends_with_a_whole_sentence():
    said = "The first sentence. The second one is here. The third does not fit any more."
    assert text.line(said, 50) == "The first sentence. The second one is here. …"


def test_a_long_sentence_ends_with_a_whole_word():
    said = "one two three four five six seven eight nine ten"
    assert text.line(said, 25) == "one two three four five…"


def test_a_word_that_is_too_long_is_cut():
    assert text.line("x" * 50, 10) == "x" * 8 + "…"


def test_escapes_count_and_are_never_cut_in_two():
    shown = text.line("*" * 50, 11)
    assert shown == r"\*\*\*\*…"


def test_characters_beyond_the_basic_plane_count_as_two():
    assert text.size("🦜a") == 3
    assert text.line("🦜" * 20, 12) == "🦜" * 5 + "…"


def test_a_link_leads_where_we_say():
    shown = text.link("A *title*", "https://example.org/a(b) c?q=[1]", 100)
    assert shown == r"[A \*title\*](https://example.org/a%28b%29%20c?q=%5B1%5D)"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "//example.org",
        "",
        "not an address",
        "http://[::1",
        "https://example.org/" + "x" * 600,
    ],
)
def test_an_address_that_is_none_makes_no_link(url):
    assert text.link("Title", url, 100) == "Title"


@pytest.mark.parametrize("title", ["a ] b", "a [ b", "[[a] b]", "a ](http://evil.example) [b"])
def test_brackets_in_a_title_do_not_end_its_link(title):
    shown = text.link(title, "https://example.org", 100)
    assert re.fullmatch(r"\[[^\[\]]*\]\(https://example\.org\)", shown)


def test_a_pair_of_brackets_in_a_title_stays():
    shown = text.link("[MASK] is all", "https://example.org", 100)
    assert shown == r"[\[MASK\] is all](https://example.org)"


def test_a_title_without_anything_to_see_makes_no_link():
    assert text.link(" \n ", "https://example.org", 100) == ""
