"""The adapters of the sources that the settings ask for."""

from bot.settings import Settings
from bot.sources.arxiv_oai import ArxivOai
from bot.sources.feed import ArxivFeed, Feed
from bot.sources.hugging_face import HuggingFace
from bot.sources.source import Source
from bot.sources.wanted import Kind, Wanted, parse


def chosen(settings: Settings) -> list[Source]:
    """In the order of the setting. Raises BadSource."""
    return [made(one, settings) for one in parse(settings.sources)]


def made(one: Wanted, settings: Settings) -> Source:
    """The adapter of a source."""
    match one.kind:
        case Kind.HUGGING_FACE:
            return HuggingFace(settings.hf_api_base)
        case Kind.ARXIV:
            return ArxivFeed(one.name, one.of, settings.arxiv_feeds_base)
        case Kind.OAI:
            return ArxivOai(one.name, one.of, settings.arxiv_oai_url)
        case Kind.FEED:
            return Feed(one.name, one.of)
