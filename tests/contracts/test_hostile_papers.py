"""Hostile papers: whatever a title says, by whichever door it came, it harms nobody anywhere.

Each text comes in by each door, is stored, and goes out as a digest and as an alert would show it.
A door may refuse it with a sentence; what it lets in is text that is shown and not obeyed.
"""

import contextlib
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from fakes import source_shapes as shapes
from fakes.pages import page
from fakes.stands import QUICKLY, STANDS
from pydantic import SecretStr
from rich.console import Console

from bot import messages
from bot.messages import Message
from bot.platforms.console import drawn
from bot.sources.push import Push
from matching.ingest import ingest
from storage import papers
from storage.dumps import NotADump, read_dump
from storage.records import (
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Destination,
    Dump,
    Paper,
    RawDump,
)

MARK = "Ring Messages"
"""By it a hostile title is known again."""

HOSTILE = {
    "mentions": "<!channel> <!here> <!everyone> <@U1> <@123> <@&9> <#C1|x> <!subteam^S1> @everyone",
    "formatting": "*b* _i_ ~s~ `c` ```pre``` > q ||sp|| # h **b** __u__ -# s <t:1:R> :tada:",
    "links": "<https://evil.example|click> [click](https://evil.example) https://evil.example/x",
    "invites": "discord.gg/abc discord.com/invite/abc slack://open tel:1 mailto:a@evil.example",
    "direction": "\u202egnp.exe\u202c \u2066x\u2069 \u200f \ufeff",
    "controls": "\x01\x07\x08\x1b[2J\x1b]0;t\x07\x7f\x9b31m",
    "unseen": "\u200b\u200c\u2060\u00ad\U000e0041\ufe0f",
    "templates": "{0} %s {{x}} ${HOME} [bold]x[/] [/] \\n <script>alert(1)</script> '; DROP TABLE",
    "many accents": "a" + "\N{COMBINING ACUTE ACCENT}" * 5_000,
    "a megabyte": "word " * 200_000,
    "one endless word": "x" * 1_000_000,
    "brackets in brackets": "(" * 200_000 + "x" + ")" * 200_000,
    "many names": "and ".join(f"Name {n}, " for n in range(20_000)),
    "half a character": "\ud800 half",
}

PLAIN = ("Sparse Attention for Long Texts", "Speech in Noisy Kitchens")


def number(title: str) -> str:
    """An arXiv id of its own."""
    return f"2510.{zlib.crc32(title.encode('utf-8', 'replace')) % 90_000 + 10_000}"


def plain_text(title: str) -> bytes:
    return page([PLAIN[0], " ".join(title.split()), PLAIN[1]])


def daily_papers(title: str) -> bytes:
    return shapes.daily_papers([("2510.00001", PLAIN[0]), (number(title), title)])


def json_lines(title: str) -> bytes:
    lines = [{"title": one, "abstract": f"{one} is what we study."} for one in (*PLAIN, title)]
    authors = ([title, "Ada One"], title, [["nested"], {"name": title}])
    return "\n".join(
        json.dumps(one | {"authors": who, "categories": title})
        for one, who in zip(lines, authors, strict=True)
    ).encode()


def rss(title: str) -> bytes:
    return shapes.journal_rss([PLAIN[0], title])


def announced(title: str) -> list[tuple[str, str, str]]:
    return [("2510.00001v1", PLAIN[0], "new"), (f"{number(title)}v1", title, "new")]


def rss_escaped(title: str) -> bytes:
    return shapes.arxiv_rss(
        [("2510.00001v1", PLAIN[0], "new"), (f"{number(title)}v1", title, "new")]
    )


def atom(title: str) -> bytes:
    return shapes.arxiv_atom(
        [("2510.00001v1", PLAIN[0], "new"), (f"{number(title)}v1", title, "new")]
    )


def harvest(title: str) -> bytes:
    when = ["Mon, 27 Oct 2025 10:00:00 GMT"]
    return shapes.oai(
        [("2510.00001", PLAIN[0], when, "cs.CL"), (number(title), escape(title), when, "cs.CL")]
    )


def packed(title: str) -> bytes:
    return gzip.compress(json_lines(title))


DOORS = {
    door.__name__: door
    for door in (plain_text, daily_papers, json_lines, rss, rss_escaped, atom, harvest, packed)
}


