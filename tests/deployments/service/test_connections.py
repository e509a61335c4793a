"""Connections on real sockets: heads are bounded in size, count and time, and idle callers make room for new ones."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from deployments.service import connections, crowd
from deployments.service.connections import HEAD_BYTES, HEADERS, Connection
from deployments.service.crowd import Connections
from tests.deployments.service.calling import (
    GET,
    Send,
    ask,
    asked,
    request,
    serving,
    status_of,
    stoppable,
    to_its_end,
    until,
)

Result = TypeVar("Result")
SHORT_SECONDS = 0.2


def test_head_within_the_bounds_is_answered() -> None:
    many = [b"x-%d: y" % index for index in range(HEADERS - 2)]
    assert status_of(asked(request(*many))) == 200
    assert status_of(asked(request(b"x: " + b"y" * (HEAD_BYTES - 200)))) == 200


@pytest.mark.parametrize(
    "head",
    [
        request(b"x: " + b"y" * HEAD_BYTES),
        request(b"x" * HEAD_BYTES + b": y"),
        b"GET /" + b"y" * HEAD_BYTES + b" HTTP/1.1\r\nHost: here\r\n\r\n",
        request(*[b"x-%d: y" % index for index in range(HEADERS)]),
        request(*[b"x-%d: " % index + b"y" * 600 for index in range(40)]),
        request(b"x: " + b"y" * 300_000, end=b""),
    ],
    ids=["value", "name", "address", "count", "sum", "without an end"],
)
def test_head_beyond_the_bounds_is_refused_with_the_bound(head: bytes) -> None:
    answer = asked(head)
    assert status_of(answer) == 431
    assert "allowed" in json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def test_who_floods_on_after_a_refusal_is_heard_seldom_and_comes_again_late() -> None:
    async def flood() -> float:
        async with serving(Connections(50)) as address:
            reader, writer = await asyncio.open_connection(*address)
            began = asyncio.get_running_loop().time()
            with contextlib.suppress(ConnectionError):
                while not reader.at_eof() or not writer.transport.is_closing():
                    writer.write(b"x" * 500_000)
                    await writer.drain()
            return asyncio.get_running_loop().time() - began

    assert asyncio.run(flood()) > 2 * connections.FAREWELL_PAUSE_SECONDS


def test_trailers_after_a_body_are_held_to_the_same_bounds() -> None:
    chunked = request(b"Transfer-Encoding: chunked").replace(b"GET", b"POST").removesuffix(b"\r\n") + b"\r\n"
    assert status_of(asked(chunked + b"2\r\nok\r\n0\r\n\r\n")) == 200
    assert b"200" not in asked(chunked + b"2\r\nok\r\n0\r\nx: " + b"y" * 10 * HEAD_BYTES)[:20]


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\nHost: he", GET[:-2]])
def test_head_that_does_not_arrive_is_refused_in_time(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", SHORT_SECONDS)
    assert status_of(asked(start)) == 408


def test_silent_connection_is_closed_in_time_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", SHORT_SECONDS)
    assert asked() == b""


def test_request_whose_body_never_ends_is_closed_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "REQUEST_SECONDS", SHORT_SECONDS)
    assert asked(request(b"Content-Length: 10"), b"12345") == b""


def test_what_is_no_http_is_refused() -> None:
    assert status_of(asked(b"\x16\x03\x01 hello\r\n\r\n")) == 400


def test_upgrade_is_answered_as_an_ordinary_request() -> None:
    assert status_of(asked(request(b"Connection: Upgrade", b"Upgrade: websocket"))) == 200


def test_caller_that_does_not_read_its_answer_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READING_SECONDS", SHORT_SECONDS)

    async def leave_unread() -> int:
        shared = Connections(50)
        async with serving(shared) as address:
            with socket.socket() as caller:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                caller.connect(address)
                caller.sendall(GET.replace(b"/ ", b"/large "))
                await until(lambda: len(shared._open) == 1)
                await until(lambda: not shared._open)
        return len(shared._open)

    assert asyncio.run(leave_unread()) == 0


def test_pipelined_requests_are_answered_in_order_and_a_flood_of_them_is_cut_off() -> None:
    answer = asked(GET * 3 + request())
    assert answer.count(b"HTTP/1.1 200") == 4
    assert asked(GET * 1_000).count(b"HTTP/1.1 200") < 1_000


CHUNKED = request(b"Transfer-Encoding: chunked").replace(b"GET", b"POST").removesuffix(b"\r\n") + b"\r\n"
WHOLE = [request(), GET, GET * 2 + request(), CHUNKED + b"2\r\nok\r\n0\r\n\r\n", GET + b"GET / HT"]


@pytest.mark.parametrize("words", WHOLE, ids=["to be closed", "to be kept", "several", "in chunks", "and a half one"])
def test_what_was_asked_whole_is_answered_to_a_caller_who_closed_the_sending_side(words: bytes) -> None:
    answer = half_closed(words)
    assert answer.count(b"HTTP/1.1 200") == words.count(b" HTTP/1.1\r\n")
    assert b"connection: close" in answer


@pytest.mark.parametrize("words", [b"", GET[:-2], request(b"Content-Length: 9") + b"half"])
def test_what_was_not_asked_whole_is_closed_at_once(words: bytes) -> None:
    assert half_closed(words) == b""


def test_a_request_that_breaks_off_behind_others_costs_them_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "REQUEST_SECONDS", SHORT_SECONDS)
    assert half_closed(GET * 2 + request(b"Content-Length: 9") + b"half").count(b"HTTP/1.1 200") == 2


def half_closed(words: bytes) -> bytes:
    """Ask, say that no more comes, and read to the end."""

    async def once() -> bytes:
        async with serving(Connections(50)) as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(words)
            writer.write_eof()
            answer = await to_its_end(reader)
            writer.close()
            return answer

    return asyncio.run(once())


@pytest.mark.parametrize("is_at_once", [True, False])
def test_what_comes_behind_a_body_is_no_header(is_at_once: bool) -> None:
    parts = [CHUNKED + b"2\r\nok\r\n", b"0\r\nx-flywheel-trial: true\r\n\r\n"]
    answer = asked(*([b"".join(parts)] if is_at_once else parts))
    assert status_of(answer) == 200
    assert b"x-flywheel-trial" not in answer


def test_what_comes_before_it_is_one() -> None:
    assert b"x-flywheel-trial" in asked(request(b"x-flywheel-trial: true"))


def last_answers(*, stopped: Callable[[Connection], bool]) -> tuple[bytes, bytes, bytes]:
    """What callers get who were silent, resting, or in the midst of asking, as a server began to stop."""

    async def stop() -> tuple[bytes, bytes, bytes]:
        shared = Connections(50)
        async with stoppable(shared) as (address, server):
            silent, resting, asking = [await asyncio.open_connection(*address) for _ in range(3)]
            resting[1].write(GET)
            await resting[0].readuntil(b"xx")
            asking[1].write(GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n"))
            await until(lambda: len(shared._open) == 3 and len(shared._silent) == 1)
            callers = tuple(one for one in shared._open if isinstance(one, Connection))
            server.should_exit = True
            await until(lambda: all(map(stopped, callers)))
            for (_, writer), words in ((silent, GET), (resting, GET), (asking, b"ok")):
                writer.write(words)
            answers = [await to_its_end(reader) for reader, _ in (silent, resting, asking)]
            for _, writer in (silent, resting, asking):
                writer.close()
            return answers[0], answers[1], answers[2]

    return asyncio.run(stop())


def test_a_server_that_stops_answers_whoever_is_connected_and_says_that_it_was_the_last_time() -> None:
    for answer in last_answers(stopped=lambda one: one._is_last):
        assert (status_of(answer), b"connection: close" in answer) == (200, True)


def test_without_the_last_word_callers_are_closed_unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    told: set[Connection] = set()

    def bare(one: Connection) -> None:
        told.add(one)
        HttpToolsProtocol.shutdown(one)

    monkeypatch.setattr(Connection, "shutdown", bare)
    silent, resting, asking = last_answers(stopped=lambda one: one in told)
    assert (silent, resting, status_of(asking)) == (b"", b"", 200)


def test_whoever_asks_nothing_of_a_server_that_stops_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "LAST_WORD_SECONDS", SHORT_SECONDS)

    async def stop() -> bytes:
        shared = Connections(50)
        async with stoppable(shared) as (address, server):
            reader, writer = await asyncio.open_connection(*address)
            await until(lambda: len(shared._open) == 1)
            server.should_exit = True
            answer = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            return answer

    assert asyncio.run(stop()) == b""


def test_nothing_is_kept_of_a_body_that_nobody_wants_while_its_answer_waits() -> None:
    kept: list[int] = []

    async def refuse(scope: Any, _: object, send: Send) -> None:
        assert scope["path"] == "/"
        await asyncio.sleep(SHORT_SECONDS)
        kept.extend(len(one.cycle.body) for one in shared._open if isinstance(one, Connection))
        await send({"type": "http.response.start", "status": 415, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    shared = Connections(50, is_unwanted=lambda scope: scope["method"] == "GET")

    async def ask_twice() -> bytes:
        async with serving(shared, refuse) as address:
            words = request(b"Content-Length: 900000") + b"x" * 900_000
            return await ask(address, words.replace(b"Connection: close\r\n", b""), request())

    answer = asyncio.run(ask_twice())
    assert answer.count(b"HTTP/1.1 415") == 2
    assert kept == [0, 0]
