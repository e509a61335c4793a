"""The ledger of costs."""

from __future__ import annotations

from decimal import Decimal

from flywheel.catalog.engine import Catalog
from flywheel.catalog.idempotency import Once
from flywheel.catalog.ledger import LedgerEntry, read_entries
from flywheel.catalog.project import lock_project
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.serving import CostRecorded

__all__ = ["LedgerEntry", "list_entries", "record_cost"]


def record_cost(
    catalog: Catalog,
    *,
    project: str,
    run_id: str,
    kind: str,
    quantity: float,
    money: Decimal,
    actor: str,
    key: str,
) -> None:
    """Write a line of cost, once for each key."""
    request = ["record_cost", project, run_id, kind]  # measured seconds differ when a step is repeated
    once = Once("record_cost", project, key)
    with catalog.begin() as work:
        lock_project(work.session, project)
        if work.recall(once, request) is not None:
            return
        said = CostRecorded(run_id, kind, quantity, money)
        work.append(Draft(Verb.COST_RECORDED, actor, SubjectKind.PROJECT, project, "", said))
        work.remember(once, request, None)


def list_entries(catalog: Catalog, *, project: str) -> tuple[LedgerEntry, ...]:
    """List a project's lines in order."""
    with catalog.begin() as work:
        return read_entries(work.session, project)
