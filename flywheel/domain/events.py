"""Events: what happened, who did it, to what; each sealed to the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

from flywheel.domain.digests import Digest, Json, digest_bytes, json_of, plain
from flywheel.domain.forms import read
from flywheel.domain.masking import without_passwords_in

GENESIS = Digest("sha256:" + "0" * 64)
"""What the first event is sealed to."""


class Verb(StrEnum):
    """`subject.what happened`; a verb is never renamed or reused."""

    CHARTER_SUBMITTED = "charter.submitted"
    CYCLE_STARTED = "cycle.started"
    STAGE_BEGUN = "stage.begun"
    STAGE_WAITING = "stage.waiting"
    STAGE_CONCLUDED = "stage.concluded"
    STAGE_SKIPPED = "stage.skipped"
    STAGE_BLOCKED = "stage.blocked"
    STAGE_ABANDONED = "stage.abandoned"
    PROJECT_MOVED_BACK = "project.moved_back"
    PROJECT_CLOSED_NULL = "project.closed_null"
    PROJECT_RETIRED = "project.retired"
    PERSON_INVITED = "person.invited"
    PERSON_ENROLLED = "person.enrolled"
    PERSON_RESET_ASKED = "person.reset_asked"
    SESSION_OPENED = "session.opened"
    SESSION_ENDED = "session.ended"
    ACT_REFUSED = "act.refused"
    ROLE_GRANTED = "role.granted"
    DELEGATION_GIVEN = "delegation.given"
    DELEGATION_ENDED = "delegation.ended"
    DELEGATION_REFUSED = "delegation.refused"
    POLICY_PUBLISHED = "policy.published"
    POLICY_CHANGE_PROPOSED = "policy.change_proposed"
    POLICY_CHANGE_DECIDED = "policy.change_decided"
    POLICY_CHANGE_REFUSED = "policy.change_refused"
    DATASET_RECORDED = "dataset.recorded"
    EXPERIMENT_RECORDED = "experiment.recorded"
    EXPERIMENT_MET_TEST_ROWS = "experiment.met_test_rows"
    VERSION_REGISTERED = "version.registered"
    VERSION_RESUBMITTED = "version.resubmitted"
    GATES_JUDGED = "gates.judged"
    REPRODUCTION_RECORDED = "reproduction.recorded"
    WAIVER_GRANTED = "waiver.granted"
    WAIVER_ENDED = "waiver.ended"
    WAIVER_REFUSED = "waiver.refused"
    DOSSIER_FILED = "dossier.filed"
    AGREEMENT_FILED = "agreement.filed"
    SIGNOFF_REQUESTED = "signoff.requested"
    SIGNOFF_GIVEN = "signoff.given"
    SIGNOFF_WITHDRAWN = "signoff.withdrawn"
    SIGNOFF_REFUSED = "signoff.refused"
    GLASS_BROKEN = "glass.broken"
    RELEASE_MADE = "release.made"
    ENDPOINT_FELL_BACK = "endpoint.fell_back"
    ENDPOINT_RESTORED = "endpoint.restored"
    ENDPOINT_LIMITED = "endpoint.limited"
    ENDPOINT_STOPPED = "endpoint.stopped"
    HEALTH_RECORDED = "health.recorded"
    HEALTH_ROWS_CAME_LATE = "health.rows_came_late"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_RECURRED = "incident.recurred"
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_PARTLY_RESOLVED = "incident.partly_resolved"
    INCIDENT_RESOLVED = "incident.resolved"
    PREDICTIONS_SEALED = "predictions.sealed"
    PREDICTIONS_REWRITTEN = "predictions.rewritten"
    PREDICTIONS_REPLACED = "predictions.replaced"
    COST_RECORDED = "cost.recorded"
    NOTE_WRITTEN = "note.written"
    NOTE_RESOLVED = "note.resolved"
    FINDING_OPENED = "finding.opened"
    FINDING_ACCEPTED = "finding.accepted"
    FINDING_CLOSED = "finding.closed"


READ_ONLY = frozenset({Verb.PREDICTIONS_REWRITTEN})
"""What was once reported by any program of ours: read where it stands, and appended by nobody any more."""


class SubjectKind(StrEnum):
    """What an event can be about."""

    PROJECT = "project"
    PERSON = "person"
    POLICY = "policy"
    DATASET = "dataset"
    EXPERIMENT = "experiment"
    VERSION = "version"
    ENDPOINT = "endpoint"
    INCIDENT = "incident"
    FINDING = "finding"


class Payload(Protocol):
    """What an event says: one of the dataclasses of `flywheel.domain.payloads`."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Said = TypeVar("Said", bound=Payload)


@dataclass(frozen=True)
class Draft:
    """An event before it has its place in the chain."""

    verb: Verb
    actor: str
    subject_kind: SubjectKind
    subject_id: str
    subject_digest: str
    payload: Payload


@dataclass(frozen=True)
class Event:
    """An event in its place in the chain."""

    sequence: int
    happened_at: datetime
    verb: Verb
    actor: str
    subject_kind: SubjectKind
    subject_id: str
    subject_digest: str
    payload: Mapping[str, Json]
    """What it says, as it was sealed."""
    previous_hash: Digest
    hash: Digest
    seal: str = ""
    """The installation's seal, as `flywheel.domain.seals` reads it; outside the hash that it is put under."""

    def said(self, kind: type[Said]) -> Said:
        """Read what it says, as an event of its verb says it."""
        return read(kind, dict(self.payload))


def sealed_text(event: Event) -> str:
    """Write out what an event's hash is taken over."""
    return json_of(
        [
            event.sequence,
            plain(event.happened_at),
            event.verb.value,
            event.actor,
            event.subject_kind.value,
            event.subject_id,
            event.subject_digest,
            dict(event.payload),
            event.previous_hash,
        ]
    )


def hash_of(event: Event) -> Digest:
    """Take the hash of an event, which holds the chain together."""
    return digest_bytes(sealed_text(event).encode())


def seal(draft: Draft, *, sequence: int, happened_at: datetime, previous_hash: Digest) -> Event:
    """Give a draft its place: number, time and hash; what it says bears no address with a password."""
    said = without_passwords_in(plain(draft.payload))
    assert isinstance(said, dict)
    unsealed = Event(
        sequence,
        happened_at,
        draft.verb,
        draft.actor,
        draft.subject_kind,
        draft.subject_id,
        draft.subject_digest,
        said,
        previous_hash,
        GENESIS,
    )
    return replace(unsealed, hash=hash_of(unsealed))
