"""Words of an answer: what a person types beside a code, so that nobody can make another answer of it on its way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest, canonical_json, plain
from flywheel.domain.signoffs import Answer, Feedback, Role

FORM = "prefect"
"""The channel of an answer that the waiting run itself took in; it weighs anew without being woken."""
CONSONANTS, VOWELS = "bdhklmnprstv", "aeio"
SHAPE = (CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS)
"""How a word is spoken, and typed without a look at each letter."""
COUNT = 2
"""So many words to an answer: one of 764 million pairs, of which five are guessed before the lock."""


@dataclass(frozen=True)
class Saying:
    """All of an answer that binds: other words belong to whatever differs in it."""

    answer: Answer
    feedback: Feedback = Feedback.APPROVED
    role: Role | None = None
    """The role that is approved in; of other answers none, for they count in whichever the person holds."""
    conditions: Conditions = NONE

    def sentence(self) -> str:
        """Say it for a person."""
        role = f" as {self.role.value}" if self.role else ""
        remarks = f", with {self.feedback.value} remarks" if self.feedback is not Feedback.APPROVED else ""
        bound = f", {said}" if (said := self.conditions.sentence()) else ""
        return f"{self.answer.value}{role}{remarks}{bound}"


def saying_of(answer: Answer, *, feedback: Feedback, role: Role, conditions: Conditions) -> Saying:
    """Take of an answer what binds."""
    return Saying(answer, feedback, role, conditions) if answer is Answer.APPROVE else Saying(answer)


def sayings(roles: Collection[Role], conditions: Conditions = NONE) -> tuple[Saying, ...]:
    """List what somebody of these roles can answer, with such conditions of their own or none."""
    approvals = (Saying(Answer.APPROVE, feedback, role, conditions) for role in sorted(roles) for feedback in Feedback)
    return (*approvals, *(Saying(answer) for answer in Answer if answer is not Answer.APPROVE))


def bound_text(saying: Saying, *, person: str, version: str, dossier: Digest, given_before: int) -> bytes:
    """Write down what the words of an answer stand for, which a person who has answered before says anew."""
    about = [person, version, dossier, given_before, saying.answer, saying.feedback, saying.role]
    return canonical_json(plain([*about, saying.conditions.to_json()])).encode()


def words_from(drawn: bytes) -> str:
    """Make words of bytes that nobody can foresee."""
    number, words = int.from_bytes(drawn), []
    for _ in range(COUNT):
        letters = []
        for among in SHAPE:
            number, at = divmod(number, len(among))
            letters.append(among[at])
        words.append("".join(letters))
    return " ".join(words)


def as_typed(words: str) -> str:
    """Read words however they were typed: in any case, with any space or hyphen."""
    return "".join(letter for letter in words.casefold() if letter.isalnum())
