"""The answer of Hugging Face's `/api/daily_papers`: a JSON array, a paper with its day's figures.

Fields as https://huggingface.co/docs/hub/en/api#get-apidailypapers and the answers themselves have
them: outside `title`, `publishedAt`, `numComments`, `thumbnail`, `organization`; within `paper` an
arXiv `id`, `authors` (`name`, `hidden`), `summary`, `upvotes`, `ai_keywords`, `organization`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from storage.dumps import values
from storage.dumps.documents import Found, Unread
from storage.facts import Facts


def is_daily_papers(items: Sequence[Any]) -> bool:
    """Whether the JSON array is such an answer, an empty one not."""
    return any(isinstance(one, dict) and isinstance(one.get("paper"), dict) for one in items)


def read(items: Sequence[Any]) -> Iterator[Found | Unread]:
    """Each paper of the answer."""
    for place, item in enumerate(items, 1):
        paper = item.get("paper") if isinstance(item, dict) else None
        if isinstance(paper, dict):
            yield _found(place, item, paper)
        else:
            yield Unread(place=place, reason="no paper in this item", text=str(item))


def _found(place: int, item: dict[str, Any], paper: dict[str, Any]) -> Found:
    arxiv_id, version = values.arxiv(paper.get("id"))
    organisation = _object(item.get("organization")) or _object(paper.get("organization"))
    handle = values.text(organisation.get("name")) or None
    authors = paper.get("authors")
    comments = item.get("numComments", paper.get("numComments"))
    keywords = paper.get("ai_keywords")
    return Found(
        place=place,
        title=paper.get("title") or item.get("title") or "",
        abstract=paper.get("summary") or item.get("summary") or "",
        organisation=values.text(organisation.get("fullname")) or handle,
        organisation_handle=handle,
        published=values.day(paper.get("publishedAt") or item.get("publishedAt")),
        comments=values.count(comments),
        arxiv_id=arxiv_id,
        author_names=values.listed(
            _object(one).get("name")
            for one in (authors if isinstance(authors, list) else ())
            if not _object(one).get("hidden")
        ),
        facts=Facts(
            version=version,
            upvotes=values.count(paper.get("upvotes")),
            keywords=values.listed(keywords if isinstance(keywords, list) else ()),
            thumbnail=values.web_address(item.get("thumbnail")),
            is_on_hugging_face=arxiv_id is not None,
        ),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
