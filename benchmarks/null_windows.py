"""Windows in which nothing is wrong, as monitoring judges them: whose rows come how often, and in which hours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.null_arrangements import Arrange, Arranged, alone, come, few_have_most, one_is_busy
from benchmarks.null_worlds import Watched, clean_world, drawn, few_levels, rules_of, week_of
from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.domain.gates import Severity
from flywheel.services.watching.coverage import CELLS, Coverage
from tasks.judge_window import is_asked
from tasks.part_of_slot import as_a_part
from tasks.second_opinion import ROUTINE_ROWS
from validators import drift_evidently, drift_own, input_contract, sentinels
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.repeats import Cases, cases_of, that_stand_alone
from validators.specs import ColumnRule

WORLD = clean_world()
FEW_LEVELS = few_levels()
SORT_OF = {one.rule.name: one.sort for one in (*WORLD, *FEW_LEVELS)}
ANY = "any of them"
MEMBERS = 50
WEEK, WORKDAYS, WEEKEND, SATURDAY_MORNING = range(168), range(120), range(120, 168), range(120, 132)
"""By the hour."""
SECOND = ("dense_0", "sparse_3", "heavy_lognormal", "heavy_pareto", "ties_mostly_zero", "rare_60", "missing_coded")
"""Evidently costs as much as all others together: it is shown a column or two of each sort."""


@dataclass(frozen=True)
class Traffic:
    """Rows, and which entity each names."""

    rows: pd.DataFrame
    entities: pd.Series[Any]


Draws = Callable[[np.random.Generator, int], Traffic]


@dataclass(frozen=True)
class Known:
    """What a window is held against."""

    before: pd.DataFrame
    profile: Profile
    rules: tuple[ColumnRule, ...]
    coverage: Coverage | None = None
    """Of a part of a week."""
    like: Profile | None = None
    """Of the same hours of the week, where the reference has times."""

    def words(self, one: Traffic) -> set[str]:
        """Name the gates that say anything, the sorts of columns of which they say it, and that any did."""
        cases = cases_of(one.rows, one.entities, self.profile)
        judged, least = self._checked(cases, self.profile), {Severity.INFO}
        if self.coverage is not None:
            again = partial(self._again, cases)
            judged = as_a_part(
                judged, self.coverage, cases, self.profile, again=again, before=dict[str, int], past=lambda: None
            ).checked
            least = {Severity.INFO, Severity.WARNING}
        said = {one.result.code: _places(one, least) for one in judged}
        told = {code for code, places in said.items() if places}
        sorts = {SORT_OF.get(place.partition(":")[0], "all") for places in said.values() for place in places}
        return told | sorts | ({ANY} if told else set())

    def second_word(self, one: Traffic) -> bool:
        """Whether Evidently says anything of a window, as it looks once a week."""
        cases = cases_of(one.rows, one.entities, self.profile)
        rules = tuple(rule for rule in self.rules if rule.name in SECOND)
        now, before = that_stand_alone(cases, self.before, entity="entity")
        is_enough = CATALOGUE[drift_evidently.check.code].minimum_rows <= len(now)
        looked = [drift_evidently.check(now, before, rules=rules, rows_at_most=ROUTINE_ROWS)] * is_enough
        return any(_places(found, {Severity.INFO}) for found in looked)

    def _again(self, cases: Cases) -> tuple[Checked, ...] | None:
        return None if self.like is None else self._checked(cases, self.like)

    def _checked(self, cases: Cases, profile: Profile) -> tuple[Checked, ...]:
        rows, units = cases.rows, cases.units
        asked: dict[str, Callable[[], Checked]] = {
            input_contract.check.code: lambda: input_contract.check(
                rows, rules=self.rules, profile=profile, units=units
            ),
            sentinels.check.code: lambda: sentinels.check(rows, profile=profile, units=units),
            drift_own.check.code: lambda: drift_own.check(rows, profile=profile, units=units),
        }
        return tuple(check() for code, check in asked.items() if is_asked(code, cases))


@dataclass(frozen=True)
class Situation:
    """How the rows of windows and of their reference come about."""

    draws: Draws
    rows: tuple[int, ...]
    references: tuple[tuple[Draws, int], ...]
    world: tuple[Watched, ...] = WORLD
    hours: Sequence[int] = WEEK
    has_times: bool = False

    @property
    def wrong(self) -> str:
        """Of a part of a week what is kept back is no word."""
        return "any word" if self.hours == WEEK else "a gate fails"

    def known(self, rng: np.random.Generator, seed: int) -> Known:
        """Freeze one of the references."""
        draws, rows = self.references[seed % len(self.references)]
        one, rules = draws(rng, rows), rules_of(self.world)
        before = one.rows if one.entities.isna().all() else one.rows.assign(entity=one.entities)
        known = Known(before, make_profile(before, rules=rules, entity="entity"), rules)
        if self.hours == WEEK:
            return known
        covered = Coverage(frozenset(hour * CELLS // len(WEEK) for hour in self.hours), timedelta(weeks=1))
        at = 24 * before["calendar_weekday"] + before["calendar_hour"]
        like = make_profile(before[at.isin(self.hours)], rules=rules) if self.has_times else None
        return replace(known, coverage=covered, like=like)


def traffic(arrange: Arrange = alone, *, is_named: bool = True, world: tuple[Watched, ...] = WORLD) -> Draws:
    """Draw rows as they are arranged: of entities of which one amount moves a little, or of nobody and quite equal."""

    def draws(rng: np.random.Generator, rows: int) -> Traffic:
        arranged = arrange(rng, rows)
        frame = arranged.frame(drawn(world, rng, arranged.cases))
        if is_named:
            return _of_entities(rng, frame, arranged.units.numbers(arranged.rows))
        return Traffic(frame, pd.Series([None] * len(frame), dtype=object))

    return draws


def of_members(rng: np.random.Generator, rows: int) -> Traffic:
    """Draw rows of the same fifty machines: each has values of its own that hardly move, and some that change."""
    arranged = Arranged(MEMBERS, rng.integers(MEMBERS, size=rows))
    frame = arranged.frame(drawn(WORLD, np.random.default_rng(MEMBERS), MEMBERS))
    names = [one.rule.name for one in WORLD if one.sort in {"ties", "missing", "sparse", "calendar"}]
    moving = drawn(WORLD, rng, rows)
    return _of_entities(rng, frame.assign(**{name: moving[name] for name in names}), arranged.shown)


def in_hours(hours: Sequence[int]) -> Draws:
    """Draw rows of nobody in some hours of a week."""

    def draws(rng: np.random.Generator, rows: int) -> Traffic:
        return Traffic(week_of(WORLD, rng, hours, rows), pd.Series([None] * rows, dtype=object))

    return draws


def _of_entities(rng: np.random.Generator, frame: pd.DataFrame, whose: NDArray[np.intp]) -> Traffic:
    moved = (frame["dense_0"] + rng.normal(0, 0.02, len(frame))).clip(-4, 4)
    return Traffic(frame.assign(dense_0=moved), pd.Series(whose).astype(str))


def _places(checked: Checked, silent: Collection[Severity]) -> set[str]:
    """Where something was found; that rows are too few is no word about them."""
    return {f.locator for f in checked.result.findings if f.locator != "rows" and f.severity not in silent}


def _part(hours: Sequence[int], *, has_times: bool) -> Situation:
    return Situation(in_hours(hours), (200, 2_000), ((in_hours(WEEK), 10_000),), hours=hours, has_times=has_times)


_STRANGERS = traffic(is_named=False)
_NOBODYS = tuple((_STRANGERS, rows) for rows in (1_000, 5_000, 20_000))
_OTHERS = ((traffic(), 5_000), (traffic(come(7)), 4_900))
_LEVELS = traffic(is_named=False, world=FEW_LEVELS)
_PARTS = {"a weekend": WEEKEND, "Monday to Friday": WORKDAYS, "a Saturday morning": SATURDAY_MORNING}
NOTHING = "nothing changes"
SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        NOTHING: Situation(_STRANGERS, (20, 40, 200, 400, 2_000, 20_000), _NOBODYS),
        "rows of few levels, equal by chance": Situation(
            _LEVELS, (200, 400, 2_000, 20_000), ((_LEVELS, 1_000), (_LEVELS, 20_000)), world=FEW_LEVELS
        ),
        **{
            f"each entity comes {times} times": Situation(traffic(come(times)), rows, _OTHERS)
            for times, rows in ((40, (2_000,)), (20, (2_000, 20_000)), (7, (2_100,)), (3, (600, 2_100)))
        },
        "few entities have most rows": Situation(
            traffic(few_have_most), (400, 2_000, 20_000), ((traffic(few_have_most), 10_000), _OTHERS[0])
        ),
        "one entity has a twelfth of the rows": Situation(traffic(one_is_busy(1 / 12)), (400, 2_000), _OTHERS),
        "the same fifty machines": Situation(of_members, (400, 2_000), ((of_members, 5_000),)),
        "each case of nobody is asked 5 times": Situation(
            traffic(come(5), is_named=False), (400, 2_000, 20_000), _NOBODYS
        ),
        "a fifth asks one case of nobody": Situation(traffic(one_is_busy(0.2), is_named=False), (400, 2_000), _NOBODYS),
        **{
            f"{name}, the reference {'with' if has_times else 'without'} times": _part(hours, has_times=has_times)
            for name, hours in _PARTS.items()
            for has_times in (True, False)
        },
    }
)
"""What each window is of, at the least rows that gates need, at twice, ten times and a hundred times as many."""
