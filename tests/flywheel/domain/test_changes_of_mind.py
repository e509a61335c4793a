"""Changing one's mind: towards caution only, while the dossier is the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flywheel.domain.changes_of_mind import check_may_answer
from flywheel.domain.digests import digest_of
from flywheel.domain.signoffs import Answer, Role, Signoff
from flywheel.errors import Refused

SHOWN = digest_of("dossier")
PERMITTED = {
    (Answer.APPROVE, Answer.REWORK),
    (Answer.APPROVE, Answer.REJECT),
    (Answer.REWORK, Answer.REJECT),
}


def given(answer: Answer, *, person: str = "vera@b.example") -> Signoff:
    """What was said before."""
    return Signoff(person, Role.VALIDATOR, answer, SHOWN, datetime(2026, 3, 2, tzinfo=UTC), 1)


@pytest.mark.parametrize("before", Answer)
@pytest.mark.parametrize("after", Answer)
def test_second_answer_is_permitted_only_towards_caution(before: Answer, after: Answer) -> None:
    if (before, after) in PERMITTED:
        check_may_answer([given(before)], person="Vera@b.example", digest=SHOWN, answer=after)
    else:
        with pytest.raises(Refused, match=f"already answered {before.value}"):
            check_may_answer([given(before)], person="Vera@b.example", digest=SHOWN, answer=after)


def test_new_dossier_is_a_new_question() -> None:
    check_may_answer(
        [given(Answer.REJECT)], person="vera@b.example", digest=digest_of("new dossier"), answer=Answer.APPROVE
    )


def test_answer_of_another_person_binds_nobody() -> None:
    check_may_answer([given(Answer.REJECT)], person="viktor@b.example", digest=SHOWN, answer=Answer.APPROVE)
