"""DATA-001 gives the verdicts that Great Expectations' own tests state, where our closed grammar can say them."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flywheel.domain.gates import Verdict
from flywheel.project.charter.fields import COLUMN
from flywheel.project.reading.kinds import Kind
from validators import data_expectations
from validators.columns import kind_problem
from validators.specs import ColumnRule, ExpectationRule
from validators.suites import REFUSED_ARGUMENTS

pytestmark = pytest.mark.usefixtures("foreign_examiners")

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "expectation_cases.json"
OF_FORM_ALONE = frozenset({"catch_exceptions", "result_format"})
"""How an answer is written and not what it is: left out."""


def cases() -> list[dict[str, Any]]:
    if not CASES.is_file():
        pytest.skip("the stated verdicts are not beside this repository")
    found: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))
    return found


def why_not(case: dict[str, Any], frame: pd.DataFrame, arguments: dict[str, Any]) -> str:
    """Say why our grammar cannot or will not say a case; nothing where it can."""
    values = [item for value in arguments.values() for item in (value if isinstance(value, list) else [value])]
    columns = [arguments.get(name) for name in ("column", "column_A", "column_B")] + list(
        arguments.get("column_list") or []
    )
    named = [str(name) for name in columns if name is not None]
    if case["expected"].get("success") is None:
        return "states an exception and no verdict"
    if REFUSED_ARGUMENTS & arguments.keys():
        return "needs a row condition as text, which is refused"
    if any(isinstance(value, dict | list) for value in values):
        return "has nested arguments, which a charter cannot hold"
    if not all(COLUMN.fullmatch(name) for name in [*named, *map(str, frame.columns)]):
        return "has a column that no charter may name"
    if not set(named) <= set(frame.columns):
        return "asks for a column that is not there: the table is refused before"
    if any(frame[name].isna().all() for name in named) or frame.empty:
        return "passes or fails on nothing: ours never judges nothing"
    if not all(kind_of(frame[name]) for name in named):
        return "mixes kinds in one column: the table is refused before"
    return ""


def kind_of(series: pd.Series) -> Kind | None:
    return next((kind for kind in Kind if not kind_problem(series, kind)), None)


def test_137_of_180_stated_verdicts_hold_and_the_others_cannot_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    held, otherwise, reasons = 0, [], Counter[str]()
    for case in cases():
        frame = pd.DataFrame(case["input"]["columns"])
        arguments = {k: v for k, v in case["input"]["arguments"].items() if k not in OF_FORM_ALONE}
        if reason := why_not(case, frame, arguments):
            reasons[reason] += 1
            continue
        rules = tuple(ColumnRule(str(name), kind) for name in frame if (kind := kind_of(frame[name])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its metrics warn about its own data
            result = data_expectations.check(
                frame, rules=rules, expectations=(ExpectationRule(case["method"], arguments),)
            ).result
        wanted = Verdict.PASSED if case["expected"]["success"] else Verdict.FAILED
        held += result.verdict is wanted
        if result.verdict is not wanted:
            otherwise.append((case["id"], wanted.value, result.verdict.value, [f.what for f in result.findings]))
    with capsys.disabled():
        print(f"\nstated verdicts: {held} held, {len(otherwise)} otherwise; not expressible: {dict(reasons)}")  # noqa: T201
    assert otherwise == []
    assert (held, reasons.total()) == (137, 43)
