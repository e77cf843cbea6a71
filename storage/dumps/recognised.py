"""JSON and XML: is it a document that a reader of ours knows?

daily_papers   Hugging Face's API
jsonl          a paper a line, or an array of such papers
feeds          RSS and Atom
oai            metadata harvests
documents      what they find, as entries and rejects
values         texts, ids, names, days
"""

import re
from collections.abc import Sequence

import orjson

from storage.dumps import daily_papers, documents, feeds, jsonl, oai
from storage.dumps.documents import Unread
from storage.dumps.lines import NotADump, split
from storage.layouts import Layout
from storage.records import Dump

TRIED = 5
"""Lines of which one must be a paper, so that a file is JSON lines."""

_ITEM = re.compile(r"<(?:item|entry)\b")
_ENTITY = re.compile(r"<!\s*ENTITY", re.I)


def document(name: str, text: str, notes: Sequence[str]) -> Dump | None:
    """What a document holds; None: it is none of ours. Raises NotADump for one that is broken."""
    start = text.lstrip("\ufeff \t\r\n")
    match start[:1]:
        case "[":
            return _array(name, start, notes)
        case "{":
            return _lines(name, text, notes)
        case "<":
            return _markup(name, start, notes)
        case _:
            return None


def _array(name: str, text: str, notes: Sequence[str]) -> Dump | None:
    if not re.match(r"\[\s*[{\]]", text):
        return None  # a page may begin with a bracket
    try:
        items = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotADump(
            f"{name}: this is JSON that is cut off or damaged (at character {error.pos:,}): "
            "fetch it again"
        ) from error
    if not items:
        raise NotADump(f"{name}: this is an empty list, no paper is in it")
    if daily_papers.is_daily_papers(items):
        return documents.dump(name, Layout.DAILY_PAPERS, daily_papers.read(items), notes=notes)
    if not any(jsonl.is_paper(one) for one in items):
        return None
    read = (
        jsonl.found(place, one)
        if jsonl.is_paper(one)
        else Unread(place=place, reason="no title and abstract here", text=str(one))
        for place, one in enumerate(items, 1)
    )
    return documents.dump(name, Layout.JSON_LINES, read, notes=notes)


def _lines(name: str, text: str, notes: Sequence[str]) -> Dump | None:
    lines = split(name, text)
    if not any(_is_paper(line.text) for line in lines[:TRIED]):
        return None
    return documents.dump(name, Layout.JSON_LINES, jsonl.read(iter(lines)), notes=notes)


def _is_paper(line: str) -> bool:
    try:
        return jsonl.is_paper(orjson.loads(line))
    except orjson.JSONDecodeError:
        return False


def _markup(name: str, text: str, notes: Sequence[str]) -> Dump | None:
    is_feed = feeds.is_feed(_without_doctype(text)) and bool(_ITEM.search(text))
    if not is_feed and not oai.is_answer(text):
        return None
    if _ENTITY.search(text):
        raise NotADump(f"{name}: this markup declares entities of its own, which no feed needs")
    if is_feed:
        if text.count("<") > feeds.TAGS:
            raise NotADump(
                f"{name}: this feed has more than the {feeds.TAGS:,} tags that are read of one: "
                "fetch fewer papers at a time"
            )
        if not feeds.is_whole(text):
            raise NotADump(f"{name}: this feed is cut off before its end: fetch it again")
        return documents.dump(name, Layout.FEED, feeds.read(text), notes=notes)
    try:
        answer = oai.read(text)
    except oai.Broken as error:
        raise NotADump(
            f"{name}: this answer of a harvest is cut off or damaged ({error}): fetch it again"
        ) from error
    return documents.dump(name, Layout.OAI_PMH, answer.records, notes=notes)


def _without_doctype(text: str) -> str:
    return (
        re.sub(r"<!DOCTYPE\b[^>\[]*(?:\[[^\]]*\]\s*)?>", "", text[:5_000], flags=re.I)
        + (text[5_000:])
    )
