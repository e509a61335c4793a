"""The HTTP face of an endpoint as a bare ASGI app: predict, health, readiness and the contract."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from deployments.service.admission import Admission, Overloaded, Refusals
from deployments.service.answers import CLOSE, Answer, later, problems, refusal, too_large
from deployments.service.body import BadRequest
from deployments.service.requests import RequestReader, Row
from deployments.service.scorers import Scored, Scorer
from flywheel.adapters.prediction_log import OUTSIDE, Full, column_of
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.contract import Contract, Mode

INLINE_BYTES = 16_384
"""Bodies up to this size are answered on the event loop: a thread would cost more than the work."""
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

    def encode(self, rows: list[dict[str, Any]]) -> bytes:
        """Prepare the rows of one request to be kept."""

    async def keep(self, frame: bytes) -> None:
        """Return once they are on the disk, or raise Full."""


class Tally(Protocol):
    """Where requests are counted."""

    def count(self, reasons: Iterable[str] = ()) -> None:
        """Count a request; it was refused where there are reasons."""


@dataclass(frozen=True)
class Logs:
    """What callers asked, which is monitored; what delivery asked to try the endpoint; and how much was refused."""

    traffic: Log
    trials: Log
    tally: Tally


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
        contract: Contract,
        mode: Mode,
        scorer: Scorer,
        logs: Logs,
        admission: Admission,
        executor: Executor,
        inline_bytes: int = INLINE_BYTES,
    ) -> None:
        """Begin to answer predictions."""
        self._parts = _Parts(contract, mode, RequestReader(contract), scorer, logs, admission, executor, inline_bytes)

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

    def __init__(
        self,
        contract: Contract,
        mode: Mode,
        reader: RequestReader,
        scorer: Scorer,
        logs: Logs,
        admission: Admission,
        executor: Executor,
        inline_bytes: int,
    ) -> None:
        self.contract, self.mode, self.reader, self.scorer = contract, mode, reader, scorer
        self.logs, self.admission, self.executor, self.inline_bytes = logs, admission, executor, inline_bytes
        self.refusals = Refusals()
        self.version = contract.version.encode()
        self.contract_body = contract.for_people().encode()
        self.digest = contract.model_digest if mode is Mode.MODEL else contract.digest

    def ready_body(self) -> bytes:
        """What is served and by whom."""
        counts = {"admitted": self.admission.admitted, "shed": self.admission.shed}
        facts = {"version": self.contract.version, "served_by": self.mode, "digest": self.digest, "pid": os.getpid()}
        return json.dumps({"ready": True, **facts, **counts}).encode()


async def _predict(parts: _Parts, scope: Message, receive: Receive) -> Answer:
    """Answer; a refusal leaves when its turn comes."""
    answer, size = await _read_and_score(parts, headers := dict(scope["headers"]), receive)
    if headers.get(TRIAL_HEADER) != b"true" and answer.status < 500:
        parts.logs.tally.count(answer.reasons)
    if 400 <= answer.status < 500:
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
                body, size = await _body(receive, most, keep)
            if body is None:
                return too_large(most), size
            return await _admit(parts, body, is_trial=headers.get(TRIAL_HEADER) == b"true"), size
    except TimeoutError:
        return refusal(408, "the body did not arrive", allowed=f"{BODY_SECONDS:.0f} s", headers=CLOSE), 0
    except Overloaded:
        return later("overloaded, come again", *CLOSE), 0


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


async def _body(receive: Receive, most: int, keep: Callable[[int], None]) -> tuple[bytes | None, int]:
    """Read the body; None where it is too large, after swallowing enough of it that the caller hears so."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= most:
            keep(len(chunk))
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > DRAINED_AT_MOST * most:
            return None, size
        if not message.get("more_body"):
            return (b"".join(chunks) if size <= most else None), size


async def _admit(parts: _Parts, body: bytes, *, is_trial: bool) -> Answer:
    is_long = len(body) > parts.inline_bytes
    try:
        with parts.admission.slot(is_long=is_long):
            log = parts.logs.trials if is_trial else parts.logs.traffic
            work = partial(_score, parts, body, log)
            answer, kept = await asyncio.get_running_loop().run_in_executor(parts.executor, work) if is_long else work()
            if kept:
                await log.keep(kept)
            return answer
    except Full as error:
        return later(str(error))
    except Overloaded:
        return later()


def _score(parts: _Parts, body: bytes, log: Log) -> tuple[Answer, bytes]:
    """Answer, and give what must be kept before the answer leaves."""
    now = datetime.now(UTC)
    try:
        rows = parts.reader.read(body, now)
        scored = parts.scorer(rows)
    except BadRequest as error:
        return problems(error, parts.contract), b""
    except Unavailable as error:
        return later(error.sentence()), b""
    except InputRefused as error:
        return refusal(422, error.sentence()), b""
    kept = log.encode([_entry(parts, row, result, now) for row, result in zip(rows, scored, strict=True)])
    predictions = [
        {"id": row.entity, "score": score, "decision": decision, "flags": row.flags}
        for row, (score, decision) in zip(rows, scored, strict=True)
    ]
    head = {"version": parts.contract.version, "served_by": parts.mode, "digest": parts.digest}
    return Answer(200, json.dumps({**head, "predictions": predictions}, allow_nan=False).encode()), kept


def _entry(parts: _Parts, row: Row, result: Scored, now: datetime) -> dict[str, Any]:
    return {
        "at": now,
        "event_at": row.event_at,
        "entity": row.entity,
        "version": parts.contract.version,
        "served_by": Mode.RULE.value if OUTSIDE in row.flags else parts.mode.value,
        "score": result[0],
        "decision": result[1],
        "flags": row.flags,
        **{column_of(name): value for name, value in row.values.items()},
    }
