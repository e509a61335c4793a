"""DRIFT-001: our own examiner, which sees every row, the missing ones and the sudden codes too."""

from __future__ import annotations

import operator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted, shorten
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.table import Table
from flywheel.project.tabular.certainty import ALONE, Units
from validators.averages import of_all, of_free
from validators.batches import BatchState, ColumnState
from validators.columns import seconds
from validators.crowds import Counted, judgeable
from validators.drift_limits import DriftLimits, Sure
from validators.drift_times import time_findings
from validators.known_values import rows_of
from validators.profiles import ColumnProfile, Profile
from validators.protocol import Figure, Judgement, gate
from validators.rendering import table_report
from validators.statistics import (
    share_effect,
)

LIMITS = DriftLimits()


@gate("DRIFT-001")
def check(
    current: pd.DataFrame | Table | BatchState,
    *,
    profile: Profile,
    units: Units = ALONE,
    asked: pd.Series[Any] | None = None,
    limits: DriftLimits = LIMITS,
) -> Judgement:
    """Judge a window, given as its rows, with the times at which they were asked, or as the state of its batches."""
    seen = judgeable(current, profile, units, rows_at_least=limits.rows_at_least, what_for="to see drift")
    return seen if isinstance(seen, Judgement) else _judge(seen, profile, limits, asked)


def _judge(seen: Counted, profile: Profile, limits: DriftLimits, asked: pd.Series[Any] | None) -> Judgement:
    pairs = list(zip(profile.columns, seen.judged.columns, seen.told.columns, strict=True))
    tests = sum(4 + len(before.masses) + len(now.top) for before, now, _ in pairs)
    times = None if asked is None else seconds(asked.dropna())
    sure = Sure(limits, limits.false_alarm_rate / max(tests, 1), seen.crowd, times)
    findings: list[GateFinding] = []
    rows = []
    for before, now, told in pairs:
        moved, found = _column(before, now, told, sure)
        findings += found
        words = " ".join(finding.what for finding in found)
        rows.append((before.name, moved, before.missing / before.rows, told.missing / told.rows, words))
    report = table_report("drift.html", "Against the reference", _COLUMNS, rows, note=counted(seen.told.rows, "row"))
    figures: dict[str, Figure] = {"rows": seen.told.rows, "columns": len(pairs), "tests": tests}
    if rows:
        name, moved = max(((row[0], row[1]) for row in rows), key=lambda row: row[1])
        figures |= {"most_moved": name, "most_moved_distance": moved}
    return Judgement(tuple(findings), evaluated=len(pairs), figures=figures, reports=(report,))


_COLUMNS = ("column", "distance", "missing before", "missing now", "what was noticed")


def _column(before: ColumnProfile, now: ColumnState, told: ColumnState, sure: Sure) -> tuple[float, list[GateFinding]]:
    found = _missing(before, now, told, sure)
    if before.kind == Kind.TIME:
        return 0.0, found + time_findings(before, now, sure)
    if not now.present or not (before.mass_counts or before.bins):
        return 0.0, found
    found += _masses(before, now, sure) + _variety(before, now, sure)
    moved, finding = _moved(before, now, told, sure)
    return moved, found + finding


def _missing(before: ColumnProfile, now: ColumnState, told: ColumnState, sure: Sure) -> list[GateFinding]:
    share, other = now.missing / now.rows, before.missing / before.rows
    by_chance = sure.crowd.lacks_by_chance(before, now.missing, now.rows)
    is_dead = not now.present and before.present > 0
    if by_chance > sure.chance or (share_effect(share, other) < sure.limits.share_step_at_most and not is_dead):
        return []
    locator, allowed = f"{before.name}: missing", f"about {other:.2%}"
    share = told.missing / told.rows
    if is_dead:
        what = f"{before.name} arrived without a single value; in the reference {1 - other:.1%} of the rows held one."
        return [GateFinding(what, locator=locator, seen=f"{share:.0%}", allowed=allowed)]
    what = f"{before.name} is missing in {share:.1%} of the rows; in the reference it was {other:.1%}."
    return [GateFinding(what, locator=locator, seen=f"{share:.2%}", allowed=allowed)]


