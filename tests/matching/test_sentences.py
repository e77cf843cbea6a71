import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.sentences import sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Bees dance. Others follow.", 2),
        ("Bees dance, e.g. In circles, i.e. Rounds. Others follow.", 2),
        ("As Adler et al. found, bees dance. Others follow.", 2),
        ("We follow Adler et al. We find less.", 2),
        ("It gains 3.5 points. See Fig. 2 and Eq. (3). It costs nothing.", 3),
        ("Does it melt? It does! Soon.", 3),
        ("Version 2.0 vs. 1.0 of U.S. Glaciers. done", 1),
        ("By J. K. Adler. In ice.", 2),
        ("The end... Or not.", 2),
        ('He said "it melts." Then it did.', 2),
        ("No stop at the end", 1),
        ("Samples were i.i.d. We kept all.", 2),
        ("", 0),
        (" \n ", 0),
    ],
)
def test_sentences_are_found(text, count):
    assert len(sentences(text)) == count


@given(st.text(alphabet=st.sampled_from("ab AZ.!?\n\"')(19é"), max_size=80))
def test_sentences_are_verbatim_in_order_and_leave_out_only_space(text):
    found = sentences(text)

    place = 0
    for sentence in found:
        at = text.index(sentence, place)
        assert not text[place:at].strip()
        place = at + len(sentence)
    assert not text[place:].strip()
