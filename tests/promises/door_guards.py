"""The guards of the door, each taken away; whoever runs the machine without one must see it disagree with the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from flywheel.catalog.signoff import signoffs_of
from flywheel.domain import standing as standing_rules
from flywheel.domain.findings import Finding, FindingState
from flywheel.domain.gates import GateDecision
from flywheel.domain.signoffs import Feedback, Signoff
from flywheel.domain.standing import Standing
from flywheel.services.approval import answering, break_glass, findings, signoffs
from flywheel.services.people import delegations
from flywheel.services.serving import releases, upkeep
from flywheel.services.standing import weighing
from tests.promises.door import DOOR, PEN, SAFETY

Removal = Callable[[pytest.MonkeyPatch], None]


def any_package_may_serve(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(releases, "has_passed_on", lambda *_, **__: True)


def gates_always_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weighing, "decide_with", lambda *_, **__: GateDecision(is_open=True))


def quorum_always_there(patch: pytest.MonkeyPatch) -> None:
    granted = Standing(is_granted=True, missing={}, approved_by={})
    patch.setattr(weighing, "standing_in", lambda *_: granted)


def open_questions_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(releases, "_reasons_of_state", lambda *_: ())


def anybody_may_sign(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answering, "check_may_sign", lambda **_: None)


def anybody_may_change_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answering, "check_may_answer", lambda *_, **__: None)


def the_last_may_sign_first(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answering, "check_turn", lambda *_, **__: None)


def anybody_may_delegate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(delegations, "check_may_delegate", lambda *_, **__: None)


def approvals_never_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Signoff, "ends_at", lambda *_: None)


def withdrawn_approvals_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Signoff, "is_withdrawn", property(lambda _: False))


def withdrawals_shake_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weighing, "signoffs_of", lambda *given: [s for s in signoffs_of(*given) if not s.is_withdrawn])


def a_delegate_is_another_voice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Signoff, "voice", property(lambda signoff: signoff.person))


def major_remarks_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    read = standing_rules.last_words
    softened: Callable[..., tuple[Signoff, ...]] = lambda *given, **more: tuple(  # noqa: E731  as short as the others
        replace(word, feedback=Feedback.APPROVED) for word in read(*given, **more)
    )
    patch.setattr(standing_rules, "last_words", softened)


def anybody_may_break_the_glass(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(break_glass, "_must_be_people_who_may", lambda *_: None)


def the_glass_passes_over_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(break_glass, "_must_lack_signatures_alone", lambda *_: None)


def grave_findings_are_overlooked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weighing, "_open_findings", lambda *_: ())


def anybody_bears_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(findings, "prove_with_owner", lambda *_, owner, **__: owner)


def what_is_borne_is_borne_for_good(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Finding, "is_open", lambda finding, _: finding.state is FindingState.OPEN)


def nobody_need_make_it_again_to_sign(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(signoffs, "reproduction_lacks", lambda *_: ())


def nobody_need_make_it_again_to_serve(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(weighing, "reproduction_lacks", lambda *_: ())


def nobody_need_make_it_again_to_break_the_glass(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(break_glass, "reproduction_lacks", lambda *_: ())


def endpoints_are_left_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(upkeep, "_is_in_doubt", lambda *_: False)


GUARDS: Mapping[Removal, tuple[str, str]] = {
    any_package_may_serve: (DOOR, "an approval runs out and is renewed"),
    gates_always_open: (f"{DOOR}|{PEN}", "a gate breaks in business"),
    quorum_always_there: (f"{DOOR}|{SAFETY}", "a deputy approves what was withdrawn"),
    open_questions_do_not_matter: (DOOR, "an approval runs out and is renewed"),
    anybody_may_sign: (PEN, "the author signs"),
    anybody_may_change_back: (PEN, "an approval is withdrawn in business"),
    the_last_may_sign_first: (PEN, "an approval is withdrawn in business"),
    anybody_may_delegate: (PEN, "roles are lent to the wrong"),
    approvals_never_end: (f"{DOOR}|{PEN}|{SAFETY}", "an approval runs out and is renewed"),
    withdrawn_approvals_count: (f"{DOOR}|{PEN}|{SAFETY}", "an approval is withdrawn in business"),
    withdrawals_shake_nobody: (f"{DOOR}|{PEN}|{SAFETY}", "a deputy approves what was withdrawn"),
    a_delegate_is_another_voice: (f"{DOOR}|{PEN}|{SAFETY}", "a deputy is no other voice"),
    major_remarks_do_not_matter: (f"{DOOR}|{PEN}|{SAFETY}", "major remarks come after an approval"),
    anybody_may_break_the_glass: (PEN, "the glass is broken by the wrong"),
    the_glass_passes_over_everything: (PEN, "the glass is broken by the wrong"),
    grave_findings_are_overlooked: (DOOR, "the glass holds for its hours"),
    anybody_bears_anything: (PEN, "a grave finding is borne"),
    what_is_borne_is_borne_for_good: (DOOR, "a grave finding is borne"),
    nobody_need_make_it_again_to_sign: (PEN, "it was not made again"),
    nobody_need_make_it_again_to_serve: (DOOR, "it was not made again"),
    nobody_need_make_it_again_to_break_the_glass: (PEN, "the glass is broken by the wrong"),
    endpoints_are_left_alone: (SAFETY, "an approval runs out and is renewed"),
}
"""Each removal, the disagreement by which it is seen, and the story in which it is."""
