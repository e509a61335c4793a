"""What the record's own services do when the machine asks them: each answers whether it was heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from flywheel.catalog.engine import Catalog
from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Digest, Json
from flywheel.domain.findings import FindingSeverity, FindingState
from flywheel.domain.reproduction import Compared, Outcome, Step, judge
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Conflict, Refused
from flywheel.services.again.reproductions import record_reproduction
from flywheel.services.approval import break_glass, findings, restoring, signoffs, withdrawals
from flywheel.services.approval.findings import NewFinding
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people import delegations
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import Enrolment
from flywheel.services.people.proof import Proof
from flywheel.services.serving import releases
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.people import code_of
from tests.fakes.clock import SettableClock


class Shown(TypedDict):
    """What a person shows with an act."""

    code: str
    channel: str
    key: str


@dataclass(frozen=True)
class Hands:
    """The services at work on one version, with everybody's authenticator at hand."""

    catalog: Catalog
    identity: Identity
    clock: SettableClock
    version: VersionRecord
    people: dict[str, Enrolment]
    numbers: Iterator[int]

    def is_let_in(self, package: dict[str, Json]) -> bool:
        try:
            endpoint = releases.make_release(
                self.catalog, version=self.version.id, run_id="r", actor="flow:delivery", package=package
            )
        except Refused:
            return False
        return endpoint.mode is EndpointMode.MODEL and endpoint.package == package

    def is_brought_back(self, person: str) -> bool:
        proof = Proof(self.identity, person, **self._proof(person))
        return self._is_heard(
            lambda: restoring.restore(self.catalog, version=self.version.id, reason="put right", proof=proof)
        )

    def is_accepted(
        self, shown: Digest, person: str, role: Role | None, answer: Answer, *, is_major: bool, days: int
    ) -> bool:
        ends_at = self.clock() + timedelta(days=days) if days else None
        return self._is_heard(
            lambda: signoffs.sign(
                self.catalog,
                identity=self.identity,
                version=self.version.id,
                dossier_digest=shown,
                person=person,
                role=role,
                answer=answer,
                comment="because",
                feedback=Feedback.MAJOR if is_major else Feedback.APPROVED,
                conditions=Conditions(until_at=ends_at),
                **self._proof(person),
            )
        )

    def is_taken_back(self, person: str) -> bool:
        return self._is_heard(
            lambda: withdrawals.withdraw(
                self.catalog,
                identity=self.identity,
                version=self.version.id,
                person=person,
                reason="new facts",
                **self._proof(person),
            )
        )

    def is_lent(self, giver: str, receiver: str, until_at: datetime) -> bool:
        return self._is_heard(
            lambda: delegations.delegate(
                self.catalog,
                identity=self.identity,
                project=self.version.project,
                role=Role.VALIDATOR,
                giver=giver,
                receiver=receiver,
                until_at=until_at,
                reason="holidays",
                **self._proof(giver),
            )
        )

    def is_broken(self, person: str, witness: str) -> bool:
        return self._is_heard(
            lambda: break_glass.break_glass(
                self.catalog,
                identity=self.identity,
                version=self.version.id,
                person=person,
                witness=witness,
                witness_code=code_of(self.people[witness], self.clock()),
                reason="it must",
                hours=12,
                **self._proof(person),
            )
        )

    def make_again(self, *, is_same: bool) -> None:
        """Record an attempt at making the version once more."""
        last = Outcome.SAME if is_same else Outcome.DIFFERS
        steps = [Compared(step, last if step is list(Step)[-1] else Outcome.SAME) for step in Step]
        made = judge(steps, tolerance=1e-6, rows=40, largest_difference=0.0, environment="this")
        record_reproduction(
            self.catalog, version=self.version.id, model_digest=self.version.model_digest, made=made, actor="steward"
        )

    def open_finding(self, person: str) -> None:
        """Write down something grave."""
        found = NewFinding(self.version.id, "it is wrong for the young", severity=FindingSeverity.HIGH)
        findings.open_finding(self.catalog, found=found, proof=Proof(self.identity, person, **self._proof(person)))

    def is_borne(self, person: str, owner: str, until_at: datetime, *, with_code: bool) -> bool:
        """Let somebody bear the first finding that is not settled."""
        every = findings.findings_of(self.catalog, version=self.version.id)
        finding = next(one.id for one in every if one.state is not FindingState.CLOSED)
        proof = Proof(self.identity, person, **self._proof(person))
        shown = code_of(self.people[owner], self.clock()) if with_code else ""
        return self._is_heard(
            lambda: findings.accept_finding(
                self.catalog,
                finding=finding,
                owner=owner,
                until_at=until_at,
                reason="it is small",
                proof=proof,
                owner_code=shown,
            )
        )

    def _proof(self, person: str) -> Shown:
        code = code_of(self.people[person], self.clock())
        return {"code": code, "channel": "test", "key": f"k{next(self.numbers)}"}

    @staticmethod
    def _is_heard(act: Callable[[], object]) -> bool:
        try:
            act()
        except (Refused, Conflict):
            return False
        return True

    def close_findings(self, person: str) -> None:
        """Let a validator settle whatever was found."""
        for one in findings.findings_of(self.catalog, version=self.version.id):
            if one.state is not FindingState.CLOSED:
                self.clock.move(timedelta(seconds=30))
                proof = Proof(self.identity, person, **self._proof(person))
                findings.close_finding(self.catalog, finding=one.id, reason="looked into", proof=proof)
