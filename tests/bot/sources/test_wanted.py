"""The setting names sources; what is none is refused with what would be one."""

import pytest

from bot import settings
from bot.settings import BadSetting, Settings
from bot.sources.chosen import chosen
from bot.sources.wanted import BadSource, parse


def test_sources_are_read_in_their_order():
    found = parse("hf, arxiv:cs.CL,arxiv:cs.LG+stat.ML, oai:cs, feed:https://a.example/rss?x=1,2")
    assert [one.name for one in found] == [
        "hf",
        "arxiv:cs.CL",
        "arxiv:cs.LG+stat.ML",
        "oai:cs",
        "feed:a.example/rss",
    ]
    assert found[-1].of == "https://a.example/rss?x=1,2"
    assert parse(None) == parse(" ") == []


def test_a_feed_s_name_holds_no_key():
    (one,) = parse("feed:https://me:hidden@a.example/rss?key=hidden")
    assert "hidden" not in one.name


@pytest.mark.parametrize(
    "text",
    [
        "huggingface",
        "hf:x",
        "arxiv",
        "arxiv:../x",
        "oai:",
        "feed:",
        "feed:ftp://a",
        "feed:file:///x",
    ],
)
def test_what_is_no_source_is_refused(text):
    with pytest.raises(BadSource, match=r"write hf, arxiv:cs\.CL"):
        parse(text)


def test_a_source_is_named_once():
    with pytest.raises(BadSource, match="hf is named twice"):
        parse("hf,hf")


def test_the_settings_refuse_what_is_no_source(monkeypatch):
    monkeypatch.setenv("PAPERROUND_SOURCES", "hf, nonsense")
    with pytest.raises(BadSetting, match="PAPERROUND_SOURCES"):
        settings.load()


def test_handing_in_needs_a_web_server(monkeypatch):
    monkeypatch.setenv("PAPERROUND_PUSH_TOKEN", "a-token-of-some-length")
    with pytest.raises(BadSetting, match="PAPERROUND_HTTP_PORT"):
        settings.load()


def test_every_source_has_its_adapter():
    made = chosen(Settings(sources="hf,arxiv:cs.CL,oai:cs,feed:https://a.example/rss"))
    assert [one.shown for one in made] == [
        "Hugging Face",
        "arXiv cs.CL",
        "arXiv cs",
        "a.example/rss",
    ]
