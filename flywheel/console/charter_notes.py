"""What is worth knowing of a charter at a check, and once it was taken in: no mistakes, and said all the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flywheel.errors import some_of

if TYPE_CHECKING:
    from flywheel.catalog.project import ProjectRecord
    from flywheel.project.loader import Project
    from flywheel.services.workbench import Workbench
    from flywheel.settings import Settings


def charter_notes(project: Project, settings: Settings) -> list[str]:
    """Say which of a charter's pages would disturb nobody, and what it says that no longer acts."""
    # pydantic, which `--help` does without
    from flywheel.project.charter.placeholders import examples_in
    from flywheel.project.charter.spent import spent_words
    from flywheel.services.incidents.paging import channels_named, kept_sentence

    kept = kept_sentence(settings.paging.kept.intersection(channels_named(project.charter)))
    shown = "" if project.undecided else some_of(examples_in(project.document))
    example = f"signers will read the texts of the example: {shown}; write your own" if shown else ""
    return [*filter(None, [kept, example]), *spent_words(project.charter, today=datetime.now(UTC).date())]


def notes_of(bench: Workbench, project: Project, record: ProjectRecord) -> tuple[str, ...]:
    """What is worth knowing of a charter that was taken in."""
    # only with a catalog
    from flywheel.domain.stages import Stage
    from flywheel.project.charter.commitments_kept import lacking
    from flywheel.services.modelling.unseen import parting_note
    from flywheel.services.people.authors import unknown_authors
    from flywheel.services.terms import policies

    authors = (
        f"{gap}; commit the folder in a git repository of its own, or the dossier says so"
        for gap in unknown_authors(project)
    )
    asked = policies.policy_by_digest(bench.catalog, digest=record.policy_digest)
    lacks = (
        f"{one.key} {one.what}: {one.found}; next: {one.allowed}"
        for one in lacking(project.charter, Stage.IDEATION, asked)
    )
    said = (*lacks, *authors, *charter_notes(project, bench.settings), parting_note(bench.catalog, project.charter))
    return tuple(filter(None, said))
