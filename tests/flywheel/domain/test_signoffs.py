"""Who may sign, and which answers stand on their own feet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import digest_of
from flywheel.domain.signoffs import Answer, Feedback, Role, check_answer, check_comment, check_may_sign
from flywheel.errors import Refused

AT = datetime(2026, 3, 2, tzinfo=UTC)
SHOWN, STALE = digest_of("dossier"), digest_of("older dossier")


def ask(**changed: object) -> None:
    """Ask whether Vera may sign, with some facts changed."""
    facts = {
        "person": "vera@b.example",
        "role": Role.VALIDATOR,
        "roles": {Role.VALIDATOR},
        "authors": ("ana@b.example",),
        "shown": SHOWN,
        "current": SHOWN,
    }
    check_may_sign(**(facts | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"person": "ANA@b.example"}, "is an author"),
        ({"role": Role.LEGAL}, "does not hold the role legal"),
        ({"roles": set()}, "found 'none'"),
        ({"on_behalf_of": "ana@b.example"}, "would sign for ana@b.example, who is an author"),
        ({"current": None}, "has no dossier yet"),
        ({"current": STALE}, "has changed since it was shown"),
    ],
)
def test_who_may_not_sign_is_told_why(changed: dict[str, object], reason: str) -> None:
    ask()
    with pytest.raises(Refused, match=reason):
        ask(**changed)


@pytest.mark.parametrize("comment", ["", "read it\n\tall of it", "größer als früher", "合意", "e\u0301"])
def test_ordinary_words_are_a_comment(comment: str) -> None:
    check_comment(comment)
    with pytest.raises(Refused, match="control characters"):
        check_comment(f"{comment}\x00")


@pytest.mark.parametrize(
    "comment",
    [
        "a\x00b",
        "\x1b[2J",
        "\x7f",
        "\x9b2J",
        "\r",
        "\u202eevorppa",
        "\u2066x",
        "\u200fx",
        "\ud800",
        "x" * 4_001,
    ],
    ids=ascii,
)
def test_hidden_or_endless_text_is_no_comment(comment: str) -> None:
    with pytest.raises(Refused):
        check_comment(comment)


@pytest.mark.parametrize(
    ("answer", "feedback", "conditions", "comment", "reason"),
    [
        (Answer.REJECT, Feedback.MINOR, NONE, "x", "only an approval carries"),
        (Answer.REWORK, Feedback.APPROVED, Conditions(traffic_share=0.5), "x", "only an approval carries"),
        (Answer.REWORK, Feedback.APPROVED, NONE, " ", "returning for rework needs words"),
        (Answer.APPROVE, Feedback.MINOR, NONE, "", "minor feedback needs words"),
        (Answer.APPROVE, Feedback.MAJOR, NONE, "", "major feedback needs words"),
        (Answer.APPROVE, Feedback.APPROVED, Conditions(until_at=AT), "", "cannot end before it begins"),
    ],
)
def test_answer_that_contradicts_itself_is_refused(
    answer: Answer, feedback: Feedback, conditions: Conditions, comment: str, reason: str
) -> None:
    check_answer(answer=Answer.APPROVE, feedback=Feedback.APPROVED, conditions=NONE, comment="", now=AT)
    with pytest.raises(Refused, match=reason):
        check_answer(answer=answer, feedback=feedback, conditions=conditions, comment=comment, now=AT)


def test_end_that_lies_ahead_is_a_condition() -> None:
    later = Conditions(until_at=AT + timedelta(days=1))
    check_answer(answer=Answer.APPROVE, feedback=Feedback.APPROVED, conditions=later, comment="", now=AT)
    with pytest.raises(Refused):
        check_answer(
            answer=Answer.APPROVE, feedback=Feedback.APPROVED, conditions=later, comment="", now=later.until_at or AT
        )
