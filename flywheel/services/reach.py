"""Whether a condition of an approval would be enforced; one that nothing enforces is never accepted."""

from __future__ import annotations

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.version import VersionRecord
from flywheel.domain.conditions import Conditions
from flywheel.errors import Refused


def must_be_enforced(work: UnitOfWork, record: VersionRecord, conditions: Conditions) -> None:
    """Refuse a condition on traffic that the endpoint of this version could not keep to."""
    del work
    if conditions.limits_traffic:
        raise Refused(
            f"nothing would enforce this condition on {record.id}", found=conditions.sentence(), allowed="until_at"
        )
