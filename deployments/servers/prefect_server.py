"""Prefect's server behind our door; `python -m deployments.servers.prefect_server`.

Prefect's own `prefect server start` serves the same application to whatever host name a request bears.
"""

from __future__ import annotations

import gc
from typing import cast

import uvicorn

from deployments.servers.supervision import await_needs
from deployments.servers.web_door import App, Door, behind, names_of
from deployments.service.connections import bounded_pages
from flywheel.settings import Settings


def main() -> None:
    """Serve the API, the UI and Prefect's services until SIGTERM."""
    gc.disable()  # what is imported stays: to look for garbage in it costs a sixth of the start
    # five seconds: this program is the server, and imports while the database starts
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings

    settings = Settings.load()
    said = get_current_settings().server
    door = Door("Prefect", names_of(settings.prefect.host, settings.prefect.port))
    app = behind(door, cast("App", create_app(final=True)))
    gc.freeze()
    gc.enable()
    await_needs()
    uvicorn.run(
        app,
        host=settings.prefect.host,
        port=settings.prefect.port,
        http=bounded_pages(),
        timeout_keep_alive=said.api.keepalive_timeout,
        ws_ping_interval=said.api.websocket_ping_interval,
        ws_ping_timeout=said.api.websocket_ping_timeout,
        log_level=said.logging_level.casefold(),
    )


if __name__ == "__main__":
    main()
