"""Lists of things with what can be done about each: as many rows as there is room for."""

from collections.abc import Sequence

from bot.messages import Row
from bot.platforms.slack import blocks
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.text import lines

ROW_TEXT, ROW_DETAIL = 400, 900
"""Characters of a row: a group of help fits."""

BUTTONS = 4


def fitted(rows: Sequence[Row], most_blocks: int, room: int) -> tuple[list[Json], int]:
    """The rows' blocks, and how many rows they show: loosely set, or tightly where that shows more.

    room: what their content may take (`blocks.content`).
    """
    loose = _fitted(rows, most_blocks, room, is_tight=False)
    if loose[1] == len(rows):
        return loose
    return max(_fitted(rows, most_blocks, room, is_tight=True), loose, key=lambda one: one[1])


def _fitted(
    rows: Sequence[Row], most_blocks: int, room: int, *, is_tight: bool
) -> tuple[list[Json], int]:
    shown: list[Json] = []
    listing: list[Json] | None = None  # the items of the last block, where that is a list
    for place, row in enumerate(rows):
        item = None if row.buttons else _item(row)
        if item is None:
            new = _with_buttons(row, is_tight=is_tight)
        elif listing is None:
            new = [blocks.rich(blocks.items([item], is_ordered=False))]
        else:
            new = []
        room -= blocks.content(new or item)
        if room < 0 or len(shown) + len(new) > most_blocks:
            return shown, place
        if item is None:
            listing = None
        elif listing is None:
            listing = new[0]["elements"][0]["elements"]
        else:
            listing.append(item)
        shown += new
    return shown, len(rows)


def _item(row: Row) -> Json:
    """A row that nothing can be done about."""
    elements = blocks.code_and_text(lines(row.text, ROW_TEXT))
    if detail := lines(row.detail, ROW_DETAIL):
        elements += blocks.code_and_text(f"\n{detail}")
    return blocks.section(elements or [blocks.words("…")])


def _with_buttons(row: Row, *, is_tight: bool) -> list[Json]:
    """One button stands beside the text, several stand below it."""
    text, detail = lines(row.text, ROW_TEXT) or "…", lines(row.detail, ROW_DETAIL)
    below = blocks.small(detail)
    if is_tight and detail:
        text, below = f"{text}\n{detail}", []
    section: Json = {"type": "section", "text": blocks.said(text)}
    if len(row.buttons) == 1:
        section["accessory"] = blocks.button(row.buttons[0], text)
        return [section, *below]
    return [section, *below, *blocks.actions(row.buttons[:BUTTONS], text)]
