"""DATA-003 at a retraining: what is new in a table since the one that the model in use came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd
from pandas.api import types

from flywheel.domain.gates import GateFinding, Severity, Verdict, verdict_from
from flywheel.errors import counted
from flywheel.project.reading.table import Table
from flywheel.project.tabular.certainty import ALONE
from validators import sentinels
from validators.calendar_columns import that_go_on
from validators.columns import Mask, seconds
from validators.crowding import units_in
from validators.endings import accused, judged_by_its_end, let_off, with_its_end
from validators.own_windows import Seen, seen_of, with_its_windows
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule
from validators.stretches import Span
from validators.units_since import changed_units

A_WEEK = timedelta(weeks=1)
EXEMPT = 'exempt = ["{name}"] under the signal sentinels says so for good'
"""What keeps a column out of DATA-003, here and in monitoring."""


@dataclass(frozen=True)
class Known:
    """All rows of the table that the model in use came from, which people vouched for, and what is asked of them."""

    rows: Table
    rules: tuple[ColumnRule, ...]
    time: str | None = None
    entity: str = ""
    length: timedelta = A_WEEK


def check(table: Table, known: Known | None) -> Checked:
    """Hold a table against all that the one before held; what follows the calendar or moves with a season is asked."""
    if known is None:
        return sentinels.check(table, profile=None)
    profile = make_profile(known.rows, rules=known.rules, entity=known.entity, time=known.time)
    profile = with_its_windows(profile, known.rows, rules=known.rules, time=known.time, length=known.length)
    checked = _Rows(table, known, _span(table, known.time)).judged(profile)
    since = _since(table, known)
    if since is None or since.rows.rows < sentinels.LIMITS.rows_at_least:
        return _with_calendar(checked, known, since)
    profile = with_its_end(profile, known.rows, rules=known.rules, time=known.time, entity=known.entity)
    checked = _with_questions(checked, since.judged(profile), since)
    return _with_calendar(_with_units(checked, since, profile.rows_per_case), known, since)


@dataclass(frozen=True)
class _Rows:
    """Some rows, and from when to when they came."""

    rows: Table
    known: Known
    span: Span | None

    def judged(self, profile: Profile) -> Checked:
        """Accuse no column of what windows of the like time held; ask where it was so in windows of other times."""
        units = units_in(self.rows.whole([self.known.entity])[self.known.entity]) if profile.is_of_entities else ALONE
        checked = judged_by_its_end(sentinels.check, self.rows, profile, units)
        if self.span is None:
            return checked
        seen = seen_of(accused(checked), self.rows, profile, units, self.span)
        if calm := {name for name, one in seen.items() if one is Seen.LIKE}:
            checked = let_off(checked, calm, "{name} is as it was at the like time of the table before.")
        why = "It moves with the time of the year, and the table before held no like time: a season, or a fault?"
        return _asking(checked, {name for name, one in seen.items() if one is Seen.KNOWN}, why)


def _with_questions(checked: Checked, since: Checked, rows: _Rows) -> Checked:
    """Add what the rows that came since show by themselves, too little to spoil what is learned, as questions."""
    if checked.result.verdict is Verdict.ERROR or since.result.verdict is Verdict.ERROR:
        return checked if checked.result.verdict is Verdict.ERROR else since
    told = accused(checked) | _asked(checked)
    where = f"Of the {counted(rows.rows.rows, 'row')} that came since: "
    new = tuple(
        replace(one, what=f"{where}{one.what}", severity=Severity.QUESTION)
        for one in since.result.findings
        if one.column not in told and one.severity in {Severity.CRITICAL, Severity.QUESTION}
    )
    return _with(checked, (*checked.result.findings, *new))


def _with_units(checked: Checked, rows: _Rows, rows_per_case: float) -> Checked:
    """Ask about numbers that came in another unit since, of which nothing else is told."""
    if checked.result.verdict is Verdict.ERROR or rows.known.time is None:
        return checked
    told = accused(checked) | _asked(checked)
    rules = tuple(rule for rule in rows.known.rules if rule.name not in told)
    found = changed_units(rows.known.rows, rows.rows, rules, rows.known.time, rows_per_case=rows_per_case)
    new = (
        GateFinding(
            f"Of the {counted(rows.rows.rows, 'row')} that came since: {one.sentence()}",
            Severity.QUESTION,
            name,
            seen=f"{one.move.now:.4g}",
            allowed=f"about {one.move.before:.4g}",
        )
        for name, one in found.items()
    )
    return _with(checked, (*checked.result.findings, *new))


def _with_calendar(checked: Checked, known: Known, since: _Rows | None) -> Checked:
    """Ask, instead of accusing, where a column followed the calendar and goes on to do so."""
    names = accused(checked)
    rules = tuple(rule for rule in known.rules if rule.name in names)
    if since is None or not rules:
        return checked
    for name, grain in sorted(that_go_on(known.rows, since.rows, rules, known.time).items()):
        why = f"It says no more than the {grain.name} of {known.time}, which goes on: is that all?"
        checked = _asking(checked, {name}, f"{why} {EXEMPT.format(name=name)}.")
    return checked


def _asking(checked: Checked, names: Collection[str], why: str) -> Checked:
    """Put what is said of some columns as a question."""
    heard = {Severity.CRITICAL, Severity.WARNING}
    return _with(
        checked,
        (
            replace(one, what=f"{one.what} {why}", severity=Severity.QUESTION)
            if one.column in names and one.severity in heard
            else one
            for one in checked.result.findings
        ),
    )


def _with(checked: Checked, findings: Iterable[GateFinding]) -> Checked:
    every = tuple(findings)
    if every == checked.result.findings:
        return checked
    verdict = verdict_from(every, evaluated=int(checked.result.figures["evaluated"]))
    return replace(checked, result=replace(checked.result, verdict=verdict, findings=every))


def _asked(checked: Checked) -> set[str]:
    return {one.column for one in checked.result.findings if one.severity is Severity.QUESTION}


def _since(table: Table, known: Known) -> _Rows | None:
    """Give the rows that are younger than all of the table before."""
    before, now = _times(known.rows, known.time), _times(table, known.time)
    if before is None or now is None:
        return None
    is_new: Mask = (now > before.max()).to_numpy(dtype=bool, na_value=False)
    if not is_new.any():
        return None

    def chosen(part: pd.DataFrame, first: int) -> pd.DataFrame:
        return part[is_new[first : first + len(part)]]

    rows = table.only(chosen, int(is_new.sum()))
    return _Rows(rows, known, _span(rows, known.time))


def _times(table: Table, time: str | None) -> pd.Series[pd.Timestamp] | None:
    if time is None or time not in table.columns:
        return None
    times = table.whole([time])[time]
    return times if types.is_datetime64_any_dtype(times) and times.notna().any() else None


def _span(table: Table, time: str | None) -> Span | None:
    times = _times(table, time)
    if times is None:
        return None
    moments = seconds(times.dropna())
    return Span(float(moments.min()), float(moments.max()))
