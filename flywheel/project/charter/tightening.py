"""A project's own stricter policy: what its charter adds to the tier's, and a refusal where it would ask for less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flywheel.domain.policy import Policy
from flywheel.domain.policy_changes import is_stricter
from flywheel.domain.stages import Stage
from flywheel.errors import CharterError, Problem
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.preflight import FILE

WHERE = "validation.policy"
BASELINE, FOOTPRINT = "PERF-001", "PERF-014"


def tightened(policy: Policy, charter: Charter) -> Policy:
    """Add what the charter asks for to its tier's policy; refuse a charter that loosens it, with every key."""
    if problems := loosenings(policy, charter):
        raise CharterError(problems)
    asked = charter.validation.policy
    required = dict(policy.required)
    if asked.required:
        required[Stage.VALIDATION] = policy.required_in(Stage.VALIDATION) | frozenset(asked.required)
    thresholds = {code: dict(limits) for code, limits in policy.thresholds.items()}
    for code, limits in asked.thresholds.items():
        thresholds[code] = thresholds.get(code, {}) | dict(limits)
    if charter.it and charter.it.limits:
        required[Stage.DELIVERY] = policy.required_in(Stage.DELIVERY) | {FOOTPRINT}
        known = thresholds.get(FOOTPRINT, {})
        stricter = {name: min(limit, known.get(name, limit)) for name, limit in charter.it.limits.items()}
        thresholds[FOOTPRINT] = known | stricter
    return replace(
        policy,
        required=required,
        quorum={**policy.quorum, **asked.quorum},
        agreement={**policy.agreement, **asked.agreement},
        warned_opens=policy.warned_opens if asked.warned_opens is None else asked.warned_opens,
        validity_days=asked.validity_days or policy.validity_days,
        thresholds=thresholds,
        final_approver=asked.final_approver or policy.final_approver,
        must_be_reproduced=policy.must_be_reproduced or bool(asked.must_be_reproduced),
    )


def loosenings(policy: Policy, charter: Charter) -> tuple[Problem, ...]:
    """Find every key by which a charter asks for less than its tier's policy, with what is allowed."""
    return (*_quorum(policy, charter), *_signing(policy, charter), *_thresholds(policy, charter))


def _quorum(policy: Policy, charter: Charter) -> Iterator[Problem]:
    asked = charter.validation.policy
    for role, count in asked.quorum.items():
        if count < policy.quorum.get(role, 0):
            yield _loose(policy, f"{WHERE}.quorum.{role.value}", str(count), f"at least {policy.quorum[role]}")
    for role, count in asked.agreement.items():
        if count < (least := policy.agreed_by(is_watched=charter.is_watched).get(role, 0)):
            yield _loose(policy, f"{WHERE}.agreement.{role.value}", str(count), f"at least {least}")
    last = asked.final_approver or policy.final_approver
    if policy.final_approver is not None and last is not policy.final_approver:
        yield _loose(policy, f"{WHERE}.final_approver", str(last), policy.final_approver.value)
    elif last is not None and {**policy.quorum, **asked.quorum}.get(last) != 1:
        what = f"{last.value} approves last, which is one person"
        yield Problem(FILE, f"{WHERE}.quorum.{last.value}", what, str(asked.quorum.get(last, 0)), "1")


def _signing(policy: Policy, charter: Charter) -> Iterator[Problem]:
    asked = charter.validation.policy
    if asked.validity_days is not None and asked.validity_days > policy.validity_days:
        days = f"at most {policy.validity_days}"
        yield _loose(policy, f"{WHERE}.validity_days", str(asked.validity_days), days)
    if asked.warned_opens and not policy.warned_opens:
        yield _loose(policy, f"{WHERE}.warned_opens", "true", "false")
    if policy.must_be_reproduced and asked.must_be_reproduced is False:
        yield _loose(policy, f"{WHERE}.must_be_reproduced", "false", "true")


def _thresholds(policy: Policy, charter: Charter) -> Iterator[Problem]:
    asked, beat = charter.validation.policy.thresholds, charter.validation.must_beat
    for code, limits in asked.items():
        for name, limit in limits.items():
            known, key = policy.thresholds.get(code, {}).get(name), f"{WHERE}.thresholds.{code}.{name}"
            if known is None:
                there = ", ".join(sorted(policy.thresholds.get(code, {}))) or "none for this gate"
                yield _loose(policy, key, name, f"a limit of the policy, which can be compared: {there}")
            elif not is_stricter(name, limit, than=known):
                yield _loose(policy, key, f"{limit:g}", f"{known:g} or stricter")
    least = policy.thresholds.get(BASELINE, {}).get("at_least")
    if least is not None and "baseline" in beat.model_fields_set and beat.baseline < least:
        yield _loose(policy, "validation.must_beat.baseline", f"{beat.baseline:g}", f"at least {least:g}")


def _loose(policy: Policy, key: str, found: str, allowed: str) -> Problem:
    what = f"asks for less than the policy of tier {policy.tier.value}; a charter may only tighten it"
    return Problem(FILE, key, what, found, allowed)
