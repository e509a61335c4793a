"""Judging: the evidence is kept by digest, the decision obeys the pinned policy and the waivers, and both are shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.digests import digest_bytes
from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict
from flywheel.domain.stages import Stage
from flywheel.pages.markdown import literal
from flywheel.services.approval import waivers
from flywheel.services.approval.waivers import NewWaiver
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.standing import gates
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tasks import judge as judging
from tasks.judge import Subject, judge
from tests.factories.desk import Desk, make_desk
from tests.factories.people import OWNER, VERA, code_of
from tests.factories.projects import REQUIRED, SLUG, make_policy, make_project, submitted
from tests.fakes.clock import SettableClock
from validators.protocol import Checked, Report

PAGE = Report("seen.html", "text/html", b"<p>seen</p>")
ALL = sorted(REQUIRED[Stage.VALIDATION])


@dataclass
class Bench:
    """A version that waits, the workbench that tasks find open, and what was shown in the Prefect UI."""

    desk: Desk
    artifacts: Artifacts
    shown: list[dict[str, Any]]

    def judge(self, *checked: Checked) -> Any:
        """Judge the version in validation."""
        version = self.desk.version
        return judge(SLUG, Stage.VALIDATION, Subject("version", version.id, version.model_digest), checked)


@pytest.fixture
def bench(
    catalog: Any, identity: Identity, clock: SettableClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    opened = Workbench(settings, catalog, Artifacts(settings.artifacts_root))
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(judging, "workbench", lambda: opened)
    monkeypatch.setattr(judging, "create_table_artifact", lambda **said: shown.append(said))
    return Bench(make_desk(catalog, identity, clock), opened.artifacts, shown)


def checked(code: str, verdict: Verdict = Verdict.PASSED) -> Checked:
    severity = Severity.WARNING if verdict is Verdict.WARNED else Severity.CRITICAL
    findings = () if verdict is Verdict.PASSED else (GateFinding("the planted fault", severity, "income"),)
    return Checked(GateResult(code, f"title of {code}", verdict, findings), (PAGE,))


def test_what_a_gate_saw_is_kept_by_digest_named_in_the_record_and_shown(bench: Bench) -> None:
    decision = bench.judge(*map(checked, ALL))
    assert decision == {"is_open": True, "reasons": []}
    recorded = {
        one.code: one
        for one in gates.results_of(bench.desk.catalog, subject_kind="version", subject_id=bench.desk.version.id)
    }
    (kept,) = recorded[ALL[0]].evidence
    assert (kept.name, kept.digest) == (PAGE.name, digest_bytes(PAGE.content))
    assert bench.artifacts.get_bytes(kept.digest) == PAGE.content
    (table,) = bench.shown
    assert table["key"] == "card-default-validation-gates"
    assert "the stage may go on" in table["description"]
    assert table["table"][0]["verdict"] == "✓ passed"
    assert literal(bench.artifacts.path_of(kept.digest)) in table["table"][0]["evidence"]


@pytest.mark.parametrize("verdict", [Verdict.WARNED, Verdict.FAILED, Verdict.NOT_EVALUATED, Verdict.ERROR])
def test_a_gate_that_did_not_pass_closes_the_way_with_its_reason(bench: Bench, verdict: Verdict) -> None:
    decision = bench.judge(checked(ALL[0], verdict), *map(checked, ALL[1:]))
    assert not decision["is_open"]
    assert ALL[0] in decision["reasons"][0]
    assert "the stage is closed" in bench.shown[0]["description"]


def test_a_gate_that_did_not_run_closes_the_way(bench: Bench) -> None:
    decision = bench.judge(checked(ALL[0]))
    assert decision == {"is_open": False, "reasons": [f"{ALL[1]} was required and did not run"]}


def test_a_version_is_judged_by_the_policy_it_was_made_under(bench: Bench) -> None:
    stricter = replace(make_policy(), required={**REQUIRED, Stage.VALIDATION: frozenset({*ALL, "PERF-009"})})
    submitted(bench.desk.catalog, project=make_project(title="Changed"), policy=stricter, actor=OWNER)
    assert bench.judge(*map(checked, ALL))["is_open"]


def test_a_waiver_is_obeyed_until_its_day_and_said(bench: Bench) -> None:
    desk = bench.desk
    bench.judge(checked(ALL[0], Verdict.FAILED), *map(checked, ALL[1:]))
    desk.clock.move(timedelta(seconds=30))
    proof = Proof(desk.identity, VERA, code_of(desk.people[VERA], desk.clock()), "test", "k")
    until = (desk.clock() + timedelta(days=5)).date()
    wanted = NewWaiver(desk.version.id, ALL[0], "income", VERA, "known", until)
    waivers.grant_waiver(desk.catalog, wanted=wanted, proof=proof)
    again = (checked(ALL[0], Verdict.FAILED), *map(checked, ALL[1:]))
    assert bench.judge(*again)["is_open"]
    assert literal(f"is waived up to {until} by {VERA}") in bench.shown[-1]["description"]
    desk.pass_days(6)
    assert not bench.judge(*again)["is_open"]
