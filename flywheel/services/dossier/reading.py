"""A dossier as its link shows it: the page that was filed, the record as it stands, and the evidence it names."""

from __future__ import annotations

import json
from datetime import datetime

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.events import Verb
from flywheel.domain.payloads.making import DossierFiled
from flywheel.errors import NotFound
from flywheel.services.dossier.agreement import agreement_page
from flywheel.services.dossier.evidence import evidence_name
from flywheel.services.dossier.links import DossierLink
from flywheel.services.dossier.offline_verify import evidence_of
from flywheel.services.dossier.record_page import render_record
from flywheel.services.dossier.wholes import subjects_of
from flywheel.services.record import record

PAGE, RECORD, DOCUMENT = "index.html", "record.html", "dossier.json"


def read_part(catalog: Catalog, artifacts: Artifacts, link: DossierLink, name: str, *, now: datetime) -> bytes:
    """Read one file of a dossier by the name it has in an exported folder; the name is looked up, and is no path."""
    if link.is_agreement:
        if name != PAGE:
            raise NotFound("what is agreed is one page", found=name[:80])
        return agreement_page(catalog, project=link.version, digest=link.dossier).encode()
    content = artifacts.get_bytes(link.dossier)
    document = json.loads(content)
    if name == DOCUMENT:
        return content
    if name in {PAGE, RECORD}:
        events = record.events_about(catalog, version=link.version, subjects=subjects_of(document))
        if name == RECORD:
            return render_record(document, events=events, digest=link.dossier, now=now).encode()
        filed = [event for event in events if event.verb is Verb.DOSSIER_FILED]
        pages = {event.subject_digest: event.said(DossierFiled).evidence_digest for event in filed}
        if link.dossier not in pages:
            raise NotFound("this dossier was never filed", found=link.dossier)
        return artifacts.get_bytes(pages[link.dossier])
    named = {evidence_name(called, digest): digest for digest, called in evidence_of(document).items()}
    if name not in named:
        raise NotFound("the dossier names no such evidence", found=name[:80])
    return artifacts.get_bytes(Digest(named[name]))
