"""The battery runs what the tier and the charter ask for, with the policy's limits, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from flywheel.domain.gates import Verdict
from flywheel.domain.policy import Exposure, Purpose, Tier
from flywheel.domain.stages import Stage
from flywheel.errors import InputRefused
from flywheel.project.charter.charter import Risk
from flywheel.project.charter.commitments import Kpi
from flywheel.project.charter.stages import Validation
from flywheel.project.examination import Answered, Examination, Rivals
from flywheel.services.terms.policy_files import read_policy
from tests.factories.charters import ROOT
from tests.factories.examinations import examined, without
from validators import battery
from validators.agreed_targets import measured
from validators.registry import GATES

pytestmark = pytest.mark.usefixtures("foreign_examiners")

NOTHING: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Examination:
    return examined(tmp_path_factory.mktemp("bank"))


def test_every_check_answers_under_its_own_code_and_none_breaks(seen: Examination) -> None:
    results = {one.result.code: one.result for one in battery.examine(seen, battery.CHECKS)}
    assert list(results) == sorted(battery.CHECKS)
    assert [code for code, result in results.items() if result.verdict is Verdict.ERROR] == []
    apart = {code for code, result in results.items() if result.verdict is Verdict.NOT_APPLICABLE}
    assert apart == {"DIFF-001", "DRIFT-004", "PERF-006", "PERF-015", "PERF-016"}


def test_a_check_that_the_battery_does_not_hold_is_refused(seen: Examination) -> None:
    with pytest.raises(InputRefused, match="no such check"):
        battery.examine(seen, {"PERF-001", "PERF-999"})


@pytest.mark.parametrize("tier", list(Tier))
def test_each_tiers_checks_exist(tier: Tier) -> None:
    policy = read_policy(ROOT, tier)
    assert policy.required_in(Stage.VALIDATION) <= battery.CHECKS.keys()
    assert {code for codes in policy.required.values() for code in codes} | policy.thresholds.keys() <= GATES.keys()


@pytest.mark.parametrize("tier", list(Tier))
def test_each_tiers_limits_are_known_to_their_gates(seen: Examination, tier: Tier) -> None:
    limits = read_policy(ROOT, tier).thresholds
    codes = limits.keys() & battery.CHECKS.keys()
    checked = battery.examine(replace(seen, limits=limits), codes)
    assert [one.result.code for one in checked if one.result.verdict is Verdict.ERROR] == []


def test_a_limit_with_a_slip_of_the_pen_is_an_error_and_no_pass(seen: Examination) -> None:
    wrong = replace(seen, limits={"PERF-009": {"gap_at_mots": 0.1}})
    assert battery.examine(wrong, {"PERF-009"})[0].result.verdict is Verdict.ERROR


def test_a_policys_limit_reaches_its_gate(seen: Examination) -> None:
    strict = replace(seen, limits={"PERF-013": {"at_most": 0.001}, "PERF-004": {"rows_at_least": 10**6}})
    fair, calibrated = (battery.examine(strict, {code})[0].result for code in ("PERF-013", "PERF-004"))
    assert fair.figures["at_most"] == 0.001
    assert calibrated.verdict is Verdict.FAILED


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_features_that_tell_of_people_are_asked_about_whatever_the_purpose(
    seen: Examination, purpose: Purpose
) -> None:
    risk = Risk(exposure=Exposure.MEDIUM, purpose=purpose, regulated=False)
    asked = battery.examine(without(seen, validation=Validation(), risk=risk), {"PERF-013"})[0].result
    used = [name for name in ("age", "gender") if name in seen.features]
    assert used
    assert f"The model decides by {', '.join(used)}, which describe" in asked.questions[0]


def test_what_a_charter_declares_is_checked_in_every_tier(seen: Examination) -> None:
    assert battery.demanded(seen, required=frozenset({"PERF-001"})) == {"PERF-001", "PERF-009", "PERF-012", "PERF-013"}
    data = seen.charter.data
    assert data is not None
    silent = {name: column.model_copy(update={"expect": None}) for name, column in data.columns.items()}
    quiet = without(seen, validation=Validation(), data=data.model_copy(update={"columns": silent}))
    assert battery.demanded(quiet, required=NOTHING) == NOTHING


def test_a_target_that_is_measured_is_held_and_one_that_people_report_is_not(seen: Examination) -> None:
    reported = kpi(reported_by="ben@bank.example")
    assert "PERF-016" not in battery.demanded(without(seen, kpis=(reported,)), required=NOTHING)
    for measure in seen.charter.asks.measures:
        aimed = without(seen, kpis=(kpi(measure=measure), reported))
        assert "PERF-016" in battery.demanded(aimed, required=NOTHING)
        result = battery.examine(aimed, {"PERF-016"})[0].result
        assert result.verdict is Verdict.FAILED
        assert measure.replace(" ", "_") in result.figures
    assert measured(seen)["value per year"] > 0


def kpi(**said: str) -> Kpi:
    """A target that nothing reaches."""
    return Kpi.model_validate({"name": "much", "from": 0, "target": 10**12, **said})


def test_a_champion_brings_its_comparison_along(seen: Examination) -> None:
    rivals = replace(seen.rivals, champion=seen.answered)
    assert "PERF-002" in battery.demanded(replace(seen, rivals=rivals), required=NOTHING)


def test_a_renewal_is_held_against_the_champion_at_the_upper_bound(seen: Examination) -> None:
    rivals = replace(seen.rivals, champion=seen.answered)
    renewal = replace(seen, rivals=rivals, is_renewal=True)
    assert battery.examine(renewal, {"PERF-002"})[0].result.figures["judged_at"] == "upper bound"


def test_declared_slices_are_told_in_calibration_too(seen: Examination) -> None:
    page = next(r for r in battery.examine(seen, {"PERF-004"})[0].reports if r.name == "calibration.html")
    assert b"channel = web" in page.content


ABOUT_EVERYTHING = {"DRIFT-003", "DRIFT-004", "PERF-007", "PERF-008"}
"""Checks that judge no test row by itself."""


@pytest.mark.parametrize("code", sorted(battery.CHECKS.keys() - ABOUT_EVERYTHING))
def test_copies_of_test_rows_make_no_check_surer(seen: Examination, code: str) -> None:
    once = _with_champion(seen, np.arange(len(seen.test)))
    copied = _with_champion(seen, np.repeat(np.arange(len(seen.test)), 5))
    alone, told = (battery.examine(one, {code})[0] for one in (once, copied))
    assert told.result.verdict is alone.result.verdict
    bounds = {name for name in alone.result.figures if name.endswith(("_low", "_high"))}
    assert {name: told.result.figures[name] for name in bounds} == {
        name: pytest.approx(alone.result.figures[name], rel=0.02, abs=0.02) for name in bounds
    }


def _with_champion(seen: Examination, places: npt.NDArray[np.intp]) -> Examination:
    """The same on these test rows, beside a champion that says the contrary of every third."""
    turned = np.where(np.arange(len(seen.test)) % 3 == 0, 1 - seen.said, seen.said)
    decided = seen.scorer.decided(turned)
    theirs = seen.framing.problem.money(seen.truth, decided)
    champion = Answered("card:1", turned[places], decided[places], theirs[places])
    return replace(
        seen,
        test=seen.test.iloc[places].reset_index(drop=True),
        truth=seen.truth[places],
        said=seen.said[places],
        decided=seen.decided[places],
        money=seen.money[places],
        units=seen.units[places],
        rivals=Rivals(seen.rivals.naive[places], theirs[places], champion),
    )
