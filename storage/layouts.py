"""The shapes that a dump can have."""

from enum import StrEnum


class Layout(StrEnum):
    """The shape of a dump."""

    SPACED_WITH_DETAILS = "spaced-with-details"
    SPACED_PLAIN = "spaced-plain"
    TIGHT = "tight"
    MIXED = "mixed"
    """Several pages in one file, not all of one layout."""
    DAILY_PAPERS = "daily-papers"
    """The answer of Hugging Face's daily papers API, JSON."""
    JSON_LINES = "json-lines"
    """A JSON object a line, each a paper, as in arXiv's metadata snapshot."""
    FEED = "feed"
    """RSS or Atom."""
    OAI_PMH = "oai-pmh"
    """An answer of a metadata harvest, XML."""
