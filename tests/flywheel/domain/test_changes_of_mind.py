"""Changing one's mind: towards caution only, while the dossier is the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flywheel.domain.changes_of_mind import check_may_answer
from flywheel.domain.digests import Digest, digest_of
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


@pytest.mark.parametrize(
    ("person", "digest"), [("vera@b.example", digest_of("new dossier")), ("viktor@b.example", SHOWN)]
)
def test_answer_binds_its_person_and_its_dossier_only(person: str, digest: Digest) -> None:
    before = [given(Answer.REJECT)]
    check_may_answer(before, person=person, digest=digest, answer=Answer.APPROVE)
    with pytest.raises(Refused):
        check_may_answer(before, person="vera@b.example", digest=SHOWN, answer=Answer.APPROVE)
