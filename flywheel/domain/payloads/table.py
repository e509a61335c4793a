"""The one table of verbs: what an event of each verb says, and which nouns of the catalog it moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.domain.digests import Json
from flywheel.domain.events import Payload, Verb
from flywheel.domain.forms import read
from flywheel.domain.payloads import approval, making, people, serving, walk
from flywheel.errors import InputRefused


@dataclass(frozen=True)
class Told:
    """What an event says, and which nouns' tables follow from it."""

    payload: type[Payload]
    moves: tuple[str, ...] = ()


TOLD: Mapping[Verb, Told] = {
    Verb.CHARTER_SUBMITTED: Told(walk.CharterSubmitted, ("person", "project")),
    Verb.CYCLE_STARTED: Told(walk.CycleStarted, ("project",)),
    Verb.STAGE_BEGUN: Told(walk.StageBegun, ("project", "stage_run")),
    Verb.STAGE_WAITING: Told(walk.StageWaiting, ("project", "stage_run")),
    Verb.STAGE_CONCLUDED: Told(walk.StageEnded, ("project", "stage_run")),
    Verb.STAGE_SKIPPED: Told(walk.StageEnded, ("project", "stage_run")),
    Verb.STAGE_BLOCKED: Told(walk.StageBlocked, ("project", "stage_run")),
    Verb.STAGE_ABANDONED: Told(walk.StageAbandoned, ("project", "stage_run")),
    Verb.PROJECT_MOVED_BACK: Told(walk.ProjectMoved, ("project", "stage_run")),
    Verb.PROJECT_CLOSED_NULL: Told(walk.ProjectMoved, ("project", "stage_run", "version")),
    Verb.PROJECT_RETIRED: Told(walk.ProjectMoved, ("project", "stage_run", "version")),
    Verb.PERSON_INVITED: Told(people.PersonInvited, ("person",)),
    Verb.PERSON_ENROLLED: Told(people.PersonEnrolled, ("person",)),
    Verb.PERSON_RESET_ASKED: Told(people.PersonResetAsked),
    Verb.SESSION_OPENED: Told(people.SessionOpened),
    Verb.SESSION_ENDED: Told(people.SessionEnded),
    Verb.ACT_REFUSED: Told(people.ActRefused),
    Verb.ROLE_GRANTED: Told(people.RoleGranted, ("person",)),
    Verb.DELEGATION_GIVEN: Told(people.DelegationGiven, ("delegation",)),
    Verb.DELEGATION_ENDED: Told(people.DelegationEnded, ("delegation",)),
    Verb.DELEGATION_REFUSED: Told(people.DelegationRefused),
    Verb.POLICY_PUBLISHED: Told(approval.PolicyPublished, ("policy",)),
    Verb.POLICY_CHANGE_PROPOSED: Told(approval.PolicyChangeProposed, ("policy",)),
    Verb.POLICY_CHANGE_DECIDED: Told(approval.PolicyChangeDecided, ("policy",)),
    Verb.POLICY_CHANGE_REFUSED: Told(approval.PolicyChangeRefused),
    Verb.DATASET_RECORDED: Told(making.DatasetRecorded, ("dataset", "edge")),
    Verb.EXPERIMENT_RECORDED: Told(making.ExperimentRecorded, ("experiment", "edge")),
    Verb.EXPERIMENT_MET_TEST_ROWS: Told(making.LookTaken, ("look",)),
    Verb.VERSION_REGISTERED: Told(making.VersionRegistered, ("version", "edge")),
    Verb.VERSION_RESUBMITTED: Told(making.VersionResubmitted, ("version",)),
    Verb.GATES_JUDGED: Told(making.GatesJudged, ("gate", "edge")),
    Verb.REPRODUCTION_RECORDED: Told(making.ReproductionRecorded, ("reproduction",)),
    Verb.WAIVER_GRANTED: Told(approval.WaiverGranted, ("waiver",)),
    Verb.WAIVER_ENDED: Told(approval.WaiverEnded, ("waiver",)),
    Verb.WAIVER_REFUSED: Told(approval.WaiverRefused),
    Verb.DOSSIER_FILED: Told(making.DossierFiled, ("version",)),
    Verb.AGREEMENT_FILED: Told(approval.AgreementFiled, ("agreement",)),
    Verb.SIGNOFF_REQUESTED: Told(approval.SignoffRequested, ("signoff",)),
    Verb.SIGNOFF_GIVEN: Told(approval.SignoffGiven, ("signoff",)),
    Verb.SIGNOFF_WITHDRAWN: Told(approval.SignoffWithdrawn, ("signoff",)),
    Verb.SIGNOFF_REFUSED: Told(approval.SignoffRefused),
    Verb.GLASS_BROKEN: Told(approval.GlassBroken, ("glass",)),
    Verb.RELEASE_MADE: Told(serving.ModelReleased, ("version", "endpoint", "edge")),
    Verb.ENDPOINT_FELL_BACK: Told(serving.EndpointLed, ("version", "endpoint", "edge")),
    Verb.ENDPOINT_RESTORED: Told(serving.ModelReleased, ("version", "endpoint", "edge")),
    Verb.ENDPOINT_LIMITED: Told(serving.EndpointLimited, ("endpoint",)),
    Verb.ENDPOINT_STOPPED: Told(serving.EndpointLed, ("version", "endpoint")),
    Verb.HEALTH_RECORDED: Told(serving.HealthRecorded, ("health",)),
    Verb.HEALTH_ROWS_CAME_LATE: Told(serving.RowsCameLate, ("health",)),
    Verb.INCIDENT_OPENED: Told(serving.IncidentSeen, ("incident",)),
    Verb.INCIDENT_RECURRED: Told(serving.IncidentSeen, ("incident",)),
    Verb.INCIDENT_ACKNOWLEDGED: Told(serving.IncidentAcknowledged, ("incident",)),
    Verb.INCIDENT_PARTLY_RESOLVED: Told(serving.IncidentPartlyResolved, ("incident",)),
    Verb.INCIDENT_RESOLVED: Told(serving.IncidentResolved, ("incident",)),
    Verb.PREDICTIONS_SEALED: Told(serving.PredictionsSealed),
    Verb.PREDICTIONS_REWRITTEN: Told(serving.PredictionsRewritten),
    Verb.PREDICTIONS_REPLACED: Told(serving.PredictionsRewritten),
    Verb.COST_RECORDED: Told(serving.CostRecorded, ("ledger",)),
    Verb.NOTE_WRITTEN: Told(serving.NoteWritten, ("note",)),
    Verb.NOTE_RESOLVED: Told(serving.NoteResolved, ("note",)),
    Verb.FINDING_OPENED: Told(approval.FindingOpened, ("finding",)),
    Verb.FINDING_ACCEPTED: Told(approval.FindingAccepted, ("finding",)),
    Verb.FINDING_CLOSED: Told(approval.FindingClosed, ("finding",)),
}


def read_payload(verb: Verb, payload: Mapping[str, Json]) -> Payload:
    """Read what an event of a verb says; refuse what is missing, unknown or of another type, and name it."""
    try:
        return read(TOLD[verb].payload, dict(payload))
    except InputRefused as error:
        raise InputRefused(f"{verb.value}: {error.what}") from error
