"""Matters: what people answer about, a version's dossier or what is agreed in a project, in one shape."""

from __future__ import annotations

from dataclasses import dataclass

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.version import VersionRecord, read_version
from flywheel.domain.digests import Digest
from flywheel.domain.events import SubjectKind
from flywheel.domain.signoffs import AGREEMENT, DOSSIER, Paper
from flywheel.domain.standing import Standing, Terms
from flywheel.errors import Refused
from flywheel.services.standing.agreements import agreement_in
from flywheel.services.standing.weighing import standing_in, terms_of


@dataclass(frozen=True)
class Matter:
    """What people answer about."""

    kind: SubjectKind
    name: str
    """A version, or a project by its name alone."""
    project: str
    digest: Digest | None
    """What stands to be signed now; nothing where there is nothing yet."""
    authors: tuple[str, ...]
    terms: Terms | None
    now: Standing
    paper: Paper

    @property
    def title(self) -> str:
        """Name it to a person."""
        return self.paper.title.format(name=self.name)


def matter_of(work: UnitOfWork, name: str) -> Matter:
    """Take what goes by a name from the record: a version has a number behind its project's name."""
    return version_matter(work, read_version(work.session, name)) if ":" in name else agreement_matter(work, name)


def version_matter(work: UnitOfWork, record: VersionRecord) -> Matter:
    """Take a version's dossier."""
    return Matter(
        SubjectKind.VERSION,
        record.id,
        record.project,
        record.dossier_digest,
        record.authors,
        terms_of(work, record, record.dossier_digest),
        standing_in(work, record.id),
        DOSSIER,
    )


def agreement_matter(work: UnitOfWork, project: str) -> Matter:
    """Take what is agreed in a project; refuse where nobody need agree."""
    found = agreement_in(work, project)
    if found is None:
        raise Refused(
            f"nobody need agree on the charter of {project} before work begins",
            next_step="its policy names roles under [agreement] where somebody must",
        )
    digest = found.digest if found.filed else None
    authors = tuple(found.terms.authors)
    return Matter(SubjectKind.PROJECT, project, project, digest, authors, found.terms, found.now, AGREEMENT)
