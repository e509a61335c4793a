"""Policies are read strictly: none may ask for nobody."""

from pathlib import Path

import pytest

from flywheel.domain.policy import Tier
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.errors import SettingsError
from flywheel.services.terms.policy_files import read_policy

HOME = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("tier", list(Tier))
def test_every_shipped_policy_demands_gates_and_a_validator(tier: Tier) -> None:
    policy = read_policy(HOME, tier)
    assert policy.quorum[Role.VALIDATOR] >= 1
    assert "PERF-001" in policy.required_in(Stage.VALIDATION)
    assert "PARITY-001" in policy.required_for_release


def test_high_risk_alone_must_be_made_again_before_it_is_approved() -> None:
    assert [tier for tier in Tier if read_policy(HOME, tier).must_be_reproduced] == [Tier.HIGH]
    assert [read_policy(HOME, tier).fresh_secret_days for tier in (Tier.LOW, Tier.MEDIUM, Tier.HIGH)] == [0, 0, 14]


@pytest.mark.parametrize("count", ["0", "-1", "99", "1.5", "true", '"1"'])
def test_a_senseless_quorum_is_refused(tmp_path: Path, count: str) -> None:
    text = (HOME / "config/policies/low.toml").read_text().replace("validator = 1", f"validator = {count}")
    folder = tmp_path / "config" / "policies"
    folder.mkdir(parents=True)
    (folder / "low.toml").write_text(text)
    with pytest.raises(SettingsError, match="quorum"):
        read_policy(tmp_path, Tier.LOW)


@pytest.mark.parametrize("limit", ["nan", '"0.1"', "true"])
def test_a_threshold_that_is_no_number_is_refused(tmp_path: Path, limit: str) -> None:
    text = (HOME / "config/policies/low.toml").read_text().replace("at_least = 0.0 ", f"at_least = {limit} ")
    folder = tmp_path / "config" / "policies"
    folder.mkdir(parents=True)
    (folder / "low.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"thresholds\.PERF-001\.at_least"):
        read_policy(tmp_path, Tier.LOW)


def test_a_policy_without_validation_gates_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "policies"
    folder.mkdir(parents=True)
    text = "\n".join(
        line
        for line in (HOME / "config/policies/low.toml").read_text().splitlines()
        if not line.startswith("validation =")
    )
    (folder / "low.toml").write_text(text)
    with pytest.raises(SettingsError, match="no gate in validation"):
        read_policy(tmp_path, Tier.LOW)


@pytest.mark.parametrize(
    ("was", "becomes", "where"),
    [
        ('"PERF-005"', '"PERF-099"', r"required\.validation"),
        ('"PERF-005"', '"DATA-001"', r"required\.validation"),
        ("[thresholds.PERF-001]", "[thresholds.PERF-099]", "thresholds"),
    ],
)
def test_a_gate_that_does_not_exist_or_is_never_asked_there_is_refused(
    tmp_path: Path, was: str, becomes: str, where: str
) -> None:
    text = (HOME / "config/policies/low.toml").read_text().replace(was, becomes)
    folder = tmp_path / "config" / "policies"
    folder.mkdir(parents=True)
    (folder / "low.toml").write_text(text)
    with pytest.raises(SettingsError, match=f"{where}: no gate of this code is asked there"):
        read_policy(tmp_path, Tier.LOW)
