"""A desk: a version that waits for signatures, and the people around it, each with an authenticator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flywheel.catalog.engine import Catalog
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Digest, Json
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.standing import Standing
from flywheel.services.approval import restoring, signoffs, withdrawals
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import Enrolment
from flywheel.services.people.proof import Proof
from flywheel.services.serving import releases
from flywheel.services.serving.endpoints import EndpointRecord
from tests.factories.kept import lived_once
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrol
from tests.factories.projects import SLUG, registered
from tests.factories.versions import judged, make_package, registered_version, with_dossier
from tests.fakes.clock import SettableClock


@dataclass(frozen=True)
class Desk:
    """A version that waits for signatures, and the people around it."""

    catalog: Catalog
    identity: Identity
    clock: SettableClock
    people: dict[str, Enrolment]
    version: VersionRecord
    dossier: Digest

    def sign(
        self,
        person: str,
        answer: Answer = Answer.APPROVE,
        *,
        role: Role | None = None,
        code: str = "",
        key: str = "",
        channel: str = "test",
        dossier: str = "",
        comment: str = "looked at it",
        feedback: Feedback = Feedback.APPROVED,
        conditions: Conditions = NONE,
        words: str = "",
    ) -> Standing:
        """Sign with a right and fresh code unless told otherwise."""
        self.clock.move(timedelta(seconds=30))
        return signoffs.sign(
            self.catalog,
            identity=self.identity,
            version=self.version.id,
            dossier_digest=dossier or self.dossier,
            person=person,
            role=role,
            answer=answer,
            comment=comment,
            code=code or code_of(self.people[person], self.clock()),
            channel=channel,
            key=key or f"{person}:{self.clock().isoformat()}",
            feedback=feedback,
            conditions=conditions,
            words=words,
        )

    def withdraw(self, person: str, *, reason: str = "new facts", code: str = "", key: str = "") -> Standing:
        """Take an approval back."""
        self.clock.move(timedelta(seconds=30))
        return withdrawals.withdraw(
            self.catalog,
            identity=self.identity,
            version=self.version.id,
            person=person,
            reason=reason,
            code=code or code_of(self.people[person], self.clock()),
            channel="test",
            key=key or f"withdraw:{self.clock().isoformat()}",
        )

    def restore(self, person: str, *, reason: str = "put right", code: str = "", key: str = "") -> EndpointRecord:
        """Ask for the version back."""
        self.clock.move(timedelta(seconds=30))
        shown = code or code_of(self.people[person], self.clock())
        proof = Proof(self.identity, person, shown, "test", key or f"restore:{self.clock().isoformat()}")
        return restoring.restore(self.catalog, version=self.version.id, reason=reason, proof=proof)

    def release(self, package: Mapping[str, Json] | None = None) -> EndpointRecord:
        """Ask the door; a package of one's own must have passed PARITY-001."""
        return releases.make_release(
            self.catalog,
            version=self.version.id,
            run_id="run-1",
            actor="flow:delivery",
            package=package or make_package(self.version),
        )

    def standing(self) -> Standing:
        """How far the signatures have come."""
        return signoffs.standing_of(self.catalog, version=self.version.id)

    def pass_days(self, days: float) -> None:
        """Let time go by."""
        self.clock.move(timedelta(days=days))


def make_desk(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    *,
    slug: str = SLUG,
    policy: Policy | None = None,
    page: tuple[str, ...] = (),
) -> Desk:
    """A judged version with a dossier and enrolled people."""

    def live() -> tuple[dict[str, Enrolment], VersionRecord, Digest]:
        registered(catalog, slug, policy=policy, page=page)
        version = registered_version(catalog, slug)
        judged(catalog, version)
        people = enrol(catalog, identity, OWNER, BEN, VERA, VIKTOR, IVAN, project=slug)
        return people, version, with_dossier(catalog, version)

    return Desk(catalog, identity, clock, *lived_once(catalog, clock, repr((slug, policy, page)), live))


def make_serving_desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """The same once everybody has signed, and the version serves."""

    def live() -> tuple[dict[str, Enrolment], VersionRecord, Digest]:
        made = make_desk(catalog, identity, clock)
        made.sign(BEN)
        made.sign(VERA)
        made.release()
        return made.people, made.version, made.dossier

    return Desk(catalog, identity, clock, *lived_once(catalog, clock, "serving", live))
