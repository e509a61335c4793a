"""The HTTP face of an endpoint as a bare ASGI app: predict, health, readiness and the contract."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from deployments.service.admission import Admission, Credit, Overloaded, pace_of_large_bodies, pace_of_refusals
from deployments.service.answers import CLOSE, Answer, later, refusal, too_large
from deployments.service.respondent import Answered, Respondent
from flywheel.adapters.predictions.log import Full

INLINE_BYTES = 16_384
"""Bodies up to this size are answered on the event loop: to hand them on would cost more than the work."""
BODY_SECONDS = 10.0

DRAINED_AT_MOST = 4
"""A body so many times over the limit is cut off; a smaller one is read to its end, so that its sender gets the 413."""
TRIAL_HEADER = b"x-flywheel-trial"
"""Delivery's own questions: they are answered and logged apart, and monitoring does not take them for traffic."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Log(Protocol):
    """Where answered predictions go."""

    async def keep(self, frame: bytes) -> None:
        """Return once they are on the disk, or raise Full."""


class Apart(Protocol):
    """Where bodies are answered that would hold up the loop."""

    async def answer(self, body: bytes) -> Answered:
        """Answer one."""


class Tally(Protocol):
    """Where requests are counted."""

    def count(self, reasons: Iterable[str] = ()) -> None:
        """Count a request; it was refused where there are reasons."""


@dataclass(frozen=True)
class Bounds:
    """Up to which size bodies are answered on the event loop, and up to which they take no slot."""

    inline_bytes: int = INLINE_BYTES
    short_bytes: int = INLINE_BYTES


@dataclass(frozen=True)
class Logs:
    """What callers asked, which is monitored; what delivery asked to try the endpoint; and how much was refused."""

    traffic: Log
    trials: Log
    tally: Tally
    unread: Callable[[], Sequence[str]] = tuple
    """Names of journals that nobody can read all of, which were found where the logs are kept."""


class Gone(Exception):
    """The caller went away before the request was whole."""


class EndpointApp:
    """One endpoint; ready once it has been given something to score with."""

    def __init__(self, shortage: Callable[[], str] = lambda: "") -> None:
        self._parts: _Parts | None = None
        self._shortage = shortage
        """What the server lacks to take in one more caller."""

    def open(
        self,
        respondent: Respondent,
        logs: Logs,
        admission: Admission,
        apart: Apart,
        bounds: Bounds = Bounds(),
    ) -> None:
        """Begin to answer predictions."""
        self._parts = _Parts(respondent, logs, admission, apart, bounds)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        try:
            answer = await self._answer(scope, receive)
        except Gone:  # nobody will read it, but servers and middlewares wait for an answer
            answer = refusal(400, "the caller went away")
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
        await send({"type": "http.response.start", "status": answer.status, "headers": [*headers, *answer.headers]})
        await send({"type": "http.response.body", "body": answer.body})

    def is_unwanted(self, scope: Message) -> bool:
        """Whether a request is answered unread, so that nothing of its body need be kept meanwhile."""
        if scope["path"] != "/predict" or scope["method"] != "POST":
            return True
        return self._parts is not None and _unread(self._parts, dict(scope["headers"])) is not None

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        method, path, parts = scope["method"], scope["path"], self._parts
        if path not in ("/predict", "/health", "/ready", "/contract"):
            return refusal(404, "no such path", allowed="/predict, /health, /ready, /contract")
        if method != ("POST" if path == "/predict" else "GET"):
            allow = b"POST" if path == "/predict" else b"GET"
            return refusal(405, f"{path} takes {allow.decode()}", headers=((b"allow", allow),))
        if path == "/health":
            return Answer(200, b'{"live":true}')
        if parts is None:
            return later("not ready yet")
        if path == "/predict":
            return await _predict(parts, scope, receive)
        return Answer(200, parts.contract_body) if path == "/contract" else self._ready(parts)

    def _ready(self, parts: _Parts) -> Answer:
        """Say who answers, or that one more caller could not be taken in."""
        lacking = self._shortage()
        return later(lacking) if lacking else Answer(200, parts.ready_body())


