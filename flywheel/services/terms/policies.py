"""Policies: published once, immutable, found by digest; a weaker one takes effect only by a sign-off of the change."""

from __future__ import annotations

from collections.abc import Iterable

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.person import EVERYWHERE, roles_of
from flywheel.catalog.policy import (
    PolicyChange,
    document_of,
    is_published,
    policy_in_force,
    read_changes,
    read_policy,
)
from flywheel.domain.authority import RIGHTS, Permission
from flywheel.domain.comments import check_reason, plain_comment
from flywheel.domain.digests import Digest
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads.approval import (
    PolicyChangeDecided,
    PolicyChangeProposed,
    PolicyChangeRefused,
    PolicyPublished,
)
from flywheel.domain.policy import Policy, Tier
from flywheel.domain.policy_changes import ChangeState, weakenings
from flywheel.errors import NotFound, Refused
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof, decide, prove, short

__all__ = [
    "ChangeState",
    "PolicyChange",
    "decide_change",
    "held_back",
    "in_force",
    "list_changes",
    "policy_by_digest",
    "propose_change",
    "publish_policy",
    "submit",
]

MAY_DECIDE = RIGHTS[Permission.DECIDE_POLICY].roles


def publish_policy(catalog: Catalog, *, policy: Policy, actor: str) -> str:
    """Publish a tier's policy unless it is weaker than the one in force; gives the digest of what is in force."""
    with catalog.begin() as work:
        return submit(work, policy, actor=actor).digest


def policy_by_digest(catalog: Catalog, *, digest: str) -> Policy:
    """Read the policy that a version or project has pinned."""
    with catalog.begin() as work:
        return read_policy(work.session, digest)


def in_force(catalog: Catalog, *, tier: Tier) -> Policy | None:
    """Read what a tier's projects are submitted under now; nothing as long as none was."""
    with catalog.begin() as work:
        return policy_in_force(work.session, tier)


def held_back(catalog: Catalog, *, policy: Policy) -> tuple[str, ...]:
    """Say in what a policy file asks for less than what is in force, which therefore stands."""
    present = in_force(catalog, tier=policy.tier)
    return weakenings(policy, old=present) if present else ()


def submit(
    work: UnitOfWork, policy: Policy, *, actor: str, project: str = "", commits: Commits | None = None
) -> Policy:
    """Put a tier's policy in force at once if it asks for no less; give what is in force then.

    What a project has tightened for itself is published under its digest and is in force nowhere else.
    """
    if project:
        if not is_published(work.session, policy.digest):
            _publish(work, policy, actor=actor, project=project)
        return policy
    policy_in_force(work.session, policy.tier, is_locked=True)
    work.stand()
    present = policy_in_force(work.session, policy.tier)
    if present is not None and (present.digest == policy.digest or weakenings(policy, old=present)):
        return present
    edited = commits or Commits(gaps=(f"git was not read for the editors of the policy of tier {policy.tier.value}",))
    unknown = {actor.casefold()} if edited.gaps else set()  # where git does not know, whoever brings it answers for it
    editors = sorted({*unknown, *edited.authors})
    _publish(work, policy, actor=actor, editors=editors, commit=edited.head, gaps=edited.gaps)
    return policy


@notarised
def propose_change(
    catalog: Catalog,
    *,
    identity: Identity,
    policy: Policy,
    person: str,
    reason: str,
    code: str,
    channel: str,
    key: str,
    editors: tuple[str, ...] = (),
) -> PolicyChange:
    """Ask for a weaker policy of a tier; the published one stands until somebody else accepts the change."""
    proof = Proof(identity, person, code, channel, key)

    def act(work: UnitOfWork) -> PolicyChange:
        request = ["propose_change", policy.digest, proof.who, reason]
        present = policy_in_force(work.session, policy.tier, is_locked=True)
        if work.recall(proof.once("propose_change"), request) is not None:
            return _change(work, policy.digest)
        why = check_reason(reason, what="weakening a policy")
        weaker = weakenings(policy, old=present) if present else ()
        if present is None or not weaker:
            raise Refused(
                "this policy is no weaker than the one in force and needs no sign-off",
                next_step="register a project: it is then in force",
            )
        if any(c.state is ChangeState.WAITING and c.digest == policy.digest for c in read_changes(work.session)):
            raise Refused("this change waits for its sign-off already", found=policy.digest)
        prove(work, proof)
        involved = tuple(sorted({proof.who, *(editor.strip().casefold() for editor in editors)}))
        said = PolicyChangeProposed(policy.tier, document_of(policy), present.digest, weaker, involved, why)
        draft = Draft(Verb.POLICY_CHANGE_PROPOSED, proof.who, SubjectKind.POLICY, policy.digest, policy.digest, said)
        work.append(draft)
        work.remember(proof.once("propose_change"), request, None)
        return _change(work, policy.digest)

    return decide(catalog, proof, act=act, refused=lambda _, refusal: _refused(policy.digest, proof, refusal))


