"""HTTP with manners: says who asks, asks whether anything changed, and takes no for an answer.

An answer is bounded in time and size, also unpacked; a redirect is followed on the same host only,
never to a less safe scheme. Nothing here retries: a trouble says when to come again, and the next
round does.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from importlib.metadata import version
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from storage.dumps import MAX_BYTES
from storage.dumps.unpacking import Damaged, TooLarge, gunzip

TIMEOUT = timedelta(seconds=60)
CONNECT = timedelta(seconds=15)
REDIRECTS = 3
LONGEST_WAIT = timedelta(days=1)
"""However long a server would have us wait."""
CHUNK = 64 * 1024


class Fault(StrEnum):
    """What went wrong between us and a source."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate-limited"
    SERVER = "server-error"
    REFUSED = "refused"
    MOVED = "moved"
    TOO_LARGE = "too-large"
    BROKEN_OFF = "broken-off"
    WRONG_TYPE = "wrong-type"
    UNREADABLE = "unreadable"


class SourceTrouble(Exception):
    """A source did not give what it was asked for; the message holds no address."""

    def __init__(
        self, fault: Fault, said: str, wait: timedelta | None = None, status: int | None = None
    ) -> None:
        super().__init__(said)
        self.fault = fault
        self.wait = wait
        """How long the source asks us to stay away."""
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a source said."""

    body: bytes
    etag: str | None = None
    last_modified: str | None = None
    is_unchanged: bool = False
    """It has nothing new since the validators that were sent along; the body is empty."""


class Web:
    """A client for sources. An async context manager."""

    def __init__(
        self,
        contact: str | None = None,
        *,
        timeout: timedelta = TIMEOUT,
        limit: int = MAX_BYTES,
    ) -> None:
        about = f"; {contact}" if contact else ""
        self._headers = {
            "User-Agent": f"Paperround/{version('paperround')} (paper digests{about})",
            "Accept-Encoding": "gzip",
        }
        self._timeout, self._limit = timeout, limit
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Web":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self,
        address: str,
        *,
        accept: str,
        query: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Answer:
        """What stands at an address. Raises SourceTrouble."""
        headers = {"Accept": accept}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        url = URL(address).update_query(query or {})
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                return await self._get(url, headers, accept)
        except TimeoutError as error:
            raise SourceTrouble(
                Fault.TIMEOUT, f"no whole answer within {self._timeout.total_seconds():.0f} s"
            ) from error
        except aiohttp.ClientPayloadError as error:
            raise SourceTrouble(Fault.BROKEN_OFF, "the answer broke off") from error
        except (aiohttp.ClientError, OSError) as error:
            # The error's own words may hold the whole address, which may hold a key.
            raise SourceTrouble(
                Fault.UNREACHABLE, f"it can't be reached ({type(error).__name__})"
            ) from None

    async def _get(self, url: URL, headers: Mapping[str, str], accept: str) -> Answer:
        for _ in range(REDIRECTS + 1):
            async with self._opened().get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = _followed(url, answer.headers.get("Location", ""))
                    continue
                return await self._read(answer, accept)
        raise SourceTrouble(Fault.MOVED, f"it redirects more than {REDIRECTS} times")

    async def _read(self, answer: aiohttp.ClientResponse, accept: str) -> Answer:
        etag, modified = answer.headers.get("ETag"), answer.headers.get("Last-Modified")
        if answer.status == 304:
            return Answer(body=b"", etag=etag, last_modified=modified, is_unchanged=True)
        _refuse_status(answer)
        kind = answer.content_type
        if "json" in accept and "json" not in kind:
            raise SourceTrouble(Fault.WRONG_TYPE, f"it answered {kind}, not JSON")
        body = await self._body(answer)
        if body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise SourceTrouble(Fault.WRONG_TYPE, "it answered with the HTML of a page, not a feed")
        return Answer(body=body, etag=etag, last_modified=modified)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        found = bytearray()
        async for chunk in answer.content.iter_chunked(CHUNK):
            found += chunk
            if len(found) > self._limit:
                raise self._too_large()
        packing = answer.headers.get("Content-Encoding", "identity").lower()
        if packing == "identity":
            return bytes(found)
        if packing not in ("gzip", "x-gzip"):
            raise SourceTrouble(Fault.WRONG_TYPE, f"it packs as {packing[:20]}, unasked")
        try:
            return await asyncio.to_thread(gunzip, bytes(found), self._limit)
        except TooLarge as error:
            raise self._too_large() from error
        except Damaged as error:
            raise SourceTrouble(Fault.BROKEN_OFF, "the answer broke off") from error

    def _too_large(self) -> SourceTrouble:
        return SourceTrouble(
            Fault.TOO_LARGE, f"the answer has more than {self._limit / 1e6:,.0f} MB"
        )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                auto_decompress=False,  # without a bound of its own, a bomb would go off here
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT.total_seconds()),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _followed(url: URL, location: str) -> URL:
    """Where a redirect leads, on the same host. Raises SourceTrouble for other places."""
    try:
        there = URL(urljoin(str(url), location))
        is_same = urlsplit(str(there)).netloc == urlsplit(str(url)).netloc
    except ValueError:
        is_same = False
        there = url
    is_safer = (url.scheme, there.scheme) == ("http", "https") and there.host == url.host
    if not location or not (is_safer or (is_same and there.scheme == url.scheme)):
        raise SourceTrouble(
            Fault.MOVED, "it redirects to another host, which is not followed: name the new address"
        )
    return there


def _refuse_status(answer: aiohttp.ClientResponse) -> None:
    status = answer.status
    wait = _wait(answer.headers.get("Retry-After"))
    if status == 429 or (status == 503 and wait is not None):
        raise SourceTrouble(Fault.RATE_LIMITED, f"it asks for patience ({status})", wait, status)
    if status >= 500:
        raise SourceTrouble(Fault.SERVER, f"it is in trouble itself ({status})", wait, status)
    if status != 200:
        raise SourceTrouble(Fault.REFUSED, f"it answered {status}", wait, status)


def _wait(said: str | None) -> timedelta | None:
    """Retry-After, in seconds or as a date, https://www.rfc-editor.org/rfc/rfc9110#field.retry-after"""
    if said is None:
        return None
    if said.strip().isdecimal():
        return min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    until = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(until, timedelta(0)), LONGEST_WAIT)
