"""First halt: before anything is made, business, IT and legal sign what is agreed in the charter."""

from __future__ import annotations

import uuid

from examples.walk.scene import PROJECT, Scene
from flywheel.domain.signoffs import Answer, Role
from flywheel.services.approval.agreements import sign_agreement
from flywheel.services.standing.agreements import agreement_of

SIGNERS = (
    ("carla@bank.example", Role.BUSINESS, "This is what I want, and what I pay for."),
    ("igor@bank.example", Role.IT, "We can run that."),
    ("lea@bank.example", Role.LEGAL, "Purpose and people touched are stated."),
)


def agree(scene: Scene) -> None:
    """Have those sign whom the policy names; the run that waits wakes by itself."""
    for person, role, comment in SIGNERS:
        found = agreement_of(scene.bench.catalog, project=PROJECT)
        assert found is not None
        sign_agreement(
            scene.bench.catalog,
            identity=scene.bench.identity,
            project=PROJECT,
            digest=found.digest,
            person=person,
            role=role,
            answer=Answer.APPROVE,
            comment=comment,
            code=scene.cast.code_of(person),
            channel="cli",
            key=str(uuid.uuid4()),
        )
    named = ", ".join(f"{person} ({role.value})" for person, role, _ in SIGNERS)
    scene.screen.good(f"what is agreed is signed by {named}, as by `flywheel sign {PROJECT}`")
