"""Judge a window of traffic: the input contract and both drift examiners, held against the monitoring plan."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from flywheel.domain.digests import Digest
from flywheel.domain.gates import Verdict
from flywheel.domain.monitoring import alarms, unwatched
from flywheel.project.loader import Project
from flywheel.project.tabular.recipe import Recipe
from flywheel.services import external, research, versions, windows
from flywheel.services.windows import Stretch
from tasks.evidence import with_evidence
from tasks.judge import show
from tasks.shapes import Alarmed, Due, JudgedWindow, Window
from tasks.workbench import workbench
from validators import drift_evidently, drift_own, input_contract, parity, sentinels
from validators.charter_rules import rules_from_charter
from validators.profiles import Profile
from validators.protocol import Checked

if TYPE_CHECKING:
    import pandas as pd


ROUTINE_ROWS = 5_000
"""Of each side, where nothing rang and nobody asked."""


@task(cache_policy=NO_CACHE, retries=1, retry_delay_seconds=1, task_run_name="judge {window[start_at]}")
def judge_window(due: Due, window: Window, reference: str, thorough: bool) -> JudgedWindow:  # noqa: FBT001  a form's field
    """Say what is wrong with the traffic of a window, and what the plan makes of it.

    Evidently looks too when our own examiners ring or somebody asks (both with its page), and once a week.
    """
    bench, stretch = workbench(), stretch_of(window)
    _, loaded = bench.registered(due["project"], due["project_digest"])
    frame = windows.traffic(due["project"], stretch, settings=bench.settings)
    checked = (*_own_checks(loaded, frame, reference), *_from_elsewhere(due["version"]))
    is_worth_a_page = thorough or any(one.result.verdict is not Verdict.PASSED for one in checked)
    if is_worth_a_page or windows.opens_a_week(bench.catalog, due["project"], stretch):
        checked = (*checked, _second_opinion(loaded, frame, due["version"], with_html=is_worth_a_page))
    results = tuple(with_evidence(one, artifacts=bench.artifacts) for one in checked)
    plan = windows.plan_of(loaded).plan
    rung = alarms(plan, results)
    if rung or thorough:
        about = f"{due['version']}: traffic from {window['start_at']} to {window['end_at']}"
        show(results, key=f"{due['project']}-monitoring", about=about)
    return JudgedWindow(
        rows=len(frame),
        alarms=[Alarmed(watch=a.watch.value, action=a.action.value, reasons=list(a.reasons)) for a in rung],
        verdicts={result.code: result.verdict.value for result in results}
        | {f"watch {watch.value}": Verdict.NOT_EVALUATED.value for watch in unwatched(plan, results)},
        evidence={e.name: e.digest for result in results for e in result.evidence},
    )


def stretch_of(window: Window) -> Stretch:
    """Read a window's times."""
    return Stretch(datetime.fromisoformat(window["start_at"]), datetime.fromisoformat(window["end_at"]))


def _own_checks(project: Project, frame: pd.DataFrame, reference: str) -> tuple[Checked, ...]:
    profile = Profile.from_json(workbench().artifacts.get_bytes(Digest(reference)).decode())
    watched = {column.name for column in profile.columns}
    rules = tuple(rule for rule in rules_from_charter(project.charter) if rule.name in watched)
    return (
        input_contract.check(frame, rules=rules, profile=profile),
        sentinels.check(frame, profile=profile),
        drift_own.check(frame, profile=profile),
    )


def _from_elsewhere(version: str) -> tuple[Checked, ...]:
    """Ask a model behind an address for its golden rows: its maker may have changed it."""
    bench = workbench()
    again = external.ask_again(versions.get_version(bench.catalog, version=version), artifacts=bench.artifacts)
    return () if again is None else (parity.check_golden(rows=again[0], refusal=again[1]),)


def _second_opinion(project: Project, frame: pd.DataFrame, version: str, *, with_html: bool) -> Checked:
    bench = workbench()
    record = versions.get_version(bench.catalog, version=version)
    features = Recipe.from_json(record.recipe).features
    before = research.reference_rows(project, artifacts=bench.artifacts, dataset=Digest(record.dataset_digest))
    rules = tuple(rule for rule in rules_from_charter(project.charter) if rule.name in features)
    if with_html:
        return drift_evidently.check(frame, before, rules=rules, with_html=True)
    return drift_evidently.check(frame, before, rules=rules, rows_at_most=ROUTINE_ROWS)
