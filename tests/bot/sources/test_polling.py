"""Sources are polled, what they give becomes papers, and what is missing is noticed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fakes import source_shapes as shapes
from fakes.source_server import JSON, Said, SourceServer

from bot.metrics import Metrics
from bot.sources.arxiv_oai import ArxivOai
from bot.sources.doubts import usual
from bot.sources.feed import ArxivFeed, Feed
from bot.sources.fetching import Web
from bot.sources.hugging_face import PAGE, HuggingFace
from bot.sources.polling import Poller
from bot.troubles import Troubles
from matching.ingest import ingest
from storage import papers, sources
from storage.sources import Doubt, SourceDay

EVERY = timedelta(minutes=30)
FEED, DAILY = "/rss/cs.CL", "/api/daily_papers"


@pytest.fixture
async def server():
    async with SourceServer() as made:
        yield made


class Desk:
    """A poller with what a test looks at."""

    def __init__(self, db, encoder, clock, *wanted):
        self.db, self.clock = db, clock
        self.metrics, self.troubles = Metrics(), Troubles()
        self.web = Web(timeout=timedelta(seconds=2))
        self.poller = Poller(
            db,
            wanted,
            self.web,
            lambda raw: ingest(db, encoder, raw, clock.now),
            clock,
            EVERY,
            self.metrics,
            self.troubles,
        )
        self.name = wanted[0].name

    async def look(self, **later):
        self.clock.advance(**later)
        return await self.poller.look()

    async def state(self):
        (found,) = await self.db.read(sources.states, [self.name])
        return found

    async def day(self, day: date):
        return await self.db.read(sources.of_day, self.name, day)

    async def titles(self):
        return [one.title for one in await self.db.read(papers.between, 0, 10**9)]

    def polls(self, outcome: str) -> float:
        return self.metrics.polls.labels(self.name, outcome)._value.get()

    def said(self) -> list[str]:
        return [one.said for one in self.troubles.untold(self.clock.now)]


@pytest.fixture
async def make(db, encoder, clock):
    clock.now = datetime(2025, 10, 27, 6, 0, tzinfo=UTC)  # a Monday
    made = []

    def desk(*wanted):
        made.append(Desk(db, encoder, clock, *wanted))
        return made[-1]

    yield desk
    for one in made:
        await one.poller.aclose()


def arxiv(server) -> ArxivFeed:
    return ArxivFeed("arxiv:cs.CL", "cs.CL", server.base)


def announced(count: int, day: int = 27, start: int = 0, kind: str = "new") -> bytes:
    stamp = datetime(2025, 10, day).strftime("%a, %d %b %Y 00:00:00 -0400")
    return shapes.arxiv_rss(
        [
            (f"2510.{day:02}{n:03}v1", f"Invented Result {day} {n}", kind)
            for n in range(start, start + count)
        ],
        stamp,
    )


async def test_a_feed_becomes_papers_and_is_not_fetched_twice(server, make):
    desk = make(arxiv(server))
    server.says_with_etag(FEED, announced(3))
    assert await desk.look() == 1
    assert len(await desk.titles()) == 3
    assert await desk.look(minutes=1) == 0
    assert await desk.look(minutes=30) == 1
    assert "If-None-Match" in server.asked[-1].headers
    assert (desk.polls("news"), desk.polls("unchanged")) == (1, 1)
    found = await desk.day(date(2025, 10, 27))
    assert (found.papers, found.doubt) == (3, None)


async def test_revisions_are_counted_and_told_to_nobody(server, make):
    desk = make(arxiv(server))
    server.says(FEED, Said(announced(3, kind="replace")))
    await desk.look()
    assert await desk.titles() == []
    assert await desk.db.read(papers.newest) == 0


@pytest.mark.parametrize(
    "fault",
    [
        Said(status=500),
        Said(status=404),
        Said(announced(5), cut=600),
        Said(announced(5)[:900]),
        Said(b"<html><body>hello</body></html>", kind="text/html"),
        Said(b"nothing that anybody could read, of no layout <item> at all"),
    ],
)
async def test_a_fault_moves_nothing_and_is_made_up_for(server, make, fault):
    desk = make(arxiv(server))
    server.says(FEED, fault)
    await desk.look()
    state = await desk.state()
    assert (state.failures, state.etag, state.cursor, state.reached_at) == (1, None, None, None)
    assert state.problem
    assert desk.polls("failed") == 1
    server.says(FEED, Said(announced(2)))
    assert await desk.look(minutes=31) == 1
    assert len(await desk.titles()) == 2
    state = await desk.state()
    assert (state.failures, state.problem) == (0, None)


async def test_a_source_that_fails_is_left_alone_for_longer_each_time(server, make):
    desk = make(arxiv(server))
    server.says(FEED, Said(status=500))
    waits = []
    for _ in range(7):
        await desk.look()
        waits.append((await desk.state()).next_at - desk.clock.now)
        desk.clock.now = (await desk.state()).next_at
    assert waits[:4] == [EVERY, 2 * EVERY, 4 * EVERY, 8 * EVERY]
    assert waits[-1] == timedelta(hours=6)
    assert any("arXiv cs.CL" in said for said in desk.said())


async def test_a_source_is_given_the_rest_that_it_asks_for(server, make):
    desk = make(arxiv(server))
    server.says(FEED, Said(status=429, headers={"Retry-After": "7200"}))
    await desk.look()
    assert (await desk.state()).next_at - desk.clock.now == timedelta(hours=2)
    assert await desk.look(minutes=119) == 0
    assert await desk.look(minutes=1) == 1


async def test_an_empty_answer_is_no_success_and_at_noon_it_is_in_doubt(server, make):
    desk = make(arxiv(server))
    server.says_with_etag(FEED, announced(0))
    await desk.look()
    assert await desk.day(date(2025, 10, 27)) is None
    assert ((await desk.state()).etag, desk.polls("empty")) == (None, 1)
    await desk.look(hours=6)
    found = await desk.day(date(2025, 10, 27))
    assert (found.papers, found.doubt) == (0, Doubt.QUIET)
    assert found.said == "arXiv cs.CL, Mon 27 Oct: no papers, will look again"
    assert found.said in desk.said()
    assert desk.metrics.doubtful.labels("arxiv:cs.CL")._value.get() == 1
    server.says_with_etag(FEED, announced(4))
    await desk.look(hours=1)
    found = await desk.day(date(2025, 10, 27))
    assert (found.papers, found.doubt) == (4, None)
    assert found.said not in desk.said()
    assert desk.metrics.doubtful.labels("arxiv:cs.CL")._value.get() == 0


async def test_a_weekend_without_papers_is_quiet_and_not_in_doubt(server, make):
    desk = make(arxiv(server))
    desk.clock.now = datetime(2025, 10, 25, 6, 0, tzinfo=UTC)
    server.says(FEED, Said(announced(0, day=25)))
    for _ in range(40):
        await desk.look(hours=1)
    assert await desk.db.read(sources.doubtful, desk.clock.now) == []


async def test_yesterday_s_papers_under_a_fresh_date_are_in_doubt(server, make):
    desk = make(arxiv(server))
    server.says(FEED, Said(announced(8, day=27)))
    await desk.look()
    again = announced(8, day=27).replace(b"Mon, 27 Oct", b"Tue, 28 Oct")
    server.says(FEED, Said(again))
    await desk.look(days=1)
    found = await desk.day(date(2025, 10, 28))
    assert (found.papers, found.doubt) == (8, Doubt.REPEATED)
    assert (await desk.state()).etag is None
    assert len(await desk.titles()) == 8


async def test_the_same_bytes_under_another_day_do_not_pass_for_that_day(server, make):
    source = HuggingFace(server.base)
    desk = make(source)
    server.says(
        DAILY,
        Said(shapes.daily_papers([(f"2510.0000{n}", f"Ring {n}") for n in range(9)]), kind=JSON),
    )
    await desk.look()
    assert (await desk.day(date(2025, 10, 27))).doubt is Doubt.REPEATED


async def known(desk, *counts: int) -> None:
    """What came on so many Mondays before."""
    for week, count in enumerate(counts, 1):
        day = date(2025, 10, 27) - timedelta(weeks=week)
        await desk.db.write(
            sources.put_day,
            SourceDay(source="arxiv:cs.CL", day=day, papers=count),
            desk.clock.now,
        )


async def test_far_fewer_papers_than_usual_are_in_doubt_until_the_rest_comes(server, make):
    desk = make(arxiv(server))
    await known(desk, 150, 170, 180, 200, 220, 190)
    server.says_with_etag(FEED, announced(16))
    await desk.look()
    await desk.look(hours=6)
    found = await desk.day(date(2025, 10, 27))
    assert found.doubt is Doubt.FEW
    assert found.said == (
        "arXiv cs.CL, Mon 27 Oct: 16 new, usually 160 to 210: probably incomplete, will look again"
    )
    server.says_with_etag(FEED, announced(170))
    await desk.look(hours=1)
    assert (await desk.day(date(2025, 10, 27))).doubt is None


async def test_far_more_papers_than_usual_are_in_doubt_and_not_asked_for_again(server, make):
    desk = make(arxiv(server))
    await known(desk, 15, 17, 18, 20, 22, 19)
    server.says_with_etag(FEED, announced(60))
    await desk.look()
    found = await desk.day(date(2025, 10, 27))
    assert found.doubt is Doubt.MANY
    assert found.said == (
        "arXiv cs.CL, Mon 27 Oct: 60 new, usually 16 to 21: more than one day should have"
    )
    assert desk.said() == [found.said]
    assert desk.metrics.doubtful.labels("arxiv:cs.CL")._value.get() == 1
    await desk.look(hours=1)
    assert desk.polls("unchanged") == 1


async def test_a_number_that_stays_is_the_usual_one(db, clock):
    first = date(2025, 8, 4)
    for week in range(8):
        doubt = Doubt.MANY if week >= 4 else None
        day = SourceDay(
            source="hf",
            day=first + timedelta(weeks=week),
            papers=60 if doubt else 20,
            doubt=doubt,
            said=doubt and "many",
        )
        await db.write(sources.put_day, day, clock.now)
        expected = [20] * min(week + 1, 4) if week < 7 else [60] * 4
        after = day.day + timedelta(weeks=1)
        assert await db.read(sources.history, "hf", after, 26) == expected


def test_few_days_make_nothing_usual_and_strange_days_little():
    assert usual([150, 160, 170]) is None
    steady = usual([150, 160, 170, 180, 190, 200, 210, 220])
    assert (steady.low, steady.high) == (157, 213)
    assert 20 < steady.floor < 100
    assert usual([150, 160, 170, 180, 190, 200, 210, 3]).floor < 100
    assert usual([0, 1, 2, 30]).floor == 1.0
    assert usual([40] * 8).floor == 24.0


async def test_an_answer_of_an_unknown_layout_is_in_doubt(server, make):
    desk = make(arxiv(server))
    server.says(FEED, Said(b"<rss><channel><item><heading>A</heading></item></channel></rss>"))
    await desk.look()
    (found,) = await desk.db.read(sources.doubtful, desk.clock.now)
    assert found.doubt is Doubt.UNREADABLE
    server.says(FEED, Said(announced(3)))
    await desk.look(hours=1)
    assert await desk.db.read(sources.doubtful, desk.clock.now) == []


@pytest.mark.parametrize(
    "said",
    [
        Said(b"<!doctype html><p>Down for maintenance", kind="text/html"),
        Said(announced(3), cut=100),
        Said(b"x" * 70_000_000),
    ],
    ids=["html", "cut", "too large"],
)
async def test_an_answer_that_is_not_whole_is_in_doubt_until_one_is(server, make, said):
    desk = make(arxiv(server))
    server.says(FEED, said)
    await desk.look()
    (found,) = await desk.db.read(sources.doubtful, desk.clock.now)
    assert found.doubt is Doubt.UNREADABLE
    told = "arXiv cs.CL, Mon 27 Oct: an answer could not be read, will look again"
    assert told in desk.said()
    assert desk.metrics.doubtful.labels("arxiv:cs.CL")._value.get() == 1
    await desk.look(hours=7)
    assert told in desk.said()
    server.says(FEED, Said(announced(3)))
    await desk.look(hours=1)
    assert await desk.db.read(sources.doubtful, desk.clock.now) == []
    assert desk.metrics.doubtful.labels("arxiv:cs.CL")._value.get() == 0


def daily(lists: dict[str, list[str]]):
    """Hugging Face with these titles on these days; other days are not open yet."""

    def script(request):
        day, page = request.query["date"], int(request.query["p"])
        if day not in lists:
            return Said(b'{"error":"not yet"}', status=400, kind=JSON)
        titles = lists[day][page * PAGE : (page + 1) * PAGE]
        found = [(f"25{day[5:7]}.{day[8:]}{page}{n:02}", title) for n, title in enumerate(titles)]
        return Said(shapes.daily_papers(found, day), kind=JSON)

    return script


async def test_daily_papers_are_followed_from_day_to_day(server, make):
    desk = make(HuggingFace(server.base))
    lists = {"2025-10-26": ["A Sunday Ring"], "2025-10-27": ["A Monday Ring"]}
    server.says(DAILY, daily(lists))
    await desk.look()
    assert await desk.titles() == ["A Sunday Ring", "A Monday Ring"]
    assert (await desk.state()).cursor == "2025-10-26"
    lists["2025-10-27"].append("A Late Monday Ring")
    lists["2025-10-28"] = ["A Tuesday Ring"]
    await desk.look(hours=20)
    assert (await desk.titles())[2:] == ["A Late Monday Ring", "A Tuesday Ring"]
    assert (await desk.state()).cursor == "2025-10-27"
    assert (await desk.day(date(2025, 10, 27))).papers == 2


async def test_days_without_service_are_made_up_for(server, make):
    desk = make(HuggingFace(server.base))
    lists = {f"2025-10-{day}": [f"Ring of Day {day}"] for day in range(20, 32)}
    server.says(DAILY, daily(lists))
    await desk.look()
    await desk.look(days=4)
    assert (await desk.titles())[-1] == "Ring of Day 31"
    assert len(await desk.titles()) == 6


async def test_a_long_list_is_read_to_its_last_page(server, make):
    desk = make(HuggingFace(server.base))
    server.says(DAILY, daily({"2025-10-27": [f"Ring {n}" for n in range(PAGE + 20)]}))
    await desk.look()
    assert len(await desk.titles()) == PAGE + 20


async def test_a_working_day_without_daily_papers_is_in_doubt_when_it_is_over(server, make):
    desk = make(HuggingFace(server.base))
    server.says(DAILY, daily({"2025-10-26": [], "2025-10-27": [], "2025-10-28": ["A Ring"]}))
    await desk.look()
    await desk.look(hours=20)
    (found,) = await desk.db.read(sources.doubtful, desk.clock.now)
    assert (found.day, found.doubt) == (date(2025, 10, 27), Doubt.QUIET)
    assert (await desk.state()).cursor == "2025-10-26"


DAY = ["Sat, 25 Oct 2025 10:00:00 GMT"]


async def test_a_harvest_is_read_page_by_page_and_goes_on_the_next_day(server, make):
    desk = make(ArxivOai("oai:cs", "cs", f"{server.base}/oai", pause_s=0))

    def script(request):
        if request.query.get("resumptionToken") == "more":
            return Said(shapes.oai([("2510.2", "Chains", DAY, "cs.CL")], of=2))
        if request.query["from"] == "2025-10-27":
            return Said(shapes.oai([("2510.00001", "Rings", DAY, "cs.CL")], token="more", of=2))
        return Said(shapes.oai_error("noRecordsMatch"))

    server.says("/oai", script)
    await desk.look()
    assert await desk.titles() == ["Rings", "Chains"]
    asked = [dict(one.query) for one in server.asked]
    assert asked[0] == {
        "verb": "ListRecords",
        "metadataPrefix": "arXivRaw",
        "set": "cs",
        "from": "2025-10-26",
        "until": "2025-10-26",
    }
    assert asked[-1] == {"verb": "ListRecords", "resumptionToken": "more"}
    assert (await desk.state()).cursor == "2025-10-27"


async def test_a_harvest_that_ends_too_early_is_no_success(server, make):
    desk = make(ArxivOai("oai:cs", "cs", f"{server.base}/oai", pause_s=0))
    server.says("/oai", Said(shapes.oai([("2510.00001", "Rings", DAY, "cs.CL")], of=900)))
    await desk.look()
    state = await desk.state()
    assert (state.cursor, state.failures) == (None, 1)
    assert "1 of 900" in state.problem
    (found,) = await desk.db.read(sources.doubtful, desk.clock.now)
    assert found.doubt is Doubt.UNREADABLE


async def test_any_feed_shows_its_new_papers_once(server, make):
    desk = make(Feed("feed:journal", f"{server.base}/journal"))
    server.says("/journal", Said(shapes.journal_rss(["Rings", "Chains"])))
    await desk.look()
    server.says("/journal", Said(shapes.journal_rss(["Rings", "Chains", "Knots"])))
    await desk.look(days=1)
    assert await desk.titles() == ["Rings", "Chains", "Knots"]
    assert (await desk.day(date(2025, 10, 28))).papers == 1


async def test_a_source_s_trouble_keeps_no_other_from_its_turn(server, make):
    desk = make(Feed("feed:away", "http://127.0.0.1:1/rss"), arxiv(server))
    server.says(FEED, Said(announced(2)))
    assert await desk.look() == 2
    assert len(await desk.titles()) == 2
