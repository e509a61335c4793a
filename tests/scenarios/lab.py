"""A laboratory on real servers: projects with people, runs started as from the UI, and patient looking."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pyotp

from deployments.servers.servers import Servers
from examples.walk.receiver import Receiver
from flywheel.adapters.deployment_names import deployment_of
from flywheel.adapters.postgres import postgres
from flywheel.adapters.prefect import Prefect
from flywheel.adapters.prefect_answers import RunFacts
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import ProjectRecord, StageState
from flywheel.domain.digests import Json
from flywheel.domain.logins import Login
from flywheel.domain.signoffs import Answer, Role
from flywheel.project.loader import load_project
from flywheel.services import notary_office
from flywheel.services.approval import inboxes, signoffs
from flywheel.services.modelling import versions
from flywheel.services.people import people
from flywheel.services.serving import endpoints, serving
from flywheel.services.terms.policy_files import read_policy
from flywheel.services.walk import projects
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tests.deployments.conftest import HOME, environment_in
from tests.factories.people import ADMIN, enrolled, logged_in

LOOK_EVERY_SECONDS = 0.1
PATIENCE_SECONDS = 150.0
SHOP_VARIABLE = "FLYWHEEL_SOURCES__SHOP"
CHANNEL_VARIABLE = "FLYWHEEL_PAGING__CHANNELS__ON-CALL"

Found = TypeVar("Found")


@dataclass
class Lab:
    """Running servers and what a test does with them."""

    bench: Workbench
    prefect: Prefect
    servers: Servers
    receiver: Receiver
    office: Catalog
    """The record as the notary holds it: for who came to a secret and roles before a test begins."""
    _secrets: dict[str, str] = field(default_factory=dict)
    _used: dict[str, int] = field(default_factory=dict)
    _roles: dict[tuple[str, str], set[Role]] = field(default_factory=dict)

    def register(self, folder: Path, *, agreement: Mapping[Role, int] | None = None) -> ProjectRecord:
        """Register a project's folder and wait for its deployments; nobody must agree first unless it is said."""
        project = load_project(folder)
        policy = read_policy(self.bench.settings.home, project.charter.tier)
        policy = replace(policy, fresh_secret_days=0)  # people are enrolled just now, and nobody waits a fortnight
        policy = replace(policy, agreement=agreement or {}, agreement_where_watched={})
        owner = logged_in(self.office, self.bench.identity, project.charter.owner)
        record = projects.register_project(self.bench.catalog, project=project, policy=policy, proof=owner)
        last_made = deployment_of("retraining", record.slug)
        self.until(lambda: self.prefect.deployment(last_made), f"the deployments of {record.slug}")
        return record

    def run(self, flow: str, project: str, **parameters: Json) -> str:
        """Start a deployment as a person would from the Prefect UI."""
        values: dict[str, Json] = {"project": project, **parameters}
        return self.prefect.start_run(
            deployment_of(flow, project), parameters=values, idempotency_key=str(uuid.uuid4())
        )

    def finished(self, run_id: str) -> RunFacts:
        """Wait for the end of a run."""

        def look() -> RunFacts | None:
            run = self.prefect.run_state(run_id)
            return run if run.is_final else None

        return self.until(look, f"the end of run {run_id}")

    def project(self, slug: str) -> ProjectRecord:
        """Where a project stands."""
        return projects.get_project(self.bench.catalog, project=slug)

    def version_to_sign(self, project: str) -> str:
        """Wait until a project's version waits for its sign-offs."""

        def look() -> str | None:
            now = self.project(project)
            assert now.next_stage_state is not StageState.BLOCKED, now.detail
            items = inboxes.inbox(self.bench.catalog)
            return next((item.version for item in items if item.project == project), None)

        return self.until(look, f"the question whether to sign {project}")

    def page_about(self, project: str) -> Mapping[str, str]:
        """Wait for a page of a project; what others are told of meanwhile is left."""
        while True:
            page = self.receiver.next_page(within_seconds=30)
            if page["title"].startswith(f"{project}:"):
                return page

    def endpoint_url(self, project: str) -> str:
        """Where a project's endpoint answers, once what is wanted is served."""
        wanted = self.until(lambda: endpoints.find(self.bench.catalog, name=project), f"the endpoint of {project}")
        settings = self.bench.settings
        return serving.await_ready(
            self.bench.catalog, endpoint=project, generation=wanted.generation, settings=settings
        )

    def until(self, look: Callable[[], Found | None], what: str) -> Found:
        """Look again and again until something is there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(LOOK_EVERY_SECONDS)
        logs = self.bench.settings.logs_root
        raise AssertionError(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s; see {logs}")

    def code_of(self, person: str, *, project: str, role: Role) -> str:
        """Read a person's authenticator; a secret or role that is missing is given first, a used code waited out."""
        if person not in self._secrets:
            self._secrets[person] = enrolled(self.office, self.bench.identity, person).secret
        held = self._roles.setdefault((person, project), set())
        if role not in held:
            held.add(role)
            with self.office.begin() as work:
                people.grant_in(work, person=person, roles={project: held}, actor=ADMIN, is_founding=True)
        totp = pyotp.TOTP(self._secrets[person])
        while self._used.get(person) == totp.timecode(datetime.now(UTC)):
            time.sleep(LOOK_EVERY_SECONDS)
        self._used[person] = totp.timecode(datetime.now(UTC))
        return totp.now()

    def sign(self, version: str, *, person: str, role: Role) -> None:
        """Sign a version as by the command line."""
        project = version.partition(":")[0]
        signoffs.sign(
            self.bench.catalog,
            identity=self.bench.identity,
            version=version,
            dossier_digest=str(versions.get_version(self.bench.catalog, version=version).dossier_digest),
            person=person,
            role=role,
            answer=Answer.APPROVE,
            comment="",
            code=self.code_of(person, project=project, role=role),
            channel="cli",
            key=str(uuid.uuid4()),
        )


@contextmanager
def lab_on(settings: Settings, prefect: Prefect, servers: Servers, receiver: Receiver) -> Iterator[Lab]:
    """Open the record of running servers, as a program of ours and as the notary."""
    bench = Workbench.open(settings)
    try:
        with notary_office.bench(settings) as office:
            yield Lab(bench, prefect, servers, receiver, office.catalog)
    finally:
        bench.catalog.close()


@contextmanager
def running_lab(folder: Path) -> Iterator[Lab]:
    """Start servers with their files in a folder, and stop them at the end."""
    with Receiver() as receiver:
        os.environ[CHANNEL_VARIABLE] = receiver.channel  # secrets reach the servers by the environment alone
        environ = environment_in(folder) | {CHANNEL_VARIABLE: receiver.channel}
        settings = Settings.load(HOME, environ=environ)
        os.environ[SHOP_VARIABLE] = postgres.database_url(
            settings, "flywheel", login=Login.OWNER
        )  # a source on a real server
        with (
            Servers(settings, out=lambda _: None) as servers,
            Prefect(settings) as prefect,
            lab_on(settings, prefect, servers, receiver) as lab,
        ):
            yield lab
        del os.environ[CHANNEL_VARIABLE], os.environ[SHOP_VARIABLE]
