"""Whether a person may answer again: towards safety at any time, and the same approval anew once it runs out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flywheel.domain.signoffs import DOSSIER, Answer, Feedback, Paper, Role, Signoff
from flywheel.domain.standing import Standing, Terms, counting
from flywheel.errors import Refused

_CAUTION = {Answer.APPROVE: 0, Answer.REWORK: 2, Answer.REJECT: 3}
_LONGEST_NOTICE = timedelta(days=30)


def check_may_answer(
    signoffs: Iterable[Signoff],
    *,
    person: str,
    answer: Answer,
    feedback: Feedback = Feedback.APPROVED,
    terms: Terms,
    now: datetime,
    paper: Paper = DOSSIER,
) -> None:
    """Refuse the same answer twice and any step back from caution, unless an approval that runs out is renewed."""
    said = tuple(signoffs)
    given = [s for s in said if s.digest == terms.digest and s.person.casefold() == person.casefold()]
    if not given:
        return
    last = given[-1]
    asked, before = _caution(answer, feedback), _caution(last.answer, last.feedback, is_withdrawn=last.is_withdrawn)
    if asked > before or (asked == before == 0 and may_renew(said, last, terms=terms, now=now)):
        return
    allowed = ", ".join(other.value for other in Answer if _CAUTION[other] > before)
    word = "withdrawn an approval of" if last.is_withdrawn else f"already answered {last.answer.value} to"
    raise Refused(
        f"{person} has {word} this {paper.name}",
        found=answer.value,
        allowed=allowed or f"nothing more: a rejection stands until the {paper.name} changes",
    )


def may_renew(signoffs: Iterable[Signoff], last: Signoff, *, terms: Terms, now: datetime) -> bool:
    """Whether an approval has run out, soon will, or must follow a withdrawal: the same person may then repeat it."""
    ends_at = last.ends_at(terms.validity)
    if last.answer is not Answer.APPROVE or last.is_withdrawn or last.feedback is Feedback.MAJOR:
        return False
    if ends_at is not None and now >= ends_at - notice_of(ends_at - last.signed_at):
        return True
    is_final = last.role is terms.final_approver
    return is_final and last not in counting(signoffs, terms=terms, now=now)


def notice_of(length: timedelta) -> timedelta:
    """How long before its end an approval may be renewed: a quarter of its time, at most thirty days."""
    return min(_LONGEST_NOTICE, length / 4)


def check_turn(standing: Standing, *, role: Role, answer: Answer, terms: Terms) -> None:
    """Refuse the final approver's approval as long as somebody else's is missing; a refusal needs no turn."""
    others = {waited: count for waited, count in standing.missing.items() if waited is not role}
    if answer is Answer.APPROVE and role is terms.final_approver and (others or standing.major_by):
        waiting = ", ".join(f"{count} x {waited.value}" for waited, count in others.items())
        raise Refused(
            f"the policy lets {role.value} approve last",
            found=f"still missing: {waiting}" if waiting else standing.sentence(),
            next_step="wait until the others have signed; a rejection or a return for rework is taken at any time",
        )


def _caution(answer: Answer, feedback: Feedback, *, is_withdrawn: bool = False) -> float:
    if answer is Answer.APPROVE:
        return 1.5 if is_withdrawn else 1.0 if feedback is Feedback.MAJOR else 0.0
    return float(_CAUTION[answer])