def came_by(door: str, what: str) -> bytes | None:
    """The dump; None where such a text can't be written in that shape."""
    try:
        return DOORS[door](f"{MARK} {HOSTILE[what]}")
    except UnicodeEncodeError:
        return None


def read(data: bytes) -> Dump | str:
    """What stands in a dump, or with which sentence it is refused."""
    try:
        return read_dump(RawDump(name="hostile", data=data))
    except NotADump as refused:
        return str(refused)


async def stored(db, encoder, clock) -> list[Paper]:
    """All that any door lets in of what may be a title by its length."""
    for door in DOORS:
        for what in HOSTILE:
            data = came_by(door, what)
            if data is None or len(HOSTILE[what]) > 900:
                continue
            with contextlib.suppress(NotADump):
                await ingest(db, encoder, RawDump(name=f"{door} {what}", data=data), clock.now)
    return await db.read(papers.between, 0, 10_000)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_door_takes_it_as_bounded_text_or_refuses_it_with_a_sentence(door, what):
    data = came_by(door, what)
    if data is None:
        pytest.skip("no such text in this shape")
    dump = read(data)
    if isinstance(dump, str):
        assert "\n" not in dump
        assert len(dump) < 1_000
        return
    assert any(one.title.startswith("Sparse Attention") for one in dump.entries), "the others came"
    for one in dump.entries:
        assert len(one.title) <= 1_000
        assert len(one.abstract) <= 20_000
        assert "\n" not in one.title
        assert len(one.author_names) <= 5_000
        assert max((len(name) for name in one.author_names), default=0) <= 300
        assert all(len(said) <= 300 for said in one.facts.categories)
    for reject in dump.rejects:
        assert len(reject.text) <= 1_000


@pytest.fixture
async def let_in(db, encoder, clock) -> list[Paper]:
    found = await stored(db, encoder, clock)
    hostile = [one for one in found if MARK in one.title]
    short = [what for what, text in HOSTILE.items() if len(text) < 900 and text.isprintable()]
    assert len({one.title for one in hostile}) >= len(short) >= 4, "they can be titles"
    return hostile


def delivery(platform, address: str, message: Message, kind: DeliveryKind, number: int) -> Delivery:
    return Delivery(
        id=number,
        key=f"key {number}",
        kind=kind,
        destination=Destination(platform=platform.name, address=address),
        profile_id=None,
        body=messages.to_json(message),
        status=DeliveryStatus.LEASED,
        attempts=1,
        due_at=datetime(2025, 10, 28, tzinfo=UTC),
        maybe_posted=False,
    )


def shown_of(one: Paper) -> Message:
    """A paper as an alert shows it, with all that it says of itself in every place there is."""
    card = messages.card(one, reason=f"contains “{one.title[:200]}”", sentence=one.abstract[:500])
    return Message(heading="1 paper", intro="", cards=(card,), footer="Paperround")


UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize("name", STANDS)
async def test_no_platform_obeys_what_a_paper_says(name, let_in, tmp_path, monkeypatch):
    monkeypatch.setattr(*QUICKLY)
    async with STANDS[name](tmp_path) as stand:
        try:
            for number, one in enumerate(let_in, 1):
                for kind in (DeliveryKind.ALERT, DeliveryKind.DIGEST):
                    what = delivery(stand.platform, stand.address, shown_of(one), kind, 2 * number)
                    await stand.platform.send(what)
            assert len(stand.raw()) >= len(let_in)
            if name != "console":  # what it keeps is the message; what it prints is looked at below
                for text in formatted(stand.raw()):
                    assert not UNSEEN.search(text), text
                    assert LIVE[name].findall(text) == [], text
        finally:
            await stand.platform.close()


def formatted(raw: Any) -> Iterator[str]:
    """Every text that a platform would look through for something to act on, and every address."""
    if isinstance(raw, list):
        for one in raw:
            yield from formatted(one)
    elif isinstance(raw, dict):
        is_plain = raw.get("type") in ("plain_text", "text", "link")  # of Slack: shown as it is
        for name, one in raw.items():
            is_read = name in ("content", "url", "type") or (name == "text" and not is_plain)
            if is_read and isinstance(one, str):
                yield one
            yield from formatted(one)


