"""Which stored papers a text names: by arXiv ids, by links, by titles in quotes or on a line."""

import json
import re
from urllib.parse import unquote

from storage import papers
from storage.database import Tx
from storage.identity import arxiv_key, title_key
from storage.records import Paper

LONGEST = 8_000
"""Characters of a text that are read."""

_ARXIV = re.compile(
    r"(?<![\w.])(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?!\w|\.\d)", re.I
)
_SEARCHED = re.compile(r"huggingface\.co/papers\?q=([^\s>|)\]]+)")
_LINK = re.compile(r"<[^<>|\s]+\|([^<>]+)>|\[([^\[\]]+)\]\([^()\s]+\)")
"""A link with its text, `<address|text>` or `[text](address)`."""
_QUOTED = re.compile(r"[“\"«„]([^“”\"«»„]{4,300})[”\"»“]")
_BEFORE = re.compile(r"^[\s>*_~•·\-]*(?:#?\d{1,6}[.):]?\s+)?[\s*_~•·\-]*")
_AFTER = re.compile(r"[\s*_~]+$")


def named_in(tx: Tx, text: str) -> list[Paper]:
    """The papers that a text names, in the order of their arrival; a title must stand in quotes or
    on a line of its own.
    """
    text = text[:LONGEST]
    ids = {arxiv_key(found[1]) for found in _ARXIV.finditer(text)}
    titles = [unquote(found[1]) for found in _SEARCHED.finditer(text)]
    titles += [found[1] for found in _QUOTED.finditer(text)]
    for line in text.splitlines():
        titles += [line, _plain(line)]
    keys = {title_key(title) for title in titles if title.strip()}
    rows = tx.rows(
        f"""
        SELECT {papers.COLUMNS} FROM papers
        WHERE arxiv_id IN (SELECT value FROM json_each(:ids))
            OR title_key IN (SELECT value FROM json_each(:keys))
        ORDER BY seq
        """,
        ids=json.dumps(sorted(ids)),
        keys=json.dumps(sorted(keys)),
    )
    return [papers.paper(row) for row in rows]


def is_id(text: str) -> bool:
    """Whether the text is nothing but a paper's arXiv id or its address."""
    bare = re.sub(
        r"^(?:https?://\S+?/(?:abs|pdf|papers)/|arxiv:\s*)|\.pdf$", "", text.strip(), flags=re.I
    )
    return _ARXIV.fullmatch(bare) is not None


def _plain(line: str) -> str:
    """The line without a link's address, a list's number and marks of emphasis."""
    named = _LINK.sub(lambda link: link[1] or link[2], line)
    return _AFTER.sub("", _BEFORE.sub("", named))
