"""The open resources of one process, made from its settings: catalog, artifact store, tracking, identity."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from pathlib import Path

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.mlflow import Tracking
from flywheel.adapters.notary_line import Line
from flywheel.adapters.postgres import postgres
from flywheel.adapters.programs import GIT
from flywheel.catalog.engine import Catalog
from flywheel.catalog.migrate import migrate
from flywheel.catalog.project import ProjectRecord, read_project
from flywheel.domain.digests import Digest, digest_bytes, digest_tree
from flywheel.domain.logins import Login
from flywheel.domain.policy import Policy
from flywheel.errors import Unavailable
from flywheel.project.loader import Project, ProjectLimits, load_project
from flywheel.services.modelling import versions
from flywheel.services.people.identity import Identity
from flywheel.services.record.sealing import SealAtHand
from flywheel.services.terms import charters, policies
from flywheel.services.walk import projects
from flywheel.settings import Settings


@dataclass(frozen=True)
class Workbench:
    """What services need to work on; open it once, at the entry point."""

    settings: Settings
    catalog: Catalog
    artifacts: Artifacts

    @classmethod
    def open(cls, settings: Settings) -> Workbench:
        """Connect lazily to everything that the settings name."""
        url = postgres.database_url(settings, settings.database.name)
        catalog = Catalog.open(
            url,
            sealer=SealAtHand(settings),
            slack=timedelta(seconds=settings.record.clock_slack_seconds),
            notary=Line(settings),
        )
        return cls(settings, catalog, Artifacts(settings.artifacts_root, settings.limits.bytes))

    @cached_property
    def identity(self) -> Identity:
        """What proves who somebody is."""
        return Identity.of(self.settings)

    @cached_property
    def tracking(self) -> Tracking:
        """MLflow, at the URI of the settings or in its own database on the catalog's server."""
        uri = self.settings.mlflow.tracking_uri
        address = (
            uri.get_secret_value() if uri else postgres.database_url(self.settings, self.settings.database.mlflow_name)
        )
        return Tracking(address, self.settings.data_root / "mlflow")

    def registered(self, slug: str, project_digest: str = "") -> tuple[ProjectRecord, Project]:
        """Read a project as it was registered, now or under a digest: whatever its folder holds by now."""
        with self.catalog.begin() as work:
            return read_project(work.session, slug), charters.submitted(work, slug, project_digest)

    def signed(self, slug: str, *, version: str | None = None) -> Project | None:
        """Read the charter that was signed for what serves, or for a released version; none before any release."""
        with self.catalog.begin() as work:
            digest = charters.in_force(work, slug, version=version)
            return charters.submitted(work, slug, digest) if digest else None

    def unregistered(self, slug: str) -> Project | None:
        """Read what a project's folder holds where that is not what was registered; nothing where it is the same.

        Where the folder is on another machine, nothing can be compared.
        """
        record = projects.get_project(self.catalog, project=slug)
        if not Path(record.path).is_dir():
            return None
        found = load_project(Path(record.path), limits=ProjectLimits(self.settings.limits.charter_bytes))
        return found if found.digest != record.project_digest else None

    def policy_of(self, slug: str) -> Policy:
        """Read the policy that the project is submitted under now."""
        record = projects.get_project(self.catalog, project=slug)
        return policies.policy_by_digest(self.catalog, digest=record.policy_digest)

    def policy_pinned(self, version: str) -> Policy:
        """Read the policy that a version was made under: gates, signatures and the release door go by this one."""
        record = versions.get_version(self.catalog, version=version)
        return policies.policy_by_digest(self.catalog, digest=record.policy_digest)


@lru_cache(maxsize=1)
def code_state(home: Path) -> Mapping[str, str]:
    """Say which code runs: the commit, and a digest of what differs from it."""
    try:
        commit = _git(home, "rev-parse", "HEAD").decode().strip()
        return {"commit": commit, "diff_digest": digest_bytes(_git(home, "diff", "HEAD") + _untracked(home))}
    except (Unavailable, OSError, subprocess.SubprocessError):
        return {"commit": "not in git", "diff_digest": digest_bytes(b"")}


@lru_cache(maxsize=1)
def making_code(home: Path) -> Digest:
    """Digest the code that stands between the sources and a model, whatever else changed."""
    folder = home / "flywheel"
    files = [path for name in MAKING for path in (folder / name).rglob("*.py")]
    files += [folder / "services" / name for name in ("data/preparation.py", "modelling/research.py", "again/refit.py")]
    return digest_tree({str(p.relative_to(home)): digest_bytes(p.read_bytes()) for p in files if p.is_file()})


MAKING = ("domain", "project", "adapters/cell")


def _untracked(home: Path) -> bytes:
    """What git does not know yet and runs all the same: each file's name and digest."""
    names = [name for name in _git(home, "ls-files", "-z", "--others", "--exclude-standard").split(b"\0") if name]
    found = [(name, home / os.fsdecode(name)) for name in sorted(names)]
    return b"".join(name + b" " + digest_bytes(path.read_bytes()).encode() for name, path in found if path.is_file())


def _git(home: Path, *words: str) -> bytes:
    """Ask git; in bytes, since a changed file need not be text of any one encoding."""
    command = [str(GIT.require()), "-C", str(home), *words]
    return subprocess.run(command, capture_output=True, check=True, timeout=10).stdout


def migrate_record(settings: Settings) -> None:
    """Bring the record's tables to their present form, under the one login that may."""
    url = postgres.database_url(settings, settings.database.name, login=Login.OWNER)
    owned = Catalog.open(url, sealer=SealAtHand(settings))
    try:
        migrate(owned.engine, sealer=owned.sealer)
    finally:
        owned.close()
