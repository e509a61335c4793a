"""Connections on real sockets: heads are bounded in size, count and time, and idle callers make room for new ones."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
from collections.abc import Callable
from typing import TypeVar

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from deployments.service import connections
from deployments.service.connections import HEAD_BYTES, HEADERS, Connection, Connections, bounded_connections
from tests.deployments.service.calling import ask, asked, serving, stoppable, to_its_end

Result = TypeVar("Result")
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
SHORT_SECONDS = 0.2


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def request(*headers: bytes, end: bytes = b"\r\n") -> bytes:
    return b"\r\n".join([b"GET / HTTP/1.1", b"Host: here", b"Connection: close", *headers, end])


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
    monkeypatch.setattr(connections, "REQUEST_SECONDS", SHORT_SECONDS)
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


async def until(claim: Callable[[], bool]) -> None:
    """Let others work until it holds."""
    async with asyncio.timeout(20):
        while not claim():
            await asyncio.sleep(0.005)


def test_one_more_connection_than_may_be_takes_the_place_of_the_one_that_was_silent_longest() -> None:
    async def crowd() -> tuple[bytes, bytes]:
        shared = Connections(3)
        async with serving(shared) as address:
            resting = await asyncio.open_connection(*address)
            resting[1].write(GET)
            await resting[0].readuntil(b"xx")
            silent = []
            for expected in (2, 3):
                silent.append(await asyncio.open_connection(*address))
                await until(lambda expected=expected: len(shared._open) == expected)  # type: ignore[misc]
            answer = await ask(address, request())
            gone = await asyncio.wait_for(silent[0][0].read(), 20)
            resting[1].write(request())
            still_there = await asyncio.wait_for(resting[0].read(), 20)
            for _, writer in (resting, *silent):
                writer.close()
            assert gone == b""
            return answer, still_there

    answer, still_there = asyncio.run(crowd())
    assert (status_of(answer), status_of(still_there)) == (200, 200)


def test_where_all_connections_are_at_work_the_next_is_refused_and_the_server_is_not_ready() -> None:
    async def crowd() -> tuple[bytes, str, str]:
        shared = Connections(2)
        async with serving(shared) as address:
            at_work = [await asyncio.open_connection(*address) for _ in range(2)]
            for _, writer in at_work:
                writer.write(request(b"Content-Length: 2"))
            await until(lambda: len(shared._open) == 2 and not shared._silent)
            lacking = shared.shortage
            answer = await ask(address)
            for reader, writer in at_work:
                writer.write(b"ok")
                assert status_of(await asyncio.wait_for(reader.read(), 20)) == 200
                writer.close()
            await until(lambda: not shared._open)
            return answer, lacking, shared.shortage

    answer, lacking, afterwards = asyncio.run(crowd())
    assert (status_of(answer), afterwards) == (503, "")
    assert "at work" in lacking


def test_where_descriptors_run_out_the_server_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Connections(50)
    assert shared.shortage == ""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    monkeypatch.setattr(connections, "_descriptors", lambda: most - 3)
    assert shared.shortage == "3 file descriptors are left"


def test_there_are_never_more_connections_than_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 300))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    assert bounded_connections().most == 300 - connections.SPARE_DESCRIPTORS
    assert given == [(300, 300)]


def test_pipelined_requests_are_answered_in_order_and_a_flood_of_them_is_cut_off() -> None:
    answer = asked(GET * 3 + request())
    assert answer.count(b"HTTP/1.1 200") == 4
    assert asked(GET * 1_000).count(b"HTTP/1.1 200") < 1_000


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
            callers = tuple(shared._open)
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
    monkeypatch.setattr(connections, "LAST_WORD_SECONDS", SHORT_SECONDS)

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
