"""How often weeks of which only a part is answered ring where nothing is wrong, and how soon a fault does."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from benchmarks.gate_page import table
from flywheel.domain.gates import Severity, Verdict
from flywheel.domain.monitoring import SEEN_IN
from flywheel.project.reading.kinds import Kind
from flywheel.services.watching.coverage import Coverage
from tasks.part_of_slot import LIKE_AT_LEAST, SLOTS_OF_PAST, AsAPart, as_a_part
from validators import drift_own, sentinels
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.repeats import Cases, cases_of
from validators.specs import ColumnRule

RULES = (ColumnRule("channel", Kind.CATEGORY), ColumnRule("amount", Kind.NUMBER), ColumnRule("items", Kind.INTEGER))
WEEK = range(7)
WEEKS, FAULT_FROM, REFERENCE_WEEKS = 12, 4, 20
Plant = Callable[[pd.DataFrame], pd.DataFrame]
Days = Callable[[np.random.Generator, int], Sequence[int]]
FAULTS: Mapping[str, Plant] = {
    "nothing": lambda rows: rows,
    "two categories merged": lambda rows: rows.assign(channel=rows["channel"].replace("web", "app")),
    "stuck at a frequent value": lambda rows: rows.assign(items=2),
    "nought in a tenth": lambda rows: rows.assign(items=rows["items"].mask(np.arange(len(rows)) % 10 == 0, 0)),
    "a tenth of nulls": lambda rows: rows.assign(amount=rows["amount"].mask(np.arange(len(rows)) % 10 == 0)),
}
WORLDS: Mapping[str, tuple[Days, Sequence[int], bool]] = {
    "whole weeks": (lambda _, __: WEEK, WEEK, False),
    "released on a Saturday, then whole": (lambda _, week: WEEK if week else (5, 6), WEEK, False),
    "two days of each week lost": (lambda rng, _: sorted(rng.permutation(7)[:5]), WEEK, False),
    "always Monday to Friday, as before": (lambda _, __: range(5), range(5), False),
    "always Monday to Friday, reference with times": (lambda _, __: range(5), WEEK, True),
    "always Monday to Friday, reference of weeks without times": (lambda _, __: range(5), WEEK, False),
    "always Saturday and Sunday, reference of weeks without times": (lambda _, __: range(5, 7), WEEK, False),
}
"""Which days are answered, which the reference has, and whether it tells them."""


def main(arguments: Sequence[str] = ()) -> None:
    """Simulate, and print how many of the repetitions rang, and in which week of the fault at the latest."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.part_weeks", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args(arguments)
    head = ("weeks", "fault", "rang before it", "rang", "by its third week", "old rule")
    rows = (_line(world, fault, asked.seeds) for world in WORLDS for fault in FAULTS)
    sys.stdout.write(table(head, rows))


def shop(rng: np.random.Generator, days: Sequence[int], *, weeks: int = 1) -> pd.DataFrame:
    """Draw traffic: business customers come on weekdays only, buy more, and pay more; little is nought or missing."""
    day = np.repeat(np.array(days), 150 * weeks)
    is_weekday = day < 5
    channel = np.where(is_weekday & (rng.random(day.size) < 0.3), "b2b", rng.choice(["web", "app"], day.size))
    is_b2b = channel == "b2b"
    amount = np.where(is_b2b, rng.lognormal(6.5, 0.8, day.size), rng.lognormal(3.8, 0.8, day.size)).round(2)
    items = np.where(is_b2b, rng.poisson(12, day.size), 1 + rng.poisson(1.5, day.size))
    return pd.DataFrame(
        {
            "channel": channel,
            "amount": np.where(rng.random(day.size) < 0.02, np.nan, amount),
            "items": np.where(rng.random(day.size) < 0.02, 0, items),
            "day": day,
        }
    )


def checks(cases: Cases, profile: Profile) -> tuple[Checked, ...]:
    """Ask both gates that hold shares against the reference's."""
    return sentinels.check(cases.rows, profile=profile), drift_own.check(cases.rows, profile=profile)


def rings(checked: tuple[Checked, ...]) -> bool:
    """Whether one of them fails."""
    return any(one.result.verdict is Verdict.FAILED for one in checked)


def judged(
    rows: pd.DataFrame,
    before: pd.DataFrame,
    *,
    has_times: bool,
    slots: Mapping[str, int],
    past: Sequence[pd.DataFrame] = (),
) -> tuple[bool, AsAPart]:
    """Judge the days of a week, after so many slots that kept each column back; says whether gates alone ring, too.

    `past` is what was asked before those that are asked about.
    """
    days = sorted(set(rows["day"]))
    profile, like = (make_profile(one, rules=RULES) for one in (before, before[before["day"].isin(days)]))
    rows = rows.drop(columns="day")
    cases = cases_of(rows, pd.Series([None] * len(rows)), profile)
    coverage = Coverage(frozenset(cell for day in days for cell in range(4 * day, 4 * day + 4)), timedelta(weeks=1))
    found = checks(cases, profile)
    own = pd.concat([before[:0], *(one[one["day"].isin(days)] for one in past)], ignore_index=True)
    told = as_a_part(
        found,
        coverage,
        cases,
        profile,
        again=lambda: checks(cases, like) if has_times else None,
        before=lambda: slots,
        past=lambda: checks(cases, make_profile(own, rules=RULES)) if len(own) >= LIKE_AT_LEAST else None,
    )
    return rings(found), told


def weeks_of(world: str, fault: str, *, seed: int) -> Iterator[tuple[int, bool, bool]]:
    """Judge week after week, the fault from the fifth on; says whether each rings, and if no slots were counted."""
    rng = np.random.default_rng([seed, len(world)])
    days, known, has_times = WORLDS[world]
    before = shop(rng, known, weeks=REFERENCE_WEEKS)
    slots, past = Counter[str](), list[pd.DataFrame]()
    for week in range(WEEKS):
        rows = shop(rng, days(rng, week))
        rows = FAULTS[fault](rows) if week >= FAULT_FROM else rows
        older = past[: 1 - SEEN_IN][-SLOTS_OF_PAST:]
        _, told = judged(rows, before, has_times=has_times, slots=slots, past=older)
        past.append(rows)
        slots = Counter({name: slots[name] + 1 for name in told.unknown})
        failed = [one.result for one in told.checked if one.result.verdict is Verdict.FAILED]
        accused = {one.column for result in failed for one in result.findings if one.severity is Severity.CRITICAL}
        yield week, bool(failed), bool(accused - told.asked)


def _line(world: str, fault: str, seeds: int) -> tuple[str, ...]:
    told = [list(weeks_of(world, fault, seed=seed)) for seed in range(seeds)]
    early = sum(any(rang for week, rang, _ in one if week < FAULT_FROM) for one in told)
    any_week = sum(any(rang for week, rang, _ in one if week >= FAULT_FROM) for one in told)
    third = sum(any(rang for week, rang, _ in one if FAULT_FROM <= week < FAULT_FROM + 3) for one in told)
    old = sum(any(was for week, _, was in one if week >= FAULT_FROM) for one in told)
    return world, fault, *(f"{count} of {seeds}" for count in (early, any_week, third, old))


if __name__ == "__main__":
    main(sys.argv[1:])
