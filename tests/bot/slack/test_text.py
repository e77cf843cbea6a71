"""Text is cut where a reader would, and never longer than allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.slack.text import (
    cut,
    defused,
    escaped,
    harmless,
    is_tame,
    length,
    line,
    lines,
    runs,
    web_address,
)

ABSTRACT = "Attention is costly. We make it sparse, e.g. by hashing. It is then cheap and good."


def test_what_fits_is_left_alone():
    assert cut(ABSTRACT, len(ABSTRACT)) == ABSTRACT


def test_a_text_is_cut_after_a_sentence():
    assert cut(ABSTRACT, 70) == "Attention is costly. We make it sparse, e.g. by hashing. …"


def test_an_abbreviation_ends_no_sentence():
    assert cut(ABSTRACT, 52) == "Attention is costly. We make it sparse, e.g. by…"


def test_a_text_whose_sentences_are_too_long_is_cut_after_a_word():
    assert cut("One two three four five six", 18) == "One two three…"


def test_a_text_without_spaces_is_cut_where_it_must():
    assert cut("x" * 100, 10) == "x" * 8 + "…"


def test_no_accent_and_no_emoji_is_torn():
    assert cut("x" * 7 + "e\N{COMBINING ACUTE ACCENT}" + "x" * 50, 10) == "x" * 7 + "…"
    family = "👩\N{ZERO WIDTH JOINER}👧"
    assert "\N{ZERO WIDTH JOINER}…" not in cut("x" * 5 + family * 9, 11)


@given(st.text(max_size=400), st.integers(1, 300))
def test_a_cut_text_is_never_longer_than_allowed(text, most):
    assert length(cut(text, most)) <= most
    assert length(line(text, most)) <= most
    assert length(lines(text, most)) <= most
    assert "\n" not in line(text, most)


@given(st.text("ab .?!\n", max_size=200), st.integers(1, 100))
def test_a_cut_text_is_a_beginning_and_a_sign(text, most):
    shown = cut(text, most)
    assert shown == text or text.startswith(shown.removesuffix("…").removesuffix(" "))


def test_signs_beyond_the_basic_plane_count_twice():
    assert length("😀a") == 3
    assert length(cut("😀" * 50, 11)) <= 11


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x9b", "\u202e", "\u2067", "\u2028", "\udc00"])
def test_unseen_signs_are_replaced(sign):
    assert harmless(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_line_breaks_and_other_scripts_are_kept():
    text = "Ä 中文\n\nعربي 😀"
    assert lines(text, 100) == text
    assert lines("a\n\n\n\n\nb", 100) == "a\n\nb"
    assert line("a\n b\tc ", 100) == "a b c"


def test_code_is_found_between_two_backticks():
    found = [(run.text, run.is_code) for run in runs("say `follow bees` or ` alone")]
    assert found == [("say ", False), ("follow bees", True), (" or ` alone", False)]
    assert runs("") == []


@pytest.mark.parametrize("text", ["a *b*", "_a", "~", "> quoted", ":tada: `x`", "x ` y"])
def test_what_slack_would_format_is_not_tame(text):
    assert not is_tame(text)


@pytest.mark.parametrize("text", ["Say `set_zone *` now", "at 8:30 see `help`", "a > b", "plain"])
def test_our_own_sentences_are_tame(text):
    assert is_tame(text)


def test_escaping_is_slacks():
    assert escaped("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize("text", ["https://x.org", "evil.example", "me@evil", "HTTP://X.ORG/a"])
def test_an_address_is_split_without_being_changed_to_the_eye(text):
    assert defused(text) != text
    assert defused(text).replace("\N{WORD JOINER}", "") == text


@pytest.mark.parametrize("text", ["Llama 3.1 at 8:30", "a sentence. Another", "ratio 1:2"])
def test_other_text_is_left_alone(text):
    assert defused(text) == text


def test_a_web_address_is_whole():
    assert web_address("https://arxiv.org/abs/1") == "https://arxiv.org/abs/1"
    assert web_address("https://arxiv.org/abs/1", most=10) is None
    for url in ("", "arxiv.org", "ftp://x", "http://", "https://a\nb", "https://a>b", "https://[x"):
        assert web_address(url) is None
