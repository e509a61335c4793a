"""Endpoints: what should answer, and what was seen to answer."""

from __future__ import annotations

from flywheel.catalog.endpoint import (
    EndpointMode,
    EndpointRecord,
    Observation,
    find_endpoint,
    find_observation,
    put_observation,
    read_endpoints,
)
from flywheel.catalog.engine import Catalog

__all__ = ["EndpointMode", "EndpointRecord", "Observation", "desired", "find", "observation", "observe"]


def desired(catalog: Catalog) -> tuple[EndpointRecord, ...]:
    """List what should answer, stopped endpoints included."""
    with catalog.begin() as work:
        return read_endpoints(work.session)


def find(catalog: Catalog, *, name: str) -> EndpointRecord | None:
    """Look one endpoint up."""
    with catalog.begin() as work:
        return find_endpoint(work.session, name)


def observe(
    catalog: Catalog, *, name: str, generation: int, port: int | None, pid: int | None, is_ready: bool, detail: str = ""
) -> None:
    """Keep what the keeper saw; news of an older generation is dropped."""
    with catalog.begin() as work:
        put_observation(work.session, Observation(name, generation, port, pid, is_ready, detail, catalog.time()))


def observation(catalog: Catalog, *, name: str) -> Observation | None:
    """Read what was last seen of an endpoint."""
    with catalog.begin() as work:
        return find_observation(work.session, name)
