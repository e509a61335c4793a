"""DATA-001: what the charter declares about the data, judged by Great Expectations and never passed in vain."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.digests import plain
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import shorten
from flywheel.project.kinds import Kind
from validators.columns import frame_problems, kind_problem, labels, missing_mask, stamp_like
from validators.masks import mask_of
from validators.protocol import Judgement, Report, gate
from validators.rendering import table_report
from validators.specs import ColumnRule, ExpectationRule, Where
from validators.suites import WITHOUT_VALUES, allowed_by, columns_of, declared, refuse_unsafe, sentence


@gate("DATA-001", "The data keeps to what the charter declares")
def check(
    frame: pd.DataFrame, *, rules: tuple[ColumnRule, ...], expectations: tuple[ExpectationRule, ...] = ()
) -> Judgement:
    """Judge ranges, missing values and categories of the rules, and further expectations by name."""
    by_name = {rule.name: rule for rule in rules}
    suite = declared(rules) + expectations
    for expectation in expectations:
        refuse_unsafe(expectation, by_name)
    used = tuple(rule for rule in rules if any(rule.name in columns_of(expectation) for expectation in suite))
    figures = {"rows": len(frame), "expectations": len(suite)}
    if problems := frame_problems(frame, used):
        return Judgement(tuple(problems), figures=figures, is_broken=len(frame) > 0 and _is_unreadable(frame, used))
    if not suite:
        finding = GateFinding("The charter declares nothing about the data that could be judged.", Severity.WARNING)
        return Judgement((finding,), figures=figures)
    outcomes = _outcomes(_masked(frame, rules), suite, by_name)
    findings = tuple(outcome.finding for outcome in outcomes if outcome.finding)
    figures["met"] = sum(outcome.finding is None for outcome in outcomes)
    return Judgement(
        findings,
        evaluated=sum(outcome.is_judged and not outcome.is_broken for outcome in outcomes),
        figures=figures,
        reports=_reports(outcomes, len(frame)),
        is_broken=any(outcome.is_broken for outcome in outcomes),
    )


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation."""

    expectation: ExpectationRule
    counts: Mapping[str, float | int]
    finding: GateFinding | None
    is_judged: bool = True
    is_broken: bool = False


