"""Crowds on real sockets: idle callers make room for new ones, and nobody comes in where nothing is left."""

from __future__ import annotations

import asyncio
import resource

import pytest

from deployments.service import crowd
from deployments.service.crowd import Connections, bounded_connections
from tests.deployments.service.calling import GET, ask, request, serving, status_of, until


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
    monkeypatch.setattr(crowd, "_descriptors", lambda: most - 3)
    assert shared.shortage == "3 file descriptors are left"


def test_there_are_never_more_connections_than_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 300))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    assert bounded_connections().most == 300 - crowd.SPARE_DESCRIPTORS
    assert given == [(300, 300)]
