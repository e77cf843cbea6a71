"""HTTP mode: Slack calling the app's request URL, signed."""

import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import aiohttp
from fakes.slack.delivery import Handed
from fakes.slack.state import Json

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer

OLD_S = 60 * 6
"""Past the five minutes of https://docs.slack.dev/authentication/verifying-requests-from-slack"""


class RequestUrl:
    """Set `url` and everything goes there. `forge` may be `signature` or `stale`.

    The app's signatures hold to the real time, whatever the stand-in's clock says.
    """

    def __init__(self, server: "SlackServer") -> None:
        self._server = server
        self.url: str | None = None
        self.forge: str | None = None

    async def verify(self) -> bool:
        """Do what Slack does when the URL is entered: whether the app gave the challenge back."""
        challenge = {
            "token": self._server.app.verification_token,
            "challenge": "say-this-again",
            "type": "url_verification",
        }
        handed = Handed(kind="events_api", payload=challenge)
        await self.send(handed, "", self._server.delivery.patience)
        said = (handed.body or "").strip()
        return handed.status == 200 and "say-this-again" in said

    async def send(self, handed: Handed, reason: str, patience: float) -> None:
        """POST one payload; sets status, body, latency and, where it went wrong, `failed`."""
        assert self.url is not None
        body, kind = encoded(handed.kind, handed.payload)
        headers = self.signed(body) | {"Content-Type": kind, "User-Agent": "Slackbot 1.0"}
        if handed.attempt:
            headers |= {
                "X-Slack-Retry-Num": str(handed.attempt),
                "X-Slack-Retry-Reason": f"http_{reason or 'timeout'}",
            }
        timeout = aiohttp.ClientTimeout(total=patience)
        handed.sent_at = time.monotonic()
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.url, data=body.encode(), headers=headers) as response,
            ):
                handed.status, handed.body = response.status, await response.text()
        except TimeoutError:
            handed.failed = "operation_timeout"
            return
        except aiohttp.ClientError:
            handed.failed = "dispatch_failed"
            return
        if handed.status == 200:
            handed.answered(understood(handed.body), patience)
        else:
            handed.latency = time.monotonic() - handed.sent_at
            handed.failed = "dispatch_failed"

    def signed(self, body: str) -> dict[str, str]:
        """The two headers by which the app knows Slack."""
        at = str(int(time.time()) - (OLD_S if self.forge == "stale" else 0))
        secret = self._server.app.signing_secret + ("!" if self.forge == "signature" else "")
        digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


def encoded(kind: str, payload: Json) -> tuple[str, str]:
    """Body and content type, as Slack sends each kind."""
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form), "application/x-www-form-urlencoded"


def understood(body: str) -> Json | None:
    """The answer in a response: JSON, or bare text as a message."""
    if not body:
        return None
    try:
        said = json.loads(body)
    except ValueError:
        return {"text": body}
    return said if isinstance(said, dict) else {"text": body}
