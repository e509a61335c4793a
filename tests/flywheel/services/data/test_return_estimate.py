"""The return of a charter beside what other living projects promise in the same currency."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from flywheel.catalog.engine import Catalog
from flywheel.domain.quadrants import Quadrant
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.services.data.return_estimate import portfolio_beside, return_of
from tests.factories.every_key import document
from tests.factories.projects import make_policy, submitted


def project(name: str, loss: int, currency: str = "EUR") -> Project:
    said: dict[str, Any] = document() | {"name": name}
    said["value"] = said["value"] | {"loss_per_year": loss, "currency": currency}
    return Project(Path("/projects") / name, charter_from(said), None, digest_of_files(said), said)


def test_only_other_projects_in_the_same_currency_are_compared_with(catalog: Catalog) -> None:
    mine = project("mine", 20_000_000)
    for one in (mine, *(project(f"other-{n}", 10_000_000 + n) for n in range(4)), project("abroad", 1, "CHF")):
        submitted(catalog, project=one, policy=make_policy(), actor=one.charter.owner)
    found = portfolio_beside(catalog, mine.charter)
    assert len(found.returns) == len(found.costs) == 4
    estimate = return_of(mine.charter, portfolio=found)
    assert estimate is not None
    assert estimate.likely > max(found.returns) > Decimal(0)
    assert estimate.quadrant is Quadrant.SWEET_SPOT
    assert "at least the median of 4 other ideas" in estimate.reason
