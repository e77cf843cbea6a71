"""Messages survive the outbox unchanged and say no more than is known."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import messages
from bot.messages import Card, Message
from storage.facts import Facts
from storage.records import Paper

TEXT = st.text(max_size=60)
CARDS = st.builds(
    Card,
    seq=st.integers(1, 2**53),
    title=TEXT,
    url=TEXT,
    facts=TEXT,
    reason=TEXT,
    sentence=TEXT,
    score=st.none() | st.floats(0, 1),
)
MESSAGES = st.builds(
    Message,
    heading=TEXT,
    intro=TEXT,
    cards=st.lists(CARDS, max_size=4).map(tuple),
    footer=TEXT,
)


def paper(**known) -> Paper:
    return Paper(
        **{
            "seq": 1,
            "title": "A Title",
            "abstract": "An abstract.",
            "first_seen": datetime(2025, 10, 28, tzinfo=UTC),
        }
        | known
    )


@given(MESSAGES)
def test_a_message_comes_back_from_json_as_it_was(message):
    assert messages.from_json(messages.to_json(message)) == message


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"format": 1}', '{"format": 99}', "nope"]
)
def test_what_is_no_message_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one too
        messages.from_json(text)


def test_facts_say_what_is_known_and_nothing_else():
    assert messages.facts(paper()) == ""
    assert messages.facts(paper(authors=1)) == "1 author"
    everything = paper(
        authors=14, organisation="An Institute", published=date(2022, 6, 14), comments=3
    )
    assert messages.facts(everything) == "An Institute · 14 Jun 2022 · 3 comments"


def test_a_paper_with_an_id_links_to_it_and_one_without_to_a_search():
    assert messages.link(paper(arxiv_id="2510.01234")) == "https://arxiv.org/abs/2510.01234"
    assert messages.link(paper(title="Is K > 2? A/B")) == (
        "https://huggingface.co/papers?q=Is%20K%20%3E%202%3F%20A%2FB"
    )


def test_a_paper_links_to_hugging_face_too_where_it_is_known_to_be_there():
    known = paper(arxiv_id="2510.01234", facts=Facts(is_on_hugging_face=True))
    assert messages.discussed(known) == "https://huggingface.co/papers/2510.01234"
    assert messages.card(known, reason="", sentence="").discussed == messages.discussed(known)
    assert messages.discussed(paper(arxiv_id="2510.01234")) == ""


def test_a_paper_that_is_not_on_arxiv_links_to_its_publisher_or_where_its_feed_says():
    assert messages.link(paper(facts=Facts(doi="10.1000/a b"))) == "https://doi.org/10.1000/a%20b"
    assert messages.link(paper(facts=Facts(url="https://a.example/1"))) == "https://a.example/1"


def test_a_digest_says_what_it_left_out():
    card = messages.card(paper(), reason="close to", sentence="An abstract.", score=0.7)
    said = messages.digest("ada", [card], considered=76, left_out=2)
    assert said.heading == "1 paper for ada"
    assert said.footer == "Read 76 new papers for you. 2 more fitted, beyond this digest's size."
    assert messages.digest("ada", [card], considered=1, left_out=0).footer == (
        "Read 1 new paper for you."
    )
