"""What makes one policy weaker than another, in sentences; a change that weakens nothing is a tightening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from flywheel.domain.amounts import written_out
from flywheel.domain.policy import Policy
from flywheel.errors import counted


class ChangeState(StrEnum):
    """What became of a proposal."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


def weakenings(new: Policy, *, old: Policy) -> tuple[str, ...]:
    """List everything in which a new policy asks for less than the old; in doubt it does."""
    return (
        *_gates(new, old),
        *_quorum(new, old),
        *_agreement(new, old),
        *_signing(new, old),
        *_thresholds(new.thresholds, old.thresholds),
        *_glass(new, old),
    )


def is_stricter(name: str, new: float, *, than: float) -> bool | None:
    """Whether a limit asks for more than another; nothing where its name does not say in which way it works."""
    if "at_least" in name or name.startswith("min_"):
        return new >= than
    if "at_most" in name or name.startswith("max_"):
        return new <= than
    return True if new == than else None


def _gates(new: Policy, old: Policy) -> Iterator[str]:
    for stage, codes in old.required.items():
        for code in sorted(codes - new.required_in(stage)):
            yield f"{code} is no longer required in {stage.value}"


def _quorum(new: Policy, old: Policy) -> Iterator[str]:
    for role, count in sorted(old.quorum.items()):
        if (asked := new.quorum.get(role, 0)) < count:
            yield f"the quorum asks for {asked} instead of {count} x {role.value}"


def _agreement(new: Policy, old: Policy) -> Iterator[str]:
    for where, is_watched in (("", False), (" where the law watches", True)):
        asked, before = new.agreed_by(is_watched=is_watched), old.agreed_by(is_watched=is_watched)
        for role, count in sorted(before.items()):
            if asked.get(role, 0) < count:
                yield f"what is agreed is signed by {asked.get(role, 0)} instead of {count} x {role.value}{where}"


def _signing(new: Policy, old: Policy) -> Iterator[str]:
    if new.warned_opens and not old.warned_opens:
        yield "a warning opens a gate"
    if new.validity_days > old.validity_days:
        yield f"a sign-off holds {counted(new.validity_days, 'day')} instead of {old.validity_days}"
    if old.final_approver is not None and new.final_approver is not old.final_approver:
        yield f"{old.final_approver.value} no longer approves last"
    if new.fresh_secret_days < old.fresh_secret_days:
        before = counted(old.fresh_secret_days, "day")
        yield f"a new secret counts by itself after {new.fresh_secret_days} instead of {before}"
    if old.must_be_reproduced and not new.must_be_reproduced:
        yield "a version need not be reproduced"


def _thresholds(new: Mapping[str, Mapping[str, float]], old: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    for code in sorted(new.keys() | old.keys()):
        ours, theirs = new.get(code, {}), old.get(code, {})
        for name in sorted(ours.keys() | theirs.keys()):
            where = f"{code} {name}"
            if name not in ours:
                yield f"{where} is no longer limited (it was {written_out(theirs[name])})"
            elif name not in theirs:
                now = written_out(ours[name])
                yield f"{where} is {now} where the gate's own limit held, which may have been stricter"
            elif not is_stricter(name, ours[name], than=theirs[name]):
                yield f"{where} is {written_out(ours[name])} instead of {written_out(theirs[name])}"


def _glass(new: Policy, old: Policy) -> Iterator[str]:
    if new.break_glass is None or new.break_glass == old.break_glass:
        return
    if old.break_glass is None:
        yield "the glass may be broken"
    elif new.break_glass.role is not old.break_glass.role:
        yield f"{new.break_glass.role.value} may break the glass instead of {old.break_glass.role.value}"
    elif new.break_glass.at_most_hours > old.break_glass.at_most_hours:
        yield f"a broken glass lasts {new.break_glass.at_most_hours} hours instead of {old.break_glass.at_most_hours}"
