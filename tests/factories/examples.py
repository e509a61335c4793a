"""The two examples as projects with data that was really read: settings, a store, and the table of a project."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from examples.card_default.generator import write_history
from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.digests import Digest
from flywheel.project.charter.charter import Charter
from flywheel.project.hooks import look_at_hooks
from flywheel.project.loader import Project, digest_of_files, load_project
from flywheel.services.data import preparation
from flywheel.settings import Settings
from tests.factories.charters import ROOT


@dataclass(frozen=True)
class Ground:
    """A project, and where its artifacts lie."""

    project: Project
    settings: Settings
    artifacts: Artifacts

    def ingested(self) -> dict[str, Digest]:
        """Read the sources."""
        read = preparation.ingest(self.project, settings=self.settings, artifacts=self.artifacts)
        return {name: source.digest for name, source in read.items()}

    def prepared(self, tables: Mapping[str, Digest] | None = None) -> preparation.Prepared:
        """Make the table that everything later is made from."""
        return preparation.prepare(
            self.project, artifacts=self.artifacts, tables=tables or self.ingested(), settings=self.settings
        )

    def chartered(self, **blocks: object) -> Ground:
        """The same ground under a charter with other blocks."""
        return replace(self, project=replace(self.project, charter=with_blocks(self.project.charter, **blocks)))

    def hooked(self, text: str) -> Ground:
        """The same ground with code of its own."""
        source, problems = look_at_hooks(text)
        assert source is not None, problems
        digest = digest_of_files(self.project.document, source)
        return replace(self, project=replace(self.project, hook_source=source, digest=digest))


def with_blocks(charter: Charter, **blocks: object) -> Charter:
    """A charter with some blocks replaced."""
    return charter.model_copy(update=blocks)


def breast_cancer(folder: Path) -> Ground:
    """The smallest example; its rows come with scikit-learn."""
    return ground_of(load_project(ROOT / "examples" / "breast_cancer"), folder)


def card_default(folder: Path, *, rows: int = 900, months: int = 9) -> Ground:
    """The bank's example with a short history of its own."""
    home = folder / "card_default"
    home.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "card_default" / "project.toml", home)
    write_history(home, rows=rows, months=months)
    return ground_of(load_project(home), folder)


def ground_of(project: Project, folder: Path) -> Ground:
    """A project with a data root of its own."""
    settings = Settings.load(ROOT, environ={"FLYWHEEL_DATA_ROOT": str(folder / "data")})
    return Ground(project, settings, Artifacts(settings.artifacts_root))