def _masses(before: ColumnProfile, now: ColumnState, sure: Sure) -> list[GateFinding]:
    """Notice single values that appear, vanish or change their share: codes, defaults, merged categories."""
    in_reference = dict(before.levels)
    seen = [
        (value, count, (before.mass_counts[i], before.mass_counts[i]))
        for i, value in enumerate(before.masses)
        for count in (now.mass_counts[i],)
    ]
    seen += [(value, count, rows_of(value, before)) for value, count in now.top]
    found = []
    for value, count, (least, earlier) in seen:
        share, other = count / now.present, earlier / max(before.present, 1)
        is_large = share_effect(share, least / max(before.present, 1)) >= sure.limits.mass_step_at_most
        is_large = is_large and abs(share - other) >= sure.limits.mass_share_at_least
        meant = partial(operator.eq, value)
        if is_large and sure.is_uneven(before, count, now.present, earlier=earlier, meant=meant):
            is_listed = value in in_reference or value in before.masses
            share = sure.crowd.told(before, meant, otherwise=share)
            found.append(_mass_finding(before, value, share, other, about="about" if is_listed else "at most"))
    return found


def _mass_finding(before: ColumnProfile, value: float | str, share: float, other: float, *, about: str) -> GateFinding:
    shown = written_out(value) if isinstance(value, float) else shorten(value, 40)
    if other < 0.0005:
        what = f"{share:.1%} of the values of {before.name} are now exactly {shown}, which is rare in the reference."
    elif share < 0.0005:
        what = f"{shown}, {other:.1%} of the values of {before.name} in the reference, is gone."
    else:
        what = f"{shown} makes up {share:.1%} of the values of {before.name}; before it was {about} {other:.1%}."
    return GateFinding(what, locator=f"{before.name}: value", seen=f"{share:.2%}", allowed=f"{about} {other:.2%}")


def _variety(before: ColumnProfile, now: ColumnState, sure: Sure) -> list[GateFinding]:
    """Notice that values became coarser or constant, or that categories multiply."""
    seen, factor, largest_known = now.distinct, sure.limits.variety_factor, before.variety[-1][0]
    least, most = now.present / sure.cases.now, now.present * sure.cases.before  # an entity may hold one, or many
    fewest, expected = (before.expected_distinct(min(rows, largest_known)) for rows in (least, most))
    is_fewer = seen * factor < fewest and special.pdtr(seen, fewest) < sure.chance
    is_more = seen > expected * factor and special.pdtrc(seen - 1, expected) < sure.chance
    if is_more and sure.crowd.holders is not None:  # what one entity sends are no more categories
        entities, seen_once = sure.crowd.holders.one_each(before)
        once = before.expected_distinct(min(max(entities, 1), largest_known))
        is_more = seen_once > once * factor and special.pdtrc(seen_once - 1, once) < sure.chance
    expected = fewest if is_fewer else expected
    if not is_fewer and not (is_more and most <= largest_known):
        return []
    what = (
        f"{before.name} holds about {counted(round(seen), 'different value')} where about {expected:.0f} were expected."
    )
    return [GateFinding(what, locator=f"{before.name}: variety", seen=f"{seen:.0f}", allowed=f"about {expected:.0f}")]


def _moved(before: ColumnProfile, now: ColumnState, told: ColumnState, sure: Sure) -> tuple[float, list[GateFinding]]:
    moved, by_chance = _distance(before, now, sure)
    if moved < sure.limits.moved_warns_at or by_chance > sure.chance:
        return moved, []

    def is_moved(others: ColumnState) -> bool:
        without, chance = _distance(before, others, sure) if others.present else (0.0, 1.0)
        return without >= sure.limits.moved_warns_at and chance <= sure.chance

    if not sure.crowd.stands(before, is_moved):
        return moved, []
    what = f"The values of {before.name} are distributed differently than in the reference{_direction(before, told)}"
    allowed = f"a distance of at most {sure.limits.moved_at_most:g}"
    finding = GateFinding(what, locator=f"{before.name}: spread", seen=f"{moved:.3f}", allowed=allowed)
    return moved, [finding if moved >= sure.limits.moved_at_most else replace(finding, severity=Severity.WARNING)]


def _distance(before: ColumnProfile, now: ColumnState, sure: Sure) -> tuple[float, float]:
    """Measure how far values lie from the reference, and how often chance brings that."""
    counts = np.array([before.spread, (*now.mass_counts, *now.bins)], dtype=np.float64)
    old, new = counts[:, [*before.in_order, *range(len(before.masses), counts.shape[1])]]
    cells = sure.cases.cells(old, new, named=len(before.mass_counts))
    return cells.distance, cells.by_chance


def _direction(before: ColumnProfile, now: ColumnState) -> str:
    if not before.is_numeric:
        return "."
    factor = of_free(before, now).ratio
    for step in (1000, 100, 10):
        if 0.85 < factor / step < 1.15:
            return f", about {step} times larger; has the unit changed?"
        if 0.85 < factor * step < 1.15:
            return f", about {step} times smaller; has the unit changed?"
    mean = of_all(before, now)
    return f": {mean.now:.4g} on average, before {mean.before:.4g}."