class _Parts:
    """What a ready endpoint works with."""

    def __init__(self, respondent: Respondent, logs: Logs, admission: Admission, apart: Apart, bounds: Bounds) -> None:
        self.respondent, self.contract = respondent, respondent.contract
        self.logs, self.admission, self.apart, self.bounds = logs, admission, apart, bounds
        self.refusals, self.large_bodies, self.credit = pace_of_refusals(), pace_of_large_bodies(), Credit()
        self.version = self.contract.version.encode()
        self.contract_body = self.contract.for_people().encode()

    def ready_body(self) -> bytes:
        """What is served and by whom."""
        counts: dict[str, object] = {"admitted": self.admission.admitted, "shed": self.admission.shed}
        by = self.respondent
        unread = self.logs.unread()
        counts |= {"unread_journals": unread} if unread else {}
        facts = {"version": by.contract.version, "served_by": by.mode, "digest": by.digest, "pid": os.getpid()}
        counts |= {"own_code": by.own_code.facts()} if by.own_code else {}
        return json.dumps({"ready": True, **facts, **counts}).encode()


async def _predict(parts: _Parts, scope: Message, receive: Receive) -> Answer:
    """Answer; a refusal leaves when its turn comes."""
    answer, size = await _read_and_score(parts, headers := dict(scope["headers"]), receive)
    if headers.get(TRIAL_HEADER) != b"true" and answer.status < 500:
        parts.logs.tally.count(answer.reasons)
    caller = scope.get("client")
    if answer.status < 400:
        parts.credit.earn(caller)
    elif answer.status < 500 and not parts.credit.spend(caller):
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(parts.refusals.wait_seconds(size, now=now))
    return answer


async def _read_and_score(parts: _Parts, headers: dict[bytes, bytes], receive: Receive) -> tuple[Answer, int]:
    if refused := _unread(parts, headers):
        return refused, 0
    most = parts.contract.limits.max_body_bytes
    length = headers.get(b"content-length", b"")
    said = int(length[:20]) if length.isdigit() else 0
    if said > DRAINED_AT_MOST * most:
        return too_large(most), 0
    try:
        with parts.admission.holding() as keep:
            async with asyncio.timeout(BODY_SECONDS):
                body, size = await _body(parts, receive, keep)
            if body is None:
                return too_large(most), size
            return await _admit(parts, body, is_trial=headers.get(TRIAL_HEADER) == b"true"), size
    except TimeoutError:
        return refusal(408, "the body did not arrive", allowed=f"{BODY_SECONDS:.0f} s", headers=CLOSE), 0
    except Overloaded:
        return later("overloaded, try again later", *CLOSE), 0


def _unread(parts: _Parts, headers: dict[bytes, bytes]) -> Answer | None:
    """Refuse what can be refused without reading the body."""
    if headers.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
        return refusal(415, "content type", found=headers.get(b"content-type"), allowed="application/json")
    if b"content-encoding" in headers:
        return refusal(415, "content encoding", found=headers[b"content-encoding"], allowed="none")
    if headers.get(TRIAL_HEADER, b"true") != b"true":
        return refusal(400, "x-flywheel-trial", found=headers[TRIAL_HEADER], allowed="true, or no such header")
    asked = headers.get(b"x-model-version")
    if asked is not None and asked != parts.version:
        return refusal(409, "another version is served here", found=asked, allowed=parts.contract.version)
    return None


async def _body(parts: _Parts, receive: Receive, keep: Callable[[int], None]) -> tuple[bytes | None, int]:
    """Read the body; None where it is too large, after swallowing enough of it that the caller hears so."""
    most, loop = parts.contract.limits.max_body_bytes, asyncio.get_running_loop()
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= most:
            if size > INLINE_BYTES:  # small bodies are never shut out by large ones
                keep(len(chunk) if size - len(chunk) > INLINE_BYTES else size)
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > DRAINED_AT_MOST * most:
            return None, size
        if not message.get("more_body"):
            return (b"".join(chunks) if size <= most else None), size
        if size > INLINE_BYTES:  # while it waits its caller cannot send on
            await asyncio.sleep(parts.large_bodies.wait_seconds(len(chunk), now=loop.time()))


async def _admit(parts: _Parts, body: bytes, *, is_trial: bool) -> Answer:
    is_apart, is_long = len(body) > parts.bounds.inline_bytes, len(body) > parts.bounds.short_bytes
    try:
        with parts.admission.slot(is_long=is_long):
            answer, kept = await parts.apart.answer(body) if is_apart else parts.respondent.answer(body)
            if kept:
                await (parts.logs.trials if is_trial else parts.logs.traffic).keep(kept)
            return answer
    except Full as error:
        return later(str(error))
    except Overloaded:
        return later()
