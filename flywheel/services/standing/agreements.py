"""Where the agreement on a charter stands: what is to be signed, by whom, and whether research may begin on it."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.catalog.agreement import FiledAgreement, agreement_of_run, find_agreement
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import events_of
from flywheel.catalog.person import named_by_authors
from flywheel.catalog.policy import read_policy
from flywheel.catalog.project import read_project
from flywheel.catalog.signoff import signoffs_of
from flywheel.catalog.stage_run import RunState, run_at_work
from flywheel.domain.authority import GIVEN_BY_OTHERS
from flywheel.domain.digests import Digest
from flywheel.domain.events import Verb
from flywheel.domain.payloads.walk import CharterSubmitted
from flywheel.domain.stages import Stage
from flywheel.domain.standing import Standing, Terms, standing
from flywheel.errors import Refused
from flywheel.project.agreed import agreed_digest
from flywheel.project.stage_inputs import changed_keys
from flywheel.services.standing.awaited import Awaited, able
from flywheel.services.terms.charters import submitted

HELD = frozenset({Stage.DATA_PREPARATION, Stage.RESEARCH})
"""The stages that do not begin on what nobody has agreed on."""
KEYS_TOLD = 5


@dataclass(frozen=True)
class Agreement:
    """What is to be agreed on in a project as its charter stands now, and how far the signatures have come."""

    project: str
    digest: Digest
    filed: FiledAgreement | None
    """What people were asked, where they were asked about this very content."""
    terms: Terms
    now: Standing


@dataclass(frozen=True)
class Weighing:
    """How far a question has come: whether anybody is waited for, and whether to ask at all."""

    is_settled: bool
    is_granted: bool
    is_vain: bool
    sentence: str


def agreement_in(work: UnitOfWork, project: str) -> Agreement | None:
    """Weigh the signatures on what the present charter asks people to agree on; nothing where the policy asks nobody.

    They hold as long as what is agreed stays the same: no day ends them, and no new charter that says the same.
    """
    record, charter = read_project(work.session, project), submitted(work, project)
    policy = read_policy(work.session, record.policy_digest)
    quorum = policy.agreed_by(is_watched=charter.charter.is_watched)
    if not quorum:
        return None
    digest = agreed_digest(charter)
    filed = find_agreement(work.session, project, digest)
    authors = authors_of(work, filed) if filed else (record.owner,)
    unheard = {
        role: named_by_authors(work.session, project=project, role=role, authors=authors)
        for role in GIVEN_BY_OTHERS & set(quorum)
    }
    terms = Terms(quorum=quorum, digest=digest, authors=authors, unheard=unheard)
    return Agreement(
        project, digest, filed, terms, standing(signoffs_of(work.session, project), terms=terms, now=work.now)
    )


def agreement_of(catalog: Catalog, *, project: str) -> Agreement | None:
    """Say where it stands."""
    with catalog.look() as work:
        return agreement_in(work, project)


def authors_of(work: UnitOfWork, filed: FiledAgreement) -> tuple[str, ...]:
    """Name whose work it is: those it was filed with, and whoever registered this very charter, or any since."""
    registered = {
        event.actor.casefold()
        for event in events_of(work.session, verb=Verb.CHARTER_SUBMITTED, subject_id=filed.project)
        if event.sequence > filed.sequence or event.said(CharterSubmitted).project_digest == filed.project_digest
    }
    return tuple(sorted({*filed.authors, *(person for person in registered if "@" in person)}))


def is_agreed(work: UnitOfWork, project: str) -> bool:
    """Whether people agreed on the present charter, or nobody need be asked."""
    found = agreement_in(work, project)
    return found is None or found.now.is_granted


def must_be_agreed(work: UnitOfWork, project: str, stage: Stage) -> None:
    """Refuse to begin a stage that makes something, in whatever walk, before what is agreed stands."""
    found = agreement_in(work, project) if stage in HELD else None
    if found is None or found.now.is_granted:
        return
    run = f"`flywheel run {project}"
    raise Refused(
        f"{stage.value} cannot begin: what is agreed is not signed: {found.now.sentence()}",
        next_step=f"change what is agreed in the charter, then {run} --register`"
        if found.now.is_settled
        else f"{run}` asks those who sign",
    )


def outdated(work: UnitOfWork, project: str, project_digest: str) -> str:
    """Say that the present charter differs from the one people are asked about; nothing where it says the same."""
    asked, new = submitted(work, project, project_digest), submitted(work, project)
    if agreed_digest(asked) == agreed_digest(new):
        return ""
    keys = changed_keys(Stage.IDEATION, old=asked, new=new)
    told = ", ".join(keys[:KEYS_TOLD])
    return f"no longer asked: the charter was registered again since, with changes ({told})"


def weighed(catalog: Catalog, *, project: str, charter: str) -> Weighing:
    """Say how far what a run asks about has come; in vain where the present charter asks for something else."""
    with catalog.look() as work:
        found, vain = agreement_in(work, project), outdated(work, project, charter)
    if vain:
        return Weighing(is_settled=False, is_granted=False, is_vain=True, sentence=vain)
    if found is None:
        return Weighing(is_settled=True, is_granted=True, is_vain=False, sentence="nobody need be asked any more")
    return Weighing(found.now.is_settled, found.now.is_granted, is_vain=False, sentence=found.now.sentence())


def waiting_in(work: UnitOfWork, project: str) -> FiledAgreement | None:
    """Find what the run asks that waits for people in ideation."""
    run = run_at_work(work.session, project)
    if run is None or run.state is not RunState.WAITING or run.stage is not Stage.IDEATION:
        return None
    return agreement_of_run(work.session, project, run.run_id)


def wake(work: UnitOfWork, project: str, *, why: str) -> None:
    """Have the run that waits look at the record again."""
    if (waiting := waiting_in(work, project)) is not None:
        message = {"run_id": waiting.run_id, "project": project}
        work.enqueue("resume_run", f"resume:{waiting.run_id}:{why}", message)


def wake_outdated(work: UnitOfWork, project: str, *, sequence: int) -> None:
    """Have the run that waits end where the charter says otherwise by now than what people are asked about."""
    waiting = waiting_in(work, project)
    if waiting is not None and outdated(work, project, waiting.project_digest):
        wake(work, project, why=f"outdated:{sequence}")


def open_agreement(work: UnitOfWork, project: str) -> Agreement | None:
    """Find what people are asked to agree on in a project; nothing where nobody is asked, or all have answered."""
    found = agreement_in(work, project) if waiting_in(work, project) is not None else None
    return None if found is None or found.filed is None or found.now.is_settled else found


def awaited_agreement(work: UnitOfWork, project: str) -> tuple[Awaited, ...]:
    """List the signatures on what is agreed that are still waited for, and who can give each."""
    agreement = open_agreement(work, project)
    if agreement is None or agreement.filed is None:
        return ()
    filed, authors = agreement.filed, tuple(agreement.terms.authors)
    barred = {*authors, *agreement.now.approved_by}
    return tuple(
        Awaited(
            agreement.project,
            role,
            count,
            tuple(p for p in able(work, agreement.project, role, authors=authors) if p not in barred),
            filed.filed_at,
        )
        for role, count in agreement.now.awaited.items()
    )
