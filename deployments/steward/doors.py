"""The doors of endpoints: their listening sockets, kept while servers come and go, and closed while none can start."""

from __future__ import annotations

import socket
from collections.abc import Collection
from dataclasses import dataclass, field

from deployments.servers.closed_door import ClosedDoor
from deployments.servers.held_doors import HeldDoors
from flywheel.adapters.bentoml_server import listen
from flywheel.errors import Unavailable
from flywheel.settings import ServingSettings

PORTS_TRIED = 200


@dataclass
class Doors:
    """One listening socket for each endpoint; one thread uses them."""

    settings: ServingSettings
    held: HeldDoors = field(default_factory=HeldDoors)
    _listeners: dict[str, socket.socket] = field(default_factory=dict)
    _closed: dict[str, ClosedDoor] = field(default_factory=dict)
    _are_tidy: bool = False

    def take(self, name: str, *, remembered: int | None) -> socket.socket:
        """Give an endpoint's listening socket, on the port where it was last served if that is free."""
        if name not in self._listeners:
            self._listeners[name] = self.held.take(name) or self._first_free(remembered)
            self.held.keep(name, self._listeners[name])
        return self._listeners[name]

    def port_of(self, name: str) -> int | None:
        """Tell an endpoint's port, where it has a door."""
        listener = self._listeners.get(name)
        return listener.getsockname()[1] if listener else None

    def close(self, name: str, *, is_closed: bool) -> None:
        """Have callers told at once that nobody answers, or let them in again."""
        if is_closed and name in self._listeners and name not in self._closed:
            self._closed[name] = ClosedDoor(self._listeners[name])
        elif not is_closed and name in self._closed:
            self._closed.pop(name).open()

    def keep_only(self, names: Collection[str]) -> None:
        """Give back the ports of all other endpoints."""
        for name in [name for name in self._listeners if name not in names]:
            self.close(name, is_closed=False)
            self._listeners.pop(name).close()
            self.held.drop(name)
        if not self._are_tidy:
            self._drop_strays()

    def leave(self) -> None:
        """Go away without giving the ports back: whoever comes next takes up what is held."""
        for name, listener in self._listeners.items():
            self.close(name, is_closed=False)
            listener.close()
        self._listeners.clear()
        self.held.leave()

    def _drop_strays(self) -> None:
        """Let go of what an earlier steward left that no endpoint took up: its callers would wait for nobody."""
        for name in self.held.names():
            if name not in self._listeners:
                self.held.drop(name)
        self._are_tidy = True

    def _first_free(self, remembered: int | None) -> socket.socket:
        first = self.settings.first_port
        candidates = [remembered] if remembered else []
        for port in (*candidates, *range(first, min(first + PORTS_TRIED, 65_536))):
            try:
                return listen(self.settings.host, port)
            except Unavailable:
                continue
        raise Unavailable("no free port for an endpoint", found=f"{first} to {first + PORTS_TRIED - 1} are taken")
