"""People may grow more cautious about the same dossier, never less."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from flywheel.domain.changes_of_mind import check_may_answer
from flywheel.domain.digests import digest_of
from flywheel.domain.signoffs import Answer, Role, Signoff
from flywheel.errors import Refused

DOSSIER = digest_of("dossier")
ALLOWED = {
    (Answer.APPROVE, Answer.REWORK),
    (Answer.APPROVE, Answer.REJECT),
    (Answer.REWORK, Answer.REJECT),
}


def given(answer: Answer) -> tuple[Signoff, ...]:
    return (Signoff("vera@x.y", Role.VALIDATOR, answer, DOSSIER, datetime(2026, 1, 1, tzinfo=UTC), 1),)


@pytest.mark.parametrize(("first", "second"), sorted(ALLOWED))
def test_step_towards_caution_is_heard(first: Answer, second: Answer) -> None:
    assert check_may_answer(given(first), person="vera@x.y", digest=DOSSIER, answer=second) is None


@pytest.mark.parametrize(("first", "second"), sorted(set(product(Answer, Answer)) - ALLOWED))
def test_same_answer_and_any_step_back_are_refused(first: Answer, second: Answer) -> None:
    with pytest.raises(Refused, match=f"already answered {first.value}"):
        check_may_answer(given(first), person="VERA@x.y", digest=DOSSIER, answer=second)


def test_new_dossier_and_other_people_begin_anew() -> None:
    signed = given(Answer.REJECT)
    assert check_may_answer(signed, person="vera@x.y", digest=digest_of("new"), answer=Answer.APPROVE) is None
    assert check_may_answer(signed, person="viktor@x.y", digest=DOSSIER, answer=Answer.APPROVE) is None
