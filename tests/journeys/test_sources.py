"""Papers come by themselves: from an API and by a push, through the service, to a reader."""

import aiohttp
from fakes.pages import page
from fakes.running import running, settings_in, until
from fakes.source_server import JSON, Said, SourceServer
from fakes.source_shapes import daily_papers
from pydantic import SecretStr

from bot import rounds as room
from bot.service import utc_now
from storage import papers, profiles, sources
from storage.records import Destination, OwnerKind

TOKEN = "a-token-of-some-length"


async def test_the_service_asks_its_sources_and_takes_what_is_handed_in(
    tmp_path, library, monkeypatch
):
    for name in ("SOURCES_EVERY", "INBOX_EVERY", "ALERTS_EVERY"):
        monkeypatch.setattr(room, name, room.INBOX_EVERY / 20)
    db, now = library.db, utc_now()
    ada = await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="console",
        workspace="local",
        owner="ada",
        name="ada",
        zone="UTC",
        now=now,
    )
    there = Destination(platform="console", address="local/ada")
    await db.write(profiles.add_alert, ada.id, "rings", there, 0, now)
    async with SourceServer() as server:
        server.says(
            "/api/daily_papers", Said(daily_papers([("2510.00001", "On Rings")]), kind=JSON)
        )
        settings = settings_in(
            tmp_path,
            sources="hf",
            hf_api_base=server.base,
            push_token=SecretStr(TOKEN),
            http_port=0,
        )
        async with running(library, settings) as service, aiohttp.ClientSession() as client:
            await until(lambda: service.web.port is not None)
            answer = await client.post(
                f"http://127.0.0.1:{service.web.port}/dumps",
                data=page(["More Rings Than Anybody Needs"]),
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            assert answer.status == 202
            done = settings.inbox.parent / "done"
            await until(lambda: done.is_dir() and list(done.iterdir()), "the push is ingested")
            transcript = settings.console_transcript
            await until(
                lambda: (
                    transcript.exists()
                    and all(one in transcript.read_text() for one in ("On Rings", "More Rings"))
                ),
                "both alerts are posted",
            )
    (state,) = await db.read(sources.states, ["hf"])
    assert state.problem is None
    assert await db.read(papers.newest) == 2
