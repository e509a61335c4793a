"""Alterations: what serves is no longer what was released; people are paged, once for each swap."""

from __future__ import annotations

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.endpoint import EndpointRecord, find_endpoint, read_endpoints
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.incident import find_unresolved, next_id, read_incident
from flywheel.catalog.project import lock_project
from flywheel.domain.digests import Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.incidents import group_key
from flywheel.errors import NotFound, Tampered
from flywheel.services.incidents.troubles import Trouble, page

PACKAGE, MODEL = "package", "model"
"""What can be altered under an endpoint: the files that it is started from, the kept model that they were made from."""
STILL_PROVEN = (
    "The running server still answers from the bytes that it verified at its start; no new server starts "
    "from these files."
)
NONE_STARTS = "No server starts from these files."


def report_altered(catalog: Catalog, *, endpoint: str, generation: int, what: str, is_serving: bool, actor: str) -> str:
    """Open an incident about an altered package and page; one that is known is not told again. Gives what is new."""
    means = STILL_PROVEN if is_serving else NONE_STARTS
    with catalog.begin() as work:
        present = find_endpoint(work.session, endpoint)
        if present is None or present.generation != generation:
            return ""  # news of what should no longer answer
        return _report(work, present, part=PACKAGE, what=what, means=means, actor=actor)


def check_models(catalog: Catalog, *, artifacts: Artifacts, actor: str) -> tuple[str, ...]:
    """Look at the kept model of every version that answers; open an incident where its files were altered or lost."""
    with catalog.begin() as work:
        answering = [one for one in read_endpoints(work.session) if one.mode is EndpointMode.MODEL]
    told = []
    for one in answering:
        if what := _altered_model(one, artifacts):
            with catalog.begin() as work:
                means = (
                    "Its package keeps answering, but it cannot be examined, packaged or reproduced from the "
                    "stored model."
                )
                told.append(_report(work, one, part=MODEL, what=what, means=means, actor=actor))
    return tuple(words for words in told if words)


def _altered_model(present: EndpointRecord, artifacts: Artifacts) -> str:
    assert present.model_digest is not None
    try:
        artifacts.path_of(present.model_digest)
    except (Tampered, NotFound) as error:
        return f"{error.what}: {present.model_digest}"
    except OSError as error:  # a folder that may not be read is as good as gone
        return f"the kept model cannot be read: {error.strerror}"
    return ""


def _report(work: UnitOfWork, present: EndpointRecord, *, part: str, what: str, means: str, actor: str) -> str:
    lock_project(work.session, present.project)
    known = find_unresolved(work.session, group_key(present.project, part))
    if known is not None and known.evidence.get("altered") == what:
        return ""
    evidence: dict[str, Json] = {
        "altered": what,
        "version": present.version,
        "generation": present.generation,
        "package": present.package.get("digest"),
        "path": present.package.get("path"),
        # the same words about the same incident are one sighting; once that is resolved, they are a new one
        "incident": known.id if known else next_id(work.session, present.project),
    }
    trouble = Trouble(
        part,
        f"the {part} of {present.version or 'what serves'} was altered",
        f"{what}. {means}",
        _actions(present.project, part),
        evidence,
        version=present.version,
    )
    incident = page(work, present.project, trouble, actor=actor)
    is_new = known is None or read_incident(work.session, incident).occurrences > known.occurrences
    return f"{present.name}: {what}" if is_new else ""


def _actions(project: str, part: str) -> tuple[str, ...]:
    mend = f"`flywheel mend {project}` makes the very same package again and keeps the altered files aside"
    back = "put the files back from a backup; the next look, within a minute, finds them intact"
    return (
        f"find out who could write to the files of the {part}",
        f"{mend}; or {back}" if part == PACKAGE else back,
        "resolve this incident when that is done (mending does): while the files differ, it would open again",
    )
