"""Whether an approval would count: what makes it vain is refused with what to do, and said before anybody signs."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.project import read_project
from flywheel.catalog.signoff import request_of
from flywheel.catalog.version import VersionRecord, VersionState, read_version
from flywheel.domain.stages import Stage
from flywheel.project.stage_inputs import SIGNED_FOR, changed_keys
from flywheel.services.standing.weighing import authors_lack, awaits_release, gates_in, incidents_against
from flywheel.services.terms.charters import submitted

KEYS_TOLD = 5


def vain(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """Say why an approval of its present dossier could let nothing serve; what was released under it is renewed."""
    if not awaits_release(work, record):
        return ()
    asked = request_of(work.session, record.id)
    is_asked = asked is not None and asked.dossier_digest == record.dossier_digest
    reasons = [*([] if is_asked else ["no signatures are asked for on its dossier"]), *_closed(work, record)]
    reasons += authors_lack(work, record)
    keys = changed_since(work, record)
    if keys:
        told = ", ".join(keys[:KEYS_TOLD])
        reasons.append(f"the charter was registered again since, with changes ({told})")
    return tuple(reasons)


def vain_for(catalog: Catalog, *, version: str) -> tuple[str, ...]:
    """Say why people are asked no more about a version, and what to do; nothing where an approval would count."""
    with catalog.look() as work:
        record = read_version(work.session, version)
        reasons = vain(work, record)
        return (*reasons, judged_anew(record.project)) if reasons else ()


def hindrances(catalog: Catalog, *, version: str) -> tuple[str, ...]:
    """Say what would keep a version from serving though everybody approved it."""
    with catalog.look() as work:
        return hindrances_in(work, read_version(work.session, version))


def hindrances_in(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """Say it within a decision that is under way."""
    if reasons := vain(work, record):
        return (*reasons, judged_anew(record.project))
    return incidents_against(work, record.project) if record.state is VersionState.WITHDRAWN else ()


def judged_anew(project: str) -> str:
    """Name the command after which people are asked again."""
    return f"`flywheel run {project}` judges it again and asks again if its gates open"


def changed_since(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    """Name what the charter that was registered last says otherwise than the one that the version is judged under."""
    if read_project(work.session, record.project).project_digest == record.project_digest:
        return ()
    old, new = submitted(work, record.project, record.project_digest), submitted(work, record.project)
    return changed_keys(*SIGNED_FOR, old=old, new=new)


def _closed(work: UnitOfWork, record: VersionRecord) -> tuple[str, ...]:
    return gates_in(work, record, stages=(Stage.VALIDATION,)).reasons
