"""Answering: in which capacity a proven person may answer a question, whatever it is about, and what then stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.person import find_person, roles_of
from flywheel.catalog.signoff import signoffs_of
from flywheel.domain.answer_words import FORM, Saying, saying_of
from flywheel.domain.answers import role_asked, weighed_answer
from flywheel.domain.authority import SIGNING, Permission, check_may
from flywheel.domain.changes_of_mind import check_may_answer, check_turn
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest
from flywheel.domain.events import Draft, Verb
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.signoffs import Answer, Feedback, Role, check_may_sign
from flywheel.errors import Refused
from flywheel.services.approval import answer_words
from flywheel.services.approval.matters import Matter, matter_of
from flywheel.services.people.delegations import lent_roles
from flywheel.services.people.proof import Proof, prove


@dataclass(frozen=True)
class Given:
    """What a person answers, and how they prove who they are."""

    proof: Proof
    digest: str
    role: Role | None
    answer: Answer
    comment: str
    feedback: Feedback = Feedback.APPROVED
    conditions: Conditions = NONE
    words: str = ""
    unworded: list[Saying] = field(default_factory=list)
    """What was answered without its words, for whoever writes the refusal down."""

    @property
    def needs_words(self) -> bool:
        """Whether the answer came on a way on which others could have altered it."""
        return self.proof.channel == FORM and self.proof.identity.asks_words


@dataclass(frozen=True)
class Capacity:
    """In which role somebody signs, and for whom."""

    role: Role
    on_behalf_of: str = ""


def weighed(work: UnitOfWork, given: Given) -> Given:
    """Give what counts of an answer."""
    said = weighed_answer(
        given.answer, feedback=given.feedback, conditions=given.conditions, comment=given.comment, now=work.now
    )
    return replace(given, feedback=said.feedback, conditions=said.conditions, comment=said.comment)


def capacity_of(work: UnitOfWork, matter: Matter, given: Given) -> Capacity:
    """Say in which role somebody answers; refuse who may not, with the reason."""
    who = given.proof.who
    held = roles_of(work.session, person=who, project=matter.project, authors=matter.authors)
    lent = lent_roles(work, project=matter.project, authors=matter.authors, person=who)
    given = replace(given, role=role_asked(given.answer, given.role, may={*held, *lent}))
    capacity = _capacity(matter, given, held, lent)
    _must_be_heard(work, matter, given, held)
    check_may_sign(
        person=who,
        role=capacity.role,
        roles={*held, capacity.role} if capacity.on_behalf_of else held,
        authors=matter.authors,
        shown=Digest(given.digest),
        current=matter.digest,
        on_behalf_of=capacity.on_behalf_of,
        paper=matter.paper,
    )
    check_may(Permission.SIGN, person=who, is_known=True, roles={capacity.role}, place=matter.project)
    assert matter.terms is not None, "what has no digest was refused above"
    check_may_answer(
        signoffs_of(work.session, matter.name),
        person=who,
        answer=given.answer,
        feedback=given.feedback,
        terms=matter.terms,
        now=work.now,
        paper=matter.paper,
    )
    check_turn(matter.now, role=capacity.role, answer=given.answer, terms=matter.terms)
    return capacity


def proven(work: UnitOfWork, matter: Matter, given: Given, capacity: Capacity) -> Saying:
    """Use the code up that proves who answers, and hold the words that prove what; gives what binds of it."""
    prove(work, given.proof)
    saying = saying_of(given.answer, feedback=given.feedback, role=capacity.role, conditions=given.conditions)
    if given.needs_words:
        about = answer_words.Asked.of(work, matter, given.proof.who)
        given.unworded.append(saying)
        answer_words.must_be_worded(given.proof.identity, about, saying, typed=given.words)
        given.unworded.clear()
    return saying


def settle_words(work: UnitOfWork, name: str, given: Given) -> str:
    """Use the words up that came with a refused answer, and send new ones, or those it lacked; say of which dossier."""
    matter = _asked_about(work, name) if given.needs_words else None
    if matter is None:
        return ""
    identity, asked = given.proof.identity, answer_words.Asked.of(work, matter, given.proof.who)
    is_spent = bool(given.words.strip() and given.unworded)  # the code was right: whatever was typed is used up
    if is_spent or answer_words.are_words(identity, asked, given.words, conditions=given.conditions):
        is_spent, asked = True, answer_words.send_again(work, identity, asked)
    for saying in given.unworded:
        answer_words.send_words_of(work, identity, asked, saying)
    return asked.dossier if is_spent else ""


def _asked_about(work: UnitOfWork, name: str) -> Matter | None:
    """Find what people are asked about; nothing where nobody is asked, so that no words are of use."""
    try:
        matter = matter_of(work, name)
    except Refused:
        return None
    return matter if matter.digest is not None and matter.terms is not None else None


def draft_of(work: UnitOfWork, matter: Matter, given: Given, capacity: Capacity) -> Draft:
    """Write an answer down."""
    same = [
        signoff
        for signoff in signoffs_of(work.session, matter.name)
        if (signoff.digest, signoff.person, signoff.answer) == (matter.digest, given.proof.who, given.answer)
    ]
    said = SignoffGiven(
        project=matter.project,
        person=given.proof.who,
        role=capacity.role,
        answer=given.answer,
        comment=given.comment,
        channel=given.proof.channel,
        renewal=len(same),
        feedback=given.feedback,
        conditions=given.conditions,
        on_behalf_of=capacity.on_behalf_of,
        enrolled_at=max(_enrolled_at(work, one) for one in {given.proof.who, capacity.on_behalf_of or given.proof.who}),
        with_words=given.needs_words,
    )
    return Draft(Verb.SIGNOFF_GIVEN, given.proof.who, matter.kind, matter.name, str(matter.digest), said)


def _must_be_heard(work: UnitOfWork, matter: Matter, given: Given, held: frozenset[Role]) -> None:
    """Refuse an answer in a role that is held by the word of an author of what is judged."""
    who = given.proof.who
    named = roles_of(work.session, person=who, project=matter.project, authors=()) - held
    if named and (given.role in named or not held) and who not in matter.authors:
        role = given.role or min(named)
        raise Refused(
            f"{who} was named {role.value} by an author of {matter.name}, or by somebody an author named, and "
            "may not judge that author's work",
            next_step=f"an administrator who is no author there gives the role too: `flywheel people grant {who} "
            f"--role {matter.project}:{role.value}`",
        )


def _capacity(matter: Matter, given: Given, held: frozenset[Role], lent: Mapping[Role, str]) -> Capacity:
    """Take the role that was asked for, or the first whose turn it is; a role of one's own before a lent one."""
    turns = [*sorted(matter.now.awaited), *sorted(matter.now.missing)]
    wanted = next((role for role in turns if role in held), None) or next((r for r in turns if r in lent), None)
    role = given.role or wanted or min(held & SIGNING or held, default=min(lent, default=Role.VALIDATOR))
    return Capacity(role, "" if role in held else lent.get(role, ""))


def _enrolled_at(work: UnitOfWork, who: str) -> datetime:
    """Say when the secret came that proves a person, which weighs while it is new; so does that of who lent a role."""
    known = find_person(work.session, who)
    if known is None or known.enrolled_at is None:
        raise Refused(f"nobody knows when {who} was enrolled", next_step="ask an administrator for an invitation")
    return known.enrolled_at