def _is_unreadable(frame: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> bool:
    names = list(frame.columns)
    if len(set(names)) < len(names):
        return True
    return any(rule.name not in names or bool(kind_problem(frame[rule.name], rule.kind)) for rule in rules)


def _masked(frame: pd.DataFrame, rules: tuple[ColumnRule, ...]) -> pd.DataFrame:
    """Show codes that mean missing as missing, and declared categories as text; the table keeps its columns."""
    columns = {str(name): frame[name] for name in frame.columns}
    for rule in rules:
        if rule.name not in columns:
            continue
        series = columns[rule.name]
        missing = missing_mask(series, rule.missing_codes)
        if rule.categories:
            series = labels(series).reindex(series.index)
        columns[rule.name] = series.mask(missing) if rule.missing_codes and missing.any() else series
    return pd.DataFrame(columns).reset_index(drop=True)


def _outcomes(
    frame: pd.DataFrame, suite: tuple[ExpectationRule, ...], rules: Mapping[str, ColumnRule]
) -> list[Outcome]:
    """Judge the expectations of each row condition on the rows that meet it."""
    groups: dict[tuple[Where, ...], list[ExpectationRule]] = {}
    for expectation in suite:
        groups.setdefault(expectation.where, []).append(expectation)
    outcomes = []
    for where, members in groups.items():
        rows = frame[mask_of(frame, where, rules)].reset_index(drop=True) if where else frame
        ready = []
        for expectation in members:
            if nothing := _nothing_to_judge(rows, expectation):
                outcomes.append(Outcome(expectation, {}, nothing, is_judged=False))
            else:
                ready.append(expectation)
        outcomes += _validated(rows, ready, rules) if ready else []
    return outcomes


def _nothing_to_judge(rows: pd.DataFrame, expectation: ExpectationRule) -> GateFinding | None:
    names = columns_of(expectation)
    where = " and ".join(names) or "the table"
    if rows.empty:
        return GateFinding(f"No row meets the condition, so nothing about {where} was judged.", locator=where)
    empty = [name for name in names if name in rows and bool(rows[name].isna().all())]
    if empty and expectation.type not in WITHOUT_VALUES:
        what = f"{empty[0]} holds no value in the rows concerned, so nothing was judged."
        return GateFinding(what, locator=empty[0], seen="only missing values")
    return None


def _validated(rows: pd.DataFrame, suite: list[ExpectationRule], rules: Mapping[str, ColumnRule]) -> list[Outcome]:
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # before the import, which reads it
    import great_expectations as gx  # three seconds
    from great_expectations.data_context.types.base import (  # three seconds
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration  # three seconds

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("frame").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(batch_parameters={"dataframe": rows})
    built = [
        ExpectationConfiguration(
            type=expectation.type,
            kwargs=_arguments(expectation, rows, rules),
            meta={"place": place},
            severity=expectation.severity.value,
        ).to_domain_obj()
        for place, expectation in enumerate(suite)
    ]
    result = batch.validate(
        gx.ExpectationSuite(name="charter", expectations=built),
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
    )
    by_place = {item.expectation_config.meta["place"]: item for item in result.results}
    evaluated = result.statistics["evaluated_expectations"]
    if sorted(by_place) != list(range(len(suite))) or evaluated != len(suite):
        raise ValueError(f"{len(suite)} expectations were handed over and {evaluated} came back")
    return [_outcome(expectation, by_place[place]) for place, expectation in enumerate(suite)]


def _arguments(expectation: ExpectationRule, rows: pd.DataFrame, rules: Mapping[str, ColumnRule]) -> dict[str, object]:
    """Give bounds on a time as times of the column's own zone; all else goes as it is."""
    arguments = {name: list(v) if isinstance(v, tuple) else v for name, v in expectation.arguments.items()}
    names = columns_of(expectation)
    if len(names) != 1 or rules[names[0]].kind is not Kind.TIME:
        return arguments
    for bound in ("min_value", "max_value"):
        if isinstance(value := arguments.get(bound), str | datetime):
            arguments[bound] = stamp_like(value, rows[names[0]]).to_pydatetime()
    return arguments


def _outcome(expectation: ExpectationRule, item: Any) -> Outcome:
    where = " and ".join(columns_of(expectation)) or "the table"
    if trouble := _exception_in(item.exception_info):
        what = f"What was declared about {where} could not be judged ({expectation.type})."
        return Outcome(expectation, {}, GateFinding(what, locator=where, seen=shorten(trouble, 200)), is_broken=True)
    counts = _counts(item.result)
    if counts.get("element_count", 1) < 1 or counts.get("element_count", 1) == counts.get("missing_count", 0):
        what = f"No value of {where} was looked at, so nothing was judged."
        return Outcome(expectation, counts, GateFinding(what, locator=where), is_judged=False)
    if item.success is True:
        return Outcome(expectation, counts, None)
    percent = counts.get("unexpected_percent")
    what = sentence(expectation, None if percent is None else percent / 100)
    seen = next((f"{counts[name]:g}" for name in ("unexpected_count", "observed_value") if name in counts), "")
    allowed = allowed_by(expectation)
    return Outcome(expectation, counts, GateFinding(what, expectation.severity, where, seen, allowed))


def _exception_in(info: object) -> str:
    """Find a raised exception in either shape that Great Expectations reports: flat, or one entry a metric."""
    if not isinstance(info, Mapping):
        return ""
    if info.get("raised_exception"):
        return str(info.get("exception_message") or "an exception without words")
    return next((found for value in info.values() if (found := _exception_in(value))), "")


_KEPT = (
    "element_count",
    "missing_count",
    "missing_percent",
    "unexpected_count",
    "unexpected_percent",
    "observed_value",
)


def _counts(result: Mapping[str, Any]) -> dict[str, float | int]:
    """Keep counts alone: values of rows may be personal data."""
    counts: dict[str, float | int] = {}
    for name in _KEPT:
        value: Any = result.get(name)
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            counts[name] = value
    return counts


def _reports(outcomes: list[Outcome], rows: int) -> tuple[Report, ...]:
    entries = [
        {
            "expectation": outcome.expectation.type,
            "arguments": plain(outcome.expectation.arguments),
            "where": plain(outcome.expectation.where),
            "severity": outcome.expectation.severity.value,
            "met": outcome.finding is None,
            "counts": dict(outcome.counts),
        }
        for outcome in outcomes
    ]
    document = json.dumps({"rows": rows, "expectations": entries}, indent=1, sort_keys=True, default=str)
    lines = [
        (
            " and ".join(columns_of(outcome.expectation)) or "the table",
            outcome.expectation.type.removeprefix("expect_").replace("_", " "),
            "met" if outcome.finding is None else outcome.finding.what,
            outcome.counts.get("unexpected_count", ""),
        )
        for outcome in outcomes
    ]
    columns = ("column", "expectation", "outcome", "rows against it")
    page = table_report("expectations.html", "What the charter declares", columns, lines, note=f"{rows:,} rows")
    return (Report("expectations.json", "application/json", document.encode()), page)
