"""Decisions that open doors: each bears the notary's attestation beside the installation's seal, or counts for nothing.

The notary is a process of its own. It alone holds the keys by which people prove who they are and by which decisions
are attested, and it attests only what its own code has just judged: nobody can hand it anything to sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from flywheel.domain.digests import Json
from flywheel.domain.events import Verb

ATTESTED = frozenset(
    {
        Verb.CHARTER_SUBMITTED,
        Verb.PERSON_INVITED,
        Verb.PERSON_ENROLLED,
        Verb.PERSON_RESET_ASKED,
        Verb.ROLE_GRANTED,
        Verb.DELEGATION_GIVEN,
        Verb.DELEGATION_ENDED,
        Verb.POLICY_PUBLISHED,
        Verb.POLICY_CHANGE_PROPOSED,
        Verb.POLICY_CHANGE_DECIDED,
        Verb.WAIVER_GRANTED,
        Verb.WAIVER_ENDED,
        Verb.DOSSIER_FILED,
        Verb.AGREEMENT_FILED,
        Verb.SIGNOFF_GIVEN,
        Verb.SIGNOFF_WITHDRAWN,
        Verb.GLASS_BROKEN,
        Verb.FINDING_ACCEPTED,
        Verb.FINDING_CLOSED,
        Verb.INCIDENT_PARTLY_RESOLVED,
        Verb.INCIDENT_RESOLVED,
        Verb.RELEASE_MADE,
        Verb.ENDPOINT_FELL_BACK,
        Verb.ENDPOINT_RESTORED,
        Verb.ENDPOINT_LIMITED,
        Verb.ENDPOINT_STOPPED,
        Verb.PROJECT_RETIRED,
        Verb.PREDICTIONS_REPLACED,
    }
)
"""What people decide, what they are shown for it, what answers callers, and what takes the place of rows.

What machines measure is not among it.
"""


class Notary(Protocol):
    """The way to the process that judges decisions."""

    def ask(self, decision: str, said: Mapping[str, Json]) -> Json:
        """Have a decision judged, attested and appended; gives what came of it, or raises why it was refused."""
