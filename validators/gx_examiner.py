"""Great Expectations as an examiner: it gets plain rows and arguments, and only a whole answer is believed."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from flywheel.domain.gates import GateFinding
from flywheel.errors import counted, ending_of
from flywheel.project.reading.kinds import Kind
from validators.columns import stamp_like
from validators.outcomes import Outcome, outcome_of, place_of
from validators.specs import ColumnRule, ExpectationRule
from validators.suites import columns_of


def examine(rows: pd.DataFrame, suite: list[ExpectationRule], rules: Mapping[str, ColumnRule]) -> list[Outcome]:
    """Let Great Expectations judge all expectations on the given rows."""
    result = _answer(rows, suite, rules, {"result_format": "BASIC", "partial_unexpected_count": 0})
    by_place = {item.expectation_config.meta["place"]: item for item in result.results}
    evaluated = result.statistics["evaluated_expectations"]
    if sorted(by_place) != list(range(len(suite))) or evaluated != len(suite):
        raise ValueError(f"{counted(len(suite), 'expectation', 'were')} handed over and {evaluated} came back")
    return [_outcome(expectation, by_place[place]) for place, expectation in enumerate(suite)]


def unexpected_rows(rows: pd.DataFrame, expectation: ExpectationRule, rules: Mapping[str, ColumnRule]) -> list[int]:
    """Give the index of every row that breaks an expectation; none where it is not about single rows."""
    result = _answer(rows, [expectation], rules, {"result_format": "COMPLETE"})
    return [int(row) for item in result.results for row in item.result.get("unexpected_index_list") or ()]


def _answer(
    rows: pd.DataFrame, suite: list[ExpectationRule], rules: Mapping[str, ColumnRule], form: dict[str, object]
) -> Any:
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
            kwargs=arguments_of(expectation, rows, rules),
            meta={"place": place},
            severity=expectation.severity.value,
        ).to_domain_obj()
        for place, expectation in enumerate(suite)
    ]
    return batch.validate(gx.ExpectationSuite(name="charter", expectations=built), result_format=form)


def arguments_of(
    expectation: ExpectationRule, rows: pd.DataFrame, rules: Mapping[str, ColumnRule]
) -> dict[str, object]:
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
    if trouble := _exception_in(item.exception_info):
        where = place_of(expectation)
        what = f"The declaration about {where} could not be judged ({expectation.type})."
        return Outcome(expectation, {}, GateFinding(what, locator=where, seen=ending_of(trouble)), is_broken=True)
    return outcome_of(expectation, _counts(item.result), is_met=item.success is True)


def _exception_in(info: object) -> str:
    """Find a raised exception in either shape that Great Expectations reports: flat, or one entry a metric."""
    if not isinstance(info, Mapping):
        return ""
    if info.get("raised_exception"):
        return str(info.get("exception_message") or "an exception without a message")
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
