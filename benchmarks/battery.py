"""The battery: segments planted and segments imagined over many seeds, and what each check costs on two sizes of table.

Planted is a loss in 3 % of the rows, described by two columns, on top of what two versions of the same worth differ by;
imagined is whatever is named without it. Costs stand beside that of splitting and scoring the rows once.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.tree import load
from flywheel.domain.gates import Verdict
from flywheel.errors import counted
from flywheel.project.examination import Examination
from tests.factories.examinations import examined
from tests.factories.examined import CUT, GAINS, Seen, seen
from tests.factories.examples import card_default
from tests.factories.traffic import RULES
from validators import battery, slices
from validators.columns import Floats, Mask
from validators.segments import Side, find_segments
from validators.statistics import wilson

SEEDS, PAIRS, ROWS = 100, 200, 10_000
LOSSES = (0.5, 0.75, 1.0)
SIZES = (24_000, 250_000)
TARGET_FIRST, TARGET_FALSE = 95, 0.05


def main() -> None:
    """Count, then time."""
    print(load())
    planted()
    imagined()
    for rows in SIZES:
        costs(rows)
    print(load())


def planted() -> None:
    """Count how often the planted segment is named first, for losses of several sizes."""
    for loss in LOSSES:
        firsts, named, shares, amounts = 0, 0, [], []
        for seed in range(SEEDS):
            rows, rng = seen(ROWS, seed=seed), np.random.default_rng(50_000 + seed)
            mask = ((rows.frame["channel"] == "app") & (rows.frame["age"] < 25)).to_numpy()
            gain = _two_noisy(rows, rng)
            amount = loss * float(gain.std())
            found = find_segments(rows.frame, gain - amount * mask, rules=RULES, seed=seed)
            wanted = [{one.column for one in segment.conditions} == {"channel", "age"} for segment in found]
            firsts, named = firsts + bool(wanted and wanted[0]), named + any(wanted)
            shares.append(float(mask.mean()))
            amounts.append(amount)
        print(
            f"planted in {np.mean(shares):.1%} of {ROWS:,} rows: a loss of {np.mean(amounts):,.0f} a row, {loss:g} of "
            f"its deviation: named first in {firsts} of {SEEDS} seeds, at all in {named}; target {TARGET_FIRST}"
        )


def imagined() -> None:
    """Count how often anything is named where there is nothing."""
    kinds: dict[str, Callable[[Seen, np.random.Generator], bool]] = {
        "two versions that differ by chance alone": lambda rows, rng: _names_any(rows, _two_noisy(rows, rng)),
        "a heavy-tailed figure": lambda rows, rng: _names_any(rows, rng.standard_t(2, len(rows.frame))),
        "PERF-009 on an honest version": lambda rows, _: _is_questioned(rows),
    }
    for name, is_false in kinds.items():
        false = sum(is_false(seen(ROWS, seed=1_000 + n), np.random.default_rng(60_000 + n)) for n in range(PAIRS))
        bounds = wilson(false, PAIRS)
        print(
            f"A/A, {name}: anything named in {false} of {PAIRS} ({bounds.low:.1%} to {bounds.high:.1%}); "
            f"target {TARGET_FALSE:.0%}"
        )


def _names_any(rows: Seen, gain: Floats) -> bool:
    return bool(find_segments(rows.frame, gain, rules=RULES, seed=1, side=Side.EITHER))


def _is_questioned(rows: Seen) -> bool:
    result = slices.check(rows.frame, rows.scored, rules=RULES, declared=("channel", "region")).result
    return result.verdict is not Verdict.PASSED


def costs(rows: int) -> None:
    """Time each check on the bank's example of so many rows, in CPU seconds, beside what it stands on."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Evidently says while it is imported
        ground = card_default(Path(folder), rows=rows, months=24)
        examination = examined(Path(folder), ground=ground)
        floor = _seconds(lambda: _read_and_score(examination))
        battery.examine(examination, {"DRIFT-003"})  # imports Evidently
        spent = {code: _seconds(lambda code=code: battery.examine(examination, {code})) for code in battery.CHECKS}  # type: ignore[misc]
    total = sum(spent.values())
    print(
        f"{counted(rows, 'row')}, {len(examination.test):,} of them to judge on: {total:.2f} CPU s for {len(spent)} "
        f"checks, {total / floor:.1f} times splitting and scoring them once ({floor:.2f})"
    )
    print("  " + ", ".join(f"{code} {seconds:.3f}" for code, seconds in sorted(spent.items(), key=lambda one: -one[1])))


def money(rows: Seen, chances: Floats) -> Floats:
    """What deciding by these chances brings."""
    return np.asarray(GAINS[rows.labels.astype(int), (chances >= CUT).astype(int)])


def _two_noisy(rows: Seen, rng: np.random.Generator) -> Floats:
    one, other = (rows.chances + rng.normal(0, 0.03, rows.chances.size) for _ in range(2))
    return money(rows, other) - money(rows, one)


def _read_and_score(examination: Examination) -> Mask:
    _, _, test = examination.framing.split(examination.everything)
    return examination.scorer.decided(examination.scorer.said(test))


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
