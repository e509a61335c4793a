"""A window that covers a part of its slot: what the mix of its days would explain accuses nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pandas as pd

from flywheel.domain.digests import Digest
from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict, verdict_from
from flywheel.domain.monitoring import FIRST_MONDAY, SEEN_IN, Action, Alarm, Signal, Watch, alarms, is_asked_now
from flywheel.errors import InputRefused, counted
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.loader import Project
from flywheel.project.reading.table import Table
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.serving import endpoints
from flywheel.services.watching.coverage import Coverage, covered
from flywheel.services.watching.health import Part
from flywheel.services.watching.kept_back import kept_back_before
from flywheel.services.watching.windows import Traffic, plan_of, traffic
from tasks.derived_features import computed_by, watched_features, widened
from tasks.workbench import workbench
from validators import drift_evidently, drift_own, sentinels
from validators.charter_rules import computed_rules, features_from_charter
from validators.crowds import weighed
from validators.mixes import beyond_any_part
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.repeats import Cases

OF_THE_MIX = (sentinels.check.code, drift_own.check.code, drift_evidently.check.code)
"""Gates that hold shares against the reference's: of other days they are others."""
ASKED = (
    f"this was so in {SEEN_IN} windows in a row, each covering part of its days: either those days always "
    "differ, or something broke; nothing fell back. With data.time in the charter, reference rows of the "
    "same days settle it"
)
MINUTES_TOLD = 120
"""From here on hours are told."""
SLOTS_OF_PAST, PAST_ENOUGH = 8, 20_000
"""So far back is looked for what the version was asked before, or until there are so many rows."""
LIKE_AT_LEAST = 200
"""Rows of the reference of the same days, for a window to be held against them."""


@dataclass(frozen=True)
class AsAPart:
    """What gates still say of a part of a slot, and what is kept back, in words."""

    checked: tuple[Checked, ...]
    kept_back: str = ""
    reasons: tuple[str, ...] = ()
    """All that is kept back; the words tell the first."""
    unknown: tuple[str, ...] = ()
    """The columns of which nobody knows whether the window's days explain them."""
    asked: frozenset[str] = frozenset()
    """Those of them that a person is asked about, since no whole window is to be awaited."""

    def alarms(self, plan: Iterable[Signal], results: tuple[GateResult, ...]) -> tuple[Alarm, ...]:
        """Hold results against the plan; what rings only by columns that a person is asked about takes nothing back."""
        firm = {(one.watch, one.action) for one in alarms(plan, tuple(_without(one, self.asked) for one in results))}
        rung = alarms(plan, results)
        if not self.asked:
            return rung
        asking = dict[Watch, Alarm]()
        for one in rung:
            if (one.watch, one.action) not in firm:
                asking[one.watch] = Alarm(one.watch, Action.PAGE, (*one.reasons, ASKED), one.columns)
        sure = [one for one in rung if (one.watch, one.action) in firm]
        return (*sure, *(one for one in asking.values() if (one.watch, Action.PAGE) not in firm))


def coverage_of(project: Project, part: Part, seen: Traffic) -> Coverage:
    """Say which pieces of its slot a window covers."""
    stretches = endpoints.answering_stretches(workbench().catalog, name=project.charter.name)
    return covered(stretches, part, seen.moments, length=plan_of(project).every.length)


def held_as_a_part(
    project: Project,
    part: Part,
    coverage: Coverage,
    cases: Cases,
    profile: Profile,
    checked: tuple[Checked, ...],
    *,
    ask: Callable[[Project, Cases, Profile], tuple[Checked, ...]],
) -> AsAPart:
    """Hold a window as a part against what version and record know of the same days; `ask` asks the gates again."""

    def against(freeze: Callable[[Project, Part, Coverage], Profile | None]) -> tuple[Checked, ...] | None:
        like = freeze(project, part, coverage)
        return None if like is None else ask(project, cases, like)

    def before() -> Mapping[str, int]:
        return kept_back_before(workbench().catalog, project.charter.name, part, length=plan_of(project).every.length)

    again, past = partial(against, reference_of_the_same_days), partial(against, past_of_the_same_days)
    return as_a_part(checked, coverage, cases, profile, again=again, before=before, past=past)


def as_a_part(
    checked: tuple[Checked, ...],
    coverage: Coverage,
    cases: Cases,
    profile: Profile,
    *,
    again: Callable[[], tuple[Checked, ...] | None],
    before: Callable[[], Mapping[str, int]],
    past: Callable[[], tuple[Checked, ...] | None],
) -> AsAPart:
    """Keep back what a gate says of a column where the mix of the window's own days would explain it.

    It stands where no part of the reference could look so, or where the column rings against the reference's rows of
    the same days too (`again`). Where the reference cannot tell those, it stands in every third slot in succession
    (`before` counts them), unless the version saw the same before those (`past`): where all windows are parts, no whole
    one would ever show it, and what was so from the beginning is asked about once.
    """
    if coverage.is_whole or not any(_accused(one.result) for one in checked):
        return AsAPart(checked)
    _, seen = weighed(cases.rows, profile, cases.units)
    shown = beyond_any_part(seen.judged, profile, covers=coverage.share) if seen else frozenset()
    of_the_days = again()
    shown |= {name for one in of_the_days or () for name in _accused(one.result)}
    open_ones = frozenset().union(*(_accused(one.result) for one in checked)) - shown
    unknown = tuple(sorted(open_ones)) if of_the_days is None else ()
    counts = before() if unknown else {}
    asked = frozenset(name for name in unknown if is_asked_now(counts.get(name, 0)))
    if asked and (known := past()) is not None:
        asked &= frozenset().union(*(_accused(one.result) for one in known))
    kept_back = list(dict.fromkeys(f.what for one in checked for f in _critical(one.result, open_ones - asked)))
    judged = tuple(replace(one, result=_without(one.result, open_ones - asked)) for one in checked)
    return AsAPart(judged, _words(coverage, kept_back), tuple(kept_back), unknown, asked)


