"""An incident, as monitoring opens one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from flywheel.catalog.engine import Catalog
from flywheel.domain.incidents import IncidentSeverity
from flywheel.services.incidents import incidents
from tests.factories.projects import SLUG


def make_incident(catalog: Catalog, *, version: str | None = None, window_from: datetime | None = None) -> str:
    """Something that went wrong; gives the incident's id."""
    return incidents.open_incident(
        catalog,
        incidents.Sighting(
            project=SLUG,
            key=f"{SLUG}:drift",
            severity=IncidentSeverity.PAGE,
            title="drift",
            cause="999",
            consequence=Decimal(1),
            actions=(),
            evidence={},
            run_id="run-1",
            version=version,
            window_from=window_from,
            window_until=window_from and window_from + timedelta(days=7),
        ),
        channels=(),
        actor="flow:monitoring",
    ).id
