"""Which approvals stand on their own feet, and that nothing stands in the way of a rejection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from flywheel.domain.answers import Said, read_answer, role_asked, weighed_answer
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Refused

AT = datetime(2026, 3, 2, tzinfo=UTC)
BESIDE: dict[str, list[Any]] = {
    "feedback": ["", "approved", "minor", "major", "splendid"],
    "until": ["", "2027-01-01", "30.06.2027", "9999-12-31", "x" * 99],
    "traffic_share": [1.0, 0.5, "", "0", "-1", "half"],
    "only": [[], ["region=north"], ["region"], ["=;"], ["a=b"] * 99],
    "comment": ["", "no\r\nbad", "\u200e\x0c\x1b[2J", "\ud800", "x" * 5_000],
}


@pytest.mark.parametrize("answer", [Answer.REJECT, Answer.REWORK])
def test_whatever_stands_beside_it_a_rejection_is_read_and_weighed(answer: Answer) -> None:
    for typed in product(*BESIDE.values()):
        said = read_answer(answer, **dict(zip(BESIDE, typed, strict=True)))
        assert (said.feedback, said.conditions) == (Feedback.APPROVED, NONE)
        is_typed = (typed[0] not in {"", "approved"}, typed[1] != "", typed[2] not in {1.0, ""}, typed[3] != [])
        assert len(said.left_out) == sum(is_typed), typed
        assert all(one.isprintable() for one in said.told)
        if answer is Answer.REJECT or said.comment:
            weigh(answer, feedback=said.feedback, conditions=said.conditions, comment=said.comment)


@pytest.mark.parametrize("comment", ["", "no", "\x00\r\n", "x" * 4_001])
@pytest.mark.parametrize(
    "conditions", [NONE, Conditions(AT), Conditions(traffic_share=0.5), Conditions(only={"a": ()})]
)
@pytest.mark.parametrize("feedback", list(Feedback))
def test_a_rejection_is_weighed_without_what_an_approval_carries(
    feedback: Feedback, conditions: Conditions, comment: str
) -> None:
    said = weigh(Answer.REJECT, feedback=feedback, conditions=conditions, comment=comment)
    assert (said.feedback, said.conditions) == (Feedback.APPROVED, NONE)


def test_what_was_left_out_is_told() -> None:
    said = read_answer(Answer.REJECT, feedback="major", until="30.06.2027", comment="it leaks")
    told = "taken without feedback major and until 30.06.2027: these belong to an approval only"
    assert (said.comment, said.told) == ("it leaks", told)
    assert read_answer(Answer.REJECT, comment="it leaks").told == ""


@pytest.mark.parametrize(
    ("answer", "feedback", "conditions", "comment", "reason"),
    [
        (Answer.REWORK, Feedback.APPROVED, NONE, " ", "returning for rework needs a comment"),
        (Answer.APPROVE, Feedback.MINOR, NONE, "", "minor feedback needs a comment"),
        (Answer.APPROVE, Feedback.MAJOR, NONE, "", "major feedback needs a comment"),
        (Answer.APPROVE, Feedback.APPROVED, NONE, "\x00", "control characters"),
        (Answer.APPROVE, Feedback.APPROVED, Conditions(only={"a": ()}), "", "too many cases, or none"),
        (Answer.APPROVE, Feedback.APPROVED, Conditions(until_at=AT), "", "cannot end before it begins"),
    ],
)
def test_answer_that_contradicts_itself_is_refused(
    answer: Answer, feedback: Feedback, conditions: Conditions, comment: str, reason: str
) -> None:
    weigh(Answer.APPROVE)
    with pytest.raises(Refused, match=reason):
        weigh(answer, feedback=feedback, conditions=conditions, comment=comment)


def test_end_that_lies_ahead_is_a_condition() -> None:
    later = Conditions(until_at=AT + timedelta(days=1))
    assert weigh(Answer.APPROVE, conditions=later).conditions == later


@pytest.mark.parametrize("until", ["30.06.2027", "9999-12-31"])
def test_an_approval_must_be_readable(until: str) -> None:
    assert read_answer(Answer.APPROVE, until="2027-06-30", traffic_share=0.5).conditions.traffic_share == 0.5
    with pytest.raises(Refused, match="not a day"):
        read_answer(Answer.APPROVE, until=until)


def test_who_rejects_in_a_role_that_is_not_theirs_does_so_in_their_own() -> None:
    assert role_asked(Answer.REJECT, Role.LEGAL, may={Role.BUSINESS}) is None
    assert role_asked(Answer.REJECT, Role.BUSINESS, may={Role.BUSINESS}) is Role.BUSINESS
    assert role_asked(Answer.APPROVE, Role.LEGAL, may={Role.BUSINESS}) is Role.LEGAL


def weigh(
    answer: Answer, *, feedback: Feedback = Feedback.APPROVED, conditions: Conditions = NONE, comment: str = ""
) -> Said:
    """Weigh an answer in the spring of 2026."""
    return weighed_answer(answer, feedback=feedback, conditions=conditions, comment=comment, now=AT)