LIVE = {
    # What Slack acts on in mrkdwn: mentions, and links that hide where they lead; in rich text it
    # is the element that says so.
    "slack": re.compile(
        r"<[!@#][^>]*>|<(?!https://(?:arxiv\.org|huggingface\.co|journal\.example)/)[^<>]*\|"
        r"|^(?:broadcast|user|usergroup|channel|date)$|^(?:slack|tel|mailto|javascript):"
    ),
    # On Discord a mention is broken by a space of no width, and brackets by a backslash.
    "discord": re.compile(r"@everyone|(?<!\\)<[@#:t]|(?<!\\)\]\(https?://evil|discord\.gg/"),
}


def test_what_is_looked_for_would_be_found():
    """Without this the test above could look for nothing."""
    raw = [{"text": "<!here>", "blocks": [{"type": "mrkdwn", "text": "<https://evil.example|a>"}]}]
    assert [bool(LIVE["slack"].search(text)) for text in formatted(raw)] == [True, False, True]
    raw = [{"type": 10, "content": "hello @everyone"}]
    assert [bool(LIVE["discord"].search(text)) for text in formatted(raw)] == [True]
    assert UNSEEN.search(HOSTILE["controls"])


def test_no_terminal_obeys_what_a_paper_says(let_in):
    for one in let_in:
        out = io.StringIO()
        Console(file=out, width=90).print(drawn(shown_of(one), DeliveryKind.DIGEST))
        assert MARK.split()[0] in out.getvalue()
        assert not UNSEEN.search(out.getvalue())


# --- bombs ---------------------------------------------------------------------------------------

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
BOMBS = {
    "gzip": gzip.compress(b" " * 80_000_000),
    "gzip in gzip": gzip.compress(gzip.compress(b" " * 80_000_000)),
    "many members": gzip.compress(b"x" * 10_000_000) * 20,
    "billion laughs": (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]><rss version="2.0">'
        "<channel><item><title>&l29;</title><description>x</description></item></channel></rss>"
    ).encode(),
    "one large entity, often": (
        f'<!DOCTYPE rss [<!ENTITY a "{"A" * 500_000}">]><rss version="2.0"><channel><item><title>'
        f"{'&a;' * 5_000}</title></item></channel></rss>"
    ).encode(),
    "a file of ours": (
        b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>'
        b"<item><title>&a;</title><description>&a;</description></item></channel></rss>"
    ),
    "entities by parameter": (
        b'<!DOCTYPE rss [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]><rss version="2.0">'
        b"<channel><item><title>x</title></item></channel></rss>"
    ),
    "entities in a harvest": (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>&l29;</ListRecords>'
        "</OAI-PMH>"
    ).encode(),
    "entities in another encoding": (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0">'
        "<channel><item><title>&a;</title></item></channel></rss>"
    ).encode("utf-16"),
    "brackets without end": b"[" * 5_000_000,
    "objects without end": b'{"a":' * 1_000_000,
    "tags without end": b"<rss>" + b"<item>" * 500_000 + b"</rss>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_goes_off_in_a_bounded_room(bomb):
    dump = read(BOMBS[bomb])
    said = (
        dump
        if isinstance(dump, str)
        else "".join(f"{it.title}{it.abstract}" for it in dump.entries)
    )
    assert "root:" not in said
    assert len(said) < (1_000 if isinstance(dump, str) else 100_000)


async def test_bombs_at_the_door_are_refused_and_the_door_stays_open(tmp_path):
    (tmp_path / "inbox").mkdir()
    app = web.Application(client_max_size=1000)
    app.add_routes(Push(SecretStr("a-token-of-some-length"), tmp_path / "inbox").routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    headers = {"Authorization": "Bearer a-token-of-some-length"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
        for data in BOMBS.values():
            async with client.post("/dumps", data=io.BytesIO(data), headers=headers) as answer:
                assert answer.status == 422
                assert (await answer.json())["error"]
        assert list((tmp_path / "inbox").iterdir()) == []
        for what in HOSTILE:
            data = came_by("json_lines", what)
            if data is not None:
                body = io.BytesIO(data)
                async with client.post("/dumps", data=body, headers=headers) as answer:
                    assert answer.status in (202, 422)
        async with client.post("/dumps", data=page(PLAIN), headers=headers) as answer:
            assert answer.status == 202
    await runner.cleanup()
