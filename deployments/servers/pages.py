"""Pages for the browser: `python -m deployments.servers.pages NAME FD`, from the first who connects until nobody asks.

The listening socket is our starter's: whoever connects while nothing runs is served by the next start.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import uvicorn

from deployments.servers.web_door import App, Door, behind, names_of
from deployments.service.connections import bounded_pages
from flywheel.adapters.access import pass_of, word_of_installation
from flywheel.settings import Settings

LOOK_SECONDS = 1.0


def mlflow(settings: Settings) -> uvicorn.Config:
    """Give MLflow's own pages, for those who know the word: who writes through MLflow writes files of ours."""
    # a second, and only when somebody looks
    from mlflow.server.fastapi_app import app

    place, word = f"mlflow:{settings.mlflow.ui_port}", word_of_installation(settings)
    door = Door(
        "MLflow",
        names_of(settings.mlflow.host, settings.mlflow.ui_port),
        word=word,
        cookie=f"flywheel_mlflow_{settings.mlflow.ui_port}",
        passed=pass_of(word, place=place),
    )
    return uvicorn.Config(behind(door, cast("App", app)), http=bounded_pages(), log_level="warning")


def console(_: Settings) -> uvicorn.Config:
    """Give our pages; no access log, for a link in a log would open a dossier."""
    made = "flywheel.console.web:create"
    http = bounded_pages()
    return uvicorn.Config(made, factory=True, http=http, log_level="warning", access_log=False, server_header=False)


PAGES: Mapping[str, Callable[[Settings], uvicorn.Config]] = {"mlflow": mlflow, "console": console}


def main(name: str, descriptor: str) -> None:
    """Serve on the descriptor that was handed over until nobody has asked for as long as the settings say."""
    settings = Settings.load()
    minutes = {"mlflow": settings.mlflow.rest_minutes, "console": settings.console.rest_minutes}[name]
    with socket.socket(fileno=int(descriptor)) as listener:
        beat = settings.sockets_root / f"{name}.beat"
        asyncio.run(serve(PAGES[name](settings), listener, rest_seconds=60 * minutes, beat=beat))


async def serve(config: uvicorn.Config, listener: socket.socket, *, rest_seconds: float, beat: Path) -> None:
    """Serve an app until it has rested so long: no connection is open and no request has come.

    Its file is touched while the loop turns: one that hangs is known by its silence.
    """
    server = uvicorn.Server(config)
    watch = asyncio.create_task(_end_when_at_rest(server, rest_seconds=rest_seconds, beat=beat))
    try:
        await server.serve(sockets=[listener])
    finally:
        watch.cancel()


async def _end_when_at_rest(server: uvicorn.Server, *, rest_seconds: float, beat: Path) -> None:
    loop = asyncio.get_running_loop()
    asked, since = 0, loop.time()
    while loop.time() - since < rest_seconds:
        await asyncio.sleep(min(LOOK_SECONDS, rest_seconds))
        beat.touch()
        state = server.server_state
        if state.connections or state.total_requests != asked or not server.started:
            asked, since = state.total_requests, loop.time()
    server.should_exit = True


if __name__ == "__main__":
    main(*sys.argv[1:])
