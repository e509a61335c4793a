"""A project whose charter waits for people to agree, and the people around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import GateDecision
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.domain.standing import Standing
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.services.approval import agreements
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import Enrolment
from flywheel.services.standing.agreements import Agreement, agreement_of
from flywheel.services.walk import cycles, stages
from tests.factories.every_key import document
from tests.factories.people import BEN, IVAN, OWNER, VERA, code_of, enrolled
from tests.factories.projects import SLUG, make_policy, submitted
from tests.fakes.clock import SettableClock

LEA = "lea@bank.example"
RUN = "run-ideation"
AGREED = {Role.BUSINESS: 1, Role.IT: 1}
AGREEING: Policy = replace(make_policy(), agreement=AGREED, agreement_where_watched={Role.LEGAL: 1})


def calm() -> dict[str, Any]:
    """A charter in whose matter the law does not watch."""
    said = document()
    said["risk"] |= {"exposure": "medium", "purpose": "internal process", "regulated": False}
    return said


@dataclass
class Table:
    """The people around a charter that waits for them."""

    catalog: Catalog
    identity: Identity
    clock: SettableClock
    people: dict[str, Enrolment]
    said: dict[str, Any]

    def register(self, policy: Policy = AGREEING, **changed: Any) -> Project:
        """Submit the charter, with some blocks said otherwise."""
        self.said |= changed
        project = Project(Path("projects") / SLUG, charter_from(self.said), None, digest_of_files(self.said), self.said)
        submitted(self.catalog, project=project, policy=policy, actor=OWNER)
        return project

    def ask(self, project: Project, *, run_id: str = RUN, authors: tuple[str, ...] = (OWNER,)) -> str:
        """Begin ideation and have the run wait; gives the digest of what is asked."""
        cycles.start_cycle(
            self.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="begin", key=f"start:{run_id}"
        )
        said: dict[str, Any] = {"project": SLUG, "stage": Stage.IDEATION, "run_id": run_id, "actor": "flow:ideation"}
        stages.begin_stage(self.catalog, **said, input_digest=project.digest, project_digest=project.digest)
        digest = agreements.file_agreement(
            self.catalog,
            project=SLUG,
            project_digest=project.digest,
            authors=authors,
            commits=Commits(),
            run_id=run_id,
            actor="flow:ideation",
        )
        stages.wait_stage(self.catalog, **said, why="signatures on what is agreed")
        return digest

    def conclude(self, project: Project, *, run_id: str = RUN) -> None:
        """Let ideation end well."""
        stages.conclude_stage(
            self.catalog,
            project=SLUG,
            stage=Stage.IDEATION,
            run_id=run_id,
            actor="flow:ideation",
            decision=GateDecision(is_open=True),
            output={"estimate": None},
            input_digest=project.digest,
        )

    def sign(
        self,
        person: str,
        answer: Answer = Answer.APPROVE,
        *,
        role: Role | None = None,
        digest: str = "",
        code: str = "",
        channel: str = "test",
        key: str = "",
        words: str = "",
    ) -> Standing:
        """Sign what stands, with a right and fresh code unless told otherwise."""
        self.clock.move(timedelta(seconds=30))
        return agreements.sign_agreement(
            self.catalog,
            identity=self.identity,
            project=SLUG,
            digest=digest or self.now().digest,
            person=person,
            role=role,
            answer=answer,
            comment="read it",
            code=code or code_of(self.people[person], self.clock()),
            channel=channel,
            key=key or f"{person}:{self.clock().isoformat()}",
            words=words,
        )

    def now(self) -> Agreement:
        """Where it stands."""
        found = agreement_of(self.catalog, project=SLUG)
        assert found is not None
        return found


def make_table(catalog: Catalog, identity: Identity, clock: SettableClock, said: dict[str, Any] | None = None) -> Table:
    """A registered charter, and people with the roles that it gives them."""
    table = Table(catalog, identity, clock, {}, said or calm())
    table.register()
    table.people |= {person: enrolled(catalog, identity, person) for person in (OWNER, BEN, IVAN, LEA, VERA)}
    return table
