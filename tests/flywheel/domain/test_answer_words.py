"""Words of an answer: spoken, typed in any way, and others for whatever binds."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from itertools import combinations

from flywheel.domain.answer_words import Saying, as_typed, bound_text, saying_of, sayings, words_from
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest
from flywheel.domain.signoffs import Answer, Feedback, Role

APPROVED = Saying(Answer.APPROVE, role=Role.VALIDATOR)


def text_of(
    saying: Saying,
    *,
    person: str = "vera@bank.example",
    version: str = "card-default:1",
    dossier: str = "sha256:a",
    given_before: int = 0,
) -> bytes:
    """Write down what words stand for."""
    return bound_text(saying, person=person, version=version, dossier=Digest(dossier), given_before=given_before)


def test_words_are_two_that_can_be_spoken_and_seldom_the_same() -> None:
    made = {words_from(hashlib.sha256(bytes([n])).digest()) for n in range(256)}
    assert len(made) == 256
    assert all(re.fullmatch(r"([bdhklmnprstv][aeio]){2}[bdhklmnprstv] ([bdhklmnprstv][aeio]){2}.", one) for one in made)


def test_words_are_read_however_they_are_typed() -> None:
    assert as_typed(" Lader-RIMET\u00a0\n") == as_typed("lader rimet")
    assert as_typed("lader rimes") != as_typed("lader rimet")
    assert as_typed(" - ") == ""


def test_whatever_binds_makes_another_text() -> None:
    until = Conditions(until_at=datetime(2027, 6, 30, tzinfo=UTC))
    others = (
        *sayings([Role.VALIDATOR, Role.BUSINESS]),
        Saying(Answer.APPROVE, role=Role.VALIDATOR, conditions=until),
        Saying(Answer.APPROVE, role=Role.VALIDATOR, conditions=Conditions(traffic_share=0.5)),
        Saying(Answer.APPROVE, role=Role.VALIDATOR, conditions=Conditions(only={"region": ("north",)})),
    )
    texts = [text_of(one) for one in others]
    texts += [text_of(APPROVED, person="viktor@bank.example"), text_of(APPROVED, version="card-default:2")]
    texts += [text_of(APPROVED, dossier="sha256:b"), text_of(APPROVED, given_before=1)]
    assert APPROVED in others
    assert all(one != other for one, other in combinations(texts, 2))


def test_of_what_is_no_approval_the_answer_alone_binds() -> None:
    said = saying_of(Answer.REJECT, feedback=Feedback.MAJOR, role=Role.IT, conditions=NONE)
    assert said == Saying(Answer.REJECT)
    assert said in sayings([Role.VALIDATOR])
