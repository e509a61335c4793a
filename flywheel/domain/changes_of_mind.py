"""Whether a person may answer again: always towards safety, never back to approval of the same dossier."""

from __future__ import annotations

from collections.abc import Iterable

from flywheel.domain.digests import Digest
from flywheel.domain.signoffs import Answer, Signoff
from flywheel.errors import Refused

_CAUTION = {Answer.APPROVE: 0, Answer.REWORK: 1, Answer.REJECT: 2}


def check_may_answer(signoffs: Iterable[Signoff], *, person: str, digest: Digest, answer: Answer) -> None:
    """Refuse the same answer twice, and any step back from caution while the dossier is the same."""
    given = [s.answer for s in signoffs if s.digest == digest and s.person.casefold() == person.casefold()]
    if not given:
        return
    last = given[-1]
    if _CAUTION[answer] <= _CAUTION[last]:
        allowed = ", ".join(other.value for other in Answer if _CAUTION[other] > _CAUTION[last])
        raise Refused(
            f"{person} has already answered {last.value} to this dossier",
            found=answer.value,
            allowed=allowed or "nothing more: a rejection stands until the dossier changes",
        )
