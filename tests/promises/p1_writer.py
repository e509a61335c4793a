"""A program that decides and acknowledges until it is killed: `python -m tests.promises.p1_writer URL NAME SOONER`."""

from __future__ import annotations

import itertools
import sys
from decimal import Decimal

from flywheel.catalog.engine import Catalog
from flywheel.domain.incidents import IncidentSeverity
from flywheel.services.incidents.incidents import Sighting, open_incident
from flywheel.services.record.ledger import record_cost
from tests.factories.projects import SLUG
from tests.factories.seals import OURS


def main(url: str, name: str, sooner: str) -> None:
    """Write costs and incidents; print a key only once its transaction has ended (sooner: before, the mistake)."""
    catalog = Catalog.open(url, sealer=OURS)
    for number in itertools.count():
        key = f"{name}-{number}"
        if sooner:
            _acknowledge(key)
            sys.stdin.readline()
        if number % 2:
            _cost(catalog, key)
        else:
            _incident(catalog, key)
        if not sooner:
            _acknowledge(key)


def _acknowledge(key: str) -> None:
    sys.stdout.write(f"{key}\n")
    sys.stdout.flush()


def _cost(catalog: Catalog, key: str) -> None:
    record_cost(catalog, project=SLUG, run_id=key, kind="cpu", quantity=1.0, money=Decimal(1), actor="flow:x", key=key)


def _incident(catalog: Catalog, key: str) -> None:
    open_incident(
        catalog,
        Sighting(
            project=SLUG,
            key=key,
            severity=IncidentSeverity.PAGE,
            title="t",
            cause="c",
            consequence=None,
            actions=(),
            evidence={},
            run_id=key,
        ),
        channels=("desk",),
        actor="flow:x",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
