"""The front: the web server from the first second, and what it tells of the service behind it.

It answers while the model is still being loaded, so that whoever watches can tell a slow start from
a dead process, and so that nothing that a platform sends meets a closed door.
"""

from collections.abc import Callable
from datetime import datetime

from bot import inbox
from bot.metrics import Metrics, WatchedEncoder
from bot.platforms import Platform
from bot.platforms.chosen import Chosen
from bot.settings import Settings
from bot.sources.push import Push
from bot.watching import Watcher
from bot.web import Web
from matching.encoder import Encoder
from storage import papers
from storage.database import Database
from storage.schema import DatabaseUnusable

LOADING = "it is being loaded"


class Front:
    """Health, metrics and doors of one service. `start`, then `stop`; both may come twice."""

    def __init__(
        self,
        db: Database,
        chosen: Chosen,
        settings: Settings,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._inbox = settings.inbox
        self._platforms = chosen.platforms
        self._encoder: Encoder | None = None
        self._loading = LOADING
        self.watcher = Watcher(db, chosen.platforms, metrics, clock)
        push = Push(settings.push_token, settings.inbox).routes() if settings.push_token else []
        self.web = Web(settings, self._ready, [*chosen.routes, *push], self.watcher.scrape)

    async def start(self) -> None:
        """Answer. Raises BadSetting where the address can't be had, or no inbox can be made."""
        inbox.make(self._inbox)  # who hands in a dump needs it at once
        await self.web.start()

    async def stop(self) -> None:
        """Finish what is being answered."""
        await self.web.stop()

    def embedding_again(self, done: int, of: int) -> None:
        """How far it is with papers that another model embedded."""
        self._loading = f"papers are embedded again, by this model: {done} of {of}"

    def loaded(self, encoder: Encoder) -> None:
        """The model is there."""
        self._encoder = encoder

    async def _ready(self) -> dict[str, str | None]:
        """What is not ready says why. Whoever may ask is told of no path and no error's text."""
        found = {
            "model": self._model(),
            **{one.name: self._platform(one) for one in self._platforms},
        }
        try:
            await self._db.read(papers.newest)
        except DatabaseUnusable:
            return {"database": "it can't be read: the log says why"} | found
        return {"database": None} | found

    def _model(self) -> str | None:
        if self._encoder is None:
            return self._loading
        if isinstance(self._encoder, WatchedEncoder) and not self._encoder.works:
            return "it failed at what it was to embed last: the log says why"
        return None

    def _platform(self, platform: Platform) -> str | None:
        if platform.is_connected:
            return None
        if self._encoder is None:
            return "it is connected once the model is there"
        return "not connected: the log says why"
