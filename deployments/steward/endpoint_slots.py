"""What the endpoint keeper knows of each server, and what it tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.steward.endpoint_plan import Desired, State
from flywheel.adapters.bentoml_server import EndpointServer

Place = tuple[str, int, bool]
"""An endpoint, its generation, and whether the server stands in for one that cannot be started."""


@dataclass(frozen=True)
class EndpointState:
    """What is true of an endpoint now."""

    name: str
    generation: int
    port: int | None
    pid: int | None
    is_ready: bool
    detail: str = ""


@dataclass(frozen=True)
class Alteration:
    """A package that is no longer what was released."""

    name: str
    generation: int
    what: str
    is_serving: bool


@dataclass
class Slot:
    """One server of an endpoint, or the memory of one that failed."""

    record: Desired
    server: EndpointServer | None
    state: State
    since: float
    verified_at: float = 0.0
    retry_at: float = 0.0
    detail: str = ""
    stands_in: bool = False
    complaint: str = ""
    """What the server says is amiss with it."""

    @property
    def place(self) -> Place:
        """Where it stands among the keeper's servers."""
        return self.record.name, self.record.generation, self.stands_in


@dataclass(frozen=True)
class Outage:
    """What is desired could not be started, again and again."""

    name: str
    generation: int
    what: str
    answered_by: str
    """Who answers meanwhile, in words."""


@dataclass(frozen=True)
class Complaint:
    """A server lives and says that it cannot do its work."""

    name: str
    generation: int
    what: str
