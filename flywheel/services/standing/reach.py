"""Whether a condition of an approval would be enforced; one that nothing enforces is never accepted."""

from __future__ import annotations

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.project import read_charter
from flywheel.catalog.version import VersionRecord
from flywheel.domain.conditions import WHOLE, Conditions
from flywheel.errors import Refused
from flywheel.project.charter.charter import Charter
from flywheel.project.loader import charter_from
from flywheel.project.reading.kinds import Kind
from flywheel.project.rule import rule_of


def must_be_enforced(work: UnitOfWork, record: VersionRecord, conditions: Conditions) -> None:
    """Refuse a condition on traffic that the endpoint of this version could not keep to."""
    if not conditions.limits_traffic:
        return
    charter = charter_from(read_charter(work.session, record.project, project_digest=record.project_digest))
    if rule_of(charter) is None:
        raise Refused(
            "this condition leaves cases undecided",
            found=conditions.sentence(),
            next_step="add [delivery.rule] to the charter: it decides the cases that the model may not",
        )
    if conditions.traffic_share < WHOLE and not (charter.data and charter.data.entity):
        raise Refused("a share of the traffic needs data.entity in the charter, by which cases are drawn")
    for column, values in conditions.only.items():
        _must_be_a_kind_of_case(record, charter, column, values)


def _must_be_a_kind_of_case(record: VersionRecord, charter: Charter, column: str, values: tuple[str, ...]) -> None:
    columns = charter.data.columns if charter.data else {}
    asked = [name for name in record.recipe_inputs if name in columns and columns[name].kind is Kind.CATEGORY]
    if column not in asked:
        raise Refused(
            "the endpoint does not receive this column as a category",
            found=column,
            allowed=", ".join(sorted(asked)) or "no column: the model reads no category",
        )
    known = columns[column].categories
    if known and (unknown := sorted(set(values) - set(known))):
        raise Refused(f"{column} has no such category", found=unknown, allowed=", ".join(known))
