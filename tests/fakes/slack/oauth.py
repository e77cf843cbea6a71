"""Installing the app: the authorize page, the code it gives, and a person walking through it."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin

import aiohttp
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from fakes.slack.people import Person
    from fakes.slack.server import SlackServer

MOST_HOPS = 10


@dataclass(frozen=True, kw_only=True)
class Code:
    """What a code stands for until it is exchanged."""

    team: str
    user: str
    scopes: tuple[str, ...]
    redirect_uri: str | None


async def serve(server: "SlackServer", request: web.Request) -> web.StreamResponse:
    """The page where somebody allows the app, who always does so at once (unless `declines`)."""
    query = request.query
    if query.get("client_id") != server.app.client_id:
        return web.Response(status=400, text="invalid_client_id")
    back = query.get("redirect_uri") or server.app.redirect_uri
    if back is None:
        return web.Response(status=400, text="bad_redirect_uri")
    told = {"state": query.get("state", "")}
    if server.declines:
        told["error"] = "access_denied"
    else:
        told["code"] = new_code(server, query.get("scope", ""), query.get("redirect_uri"))
    raise web.HTTPFound(f"{back}{'&' if '?' in back else '?'}{urlencode(told)}")


def new_code(server: "SlackServer", scopes: str, redirect_uri: str | None) -> str:
    """A code as the authorize page would give it to the person who stands before it."""
    person = server.installer
    team = person.workspace if person else list(server.workspaces.values())[-1]
    members = [user.id for user in team.users.values() if not user.is_bot]
    code = f"{team.id}.{server.make_id('code')}"
    server.codes[code] = Code(
        team=team.id,
        user=person.id if person else (members[0] if members else ""),
        scopes=tuple(scope for scope in scopes.split(",") if scope),
        redirect_uri=redirect_uri,
    )
    return code


async def install(person: "Person", url: str) -> tuple[int, str]:
    """Walk from the app's install link to the end: its last status and page.

    Cookies are kept by host as a browser does, secure ones over loopback included; a page that
    only links to the authorize page is followed through that link.
    """
    person.server.installer = person
    jar: dict[str, SimpleCookie] = {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        for _ in range(MOST_HOPS):
            place = URL(url).authority
            kept = jar.setdefault(place, SimpleCookie())
            crumbs = "; ".join(f"{name}={crumb.value}" for name, crumb in kept.items())
            headers = {"Cookie": crumbs} if crumbs else {}
            async with session.get(url, headers=headers, allow_redirects=False) as response:
                for name, crumb in response.cookies.items():
                    kept[name] = crumb.value
                body, status = await response.text(), response.status
                onward = response.headers.get("Location") if status in (301, 302, 303) else None
            onward = onward or _linked(body, person.server.authorize_url)
            if onward is None:
                return status, body
            url = urljoin(url, onward)
    raise LookupError(f"no end after {MOST_HOPS} redirects")


def _linked(page: str, authorize_url: str) -> str | None:
    start = page.find(f'"{authorize_url}')
    if start < 0:
        return None
    return page[start + 1 : page.index('"', start + 1)].replace("&amp;", "&")
