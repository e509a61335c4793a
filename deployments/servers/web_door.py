"""The door of a server that others wrote: under our names only, for pages of ours only, and a page that lets people in.

A name that somebody else's site lets lead to this machine (DNS rebinding) is no name of ours, and a page from
elsewhere that writes here says in its Origin header where it is from.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

from deployments.servers import entry_page
from flywheel.adapters.access import word_of_installation, word_of_prefect
from flywheel.settings import Settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

ENTRY = "/enter"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAX_FORM_BYTES = 4_096
REFUSED_WEBSOCKET = 1008
ALWAYS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",  # with none at all a browser's form says that it comes from nowhere
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Door:
    """Whom a server answers."""

    place: str
    """What stands behind the door, in people's words."""
    hosts: frozenset[str]
    word: str = ""
    """Asked for at this door; empty where the server itself asks for it."""
    cookie: str = ""
    passed: str = ""
    """What a browser that has given the word keeps in the cookie."""

    def is_ours(self, scope: Message) -> bool:
        """Whether the request names us, and comes from a page of ours if it comes from a page."""
        hosts, origins = _all(scope, b"host"), _all(scope, b"origin")
        if len(hosts) != 1 or hosts[0].casefold() not in self.hosts:
            return False
        return all(origin.casefold().partition("://")[2] in self.hosts for origin in origins)

    def has_passed(self, scope: Message) -> bool:
        """Whether the word was given, where this door asks for it."""
        if not self.word:
            return True
        for line in _all(scope, b"cookie"):
            try:
                kept = SimpleCookie(line).get(self.cookie)
            except CookieError:
                continue
            if kept is not None and hmac.compare_digest(kept.value.encode(), self.passed.encode()):
                return True
        return False

    def opens_to(self, given: str) -> bool:
        """Whether this is the word."""
        return bool(self.word) and hmac.compare_digest(given.encode(), self.word.encode())


def names_of(host: str, port: int, *, others: Iterable[str] = ()) -> frozenset[str]:
    """List the names under which a server on this machine is asked for."""
    return frozenset({f"{name}:{port}" for name in (*LOOPBACK, host.casefold())} | {one.casefold() for one in others})


def behind(door: Door, app: App) -> App:
    """Put an application behind its door."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            if door.is_ours(scope) and door.has_passed(scope):
                await app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": REFUSED_WEBSOCKET})
        elif not door.is_ours(scope):
            await _say(send, 421, entry_page.no_such_name())
        elif scope["path"] == ENTRY:
            await _enter(door, scope, receive, send)
        elif door.has_passed(scope):
            await app(scope, receive, send)
        else:
            await _say(send, 401, entry_page.asking(door.place, by_form=True))

    return answer


def prefect_door(settings: Settings) -> str:
    """Give the link by which a person enters Prefect's UI; a team's own server has a door of its own."""
    if settings.prefect.api is not None:
        return settings.prefect.ui_url
    return f"{settings.prefect.ui_url}{ENTRY}#{quote(word_of_prefect(settings) or '')}"


def mlflow_door(settings: Settings) -> str:
    """Give the link by which a person enters MLflow's pages."""
    return f"{settings.mlflow.pages_url}{ENTRY}#{quote(word_of_installation(settings))}"


async def _enter(door: Door, scope: Message, receive: Receive, send: Send) -> None:
    if scope["method"] != "POST":
        await _say(send, 200, entry_page.asking(door.place, by_form=bool(door.word)))
        return
    given = parse_qs(await _form(receive)).get("word", [""])[0]
    if door.opens_to(given):
        kept = f"{door.cookie}={door.passed}; Path=/; HttpOnly; SameSite=Strict"
        await _say(send, 303, b"", {"location": "/", "set-cookie": kept})
    else:
        await _say(send, 403, entry_page.asking(door.place, by_form=bool(door.word), is_wrong=True))


async def _form(receive: Receive) -> str:
    content = b""
    while len(content) <= MAX_FORM_BYTES:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            break
    return content[:MAX_FORM_BYTES].decode("utf-8", "replace")


async def _say(send: Send, status: int, content: bytes, more: dict[str, str] | None = None) -> None:
    headers = {**ALWAYS, "content-security-policy": entry_page.POLICY, **(more or {})}
    headers["content-length"] = str(len(content))
    written = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": written})
    await send({"type": "http.response.body", "body": content})


def _all(scope: Message, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in scope["headers"] if header == name]
