"""What honest callers of an endpoint notice of 1,000 idle and 200 hostile connections: latency, statuses, memory.

`python -m benchmarks.crowd`: callers, crowd and server are processes of their own and share this machine's cores; the
crowd gives way, and floods with all that is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.tree import MIB, load, members, proportional
from flywheel.adapters.bentoml_server import listen, start_endpoint, stop_endpoint, wait_ready
from flywheel.errors import counted
from tests.factories.serving import SEAL, body_of, built_package, make_row

HONEST, IDLE, HOSTILE = 4, 1_000, 200
SECONDS = 15.0
PAUSE_SECONDS = 0.01
"""Between two requests of an honest caller."""
SETTLE_SECONDS = 3.0
MOST_TIMES, MOST_MIB = 3, 50
MEGABYTES = 1_900_000
AUTOGROUP = Path("/proc/self/autogroup")

HOSTILE_BODIES = (
    b'{"rows":[' + b"1," * (MEGABYTES // 2) + b"1]}",
    b'{"rows":[{' + b",".join(b'"%d":1' % i for i in range(MEGABYTES // 10)) + b"}]}",
    b'{"rows":[{' + b'"a":1,' * 2_600 + b'"a":1}]}',
    b'{"rows":[' + b"[" * 16_000,
    b"x" * 8_000_000,
    body_of(*[make_row()] * 2_000),
)


def main() -> None:
    """Measure the honest callers alone, then in the crowd."""
    print(load())
    root = Path(tempfile.mkdtemp(prefix="fw-"))
    with listen("127.0.0.1", 0) as listener:
        server = start_endpoint(
            built_package()[0].path,
            public_key=SEAL.public_key,
            listener=listener,
            predictions_root=root / "log",
            log_path=root / "server.txt",
        )
    try:
        wait_ready(server)
        asyncio.run(_callers(server.port, 2.0))  # the first requests pay for what is done once
        alone, _ = _measured(server.port)
        print(f"alone:        {_words(alone)}")
        before = proportional(server.pid)
        with _crowd(server.port):
            time.sleep(SETTLE_SECONDS)
            crowded, statuses = _measured(server.port)
            held = (proportional(server.pid) - before) / MIB
        print(f"in the crowd: {_words(crowded)}; statuses {dict(statuses)}")
        times = _quantile(crowded, 0.99) / _quantile(alone, 0.99)
        print(f"p99 {times:.1f} times (target {MOST_TIMES}); memory grew by {held:.0f} MiB (target {MOST_MIB})")
        print(f"the server used {members()[server.pid].seconds:.1f} CPU s; {load()}")
    finally:
        stop_endpoint(server)
        shutil.rmtree(root)


def _measured(port: int) -> tuple[list[float], Counter[int]]:
    return asyncio.run(_callers(port, SECONDS))


async def _callers(port: int, seconds: float) -> tuple[list[float], Counter[int]]:
    """Let honest callers ask one row each, one request after another, on connections that they keep."""
    taken: list[float] = []
    statuses: Counter[int] = Counter()
    ends_at = time.monotonic() + seconds
    body = body_of(make_row())

    async def call() -> None:
        while time.monotonic() < ends_at:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                while time.monotonic() < ends_at:
                    began = time.perf_counter()
                    statuses[await _one(reader, writer, body)] += 1
                    taken.append(time.perf_counter() - began)
                    await asyncio.sleep(PAUSE_SECONDS)
                writer.close()
                return
            statuses[0] += 1

    await asyncio.gather(*(call() for _ in range(HONEST)))
    return taken, statuses


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> int:
    writer.write(_head(len(body)) + body)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _head(length: int) -> bytes:
    return b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


@contextmanager
def _crowd(port: int) -> Iterator[None]:
    """Have the idle and the hostile in a process of their own."""
    crowd = multiprocessing.get_context("spawn").Process(target=_run_crowd, args=(port,), daemon=True)
    crowd.start()
    try:
        yield
    finally:
        crowd.kill()
        crowd.join()


def _run_crowd(port: int) -> None:
    """Give way to all else, as on machines of its own it would; Linux may share cores among sessions first."""
    os.nice(19)
    if AUTOGROUP.exists():
        os.setsid()
        AUTOGROUP.write_text("19")
    asyncio.run(_all(port))


async def _all(port: int) -> None:
    kinds = itertools.cycle(HOSTILE_BODIES)
    async with asyncio.TaskGroup() as together:
        for _ in range(IDLE):
            together.create_task(_again(port, _sit))
        for number in range(HOSTILE):
            if number % 10 == 0:
                together.create_task(_again(port, _flood_head))
            elif number % 10 == 1:
                together.create_task(_again(port, _drip_head))
            else:
                together.create_task(_again(port, _asks(next(kinds), stays=number % 2 == 0)))


async def _again(port: int, act) -> None:  # type: ignore[no-untyped-def]
    """Connect again whenever it is thrown out."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await act(reader, writer)
            finally:
                writer.close()
        await asyncio.sleep(0.05)


async def _sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.read(1)


async def _flood_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader
    writer.write(b"GET / HTTP/1.1\r\nx: ")
    for _ in range(300):
        writer.write(b"y" * 1_000_000)
        await writer.drain()


async def _drip_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del reader
    writer.write(b"GET / HTTP/1.1\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(1.0)


def _asks(body: bytes, *, stays: bool):  # type: ignore[no-untyped-def]
    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _one(reader, writer, body)
        while stays:
            await _one(reader, writer, body)

    return ask


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _words(values: list[float]) -> str:
    p50, p99 = (1_000 * _quantile(values, share) for share in (0.5, 0.99))
    return (
        f"{counted(len(values), 'request')}, p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {1_000 * max(values):.0f} ms"
    )


if __name__ == "__main__":
    main()
