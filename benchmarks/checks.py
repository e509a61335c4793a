"""The data gate at 1M and 10M rows: 20 checks on 20 columns, against Great Expectations alone on the same rows.

`python -m benchmarks checks` prints CPU seconds and ratios; no server is needed.
"""

from __future__ import annotations

import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from flywheel.domain.gates import Verdict
from flywheel.project.reading.kinds import Kind
from validators import data_expectations
from validators.gx_examiner import examine
from validators.specs import ColumnRule, ExpectationRule

NUMBERS, INTEGERS, TEXTS = 10, 5, 4


def main() -> None:
    """Measure both sizes in one process, the examiner alone and the gate on the very same frame."""
    warnings.simplefilter("ignore")  # its metrics warn about their own data
    _check(made(1_000))  # imports are not what is measured
    small, whole = made(1_000_000), suite()
    alone, gate = _alone(small, whole), _gate(small)
    print(f"1M x 20, 20 checks: Great Expectations alone {alone:.2f} CPU s, the gate {gate:.2f}: {gate / alone:.3f}")
    large = pd.concat([small] * 10, ignore_index=True).assign(id=np.arange(10_000_000))
    alone, gate = _alone(large, whole), _gate(large)
    print(f"10M x 20, 20 checks: Great Expectations alone {alone:.2f} CPU s, the gate {gate:.2f}: {gate / alone:.3f}")
    print(f"most memory {_gigabytes():.1f} GB")


def made(rows: int, *, seed: int = 0) -> pd.DataFrame:
    """Twenty columns as charters declare them."""
    rng = np.random.default_rng(seed)
    columns: dict[str, object] = {"id": np.arange(rows)}
    for place in range(NUMBERS):
        values = rng.normal(100, 20, rows)
        columns[f"n{place}"] = np.where(rng.random(rows) < 0.03, np.nan, values)
    columns |= {f"i{place}": rng.integers(0, 1_000, rows) for place in range(INTEGERS)}
    words = np.array(["north", "south", "east", "west"])
    columns |= {f"t{place}": pd.array(words[rng.integers(0, 4, rows)], dtype="str") for place in range(TEXTS)}
    return pd.DataFrame(columns)


def rules() -> tuple[ColumnRule, ...]:
    """Kinds alone: the checks are given by name, so that both sides judge the same twenty."""
    kinds = {"id": Kind.INTEGER} | {f"n{place}": Kind.NUMBER for place in range(NUMBERS)}
    kinds |= {f"i{place}": Kind.INTEGER for place in range(INTEGERS)} | {f"t{p}": Kind.TEXT for p in range(TEXTS)}
    return tuple(ColumnRule(name, kind) for name, kind in kinds.items())


def suite() -> tuple[ExpectationRule, ...]:
    """The common twenty: ranges, gaps, lists, one key, two means."""
    found = [ExpectationRule("expect_column_values_to_be_unique", {"column": "id"})]
    found += [_rule("values_to_be_between", f"n{p}", min_value=-100, max_value=300) for p in range(5)]
    found += [_rule("values_to_not_be_null", f"n{p}", mostly=0.9) for p in range(5, NUMBERS)]
    found += [_rule("values_to_be_between", f"i{p}", min_value=0, max_value=999) for p in range(3)]
    found += [_rule("values_to_be_in_set", f"t{p}", value_set=["north", "south", "east", "west"]) for p in range(TEXTS)]
    return tuple(found + [_rule("mean_to_be_between", name, min_value=50, max_value=900) for name in ("n0", "i4")])


def _rule(kind: str, column: str, **arguments: object) -> ExpectationRule:
    return ExpectationRule(f"expect_column_{kind}", {"column": column, **arguments})


def _by_name() -> dict[str, ColumnRule]:
    return {rule.name: rule for rule in rules()}


def _check(frame: pd.DataFrame) -> None:
    result = data_expectations.check(frame, rules=rules(), expectations=suite()).result
    if result.verdict is not Verdict.PASSED:
        raise SystemExit(f"the gate said {result.verdict}: {[finding.what for finding in result.findings]}")


def _alone(frame: pd.DataFrame, asked: tuple[ExpectationRule, ...]) -> float:
    return _seconds(lambda: examine(frame, list(asked), _by_name()))


def _gate(frame: pd.DataFrame) -> float:
    return _seconds(lambda: _check(frame))


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def _gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
