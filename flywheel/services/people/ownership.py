"""Ownership: whoever bears a risk says so with a one-time code of their own, in the decision that names them."""

from __future__ import annotations

from dataclasses import replace

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.person import roles_of
from flywheel.errors import Refused
from flywheel.services.people.proof import Proof, prove, prove_both


def prove_with_owner(work: UnitOfWork, proof: Proof, *, owner: str, owner_code: str, project: str) -> str:
    """Use up the decider's code and the owner's; give the owner as the record knows people.

    A validator who bears the risk shows one code. Somebody without a role in the project bears nothing there.
    """
    second = replace(proof, person=owner, code=owner_code)
    if second.who == proof.who:
        prove(work, proof)
        return second.who
    if not roles_of(work.session, person=second.who, project=project, authors=()):
        raise Refused(
            f"{second.who} holds no role in {project} and can accept no risk there",
            next_step="name somebody who holds one",
        )
    if not owner_code:
        raise Refused(
            f"{second.who} has not said so with a code of their own", next_step="ask for their one-time code as well"
        )
    prove_both(work, proof, second)
    return second.who
