"""The Prefect worker of the embedded servers; `python -m deployments.worker.worker FLOW...` runs these flows alone.

Prefect's own `prefect worker start` ends when the API is not there yet; this one imports meanwhile and waits.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from deployments.worker.work_pool import ensure_work_pool
from flywheel.adapters import prefect
from flywheel.settings import Settings

READY_FILE = "worker.ready"
"""Touched once, when it begins to take runs."""
BEAT_FILE = "worker.beat"
"""Touched every second from then on, while its loop turns."""
BEAT_SECONDS = 1.0
API_WITHIN_SECONDS = 120.0


def main(flows: Collection[str]) -> None:
    """Wait for the API, make the work pool as the settings say, start runs until SIGTERM."""
    settings = Settings.load()
    # a second and a half: this program is the worker, nothing else waits for it
    from deployments.worker.prompt_worker import PromptWorker

    tempfile.tempdir = str(
        settings.sockets_root
    )  # Prefect's has one name for all users of a machine, whose first owns it
    prefect.await_api(settings, within_seconds=API_WITHIN_SECONDS)
    ensure_work_pool(settings)
    ready = settings.sockets_root / READY_FILE
    ready.unlink(missing_ok=True)
    beating = partial(_beat, settings.sockets_root / BEAT_FILE, ready=ready)
    working = PromptWorker(settings, flows=flows, out=lambda text: _note(text, ready=ready)).work()
    asyncio.run(_work(working, beating=beating))


def working_since(settings: Settings) -> datetime | None:
    """Tell when the embedded worker last began to take runs; nothing where it is not on this machine."""
    try:
        noted_at = (settings.sockets_root / READY_FILE).stat().st_mtime
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(noted_at, UTC)


async def _work(working: Coroutine[None, None, None], *, beating: Callable[[], Coroutine[None, None, None]]) -> None:
    task = asyncio.ensure_future(working)
    beats = asyncio.ensure_future(beating())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    beats.cancel()


async def _beat(beat: Path, *, ready: Path) -> None:
    """Say that the loop turns, once runs are taken; a worker that hangs is known by its silence."""
    while True:
        if ready.exists():
            beat.touch()
        await asyncio.sleep(BEAT_SECONDS)


def _note(text: str, *, ready: Path) -> None:
    print(text, flush=True)  # noqa: T201  the worker's log
    if "started" in text:
        ready.touch()


if __name__ == "__main__":
    main(sys.argv[1:])
