"""What answers under each project's name, and whether it was last seen to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flywheel.catalog.endpoint import find_observation, read_endpoints
from flywheel.catalog.engine import UnitOfWork
from flywheel.domain.endpoints import EndpointMode
from flywheel.services.serving.stand_ins import stopped_by
from flywheel.services.standing.weighing import standing_of_served


@dataclass(frozen=True)
class Serving:
    """What answers under a project's name, and whether it was last seen to."""

    mode: EndpointMode
    version: str | None
    port: int | None
    is_ready: bool
    glass_until_at: datetime | None = None
    """Until when it serves by a broken glass."""
    stopped: str = ""
    """By whom it was stopped, and why, where nobody is to answer."""


def serving_of(work: UnitOfWork) -> dict[str, Serving]:
    """Say it of every project that has an endpoint."""
    found = {}
    for endpoint in read_endpoints(work.session):
        seen = find_observation(work.session, endpoint.name)
        is_ready = seen is not None and seen.is_ready and seen.generation == endpoint.generation
        glass = standing_of_served(work, endpoint.version).glass_until_at if endpoint.version else None
        stopped = stopped_by(work, endpoint)
        found[endpoint.project] = Serving(endpoint.mode, endpoint.version, endpoint.port, is_ready, glass, stopped)
    return found
