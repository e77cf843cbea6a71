"""RSS and Atom, arXiv's and anybody's.

arXiv's as https://info.arxiv.org/help/rss_specifications.html describes them: `guid` or `id` holds
the id with its version (`oai:arXiv.org:2501.01234v2`), `arxiv:announce_type` says new, cross,
replace or replace-cross, `description` begins with both, `dc:creator` names the authors in a line,
`arxiv:DOI` is the journal's. Of other feeds, what feedparser knows of any: title, summary, link,
authors, date; a DOI where one stands in `dc:identifier`, `prism:doi` or the link.
"""

import html
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import feedparser

from storage.dumps import values
from storage.dumps.documents import Found, Unread
from storage.facts import Announced, Facts

TAGS = 300_000
"""Of a feed, at the most: some 10,000 papers, and half a minute of reading."""

_ROOT = re.compile(
    r"^\s*(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*|<\?.*?\?>\s*)*<(?:rss|feed|rdf:RDF)\b", re.S
)
_OPENING = re.compile(r"^\s*arXiv:\S+\s+Announce Type:\s*\S+\s*(?:Abstract:\s*)?", re.I)
_TAG = re.compile(r"<[^<>]{1,500}>")
_ANNOUNCED = {
    "new": Announced.NEW,
    "cross": Announced.CROSS,
    "replace": Announced.REPLACED,
    "replace-cross": Announced.REPLACED,
}


def is_feed(text: str) -> bool:
    """Whether the markup is RSS or Atom."""
    return _ROOT.match(text) is not None


def read(text: str) -> Iterator[Found | Unread]:
    """Each paper of a feed."""
    parsed = feedparser.parse(
        BytesIO(text.encode()), response_headers={"content-type": "text/xml; charset=utf-8"}
    )
    for place, item in enumerate(parsed.entries, 1):
        yield _found(place, item)


def is_whole(text: str) -> bool:
    """Whether the feed's end is there: one that broke off on its way lacks it."""
    return re.search(r"</(?:rss|feed|rdf:RDF)\s*>\s*(?:<!--.*?-->\s*)*$", text, re.S) is not None


def _found(place: int, item: Any) -> Found:
    said_ids = [item.get("id"), item.get("link"), item.get("dc_identifier")]
    arxiv_id, version = next(
        (known for one in said_ids if (known := values.arxiv(one))[0] is not None), (None, None)
    )
    dois = [item.get("arxiv_doi"), item.get("prism_doi"), item.get("dc_identifier")]
    named = item.get("authors") or []
    people = [one.get("name") for one in named if isinstance(one, dict)]
    categories = [one.get("term") for one in item.get("tags") or []]
    announced = _ANNOUNCED.get(values.text(item.get("arxiv_announce_type")).lower())
    day = values.day(item.get("published") or item.get("updated"))
    return Found(
        place=place,
        title=_plain(item.get("title")),
        abstract=_OPENING.sub("", _plain(item.get("summary"))),
        # A revision's day says nothing of when its paper came out.
        published=None if announced is Announced.REPLACED else day,
        arxiv_id=arxiv_id,
        # arXiv's RSS has all of them in one element, and Atom one each.
        author_names=values.names(people[0]) if len(people) == 1 else values.listed(people),
        facts=Facts(
            doi=next(filter(None, map(values.doi, [*dois, item.get("link")])), None),
            categories=values.listed(categories) if arxiv_id else (),
            version=version,
            announced=announced,
            keywords=() if arxiv_id else values.listed(categories),
            url=None if arxiv_id else values.web_address(item.get("link")),
        ),
    )


def _plain(value: Any) -> str:
    """Text without the markup that feeds put into it."""
    return html.unescape(_TAG.sub(" ", value)) if isinstance(value, str) else ""
