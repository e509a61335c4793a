"""Everything that a person can ask of the record, who rightfully may, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from flywheel.domain.authority import Permission
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.findings import FindingState
from flywheel.domain.payloads.walk import ProjectMoved
from flywheel.domain.policy import BreakGlass
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.services.approval import break_glass, findings, restoring, signoffs, withdrawals
from flywheel.services.approval.findings import NewFinding
from flywheel.services.incidents import incidents
from flywheel.services.people import delegations, people, resets
from flywheel.services.people.authority import permit
from flywheel.services.people.people import EVERYWHERE, Guest
from flywheel.services.people.proof import Proof
from flywheel.services.record import notes
from flywheel.services.serving import halting
from flywheel.services.terms import policies
from flywheel.services.walk import cycles, projects
from tests.factories.desk import Desk, make_desk
from tests.factories.incidents import make_incident
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrolled
from tests.factories.projects import SLUG, make_policy, make_project
from tests.factories.versions import judged
from tests.promises.door_hands import Shown

ADA, EVE = "ada@bank.example", "eve@bank.example"
GLASS = replace(make_policy(), break_glass=BreakGlass(Role.ADMIN, 24))
WEAKER = replace(GLASS, warned_opens=True)


@dataclass(frozen=True)
class Act:
    """One thing that can be asked, by whom rightfully, and what must have happened before."""

    action: Permission
    who: str
    ask: Callable[[Desk, Proof], object]
    before: Callable[[Desk], object] = lambda _: None


def desk_with_everybody(desk: Desk) -> Desk:
    """Around the desk stand an administrator and somebody without any role; its owner has been made a validator too."""
    roles: Mapping[str, Mapping[str, set[Role]]] = {
        ADA: {EVERYWHERE: {Role.ADMIN, Role.VALIDATOR}},
        EVE: {},
        OWNER: {SLUG: {Role.VALIDATOR, Role.ADMIN}, EVERYWHERE: {Role.VALIDATOR, Role.ADMIN}},
    }
    made = {who: enrolled(desk.catalog, desk.identity, who, roles=held) for who, held in roles.items()}
    desk.people.update(made)
    return desk


def incident(desk: Desk) -> str:
    """Something that went wrong."""
    known = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    return known[0].id if known else make_incident(desk.catalog)


def finding(desk: Desk) -> str:
    """Something that was found."""
    every = findings.findings_of(desk.catalog, version=desk.version.id)
    known = [one.id for one in every if one.state is FindingState.OPEN]
    if not known:
        desk.clock.move(timedelta(seconds=30))
        proof = Proof(desk.identity, VERA, code_of(desk.people[VERA], desk.clock()), "test", "a finding")
        known = [findings.open_finding(desk.catalog, found=NewFinding(desk.version.id, "odd"), proof=proof).id]
    return known[0]


def in_business(desk: Desk) -> None:
    """Let the version serve, and be taken back."""
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    desk.withdraw(VERA)
    desk.sign(VIKTOR)
    for one in incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True):
        with desk.catalog.begin() as work:
            incidents.resolve_in(work, incident=one.id, resolution="answered", actor=OWNER)


def _proposed(desk: Desk) -> None:
    desk.clock.move(timedelta(seconds=30))
    _propose(desk, Proof(desk.identity, IVAN, code_of(desk.people[IVAN], desk.clock()), "test", "proposal"))


def _as(proof: Proof) -> Shown:
    return {"code": proof.code, "channel": proof.channel, "key": proof.key}


def _sign(desk: Desk, proof: Proof) -> object:
    return signoffs.sign(
        desk.catalog,
        identity=desk.identity,
        version=desk.version.id,
        dossier_digest=desk.dossier,
        person=proof.person,
        role=Role.VALIDATOR,
        answer=Answer.APPROVE,
        comment="",
        **_as(proof),
    )


def _withdraw(desk: Desk, proof: Proof) -> object:
    return withdrawals.withdraw(
        desk.catalog,
        identity=desk.identity,
        version=desk.version.id,
        person=proof.person,
        reason="new facts",
        **_as(proof),
    )


def _delegate(desk: Desk, proof: Proof) -> object:
    return delegations.delegate(
        desk.catalog,
        identity=desk.identity,
        project=SLUG,
        role=Role.VALIDATOR,
        giver=proof.person,
        receiver=IVAN,
        until_at=desk.clock() + timedelta(days=5),
        reason="away",
        **_as(proof),
    )


def _break_glass(desk: Desk, proof: Proof) -> object:
    return break_glass.break_glass(
        desk.catalog,
        identity=desk.identity,
        version=desk.version.id,
        person=proof.person,
        witness=VIKTOR,
        witness_code=code_of(desk.people[VIKTOR], desk.clock()),
        reason="it must",
        hours=3,
        **_as(proof),
    )


def _propose(desk: Desk, proof: Proof) -> object:
    return policies.propose_change(
        desk.catalog, identity=desk.identity, policy=WEAKER, person=proof.person, reason="slow", **_as(proof)
    )


def _decide(desk: Desk, proof: Proof) -> object:
    return policies.decide_change(
        desk.catalog,
        identity=desk.identity,
        digest=WEAKER.digest,
        person=proof.person,
        is_accepted=True,
        comment="",
        **_as(proof),
    )


def _register(desk: Desk, proof: Proof) -> object:
    changed = make_project(title="Changed")
    return projects.register_project(desk.catalog, project=changed, policy=GLASS, proof=proof)


def _begin_walk(desk: Desk) -> None:
    cycles.start_cycle(desk.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="first", key="walk")


def _moved_on(desk: Desk) -> None:
    _begin_walk(desk)
    with desk.catalog.begin() as work:
        said = ProjectMoved(Stage.IDEATION, Stage.RESEARCH, "as if it had come so far")
        work.append(Draft(Verb.PROJECT_MOVED_BACK, OWNER, SubjectKind.PROJECT, SLUG, "", said))


ACTS = (
    Act(Permission.REGISTER, OWNER, _register),
    Act(Permission.START, BEN, lambda d, p: permit(d.catalog, p, Permission.START, project=SLUG)),
    Act(Permission.BRING_IN, IVAN, lambda d, p: permit(d.catalog, p, Permission.BRING_IN, project=SLUG)),
    Act(Permission.JUDGE, VERA, lambda d, p: permit(d.catalog, p, Permission.JUDGE, project=SLUG)),
    Act(Permission.REPRODUCE, VERA, lambda d, p: permit(d.catalog, p, Permission.REPRODUCE, project=SLUG)),
    Act(Permission.ERASE, OWNER, lambda d, p: permit(d.catalog, p, Permission.ERASE, project=SLUG)),
    Act(Permission.SET_ASIDE, IVAN, lambda d, p: permit(d.catalog, p, Permission.SET_ASIDE, project=SLUG)),
    Act(Permission.MEND, IVAN, lambda d, p: permit(d.catalog, p, Permission.MEND, project=SLUG)),
    Act(
        Permission.MOVE_BACK,
        OWNER,
        lambda d, p: cycles.move_back(d.catalog, project=SLUG, to=Stage.IDEATION, reason="again", proof=p),
        _moved_on,
    ),
    Act(
        Permission.CLOSE,
        OWNER,
        lambda d, p: cycles.close_null(d.catalog, project=SLUG, verdict="no signal", proof=p),
        _begin_walk,
    ),
    Act(
        Permission.TAKE_UP, BEN, lambda d, p: incidents.acknowledge(d.catalog, incident=incident(d), proof=p), incident
    ),
    Act(
        Permission.RESOLVE,
        BEN,
        lambda d, p: incidents.resolve(d.catalog, incident=incident(d), resolution="done", proof=p),
        incident,
    ),
    Act(Permission.NOTE, BEN, lambda d, p: notes.write_note(d.catalog, subject=SLUG, text="odd", proof=p)),
    Act(Permission.SIGN, VERA, _sign),
    Act(Permission.WITHDRAW, VERA, _withdraw, lambda d: d.sign(VERA)),
    Act(
        Permission.RESTORE,
        VERA,
        lambda d, p: restoring.restore(d.catalog, version=d.version.id, reason="put right", proof=p),
        in_business,
    ),
    Act(
        Permission.STOP,
        BEN,
        lambda d, p: halting.halt(d.catalog, project=SLUG, reason="odd", proof=p),
        lambda d: (d.sign(BEN), d.sign(VERA), d.release()),
    ),
    Act(Permission.DELEGATE, VERA, _delegate),
    Act(Permission.BREAK_GLASS, ADA, _break_glass),
    Act(
        Permission.OPEN_FINDING,
        BEN,
        lambda d, p: findings.open_finding(d.catalog, found=NewFinding(d.version.id, "odd"), proof=p),
    ),
    Act(
        Permission.SETTLE_FINDING,
        VERA,
        lambda d, p: findings.close_finding(d.catalog, finding=finding(d), reason="seen", proof=p),
        finding,
    ),
    Act(Permission.PROPOSE_POLICY, IVAN, _propose),
    Act(Permission.DECIDE_POLICY, ADA, _decide, _proposed),
    Act(
        Permission.INVITE,
        ADA,
        lambda d, p: people.invite(d.catalog, guests=[Guest("z@b.example", "Z", {SLUG: {Role.ADMIN}})], proof=p),
    ),
    Act(
        Permission.GRANT,
        ADA,
        lambda d, p: people.grant(d.catalog, person=EVE, roles={SLUG: {Role.VALIDATOR}}, proof=p),
    ),
    Act(
        Permission.RESET,
        ADA,
        lambda d, p: resets.consent(d.catalog, identity=d.identity, person=VERA, proof=p),
    ),
)

NOT_FOR_AUTHORS = frozenset(
    {
        Permission.SIGN,
        Permission.DELEGATE,
        Permission.BREAK_GLASS,
        Permission.SETTLE_FINDING,
        Permission.DECIDE_POLICY,
        Permission.INVITE,
        Permission.GRANT,
        Permission.RESET,
    }
)
"""What judges, or makes judges: whoever wrote the thing has no part in it, whatever roles they hold."""


def prepared(desk: Desk, act: Act) -> Desk:
    """The desk, with everything there that the act is about."""
    desk_with_everybody(desk)
    if act.action is Permission.DECIDE_POLICY:  # its author: whoever has proposed it
        desk.people[IVAN] = enrolled(desk.catalog, desk.identity, IVAN, roles={EVERYWHERE: {Role.VALIDATOR}})
    act.before(desk)
    judged(desk.catalog, desk.version, key="once more")
    return desk


__all__ = ["ACTS", "ADA", "EVE", "GLASS", "NOT_FOR_AUTHORS", "Act", "make_desk", "prepared"]
