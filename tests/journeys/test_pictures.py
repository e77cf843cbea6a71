"""The README's pictures can be drawn anew, and show what people are sent."""

import html
import re
import sys
from pathlib import Path

import pytest

from matching.library import Library

HOUSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE / "benchmarks"))

import pictures  # noqa: E402


def words(drawn: str) -> str:
    """Everything that is written in a drawing, on one line."""
    found = re.findall(r"<text[^>]*>(.*?)</text>", drawn, re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", " ".join(found))).split())


@pytest.fixture
async def shown(db, minilm):
    return await pictures._composed(Library(db, minilm))


@pytest.mark.parametrize("platform", ["slack", "discord"])
def test_a_picture_shows_the_digest_and_the_alert_as_they_are_sent(shown, tmp_path, platform):
    file = tmp_path / "digest.svg"
    getattr(pictures, platform)(shown, file)
    drawn = words(file.read_text(encoding="utf-8"))
    kept = words((HOUSE / "bot" / "samples" / f"{platform}-digest.svg").read_text("utf-8"))
    titles = [card.title for card in shown.digest.cards[: pictures.IN_SIGHT]]
    assert titles
    for title in (*titles, *(card.title for card in shown.alert.cards)):
        first = " ".join(title.split()[:3])  # a long one is broken into lines
        assert first in drawn, title
        assert first in kept, f"{title}: draw the README's pictures anew (benchmarks/pictures.py)"
