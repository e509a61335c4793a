"""Judge a window of traffic: the input contract and both drift examiners, held against the monitoring plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.domain.digests import Digest
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateResult, Severity, Verdict
from flywheel.domain.monitoring import (
    KEPT_BACK,
    Alarm,
    WindowState,
    broken,
    column_state,
    in_turn,
    is_worth_telling,
    judged_columns,
    state_of,
    unwatched,
)
from flywheel.errors import counted
from flywheel.project.loader import Project
from flywheel.services.modelling import external, versions
from flywheel.services.watching import windows
from flywheel.services.watching.coverage import Coverage
from flywheel.services.watching.health import Part
from flywheel.services.watching.windows import Traffic
from tasks.derived_features import judged_by, sent_alone, with_derived
from tasks.evidence import with_evidence
from tasks.judge import show
from tasks.part_of_slot import AsAPart, coverage_of, held_as_a_part
from tasks.second_opinion import second_opinion
from tasks.shapes import Alarmed, Due, JudgedWindow, Reference, Window
from tasks.still_clock import still_clock
from tasks.workbench import workbench
from validators import drift_evidently, drift_own, input_contract, parity, repeats, sentinels
from validators.charter_rules import rules_from_charter
from validators.columns import missing_mask
from validators.crowds import HELD_BY_AT_LEAST
from validators.moves import led_by_moves
from validators.own_windows import judged_by_its_windows
from validators.profiles import Profile
from validators.protocol import Checked
from validators.repeats import CASES_AT_LEAST, Cases
from validators.specs import ColumnRule
from validators.stretches import Span

if TYPE_CHECKING:
    import pandas as pd


OWN = (input_contract.check.code, sentinels.check.code, drift_own.check.code)
REASONS_TOLD = 3


@task(cache_policy=NO_CACHE, retries=1, retry_delay_seconds=1, task_run_name="judge {window[start_at]}")
def judge_window(due: Due, window: Window, reference: Reference, thorough: bool) -> JudgedWindow:  # noqa: FBT001  a form's field
    """Say what is wrong with the traffic of a window, and what the plan makes of it.

    A gate is asked where there are rows enough for it. Evidently looks too when our own examiners ring or somebody asks
    (both with its page), and once a week.
    """
    bench = workbench()
    _, loaded = bench.registered(due["project"], due["project_digest"])
    length = windows.plan_of(loaded).every.length
    own = part_of(window)
    part = windows.carried_on(bench.catalog, due["project"], own, length=length)
    if altered := windows.altered(bench.catalog, due["project"], part, settings=bench.settings):
        words = f"the log of this window was altered, and nothing is judged on it: {altered}"
        return _judged(part, window["rows"], WindowState.UNJUDGEABLE, words=words, telling=words)
    if not window["rows"] and (part == own or own.end_at - own.start_at >= length):  # else it ends a slot that had some
        return _silent(due["project"], part)
    if not reference["digest"]:
        words = f"nothing of the traffic of {part.version} could be judged: {reference['why_not']}"
        return _judged(part, window["rows"], WindowState.UNJUDGEABLE, words=words, telling=words)
    seen = windows.traffic(due["project"], part, settings=bench.settings)
    profile = Profile.from_json(bench.artifacts.get_bytes(Digest(reference["digest"])).decode())
    sent = sent_alone(loaded, profile)
    cases = with_derived(loaded, part.version, repeats.cases_of(seen.rows, seen.entities, sent), profile, seen.moments)
    own_checks = partial(_own_checks, part, seen.moments)
    checked = (*own_checks(loaded, cases, profile), *_from_elsewhere(part.version))
    is_worth_a_page = thorough or any(one.result.verdict is not Verdict.PASSED for one in checked)
    is_looked_at = is_worth_a_page or windows.opens_a_week(bench.catalog, due["project"], part)
    if is_looked_at and minimum_rows(drift_evidently.check.code) <= cases.units.count(cases.asked):
        checked = (*checked, *second_opinion(bench, loaded, cases, profile, part.version, with_html=is_worth_a_page))
    coverage = coverage_of(loaded, part, seen)
    told = held_as_a_part(loaded, part, coverage, cases, profile, checked, ask=own_checks)
    results = tuple(
        with_evidence(one, artifacts=bench.artifacts) for one in led_by_moves(told.checked, cases.rows, profile)
    )
    rung = told.alarms(windows.plan_of(loaded).plan, results)
    if rung or thorough:
        about = f"{part.version}: traffic from {part.start_at:%Y-%m-%d %H:%M} to {part.end_at:%Y-%m-%d %H:%M}"
        show(results, key=f"{due['project']}-monitoring", about=about)
    judged = _summed_up(loaded, part, cases, profile, results, rung)
    if rung:
        _count_decided(judged, seen, cases, sent, coverage)
    return _with_rows(_kept_back(judged, told), seen, cases, still_clock(loaded, part, seen, coverage))


def has_enough(code: str, cases: Cases) -> bool:
    """Whether a gate has the rows that it needs to see small changes too, and enough that stand alone behind them."""
    return minimum_rows(code) <= min(len(cases.judged), cases.cases) and cases.weight >= CASES_AT_LEAST


def is_asked(code: str, cases: Cases) -> bool:
    """Whether a gate is asked: rows out of contract show in all of them, drift in those of three cases and more."""
    if code == input_contract.check.code:
        return minimum_rows(code) <= len(cases.rows)
    return minimum_rows(code) <= len(cases.judged) and cases.weight >= HELD_BY_AT_LEAST


def part_of(window: Window) -> Part:
    """Read who answered, and when."""
    start_at, end_at = datetime.fromisoformat(window["start_at"]), datetime.fromisoformat(window["end_at"])
    return Part(window["version"], window["served_by"], start_at, end_at)


def _silent(project: str, part: Part) -> JudgedWindow:
    is_due, why = windows.rows_were_due(workbench().catalog, project, part)
    words = f"no row arrived from {part.start_at:%Y-%m-%d %H:%M} to {part.end_at:%Y-%m-%d %H:%M} UTC; {why}"
    return _judged(part, 0, WindowState.SILENT, words=words, telling=words if is_due else "")


def _summed_up(
    project: Project,
    part: Part,
    cases: Cases,
    profile: Profile,
    results: tuple[GateResult, ...],
    rung: tuple[Alarm, ...],
) -> JudgedWindow:
    frame, lacking = cases.rows, [code for code in OWN if not has_enough(code, cases)]
    state = state_of(results, lacking=lacking)
    columns = _columns(frame, profile, results)
    silent = [name for name, seen in columns.items() if seen is WindowState.SILENT]
    told = [f"{name} holds no value any more" for name in silent]
    told += [f"{one.code} could not judge: {_first_of(one)}" for one in broken(results)]
    needing = f"{', '.join(lacking)} need{'s' if len(lacking) == 1 else ''} more"
    came = counted(cases.cases, "row" if cases.cases == cases.asked else "case")
    words = {
        WindowState.BAD: "; ".join(_reasons(results)),
        WindowState.INSUFFICIENT: f"{came} so far; {needing}",
    }.get(state, "; ".join(told))
    verdicts = dict.fromkeys(lacking, WindowState.INSUFFICIENT.value)
    verdicts |= {r.code: r.verdict.value for r in results if r.code not in lacking or r.verdict is Verdict.FAILED}
    plan = windows.plan_of(project).plan
    unspoken = unwatched(plan, (*verdicts, drift_evidently.check.code))
    verdicts |= {f"watch {watch.value}": Verdict.NOT_EVALUATED.value for watch in unspoken}
    judged = _judged(part, len(frame), state, words=words, telling="" if rung else "; ".join(told))
    judged["alarms"] = [
        Alarmed(watch=a.watch.value, action=a.action.value, reasons=list(a.reasons), columns=list(a.columns))
        for a in rung
    ]
    judged["verdicts"] = verdicts
    judged["columns"] = {name: seen.value for name, seen in columns.items() if seen is not WindowState.GOOD}
    judged["evidence"] = {e.name: e.digest for result in results for e in result.evidence}
    return judged


def _count_decided(judged: JudgedWindow, seen: Traffic, cases: Cases, profile: Profile, coverage: Coverage) -> None:
    """Count what the version decided: each case once, and none that its approval leaves to the rule."""
    own = ~seen.is_left
    by_version = repeats.cases_of(seen.rows[own], seen.entities[own], profile)
    judged["cases"], judged["decided"] = cases.cases, by_version.cases if own.any() else 0
    judged["answered_seconds"] = coverage.lasted.total_seconds()


def _kept_back(judged: JudgedWindow, told: AsAPart) -> JudgedWindow:
    """Say what nothing acts on before a whole window shows it; a window of which nothing else is wrong is not good."""
    judged["verdicts"] |= {f"{KEPT_BACK}{name}": Verdict.NOT_EVALUATED.value for name in told.unknown}
    judged["kept_back"] = list(told.reasons)
    if told.kept_back:
        judged["waiting"] = told.kept_back
        judged["state"] = judged["state"].replace(WindowState.GOOD, WindowState.INSUFFICIENT)
    return judged


def _with_rows(judged: JudgedWindow, seen: Traffic, cases: Cases, still: str) -> JudgedWindow:
    """Say beside what was found how many rows came again or claimed no plausible time; many are told in any case."""
    odd = seen.clocks()
    is_blind = any(not has_enough(code, cases) for code in OWN)
    judged["rows"], judged["stuck"] = cases.asked, cases.stuck(is_blind=is_blind)
    judged["flood"] = "" if judged["stuck"] else cases.flood()
    judged["words"] = "; ".join(words for words in (judged["words"], cases.words(), odd, still) if words)
    is_told = is_worth_telling(seen.implausible, of=len(seen.rows))
    judged["clocks"] = "; ".join(words for words in (odd if is_told else "", still) if words)
    return judged


def _judged(part: Part, rows: int, state: WindowState, *, words: str, telling: str) -> JudgedWindow:
    return JudgedWindow(
        start_at=part.start_at.isoformat(),
        rows=rows,
        cases=0,
        decided=0,
        answered_seconds=0.0,
        state=state.value,
        words=words,
        telling=telling,
        clocks="",
        flood="",
        stuck="",
        alarms=[],
        kept_back=[],
        waiting="",
        verdicts={},
        columns={},
        evidence={},
    )


def _columns(frame: pd.DataFrame, profile: Profile, results: tuple[GateResult, ...]) -> dict[str, WindowState]:
    bad = {
        finding.column
        for result in results
        if result.verdict is Verdict.FAILED
        for finding in result.findings
        if finding.severity is Severity.CRITICAL
    }
    return {
        column.name: column_state(
            present=int((~missing_mask(frame[column.name], column.codes)).sum()) if column.name in frame else 0,
            rows=len(frame),
            present_before=column.present / column.rows,
            is_bad=column.name in bad,
        )
        for column in profile.columns
    }


def _reasons(results: tuple[GateResult, ...]) -> list[str]:
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    found = ([f.what for f in one.findings if f.severity is Severity.CRITICAL] for one in failed)
    every = in_turn(found)
    more = len(every) - REASONS_TOLD
    return [*every[:REASONS_TOLD], *([f"and {counted(more, 'other reason')}"] if more > 0 else [])]


def _first_of(result: GateResult) -> str:
    return result.findings[0].what if result.findings else result.verdict.value


def _own_checks(
    part: Part, asked: pd.Series[Any], project: Project, cases: Cases, profile: Profile
) -> tuple[Checked, ...]:
    frame, units, span = cases.rows, cases.units, Span(part.start_at.timestamp(), part.end_at.timestamp())

    def known(code: str) -> Profile:
        names = judged_columns(windows.plan_of(project).plan, code, (column.name for column in profile.columns))
        known = replace(profile, columns=tuple(column for column in profile.columns if column.name in names))
        return judged_by(project, known, code)

    def contract() -> Checked:
        reference = known(input_contract.check.code)
        rules = _rules_of(project, {column.name for column in reference.columns})
        return input_contract.check(frame, rules=rules, profile=reference, units=units, asked_at=part.end_at)

    ways: Mapping[str, Callable[[], Checked]] = {
        input_contract.check.code: contract,
        sentinels.check.code: lambda: judged_by_its_windows(
            sentinels.check, frame, known(sentinels.check.code), units, span
        ),
        drift_own.check.code: lambda: judged_by_its_windows(
            partial(drift_own.check, asked=asked), frame, known(drift_own.check.code), units, span
        ),
    }
    return tuple(ways[code]() for code in OWN if is_asked(code, cases))


def _rules_of(project: Project, names: Collection[str]) -> tuple[ColumnRule, ...]:
    return tuple(rule for rule in rules_from_charter(project.charter) if rule.name in names)


def _from_elsewhere(version: str) -> tuple[Checked, ...]:
    """Ask a model behind an address for its golden rows: its maker may have changed it."""
    bench = workbench()
    again = external.ask_again(versions.get_version(bench.catalog, version=version), artifacts=bench.artifacts)
    return () if again is None else (parity.check_golden(rows=again[0], refusal=again[1]),)
