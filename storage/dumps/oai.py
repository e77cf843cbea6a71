"""Answers of arXiv's metadata harvest (OAI-PMH), `arXivRaw` and `arXiv` records.

The frame as https://www.openarchives.org/OAI/openarchivesprotocol.html has it (`header` with
`identifier`, `datestamp`, `setSpec`, `status`; `resumptionToken` with `completeListSize`; `error`
with a code); the records as https://info.arxiv.org/help/oa/ describes them: arXivRaw with a
`version` (`version`, `date`) for each version and the authors in a line, arXiv with `created`,
`updated` and an `author` (`keyname`, `forenames`) each.

A datestamp says when a record was touched, for whatever reason. New is a paper of one version
that was submitted within `FRESH` before that; all else is announced as replaced. A new one whose
first category lies outside of the set that was asked for is a cross-list.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

# The type alone: what is parsed, defusedxml parses.
from xml.etree.ElementTree import Element  # nosec B405

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from storage.dumps import values
from storage.dumps.documents import Found, Unread
from storage.facts import Announced, Facts

FRESH = timedelta(days=14)
"""From submission to announcement: days, over a weekend with holidays a week, in moderation two."""

_ROOT = re.compile(r"^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)?<OAI-PMH\b", re.S)


class Broken(ValueError):
    """It is no well-formed XML, or holds what no answer needs."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What stands around the records."""

    records: tuple[Found | Unread, ...]
    token: str | None
    """Asks for the next page; None on the last."""
    of: int | None
    """How many records the whole list has, where the answer says it."""
    error: str | None
    """The protocol's code: `noRecordsMatch`, `badResumptionToken`."""
    deleted: int


def is_answer(text: str) -> bool:
    """Whether the markup is an answer of a harvest."""
    return _ROOT.match(text) is not None


def read(text: str) -> Answer:
    """An answer with its records. Raises Broken."""
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise Broken(str(error)) from error
    found: list[Found | Unread] = []
    deleted = 0
    asked = next(_all(root, "request"), None)
    home = _home("" if asked is None else asked.get("set", ""))
    for place, record in enumerate(_all(root, "record"), 1):
        header = _first(record, "header")
        if header is not None and header.get("status") == "deleted":
            deleted += 1
            continue
        found.append(_record(place, record, home))
    token = next(_all(root, "resumptionToken"), None)
    size = "" if token is None else token.get("completeListSize", "")
    fault = next(_all(root, "error"), None)
    return Answer(
        records=tuple(found),
        token=values.text(token.text) or None if token is not None else None,
        of=int(size) if size.isdecimal() else None,
        error=None if fault is None else fault.get("code", "unknown"),
        deleted=deleted,
    )


def _record(place: int, record: Element, home: str) -> Found | Unread:
    metadata = next((one for one in _all(record, "metadata")), None)
    paper = next(iter(metadata), None) if metadata is not None else None
    if paper is None or _name(paper) not in ("arXivRaw", "arXiv"):
        kind = "nothing" if paper is None else _name(paper)
        return Unread(place=place, reason=f"a record of {kind}, expected arXivRaw or arXiv")
    arxiv_id, _ = values.arxiv(_said(paper, "id"))
    versions = [one for one in paper if _name(one) == "version"]
    first = values.day(_said(versions[0], "date")) if versions else None
    first = first or values.day(_said(paper, "created"))
    version = len(versions) or None
    is_changed = len(versions) > 1 or bool(_said(paper, "updated"))
    stamp = values.day(next((one.text for one in _all(record, "datestamp")), None))
    is_late = first is not None and stamp is not None and stamp - first > FRESH
    announced = Announced.REPLACED if is_changed or is_late else Announced.NEW
    categories = values.listed(_said(paper, "categories").split())
    if announced is Announced.NEW and home and categories:
        is_at_home = categories[0] == home or categories[0].startswith(f"{home}.")
        announced = Announced.NEW if is_at_home else Announced.CROSS
    people = list(_all(paper, "author"))
    return Found(
        place=place,
        title=_said(paper, "title"),
        abstract=_said(paper, "abstract"),
        published=first,
        arxiv_id=arxiv_id,
        author_names=values.listed(
            f"{_said(one, 'forenames')} {_said(one, 'keyname')}" for one in people
        )
        or values.names(_said(paper, "authors")),
        facts=Facts(
            doi=values.doi(_said(paper, "doi")),
            categories=categories,
            version=version,
            announced=announced,
        ),
    )


def _home(spec: str) -> str:
    """The category that a set stands for: `cs:cs:AI` -> `cs.AI`; empty where it tells nothing, as
    the group of all physics.
    """
    parts = spec.split(":")
    return "" if parts == ["physics"] else ".".join(parts[1:] or parts)


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element.iter() if _name(one) == name)


def _first(element: Element, name: str) -> Element | None:
    return next((one for one in element if _name(one) == name), None)


def _said(element: Element, name: str) -> str:
    found = _first(element, name)
    return values.text(found.text) if found is not None else ""
