"""The data gates: shape, everything that the charter declares, sudden codes, and what may not be used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from prefect import task

from flywheel.domain.digests import Digest
from flywheel.domain.monitoring import judged_columns
from flywheel.domain.stages import Stage
from flywheel.project.charter.charter import Charter
from flywheel.project.loader import Project
from flywheel.project.reading.matches import Match
from flywheel.project.reading.table import Table
from flywheel.services.data import datasets
from flywheel.services.data.preparation import JOINS
from flywheel.services.modelling import versions
from tasks.judge import Subject, judge
from tasks.options import WITHIN_RUN
from tasks.shapes import DatasetRef, Decision, SourceRef
from tasks.workbench import workbench
from validators import sentinels
from validators.charter_rules import rules_from_charter
from validators.columns import missing_mask
from validators.data_gates import Brought, judge_data
from validators.news import A_WEEK, Known
from validators.profiles import ROWS_AT_LEAST
from validators.specs import ColumnRole, ColumnRule


@task(cache_policy=WITHIN_RUN, persist_result=True)
def check_data(project: str, project_digest: str, dataset: DatasetRef, sources: Mapping[str, SourceRef]) -> Decision:
    """Let the data gates judge one dataset version; waivers of the charter hold up to their day."""
    bench, now = workbench(), datetime.now(UTC)
    _, loaded = bench.registered(project, project_digest)
    brought = Brought(
        tuple(name for one in sources.values() for name in one["left_out"]),
        _brought_late(loaded, sources),
        _matches(dataset),
    )
    with bench.artifacts.table(Digest(dataset["digest"])) as table, _known(loaded, table) as known:
        weighed = judge_data(table, charter=loaded.charter, brought=brought, known=known, now=now)
    return judge(project, Stage.DATA_PREPARATION, Subject("dataset", dataset["id"], dataset["digest"]), weighed)


def _matches(dataset: DatasetRef) -> tuple[Match, ...]:
    """Read from the record how the keys of joined sources met."""
    facts = datasets.get_dataset(workbench().catalog, dataset=dataset["id"]).facts
    found = facts.get(JOINS, [])
    return tuple(Match.from_json(one) for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


@contextmanager
def _known(project: Project, table: Table) -> Iterator[Known | None]:
    """Open all rows of the table that the model in use came from, in the columns that are still there and watched."""
    bench, charter = workbench(), project.charter
    champion = versions.last_in_use(bench.catalog, project=charter.name)
    if champion is None or not champion.dataset_digest or not champion.recipe_inputs:
        yield None
        return
    plan, every = (charter.monitoring.plan, charter.monitoring.every.length) if charter.monitoring else ((), A_WEEK)
    with bench.artifacts.table(Digest(champion.dataset_digest)) as rows:
        shared = set(champion.recipe_inputs) & set(rows.columns) & set(table.columns)
        shared &= judged_columns(plan, sentinels.check.code, shared)
        rules = tuple(rule for rule in rules_from_charter(charter) if rule.name in shared)
        rules += tuple(_amounts_predicted(charter, {*map(str, rows.columns)} & {*map(str, table.columns)}))
        empty = _without_values(rows, rules)
        rules = tuple(rule for rule in rules if rule.name not in empty)
        time = charter.data.time if charter.data else None
        is_enough = rules and rows.rows >= ROWS_AT_LEAST
        yield Known(rows, rules, time, charter.entity, every) if is_enough else None


def _amounts_predicted(charter: Charter, there: set[str]) -> Iterator[ColumnRule]:
    """The target where it is an amount: it can come in another unit or with a new code as any feature."""
    if charter.data is not None and not charter.asks.has_positive:
        for rule in rules_from_charter(charter):
            if rule.name == charter.data.target and rule.name in there:
                yield replace(rule, role=ColumnRole.FEATURE)


def _without_values(rows: Table, rules: tuple[ColumnRule, ...]) -> set[str]:
    names = sorted(rule.name for rule in rules)
    empty = set(names)
    for part in rows.parts(names):
        empty -= {rule.name for rule in rules if not missing_mask(part[rule.name], rule.missing_codes).all()}
    return empty


def _brought_late(project: Project, sources: Mapping[str, SourceRef]) -> dict[str, list[str]]:
    """Name the columns of the joined sources that come after the decision."""
    data, artifacts, found = project.charter.data, workbench().artifacts, {}
    late = [name for name, source in data.sources.items() if source.available_after_days] if data else []
    for name in (one for one in late if one in sources):
        with artifacts.table(Digest(sources[name]["digest"])) as brought:
            found[name] = [str(column) for column in brought.columns]
    return found