def reference_of_the_same_days(project: Project, part: Part, coverage: Coverage) -> Profile | None:
    """Freeze what the version learned from on the same days of the slot; nothing where it has no times, or too few."""
    bench, time = workbench(), project.charter.data.time if project.charter.data else None
    record = versions.get_version(bench.catalog, version=part.version)
    learned = experiments.get_experiment(bench.catalog, experiment=record.experiment_id).split
    with research.reference_table(Digest(record.dataset_digest), learned, artifacts=bench.artifacts) as rows:
        if time is None or time not in rows.columns:
            return None
        is_like = coverage.holds(rows.whole([time])[time])
        if (count := int(is_like.sum())) < LIKE_AT_LEAST:
            return None

        def chosen(one: pd.DataFrame, first: int) -> pd.DataFrame:
            return one[is_like[first : first + len(one)]]

        return _frozen(project, part, _computed(project, part).widened(rows.only(chosen, count)))


def past_of_the_same_days(project: Project, part: Part, coverage: Coverage) -> Profile | None:
    """Freeze what the version was asked on the same days before the slots asked about; nothing of too little."""
    length, settings = plan_of(project).every.length, workbench().settings
    begun_at = part.start_at - (part.start_at - FIRST_MONDAY) % length - (SEEN_IN - 1) * length
    found: list[pd.DataFrame] = []
    computed = _computed(project, part)
    for slot in range(1, SLOTS_OF_PAST + 1):
        before = replace(part, start_at=begun_at - slot * length, end_at=begun_at - (slot - 1) * length)
        seen = traffic(project.charter.name, before, settings=settings)
        if len(seen.rows):
            beside = widened(project, computed, seen.rows, seen.moments)
            rows = beside.assign(**{project.charter.entity: seen.entities} if project.charter.entity else {})
            found.append(rows[coverage.holds(seen.moments)])
        if sum(map(len, found)) >= PAST_ENOUGH:
            break
    if sum(map(len, found)) < LIKE_AT_LEAST:
        return None
    return _frozen(project, part, pd.concat(found, ignore_index=True))


def _frozen(project: Project, part: Part, rows: pd.DataFrame | Table) -> Profile | None:
    """Freeze rows, derived features among their columns, as a reference of what the version decides by."""
    inputs = versions.get_version(workbench().catalog, version=part.version).recipe_inputs
    rules = (*features_from_charter(project.charter, inputs), *computed_rules(_computed(project, part)))
    time = project.charter.data.time if project.charter.data else None
    try:
        return make_profile(rows, rules=rules, entity=project.charter.entity, time=time)
    except InputRefused:
        return None  # a column of it cannot be judged by so few; what no part could show is judged all the same


def _computed(project: Project, part: Part) -> Derivation:
    """The derived features that traffic of the version is held by."""
    return watched_features(project, computed_by(part.version))


def _accused(result: GateResult) -> frozenset[str]:
    is_heard = result.code in OF_THE_MIX and result.verdict is Verdict.FAILED
    return frozenset(f.column for f in result.findings if is_heard and f.severity is Severity.CRITICAL)


def _critical(result: GateResult, columns: frozenset[str]) -> tuple[GateFinding, ...]:
    is_heard = result.code in OF_THE_MIX
    return tuple(f for f in result.findings if is_heard and f.severity is Severity.CRITICAL and f.column in columns)


def _without(result: GateResult, columns: frozenset[str]) -> GateResult:
    """Let a gate accuse none of these columns."""
    explained = _critical(result, columns)
    if not explained:
        return result
    findings = tuple(replace(f, severity=Severity.WARNING) if f in explained else f for f in result.findings)
    return replace(result, findings=findings, verdict=verdict_from(findings, evaluated=1))


def _words(coverage: Coverage, kept_back: list[str]) -> str:
    if not kept_back:
        return ""
    others = f" ({len(kept_back) - 1} more under --all)" if len(kept_back) > 1 else ""
    return (
        f"it covers {_much(coverage)} of its window, and what differs by those days alone is not acted on "
        f"before a whole window shows it: {kept_back[0]}{others}"
    )


def _much(coverage: Coverage) -> str:
    """Say how much of a slot is covered: by the pieces of it, and below a day by how long it was answered."""
    days, lasted = coverage.length.days, coverage.lasted
    if timedelta(0) < lasted < min(coverage.length, timedelta(days=1)):
        minutes = max(1, round(lasted / timedelta(minutes=1)))
        told = counted(minutes, "minute") if minutes < MINUTES_TOLD else counted(round(minutes / 60), "hour")
        return (
            f"{told} of {f'{days} days' if days > 1 else counted(round(coverage.length / timedelta(hours=1)), 'hour')}"
        )
    return f"{coverage.share * days:.2g} of {days} days" if days > 1 else f"{coverage.share:.0%}"
