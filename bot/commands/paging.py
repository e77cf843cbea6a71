"""Lists that are longer than a message, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.commands.ask import Ask
from bot.commands.phrases import number
from bot.messages import Button

T = TypeVar("T")

PAGE = 10
"""Rows of one message."""


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list."""

    items: tuple[T, ...]
    footer: str
    """`11 to 20 of 34.`; empty where one page holds all."""
    buttons: tuple[Button, ...]
    """To the page before and the page after."""


def page(ask: Ask, verb: str, items: Sequence[T]) -> Page[T]:
    """The page that `VERB page 2` asks for, the first where it asks for none, at most the last."""
    word, _, typed = ask.rest.partition(" ")
    wanted = (number(typed) if word == "page" else None) or 1
    pages = max(1, -(-len(items) // PAGE))
    here = min(wanted, pages)
    first = (here - 1) * PAGE
    shown = tuple(items[first : first + PAGE])

    def turn(label: str, to: int) -> Button:
        return Button(label=label, action=ask.action(f"{verb} page {to}"))

    return Page(
        items=shown,
        footer=f"{first + 1} to {first + len(shown)} of {len(items)}." if pages > 1 else "",
        buttons=(
            *([turn("Back", here - 1)] if here > 1 else []),
            *([turn("More", here + 1)] if here < pages else []),
        ),
    )
