"""Attempts of an author to have work of her own approved, by seed and by every route there is into the record."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import psycopg

from flywheel.domain.conditions import NONE
from flywheel.domain.digests import digest_of
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.logins import Login
from flywheel.domain.payloads.approval import SignoffGiven, SignoffRequested
from flywheel.domain.payloads.making import DossierFiled, VersionResubmitted
from flywheel.domain.payloads.people import RoleGranted
from flywheel.domain.seals import Sealer, seal_event
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import FlywheelError
from flywheel.services.approval import break_glass, restoring
from flywheel.services.modelling import versions
from flywheel.services.people import delegations, people, resets, sessions
from flywheel.services.record import record
from flywheel.services.record.sealing import Seal, SealAtHand
from flywheel.settings import Settings
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of
from tests.factories.seals import THEIRS, both
from tests.factories.versions import RUN
from tests.promises.own_work_world import GUEST, Put, World, succeeded

PERSONS = (OWNER, BEN, VERA, VIKTOR, IVAN, "eve@bank.example")
PROGRAMS = (Login.RECORD, Login.READER, Login.OWNER, Login.PREFECT, Login.MLFLOW)
REASON = "the business cannot wait for it, and it was looked at by everybody who matters"


def api_signs(world: World, chance: random.Random) -> None:
    """As herself or another, with what she has: codes of her own, none, a guess."""
    codes = (world.code(OWNER), "", f"{chance.randrange(10**6):06}")
    role = chance.choice([None, *Role])
    world.sign(chance.choice(PERSONS), role=role, code=chance.choice(codes), channel=chance.choice(["cli", "prefect"]))


def api_lends(world: World, chance: random.Random) -> None:
    """Have a role lent to her, or lend her own."""
    giver, receiver = chance.sample(PERSONS, 2)
    code, now = world.code(OWNER), world.desk.clock()
    delegations.delegate(
        world.desk.catalog, identity=world.desk.identity, project=world.project, role=chance.choice([*Role]),
        giver=giver, receiver=receiver, until_at=now + timedelta(days=3), reason=REASON, code=code, channel="cli",
        key=f"lend {now}",
    )  # fmt: skip


def api_breaks_the_glass(world: World, chance: random.Random) -> None:
    """With herself as witness, or with somebody's name."""
    person, witness = (OWNER, chance.choice(PERSONS)) if chance.random() < 0.5 else (chance.choice(PERSONS), OWNER)
    break_glass.break_glass(
        world.desk.catalog, identity=world.desk.identity, version=world.desk.version.id, person=person,
        code=world.code(OWNER), witness=witness, witness_code=world.code(OWNER), reason=REASON, hours=4, channel="cli",
        key=f"glass {world.desk.clock()}",
    )  # fmt: skip


def api_gives_roles(world: World, chance: random.Random) -> None:
    """Make somebody of her own a judge, who signs."""
    guest = f"{GUEST}{chance.randrange(10**9)}@bank.example"
    roles = {chance.choice([world.project, "*"]): {chance.choice([*Role])}}
    proof = world.proof(OWNER, world.code(OWNER))
    (invited,) = people.invite(world.desk.catalog, guests=[people.Guest(guest, "G", roles)], proof=proof)
    made = people.redeem(
        world.desk.catalog, identity=world.desk.identity, person=guest, token=invited.token, channel="cli"
    )
    world.desk.clock.move(timedelta(minutes=1))
    world.sign(guest, role=None, code=code_of(made, world.desk.clock()))


def api_restores(world: World, chance: random.Random) -> None:
    """Bring it back, as if it had served."""
    proof = world.proof(chance.choice(PERSONS), world.code(OWNER))
    restoring.restore(world.desk.catalog, version=world.desk.version.id, reason=REASON, proof=proof)


def clock_replays(world: World, chance: random.Random) -> None:
    """Show a code again that somebody was seen to use, with the clock set at will."""
    seen = chance.choice([VERA, BEN])
    used = world.code(seen)
    sessions.log_in(world.desk.catalog, proof=world.proof(seen, used))
    step = timedelta(seconds=chance.choice([0, 0, -20, -3_600, -400 * 86_400, 3_600, 400 * 86_400]))
    turned = replace(
        world.desk.catalog, clock=lambda: world.desk.clock() + step, database_clock=lambda _: world.desk.clock()
    )
    replace(world, desk=replace(world.desk, catalog=turned)).sign(seen, role=None, code=used)


def reset_renews(world: World, chance: random.Random) -> None:
    """Come to somebody's secret: by her own code, by a guess, by consent of herself."""
    who, identity, catalog = chance.choice([VERA, BEN]), world.desk.identity, world.desk.catalog
    token = f"{chance.randrange(10**12):012}"
    with suppress(FlywheelError):
        resets.renew(catalog, proof=world.proof(who, world.code(OWNER)), recovery_code=chance.choice(["", token]))
    for _ in range(2):
        with suppress(FlywheelError):
            resets.consent(catalog, identity=identity, person=who, proof=world.proof(OWNER, world.code(OWNER)))
    with suppress(psycopg.Error):
        put = "INSERT INTO invitation VALUES (%s, %s, 'an invitation', now() + interval '9 years')"
        world.sql(chance.choice(PROGRAMS), put, (who, digest_of(token)))
    made = people.redeem(catalog, identity=identity, person=who, token=token, channel="cli")
    world.desk.clock.move(timedelta(minutes=1))
    world.sign(who, role=None, code=code_of(made, world.desk.clock()))


