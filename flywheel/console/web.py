"""The console in the browser, on loopback: so far one route, a dossier behind a link that ends.

Nothing is written here. What a request names is looked up and never opened as a path; each answer forbids the
browser all but what it shows; the Host header must be ours, so that no other site's name leads here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from flywheel.errors import FlywheelError, NotFound, Refused
from flywheel.pages.templating import POLICY, filled
from flywheel.services.dossier import links, reading
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

METHODS = frozenset({"GET", "HEAD"})
LOCKED = "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
REPORT = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
"""For reports that libraries made: their scripts run in an origin of their own, which reaches nothing."""
KINDS = {
    ".html": ("text/html; charset=utf-8", f"{REPORT}style-src 'unsafe-inline'; img-src data: blob:; font-src data:"),
    ".json": ("application/json", POLICY),
    ".svg": ("image/svg+xml", POLICY),
    ".png": ("image/png", POLICY),
    ".txt": ("text/plain; charset=utf-8", POLICY),
    ".csv": ("text/plain; charset=utf-8", POLICY),
}
OURS = ("text/html; charset=utf-8", POLICY)
OTHER = ("application/octet-stream", POLICY)
ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # the link is the key
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Answer:
    """What goes back to the browser."""

    status: int
    content: bytes
    kind: tuple[str, str] = OURS

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Give the headers, the browser's orders among them."""
        media, policy = self.kind
        said = {"content-type": media, "content-length": str(len(self.content))}
        said |= ALWAYS | {"content-security-policy": policy + LOCKED}
        return [(name.encode(), value.encode()) for name, value in said.items()]


def create() -> App:
    """Open the console for the settings of this process; uvicorn calls it."""
    return application(Workbench.open(Settings.load()))


def application(bench: Workbench, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> App:
    """Make the application."""
    hosts = _hosts(bench.settings)

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            given = await asyncio.to_thread(_answer, bench, scope, hosts, clock)
            await send({"type": "http.response.start", "status": given.status, "headers": given.headers()})
            body = b"" if scope["method"] == "HEAD" else given.content
            await send({"type": "http.response.body", "body": body})

    return answer


def _answer(bench: Workbench, scope: Message, hosts: frozenset[str], clock: Callable[[], datetime]) -> Answer:
    named = [value.decode("latin-1").casefold() for name, value in scope["headers"] if name == b"host"]
    if len(named) != 1 or named[0] not in hosts:
        return _said(421, "Nothing here has that name.", "Use the address that the question gives.")
    if scope["method"] not in METHODS:
        return _said(405, "Nothing can be changed here.", "Sign in the form of the waiting run.")
    try:
        return _read(bench, str(scope["path"]), clock())
    except NotFound as error:
        return _said(404, error.args[0], "Go back to the dossier.")
    except Refused as error:
        return _said(403, error.args[0], str(error.next_step or ""))
    except FlywheelError as error:
        return _said(503, error.sentence(), "Try again.")


def _read(bench: Workbench, path: str, now: datetime) -> Answer:
    match path.split("/", 5):
        case ["", "health"]:
            return Answer(200, b"ok", KINDS[".txt"])
        case ["", links.PLACE, version, dossier, ticket, name]:
            link = links.opened_by(bench.settings, version=version, dossier=dossier, ticket=ticket, now=now)
            name = name or reading.PAGE
            content = reading.read_part(bench.catalog, bench.artifacts, link, name, now=now)
            return Answer(200, content, _kind_of(name))
    raise NotFound("there is no such page")


def _kind_of(name: str) -> tuple[str, str]:
    return OURS if name in {reading.PAGE, reading.RECORD} else KINDS.get(PurePosixPath(name).suffix, OTHER)


def _said(status: int, what: str, next_step: str) -> Answer:
    return Answer(status, filled("said.html", what=what[:1].upper() + what[1:], next_step=next_step).encode())


def _hosts(settings: Settings) -> frozenset[str]:
    console = settings.console
    return frozenset(
        {urlsplit(console.base_url).netloc.casefold(), f"{console.host}:{console.port}", f"localhost:{console.port}"}
    )


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
