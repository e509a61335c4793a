"""An installation with an author who wants work of her own approved, and what tells that it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg
from sqlalchemy import select

from flywheel.adapters.git import Commits
from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog
from flywheel.catalog.event import EventRow, believed
from flywheel.catalog.ground import Footing
from flywheel.domain.events import Draft, Event, Verb, seal, sealed_text
from flywheel.domain.logins import Login
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.seals import Link, link_to
from flywheel.domain.signoffs import Answer, Role
from flywheel.services.approval import signoffs
from flywheel.services.modelling import versions
from flywheel.services.people import people
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.services.serving import endpoints
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk
from tests.factories.people import ADMIN, BEN, OWNER, VERA, code_of, enrol
from tests.factories.versions import judged, with_dossier
from tests.fakes.clock import SettableClock

GUEST = "guest"
APPROVING = (Verb.SIGNOFF_GIVEN, Verb.GLASS_BROKEN, Verb.RELEASE_MADE, Verb.ENDPOINT_RESTORED)
Put = Callable[[Event, Link], str]


@dataclass(frozen=True)
class World:
    """An installation in which an author holds every role, has each password but the notary's, and no friends."""

    desk: Desk
    server: Settings
    """The settings under which the database runs."""
    settings: Settings

    @property
    def project(self) -> str:
        return self.desk.version.project

    def code(self, person: str) -> str:
        """A right and fresh code of somebody's, which only they can show."""
        self.desk.clock.move(timedelta(minutes=16))  # and no lock lasts longer
        return code_of(self.desk.people[person], self.desk.clock())

    def proof(self, person: str, code: str) -> Proof:
        return Proof(self.desk.identity, person, code, "cli", f"{person}:{self.desk.clock().isoformat()}")

    def sql(self, login: Login, words: str, values: tuple[object, ...] = ()) -> None:
        url = postgres.database_url(self.server, self.settings.database.name, driver="", login=login)
        with psycopg.connect(url) as connection:
            connection.execute(words, values)

    def sign(self, person: str, *, role: Role | None, code: str, channel: str = "cli", key: str = "") -> None:
        signoffs.sign(
            self.desk.catalog,
            identity=self.desk.identity,
            version=self.desk.version.id,
            dossier_digest=str(versions.get_version(self.desk.catalog, version=self.desk.version.id).dossier_digest),
            person=person,
            role=role,
            answer=Answer.APPROVE,
            comment="looked at it",
            code=code,
            channel=channel,
            key=key or f"{person}:{self.desk.clock().isoformat()}",
        )

    def append(self, draft: Draft, put: Put, *, login: Login) -> None:
        """Append past our code, in its right place."""
        head, clock = record.head(self.desk.catalog), self.desk.clock
        made = seal(draft, sequence=head.sequence + 1, happened_at=clock(), previous_hash=head.hash)
        with self.desk.catalog.look() as work:
            # one that follows another has the whole record refused: nobody signs then, she neither
            last = next(believed(work.session, select(EventRow).order_by(EventRow.sequence.desc())))
            follows = link_to(last.sequence, last.hash, last.seal)
        self.sql(login, "SELECT append_event(%s, %s)", (sealed_text(made), put(made, follows)))


def make_world(catalog: Catalog, identity: Identity, clock: SettableClock, *, server: Settings, settings: Settings,
               slug: str) -> World:  # fmt: skip
    """Make it; the author's roles were given to her by somebody who was no author."""
    desk = make_desk(catalog, identity, clock, slug=slug)
    with catalog.begin() as work:
        held = {slug: {Role.VALIDATOR, Role.BUSINESS, Role.IT}, "*": {Role.ADMIN}}
        people.grant_in(work, person=OWNER, roles=held, actor=ADMIN, is_founding=True)
    return World(desk, server, settings)


def succeeded(world: World) -> str:
    """Say how her work was approved, for a process that has proven nothing yet; nothing where it was not.

    Whom she names for the business or for IT may approve as such: that is hers to name, and no quorum is without a
    validator.
    """
    anew = replace(world.desk.catalog, footing=Footing())
    with anew.look() as work:
        of_project = EventRow.payload["project"].as_string() == world.project
        wanted = select(EventRow).where(EventRow.verb.in_([verb.value for verb in APPROVING]), of_project)
        for event in believed(work.session, wanted):
            if event.verb is not Verb.SIGNOFF_GIVEN or not _is_hers_to_name(event.said(SignoffGiven)):
                return f"event {event.sequence}: {event.verb.value} by {event.actor}"
    return "it serves" if any(one.project == world.project for one in endpoints.desired(anew)) else ""


def _is_hers_to_name(said: SignoffGiven) -> bool:
    return said.answer is not Answer.APPROVE or (said.person.startswith(GUEST) and said.role is not Role.VALIDATOR)


def approved_by_others(world: World) -> str:
    """Have honest people approve and release it in the end: what was tried had closed the door to nobody."""
    catalog, found = world.desk.catalog, world.desk.version
    enrolled = enrol(catalog, world.desk.identity, BEN, VERA, project=world.project)
    version = versions.resubmit_version(
        catalog, version=found.id, project_digest=found.project_digest, authors=(OWNER,), actor="flow:x",
        commits=Commits(),
    )  # fmt: skip
    judged(catalog, version, key="in the end")
    dossier = with_dossier(catalog, version, content="in the end")
    desk = replace(world.desk, people={**world.desk.people, **enrolled}, dossier=dossier)
    desk.clock.move(timedelta(minutes=16))
    desk.sign(BEN)
    desk.sign(VERA)
    return desk.release().version or ""
