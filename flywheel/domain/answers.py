"""What an answer says: an approval must hold together, and a rejection counts whatever else was typed with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flywheel.domain.comments import kept_comment, plain_comment
from flywheel.domain.conditions import NONE, WHOLE, Conditions, check_cases, conditions_in_words
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Refused


@dataclass(frozen=True)
class Said:
    """What counts of an answer, and what was typed beside it for nothing."""

    feedback: Feedback
    conditions: Conditions
    comment: str
    left_out: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Say what was left out; nothing where nothing was."""
        if not self.left_out:
            return ""
        return f"taken without {' and '.join(self.left_out)}: these belong to an approval only"


def read_answer(
    answer: Answer,
    *,
    feedback: str = Feedback.APPROVED,
    until: str = "",
    traffic_share: float | str = WHOLE,
    only: Collection[str] = (),
    comment: str = "",
) -> Said:
    """Read what a person typed; what an approval alone carries is not even read of another answer."""
    if answer is Answer.APPROVE:
        typed = conditions_in_words(until=until, traffic_share=float(traffic_share), only=only)
        return Said(Feedback(feedback), typed, plain_comment(comment))
    beside = {
        f"feedback {feedback}": feedback not in {"", Feedback.APPROVED},
        f"until {until}": until.strip(),
        f"a share of {traffic_share}": traffic_share not in {"", WHOLE, str(WHOLE), "1"},
        f"only {'; '.join(only)}": any(entry.strip() for entry in only),
    }
    left_out = tuple(kept_comment(name) for name, is_typed in beside.items() if is_typed)
    return Said(Feedback.APPROVED, NONE, kept_comment(comment), left_out)


def weighed_answer(answer: Answer, *, feedback: Feedback, conditions: Conditions, comment: str, now: datetime) -> Said:
    """Give what counts of an answer; refuse an approval that contradicts itself, and what needs words and has none.

    A rejection is never refused here.
    """
    if answer is not Answer.APPROVE:
        said = Said(Feedback.APPROVED, NONE, kept_comment(comment))
        if answer is Answer.REWORK and not said.comment.strip():
            raise Refused("returning for rework needs a comment", next_step="say in the comment what is to be changed")
        return said
    said = Said(feedback, conditions, plain_comment(comment))
    check_cases(conditions)
    if feedback is not Feedback.APPROVED and not said.comment.strip():
        raise Refused(
            f"{feedback.value} feedback needs a comment", next_step="say in the comment what is to be changed"
        )
    if conditions.until_at is not None and conditions.until_at <= now:
        raise Refused("an approval cannot end before it begins", found=conditions.until_at.isoformat())
    return said


def role_asked(answer: Answer, role: Role | None, *, may: Collection[Role]) -> Role | None:
    """Give the role that somebody wants to answer in; who rejects in one that is not theirs does so in their own."""
    return None if answer is Answer.REJECT and role not in may else role
