"""What is agreed in a project on the terminal: shown part by part, and signed as it was shown."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flywheel.console.asking import asked_code
from flywheel.console.rendering import print_json, shown
from flywheel.domain.answers import read_answer
from flywheel.errors import counted
from flywheel.pages.figures import figure

if TYPE_CHECKING:
    from flywheel.domain.digests import Json
    from flywheel.domain.signoffs import Answer, Role
    from flywheel.services.dossier.agreement import AgreementText
    from flywheel.services.workbench import Workbench

CHANNEL = "cli"


@dataclass(frozen=True)
class Word:
    """Who says what about it, where anything is said."""

    person: str
    answer: Answer | None
    role: Role | None
    comment: str
    code: str = field(repr=False)
    digest: str
    """Sign only where this is what is to be signed; whatever stands now, where none is named."""


def agree(bench: Workbench, project: str, word: Word, *, show: bool, as_json: bool) -> None:
    """Show what is agreed in a project, and sign exactly that."""
    # only with a catalog
    from flywheel.services.approval.agreements import sign_agreement
    from flywheel.services.dossier.agreement import agreement_text
    from flywheel.services.standing.agreements import agreement_of

    text, found = agreement_text(bench.catalog, project=project), agreement_of(bench.catalog, project=project)
    if as_json and show:
        print_json(text)
    if not as_json:
        print_agreement(text)
        print(f"\nnow: {found.now.sentence()}" if found else "\nnobody need sign it: the policy asks for no agreement")
    if show or word.answer is None:
        return
    said = read_answer(word.answer, comment=word.comment)
    standing = sign_agreement(
        bench.catalog,
        identity=bench.identity,
        project=project,
        digest=word.digest or text.digest,
        person=word.person,
        role=word.role,
        answer=word.answer,
        comment=said.comment,
        code=asked_code(word.code),
        channel=CHANNEL,
        key=f"{CHANNEL}:{uuid.uuid4()}",
    )
    if as_json:
        print_json(standing)
    else:
        print(f"\n{word.person}: {word.answer.value} is recorded. What is agreed is {standing.sentence()}")


def print_agreement(text: AgreementText) -> None:
    """Print it part by part, and first what changed since people last signed."""
    print(f"{shown(text.title)}: what is agreed\nyou sign exactly this: {text.digest}\n\n{shown(text.brief)}")
    if text.changes:
        print(f"\n{counted(len(text.changes), 'key')} changed since people last signed")
        for line in (one for change in text.changes for one in _lines(change)):
            print(f"  {line}")
    for heading, value in text.sections.items():
        print(f"\n{heading}")
        for line in _lines(value):
            print(f"  {line}")


def _lines(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [f"{shown(name)}: {'; '.join(_lines(one))}" for name, one in value.items()]
    if isinstance(value, list):
        return ["; ".join(_lines(one)) for one in value]
    return [shown(figure(value))]
