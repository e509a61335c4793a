"""Policies: the tier follows from the answers, and a policy without a quorum cannot be made."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.domain.policy import Exposure, Policy, Purpose, Tier, tier_of
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage

POLICY = Policy(
    tier=Tier.MEDIUM,
    required={Stage.VALIDATION: frozenset({"PERF-001", "PERF-003"}), Stage.DELIVERY: frozenset({"PARITY-001"})},
    quorum={Role.VALIDATOR: 1},
    warned_opens=False,
    validity_days=365,
)
TIERS = list(Tier)
EXPOSURES = list(Exposure)


def test_more_people_agree_where_the_law_watches_and_never_fewer() -> None:
    policy = replace(POLICY, agreement={Role.BUSINESS: 2, Role.IT: 1}, agreement_where_watched={Role.LEGAL: 1})
    assert policy.agreed_by(is_watched=False) == {Role.BUSINESS: 2, Role.IT: 1}
    assert policy.agreed_by(is_watched=True) == {Role.BUSINESS: 2, Role.IT: 1, Role.LEGAL: 1}
    assert replace(policy, agreement_where_watched={Role.IT: 2}).agreed_by(is_watched=True)[Role.IT] == 2
    assert POLICY.agreed_by(is_watched=True) == {}


def test_an_agreement_of_nobody_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="at least one person"):
        replace(POLICY, agreement={Role.IT: 0})


def test_a_policy_that_says_nothing_of_agreements_keeps_its_digest() -> None:
    assert not {"agreement", "agreement_where_watched"} & POLICY.document.keys()


@given(st.sampled_from(Exposure), st.sampled_from(Exposure), st.sampled_from(Purpose), st.booleans())
def test_more_exposure_or_a_watching_law_never_lowers_the_tier(
    one: Exposure, other: Exposure, purpose: Purpose, regulated: bool
) -> None:
    low, high = sorted((one, other), key=EXPOSURES.index)
    assert rank(tier_of(low, purpose, regulated=False)) <= rank(tier_of(high, purpose, regulated=regulated))


@pytest.mark.parametrize(
    ("exposure", "purpose", "regulated", "tier"),
    [
        (Exposure.LOW, Purpose.INSIGHT, False, Tier.LOW),
        (Exposure.LOW, Purpose.INTERNAL_PROCESS, True, Tier.MEDIUM),
        (Exposure.HIGH, Purpose.INSIGHT, False, Tier.MEDIUM),
        (Exposure.LOW, Purpose.AUTOMATED_DECISION, True, Tier.HIGH),
        (Exposure.HIGH, Purpose.AUTOMATED_DECISION, False, Tier.HIGH),
    ],
)
def test_tier_follows_from_the_answers(exposure: Exposure, purpose: Purpose, regulated: bool, tier: Tier) -> None:
    assert tier_of(exposure, purpose, regulated=regulated) is tier


def test_release_asks_for_the_gates_of_validation_and_delivery() -> None:
    assert POLICY.required_for_release == {"PERF-001", "PERF-003", "PARITY-001"}
    assert POLICY.required_in(Stage.RESEARCH) == frozenset()


@pytest.mark.parametrize("quorum", [{}, {Role.VALIDATOR: 0}, {Role.VALIDATOR: 1, Role.BUSINESS: -1}])
def test_policy_that_asks_nobody_cannot_be_made(quorum: dict[Role, int]) -> None:
    with pytest.raises(ValueError, match="at least one person"):
        replace(POLICY, quorum=quorum)


def test_sign_off_without_validity_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="at least a day"):
        replace(POLICY, validity_days=0)


def test_digest_is_of_what_the_policy_says() -> None:
    same = replace(
        POLICY, required=MappingProxyType({stage: POLICY.required[stage] for stage in reversed(list(POLICY.required))})
    )
    assert same.digest == POLICY.digest
    assert replace(POLICY, warned_opens=True).digest != POLICY.digest
    assert replace(POLICY, quorum={Role.VALIDATOR: 2}).digest != POLICY.digest


def test_policy_from_before_thresholds_keeps_its_digest() -> None:
    assert POLICY.digest == "sha256:4901ca3a1812d1b096474acf5c7ba1fef210333f1e9938515b926cb011b875e6"
    assert replace(POLICY, thresholds={"PERF-001": {"at_least": 0.01}}).digest != POLICY.digest


def rank(tier: Tier) -> int:
    """How strict a tier is."""
    return TIERS.index(tier)