APPROVAL = """INSERT INTO signoff (sequence, version, dossier_digest, person, role, answer, renewal, feedback,
conditions, on_behalf_of, withdrawn_sequence, withdrawal, comment, channel, signed_at, enrolled_at)
SELECT 900000 + {n}, id, dossier_digest, '{who}', '{role}', 'approve', 0, 'approved', '{{}}', '', NULL, '', '', 'cli',
registered_at, registered_at - interval '99 days' FROM version WHERE project = '{project}'"""
SERVES = """INSERT INTO endpoint (name, project, version, mode, model_digest, package, conditions, generation,
safe_from, updated_at) SELECT project, project, id, 'model', model_digest, '{{}}', '{{}}', 1, 1, registered_at
FROM version WHERE project = '{project}'"""
ROWS = (
    APPROVAL,
    SERVES,
    "INSERT INTO role_grant VALUES ('ana@bank.example', '{project}', '{role}', 'admin', 'vera@bank.example', true)",
    "UPDATE version SET authors = '[\"eve@bank.example\"]', state = 'released' WHERE project = '{project}'",
    "UPDATE policy SET document = '{{}}'",
    "UPDATE person SET enrolled_at = now() - interval '99 days'",
    "UPDATE person_secret SET secret = (SELECT secret FROM person_secret WHERE person = 'ana@bank.example')",
    "DELETE FROM signoff_request",
    "DELETE FROM idempotency",
    "UPDATE event SET actor = 'vera@bank.example'",
    "ALTER ROLE flywheel SUPERUSER",
)


def sql_writes_rows(world: World, chance: random.Random) -> None:
    """Write what tables show, under any password but the notary's, and release."""
    for who, role in ((BEN, "business"), (VERA, "validator")):
        words = chance.choice(ROWS).format(n=chance.randrange(10**5), who=who, role=role, project=world.project)
        with suppress(psycopg.Error):
            world.sql(chance.choice(PROGRAMS), words)


def given(world: World, person: str, role: Role) -> Draft:
    """A well-formed approval that nobody gave."""
    now, found = world.desk.clock(), versions.get_version(world.desk.catalog, version=world.desk.version.id)
    said = SignoffGiven(world.project, person, role, Answer.APPROVE, "", "cli", 0, Feedback.APPROVED, NONE, "", now)
    return Draft(Verb.SIGNOFF_GIVEN, person, SubjectKind.VERSION, found.id, str(found.dossier_digest), said)


def registered_by_nobody(world: World) -> Draft:
    """The version as the work of somebody else, which the key of the record may say."""
    found = world.desk.version
    said = VersionResubmitted(found.project, found.policy_digest, found.project_digest, ("eve@bank.example",), {})
    return Draft(Verb.VERSION_RESUBMITTED, "flow:x", SubjectKind.VERSION, found.id, found.model_digest, said)


def drafts(world: World) -> Iterator[Draft]:
    """What somebody who got out of a cell would like the record to say."""
    version = world.desk.version
    yield from (
        given(world, BEN, Role.BUSINESS),
        given(world, VERA, Role.VALIDATOR),
        given(world, OWNER, Role.VALIDATOR),
    )
    roles = RoleGranted({world.project: (Role.VALIDATOR,)}, is_founding=True)
    yield Draft(Verb.ROLE_GRANTED, VERA, SubjectKind.PERSON, "eve@bank.example", "", roles)
    filed = DossierFiled(world.project, digest_of("page"), version.terms, RUN)
    yield Draft(Verb.DOSSIER_FILED, "flow:x", SubjectKind.VERSION, version.id, digest_of("mine"), filed)
    asked = SignoffRequested(world.project, RUN)
    yield Draft(Verb.SIGNOFF_REQUESTED, "flow:x", SubjectKind.VERSION, version.id, str(world.desk.dossier), asked)
    yield registered_by_nobody(world)


def sealed_by(sealer: Sealer) -> Put:
    return lambda event, follows: seal_event(sealer, event.hash, verb=event.verb, follows=follows)


def unattested(settings: Settings) -> Put:
    """What a process with the record's key can put under anything."""
    own = SealAtHand(settings)
    return lambda event, follows: seal_event(own, event.hash, verb=Verb.GATES_JUDGED, follows=follows)


def hook_appends(world: World, chance: random.Random) -> None:
    """Append with the record's key and any password but the notary's, then sign and release what is left to her."""
    seals: tuple[Put, ...] = (
        lambda *_: "",
        unattested(world.settings),
        sealed_by(both(Seal.of(world.settings))),
        sealed_by(THEIRS),
    )
    for draft in chance.sample([*drafts(world)], 2):
        with suppress(psycopg.Error):
            world.append(draft, chance.choice(seals), login=chance.choice(PROGRAMS))
    record.rebuild(world.desk.catalog)


ROUTES: Mapping[str, tuple[Callable[[World, random.Random], None], ...]] = {
    "command and API": (api_signs, api_lends, api_breaks_the_glass, api_gives_roles, api_restores),
    "SQL": (sql_writes_rows,),
    "hook": (hook_appends,),
    "clock": (clock_replays,),
    "reset": (reset_renews,),
}


def attempt(world: World, kind: str, chance: random.Random) -> str:
    """Try one way of a kind, then to sign and to release what is left to her; say how it succeeded, if it did."""
    with suppress(FlywheelError, psycopg.Error):
        chance.choice(ROUTES[kind])(world, chance)
    with suppress(FlywheelError):
        world.sign(OWNER, role=chance.choice([Role.VALIDATOR, Role.BUSINESS]), code=world.code(OWNER))
    with suppress(FlywheelError):
        world.desk.release()
    found = succeeded(world)
    record.rebuild(world.desk.catalog)  # as the steward does: what was done to tables closes no door for good
    return found
