"""Stories about the door: what random steps reach only now and then, and every guard's removal is seen in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flywheel.domain.gates import Verdict
from flywheel.domain.signoffs import Answer, Role
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR
from tests.factories.versions import CODES
from tests.promises.door_model import ADA

Story = tuple[tuple[Any, ...], ...]
"""Steps, each the name of a rule and what it is given."""
IN_BUSINESS: Story = (("new_dossier",), ("approve_all_and_try", Verdict.PASSED), ("answer_the_question",), ("release",))
STORIES: Mapping[str, Story] = {
    "an approval runs out and is renewed": (
        *IN_BUSINESS,
        ("time_goes_by", 340),
        ("time_goes_by", 40),
        ("look_after_endpoints",),
        ("approve_all",),
        ("release",),
    ),
    "an approval is withdrawn in business": (
        *IN_BUSINESS,
        ("withdraw", VERA),
        ("sign", BEN, None, Answer.APPROVE),
        ("release",),
        ("sign", VERA, None, Answer.APPROVE),
        ("release",),
    ),
    "a deputy approves what was withdrawn": (
        ("new_dossier",),
        ("approve_all",),
        ("withdraw", VERA),
        ("lend", VERA, IVAN),
        ("sign", IVAN, Role.VALIDATOR, Answer.APPROVE),
        ("answer_the_question",),
        ("release",),
        ("sign", BEN, None, Answer.APPROVE),
        ("judge", set(CODES), Verdict.PASSED),
        ("answer_the_question",),
        ("release",),
    ),
    "a deputy is no other voice": (
        ("new_dossier",),
        ("lend", VERA, IVAN),
        ("sign", VERA, None, Answer.APPROVE),
        ("sign", IVAN, Role.VALIDATOR, Answer.APPROVE),
        ("sign", BEN, None, Answer.APPROVE),
    ),
    "a reviewer changes to a rejection": (
        *IN_BUSINESS,
        ("sign", VERA, None, Answer.REJECT),
        ("answer_the_question",),
        ("release",),
    ),
    "major remarks come after an approval": (
        *IN_BUSINESS,
        ("sign", VERA, None, Answer.APPROVE, True),
        ("release",),
        ("approve_all",),
    ),
    "a gate breaks in business": (
        *IN_BUSINESS,
        ("judge", {CODES[0]}, Verdict.ERROR),
        ("release",),
        ("judge", {CODES[0]}, Verdict.PASSED),
    ),
    "the author signs": (
        ("new_dossier",),
        ("sign", BEN, None, Answer.APPROVE),
        ("sign", OWNER, Role.VALIDATOR, Answer.APPROVE),
    ),
    "the glass is broken by the wrong": (
        ("new_dossier",),
        ("sign", VERA, None, Answer.REJECT),
        ("new_dossier",),
        ("judge", {CODES[1]}, Verdict.FAILED),
        ("break_the_glass", ADA, VERA),
        ("judge", set(CODES), Verdict.PASSED),
        ("break_the_glass", BEN, VERA),
        ("make_again", False),
        ("break_the_glass", ADA, VERA),
        ("make_again", True),
        ("break_the_glass", ADA, OWNER),
        ("break_the_glass", ADA, VERA),
        ("answer_the_question",),
        ("release",),
        ("time_goes_by", 1),
        ("look_after_endpoints",),
        ("break_the_glass", ADA, VERA),
    ),
    "the glass holds for its hours": (
        ("new_dossier",),
        ("judge", set(CODES), Verdict.PASSED),
        ("answer_the_question",),
        ("break_the_glass", ADA, VERA),
        ("answer_the_question",),
        ("time_goes_by", 1),
        ("look_after_endpoints",),
        ("approve_all",),
        ("release",),
        ("close_findings",),
        ("release",),
    ),
    "a grave finding is borne": (
        *IN_BUSINESS,
        ("open_finding", VERA),
        ("bear", BEN, IVAN, True),
        ("bear", VERA, IVAN, False),
        ("release",),
        ("bear", VERA, IVAN, True),
        ("release",),
        ("time_goes_by", 20),
        ("release",),
        ("bring_back",),
        ("close_findings",),
        ("release",),
    ),
    "it was not made again": (
        *IN_BUSINESS,
        ("make_again", False),
        ("release",),
        ("new_dossier",),
        ("sign", VERA, None, Answer.APPROVE),
        ("make_again", True),
        ("approve_all",),
        ("release",),
    ),
    "roles are lent to the wrong": (("lend", OWNER, IVAN), ("lend", VIKTOR, OWNER), ("lend", BEN, IVAN)),
}
