"""All connections of one server: how many there are, who makes room for whom, and what is held to which bounds."""

from __future__ import annotations

import os
import resource
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

MOST_CONNECTIONS = 2_048
SPARE_DESCRIPTORS = 64
"""For the log, the model and whatever else is opened."""
DESCRIPTORS = Path("/proc/self/fd")
REQUEST_SECONDS = 20.0
"""For all of a request; the endpoint gives its body ten of them."""
PAGES_REQUEST_SECONDS = 300.0
"""There a file may be sent by its pages' form, or a model by a program."""
LAST_WORD_SECONDS = 5.0
"""How long a server that stops waits for the first request of a caller who has connected."""


class Held(Protocol):
    """A connection, as far as whoever makes room needs it."""

    def drop(self) -> None:
        """End it at once."""


@dataclass
class Connections:
    """All connections of one server; those that were silent longest make room for new ones."""

    most: int
    request_seconds: float = field(default_factory=lambda: REQUEST_SECONDS)
    last_word_seconds: float = field(default_factory=lambda: LAST_WORD_SECONDS)
    """None where whoever asks nothing at this moment can be let go."""
    speaks_websocket: bool = False
    is_unwanted: Callable[[Any], bool] = lambda _: False
    """Whether nobody will read the body of the request of this scope."""
    refused: int = 0
    _open: set[Held] = field(default_factory=set)
    _silent: OrderedDict[Held, None] = field(default_factory=OrderedDict)
    """They have not asked anything yet."""
    _resting: OrderedDict[Held, None] = field(default_factory=OrderedDict)
    """They have been answered and ask nothing at present."""

    @property
    def shortage(self) -> str:
        """What is lacking to take in one more caller; nothing as a rule."""
        if len(self._open) >= self.most and not self._silent and not self._resting:
            return f"all {self.most} connections are at work"
        free = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - _descriptors()
        return f"{free} file descriptors are left" if free < SPARE_DESCRIPTORS // 2 else ""

    def admit(self, one: Held) -> bool:
        """Take a new connection in, if need be instead of the one that was idle longest."""
        if len(self._open) >= self.most:
            idle = self._silent or self._resting
            if not idle:
                return False
            oldest = next(iter(idle))
            self.leave(oldest)
            oldest.drop()
        self._open.add(one)
        self._silent[one] = None
        return True

    def work(self, one: Held) -> None:
        """Note that it has asked something."""
        self._silent.pop(one, None)
        self._resting.pop(one, None)

    def rest(self, one: Held) -> None:
        """Note that it has been answered."""
        if one in self._open:
            self._resting[one] = None

    def leave(self, one: Held) -> None:
        """Forget it."""
        self._open.discard(one)
        self.work(one)


def bounded_connections(most: int = MOST_CONNECTIONS) -> Connections:
    """Raise this process's limit of descriptors as far as it may be, and keep below it."""
    return Connections(_within_descriptors(most))


def pages_connections() -> Connections:
    """Give the bounds of a server whose pages people look at, and whose programs call again where one stops."""
    most = _within_descriptors(MOST_CONNECTIONS)
    return Connections(most, request_seconds=PAGES_REQUEST_SECONDS, last_word_seconds=0.0, speaks_websocket=True)


def _within_descriptors(most: int) -> int:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return most if limit == resource.RLIM_INFINITY else max(1, min(most, limit - SPARE_DESCRIPTORS))


def _descriptors() -> int:
    return len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.is_dir() else 0  # noqa: PTH208  it is only counted