@notarised
def decide_change(
    catalog: Catalog,
    *,
    identity: Identity,
    digest: str,
    person: str,
    is_accepted: bool,
    comment: str,
    code: str,
    channel: str,
    key: str,
) -> PolicyChange:
    """Accept or reject a weaker policy: by a validator or administrator of all projects who did not edit it."""
    proof = Proof(identity, person, code, channel, key)

    def act(work: UnitOfWork) -> PolicyChange:
        request = ["decide_change", digest, proof.who, is_accepted, comment]
        policy_in_force(work.session, _change(work, digest).tier, is_locked=True)
        work.stand()
        change = _change(work, digest)
        present = policy_in_force(work.session, change.tier)
        if work.recall(proof.once("decide_change"), request) is not None:
            return change
        words = plain_comment(comment)
        _must_be_able(work, proof.who, change, present, is_accepted=is_accepted)
        prove(work, proof)
        state = ChangeState.ACCEPTED if is_accepted else ChangeState.REJECTED
        said = PolicyChangeDecided(change.tier, state, words)
        work.append(Draft(Verb.POLICY_CHANGE_DECIDED, proof.who, SubjectKind.POLICY, digest, digest, said))
        if is_accepted:
            _publish(work, change.policy, actor=proof.who, editors=change.editors)
        work.remember(proof.once("decide_change"), request, None)
        return _change(work, digest)

    return decide(catalog, proof, act=act, refused=lambda _, refusal: _refused(digest, proof, refusal))


def list_changes(catalog: Catalog, *, is_waiting: bool = False) -> tuple[PolicyChange, ...]:
    """List the proposals to weaken a policy, the newest first."""
    with catalog.begin() as work:
        found = read_changes(work.session)
    return tuple(change for change in found if change.state is ChangeState.WAITING or not is_waiting)


def _change(work: UnitOfWork, digest: str) -> PolicyChange:
    work.session.expire_all()
    found = next((change for change in read_changes(work.session) if change.digest == digest), None)
    if found is None:
        raise NotFound("there is no such proposal", found=digest, next_step="see `flywheel policy list`")
    return found


def _must_be_able(
    work: UnitOfWork, who: str, change: PolicyChange, present: Policy | None, *, is_accepted: bool
) -> None:
    if who in change.editors:
        raise Refused(f"{who} has edited this policy and cannot decide on it", next_step="ask another person")
    held = roles_of(work.session, person=who, project=EVERYWHERE, authors=change.editors)
    if not held & MAY_DECIDE:
        raise Refused(
            f"{who} is neither validator nor administrator of all projects",
            found=", ".join(sorted(role.value for role in held)) or "none",
            next_step=f"`flywheel people grant {short(who)} --role '*:validator'`, by an administrator",
        )
    if change.state is not ChangeState.WAITING:
        raise Refused("this change is decided already", found=change.state.value)
    if is_accepted and (present is None or present.digest != change.against):
        raise Refused(
            "the policy in force is no longer the one that this change was compared with",
            found=present.digest if present else None,
            allowed=change.against,
            next_step="reject it, and propose it again",
        )


def _publish(
    work: UnitOfWork,
    policy: Policy,
    *,
    actor: str,
    project: str = "",
    editors: Iterable[str] = (),
    commit: str = "",
    gaps: Iterable[str] = (),
) -> None:
    said = PolicyPublished(policy.tier, document_of(policy), project, tuple(editors), commit, tuple(gaps))
    work.append(Draft(Verb.POLICY_PUBLISHED, actor, SubjectKind.POLICY, policy.digest, policy.digest, said))


def _refused(digest: Digest | str, proof: Proof, refusal: Refused) -> Draft:
    said = PolicyChangeRefused(short(proof.who), refusal.sentence())
    return Draft(Verb.POLICY_CHANGE_REFUSED, short(proof.who), SubjectKind.POLICY, short(digest), short(digest), said)
