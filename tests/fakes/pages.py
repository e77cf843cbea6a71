"""Invented pages in the spaced layout, made from titles: enough of a dump to be read."""

from collections.abc import Iterable

from storage.records import RawDump

ABSTRACT = (
    "We study {topic} under realistic conditions and ask which of its assumptions hold. Earlier "
    "work on {topic} assumes that data are plentiful, which they seldom are. Our approach adds one "
    "small component and leaves everything else as it is. On four invented benchmarks it improves "
    "over strong baselines while costing less, and the analysis shows when it fails."
)


def abstract(title: str) -> str:
    return ABSTRACT.format(topic=title.casefold())


def page(titles: Iterable[str], *, comments: int | None = None, day: str = "Oct 28") -> bytes:
    """A page with details; every paper has 3 authors and the same date and comments."""
    shown = "" if comments is None else f" {comments}"
    papers = "".join(
        f"{title}\n\n{abstract(title)}\n\n  • 3 authors\n·\nJun 14, 2022{shown}\n\n"
        for title in titles
    )
    return f"Daily Papers\n\nbyAK and the research community\n\n{day}\n\n{papers}".encode()


def dump(*titles: str, name: str = "page.txt", comments: int | None = None) -> RawDump:
    return RawDump(name=name, data=page(titles, comments=comments))
