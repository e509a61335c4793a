"""The four data gates in one call, for data preparation and for the check before it, so that the two cannot part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from flywheel.project.charter.charter import Charter
from flywheel.project.framing import Framing
from flywheel.project.reading.matches import Match
from flywheel.project.reading.table import Table
from validators import data_expectations, news, permissions, schema
from validators.charter_rules import (
    expectations_from_charter,
    forbidden_in,
    lateness_of,
    plausible_times,
    rules_from_charter,
    waivers_from_charter,
)
from validators.news import Known
from validators.protocol import Checked
from validators.specs import ColumnRule
from validators.waiving import waive


@dataclass(frozen=True)
class Brought:
    """What the sources brought beside the rows: headers without a name, late columns, and how keys met."""

    left_out: tuple[str, ...] = ()
    late: Mapping[str, Iterable[str]] = field(default_factory=dict)
    """The columns of each joined source that comes after the decision."""
    matches: tuple[Match, ...] = ()


def judge_data(
    table: Table,
    *,
    charter: Charter,
    brought: Brought,
    known: Known | None,
    now: datetime,
    told: Collection[str] = (),
) -> tuple[Checked, ...]:
    """Let the gates judge; waivers of the charter hold up to their day.

    What is declared of the columns `told` is passed over, for whoever asks has said what breaks it, row by row.
    """
    rules = rules_from_charter(charter)
    asked = expectations_from_charter(charter) + plausible_times(rules, now=now)
    checked = (
        schema.check(
            table,
            rules=rules,
            limits=_limits(charter),
            trained_share=Framing(charter).trained_share,
            left_out=brought.left_out,
            matches=brought.matches,
        ),
        data_expectations.check(table, expectations=asked, rules=tuple(_without_bounds(rules, told))),
        news.check(table, known),
        permissions.check(
            table, rules=rules, forbidden=forbidden_in(charter, brought.late), lateness=lateness_of(charter), now=now
        ),
    )
    waivers = waivers_from_charter(charter)
    return tuple(waive(one, waivers, now=now) for one in checked)


def _limits(charter: Charter) -> schema.ShapeLimits:
    """Ask for as many rows as there must be of those whom the model is for."""
    own, asked = schema.ShapeLimits(), charter.population.min_rows if charter.population else None
    return replace(own, rows_at_least=max(own.rows_at_least, asked or 0))


def _without_bounds(rules: Iterable[ColumnRule], told: Collection[str]) -> Iterable[ColumnRule]:
    for rule in rules:
        is_told = rule.name in told
        yield replace(rule, between=None, missing_at_most=1.0, categories=()) if is_told else rule
