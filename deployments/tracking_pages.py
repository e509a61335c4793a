"""MLflow's pages, started when somebody connects and ended when nobody asks; `python -m deployments.tracking_pages FD`.

The listening socket is our starter's: whoever connects while nothing runs is served by the next start.
"""

from __future__ import annotations

import asyncio
import socket
import sys

import uvicorn

from flywheel.settings import Settings

APP = "mlflow.server.fastapi_app:app"
LOOK_SECONDS = 1.0


def main() -> None:
    """Serve on the descriptor that was handed over until nobody has asked for as long as the settings say."""
    minutes = Settings.load().mlflow.rest_minutes
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        asyncio.run(serve(uvicorn.Config(APP, log_level="warning"), listener, rest_seconds=60 * minutes))


async def serve(config: uvicorn.Config, listener: socket.socket, *, rest_seconds: float) -> None:
    """Serve an app until it has rested so long: no connection is open and no request has come."""
    server = uvicorn.Server(config)
    watch = asyncio.create_task(_end_when_at_rest(server, rest_seconds=rest_seconds))
    try:
        await server.serve(sockets=[listener])
    finally:
        watch.cancel()


async def _end_when_at_rest(server: uvicorn.Server, *, rest_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    asked, since = 0, loop.time()
    while loop.time() - since < rest_seconds:
        await asyncio.sleep(min(LOOK_SECONDS, rest_seconds))
        state = server.server_state
        if state.connections or state.total_requests != asked or not server.started:
            asked, since = state.total_requests, loop.time()
    server.should_exit = True


if __name__ == "__main__":
    main()
