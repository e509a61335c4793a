"""Datasets of other projects: read by name, for the purposes that their owner allows, once they passed their gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.catalog.dataset import DatasetRecord, read_datasets
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.gate import latest_results
from flywheel.catalog.policy import read_policy
from flywheel.catalog.project import read_charter, read_project
from flywheel.domain.digests import Digest
from flywheel.domain.gates import decide
from flywheel.errors import NotFound, Refused, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import Column
from flywheel.project.charter.source import Source
from flywheel.project.loader import charter_from


@dataclass(frozen=True)
class Shared:
    """A dataset version that another project may read, and its columns that may be used."""

    id: str
    digest: Digest
    columns: tuple[str, ...]


def find_shared(catalog: Catalog, *, source: Source) -> Shared:
    """Find the version that a source names, the newest where it names none, and hold it to its owner's terms now."""
    with catalog.begin() as work:
        record = find_version(work, source.uri.removeprefix("dataset://"))
        charter = charter_now(work, record.project)
        _must_be_allowed(record, charter, source.purpose)
        _must_have_passed(work, record)
        withheld = {name for name, column in _columns(charter).items() if not column.permitted}
        held = record.facts.get("columns")
        names = list(held) if isinstance(held, dict) else []
        return Shared(record.id, record.digest, tuple(name for name in names if name not in withheld))


def find_version(work: UnitOfWork, reference: str) -> DatasetRecord:
    """Find a dataset version by `PROJECT/NAME`, the newest, or by `PROJECT/NAME@DIGEST`, however short."""
    named, _, prefix = reference.partition("@")
    project, _, name = named.partition("/")
    read_project(work.session, project)
    known = [record for record in read_datasets(work.session, project) if record.name == name]
    found = [record for record in known if record.digest.removeprefix("sha256:").startswith(prefix)]
    if not found:
        raise NotFound(
            f"{project} has no such dataset version",
            found=reference,
            allowed=some_of((record.id for record in known), most=5),
            next_step="`flywheel data list` shows what there is",
        )
    if prefix and len({record.digest for record in found}) > 1:
        raise NotFound(
            "several dataset versions begin with these digits", found=reference, allowed="more digits of the digest"
        )
    return found[0]


def charter_now(work: UnitOfWork, project: str) -> Charter:
    """Read a project's charter as it stands now."""
    record = read_project(work.session, project)
    return charter_from(dict(read_charter(work.session, project, project_digest=record.project_digest)))


def purposes_of(charter: Charter) -> tuple[str, ...]:
    """Say what the data of a project may be used for, by all of its sources."""
    sources = charter.data.sources.values() if charter.data else ()
    return tuple(sorted({source.purpose for source in sources if source.purpose}))


def _must_be_allowed(record: DatasetRecord, charter: Charter, purpose: str | None) -> None:
    """Each source that went in was given for its own purpose: all of them must cover the new use."""
    other = [allowed for allowed in purposes_of(charter) if allowed != purpose]
    if other:
        raise Refused(
            f"{record.id} may not be used for this purpose",
            found=purpose or "none",
            allowed=" and ".join(repr(one) for one in purposes_of(charter)),
            next_step=f"ask its owner {charter.owner} whether its sources allow it",
        )


def _must_have_passed(work: UnitOfWork, record: DatasetRecord) -> None:
    """Hold it to the owner's policy of today; what the owner alone waived is not passed on to others."""
    results = latest_results(work.session, subject_kind="dataset", subject_id=record.id)
    policy = read_policy(work.session, read_project(work.session, record.project).policy_digest)
    decision = decide(results, required=frozenset(), warned_opens=policy.warned_opens)
    if not (results and decision.is_open):
        raise Refused(
            f"{record.id} did not pass its own data gates",
            found="; ".join(decision.reasons) or "no gate has judged it",
            allowed="a version that passed",
            next_step=f"name an older version, or ask the project {record.project}",
        )


def _columns(charter: Charter) -> Mapping[str, Column]:
    return charter.data.columns if charter.data else {}
