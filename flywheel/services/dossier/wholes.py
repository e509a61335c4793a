"""The whole of what the record says about a version, attested by the notary: nobody leaves a decision out unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import read_head
from flywheel.catalog.version import read_version
from flywheel.domain.digests import Digest, Json, digest_bytes, digest_of, plain
from flywheel.domain.events import Event
from flywheel.errors import Refused
from flywheel.services.dossier.offline_whole import whole_content
from flywheel.services.dossier.record_page import render_record
from flywheel.services.dossier.summary import part
from flywheel.services.people.notary import notarised
from flywheel.services.record.record import Head, events_about_in


@dataclass(frozen=True)
class Whole:
    """Which events there are about a version up to the end of the chain, and the page that shows them."""

    head: Head
    events: tuple[tuple[Any, ...], ...]
    """Number, verb and hash of each."""
    page: str
    exported_at: datetime
    """When the notary looked: its own time, and nobody else's."""
    attestation: str

    def in_manifest(self) -> dict[str, Json]:
        """Write it for whoever verifies."""
        return {"events": plain(self.events), "page": self.page, "attestation": self.attestation}

    def holds(self, event: Event) -> bool:
        """Whether an event was there then."""
        return event.sequence <= self.head.sequence


@notarised
def attest_whole(catalog: Catalog, *, version: str, document: Mapping[str, Json]) -> Whole:
    """Say which events the proven chain has about a version, and make their page, of the dossier that was filed."""
    with catalog.look() as work:
        work.ground()
        found, digest = read_version(work.session, version), digest_of(document)
        if found.dossier_digest != digest:
            raise Refused("this is not the version's present dossier", found=digest, allowed=str(found.dossier_digest))
        events = events_about_in(work, version=version, subjects=subjects_of(document))
        end, now = read_head(work.session), work.now
    page = render_record(document, events=events, digest=digest, now=now)
    said = Whole(
        Head(end.sequence, Digest(end.hash)),
        tuple((event.sequence, event.verb.value, str(event.hash)) for event in events),
        digest_bytes(page.encode()),
        now,
        "",
    )
    about = {"version": version, "dossier": digest, "exported_at": plain(now), "head": plain(said.head)}
    content = whole_content(about, {"events": plain(said.events), "page": said.page})
    return replace(said, attestation=catalog.sealer.attest(content))


def subjects_of(document: Mapping[str, Json]) -> tuple[str, ...]:
    """Name what a dossier is about, so that the events about it can be read."""
    version, data = part(document, "version"), part(document, "data")
    return tuple(str(one) for one in (version.get("id"), version.get("experiment"), data.get("id")) if one)
