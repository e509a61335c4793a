"""The guards of one's own work, each taken away: then one way leads there, which tells that the guard stood in it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine

from flywheel.adapters.postgres import postgres
from flywheel.catalog import appending, proving
from flywheel.catalog import event as chain
from flywheel.catalog.engine import UnitOfWork
from flywheel.domain import seals
from flywheel.domain.logins import Login
from flywheel.domain.seals import named
from flywheel.domain.signoffs import Role
from flywheel.services.approval import answering
from flywheel.services.people import proof, sessions
from flywheel.services.record import record
from flywheel.services.record.sealing import NotarySeal
from flywheel.services.standing import worth_signing
from tests.factories.people import BEN, OWNER, VERA
from tests.promises.own_work import APPROVAL, given, registered_by_nobody, sealed_by, unattested
from tests.promises.own_work_world import World

Removal = Callable[[pytest.MonkeyPatch, World], None]
Act = Callable[[World], None]


def authors_may_sign(patch: pytest.MonkeyPatch, _: World) -> None:
    patch.setattr(answering, "check_may_sign", lambda **_: None)


def nobody_shows_a_code(patch: pytest.MonkeyPatch, _: World) -> None:
    patch.setattr(answering, "prove", lambda *_: None)


def codes_count_twice(patch: pytest.MonkeyPatch, _: World) -> None:
    patch.setattr(proof, "accept", lambda *_, **__: None)


def any_login_appends_decisions(patch: pytest.MonkeyPatch, world: World) -> None:
    patch.setattr(appending, "FUNCTION", appending.FUNCTION.replace("session_user <> '{notary}'", "false"))
    write_function(world)


def decisions_bear_no_attestation(patch: pytest.MonkeyPatch, _: World) -> None:
    for module in (seals, proving):
        patch.setattr(module, "is_vouched_for", lambda *_, **__: True)


def events_bear_no_seal(patch: pytest.MonkeyPatch, _: World) -> None:
    patch.setattr(chain, "followed", lambda _sealer, _hash, *, verb, seal: named(seal))


def tables_are_believed(patch: pytest.MonkeyPatch, _: World) -> None:
    patch.setattr(UnitOfWork, "stand", lambda *_: None)


def registrations_are_believed(patch: pytest.MonkeyPatch, _: World) -> None:
    patch.setattr(worth_signing, "authors_lack", lambda *_: ())


def write_function(world: World) -> None:
    """Put the function in place that appends, as this code wants it now."""
    engine = create_engine(postgres.database_url(world.server, world.settings.database.name, login=Login.OWNER))
    with engine.begin() as connection:
        appending.write_function(connection)
    engine.dispose()


def sign_as_herself(world: World) -> None:
    world.sign(OWNER, role=Role.VALIDATOR, code=world.code(OWNER))


def sign_as_another(world: World) -> None:
    world.sign(VERA, role=None, code="")


def show_a_used_code(world: World) -> None:
    used = world.code(VERA)
    sessions.log_in(world.desk.catalog, proof=world.proof(VERA, used))
    world.sign(VERA, role=None, code=used)


def append_what_the_notarys_key_attested(world: World) -> None:
    put = sealed_by(NotarySeal.of(world.settings))
    world.append(given(world, VERA, Role.VALIDATOR), put, login=Login.RECORD)


def append_as_the_notary_without_its_key(world: World) -> None:
    world.append(given(world, VERA, Role.VALIDATOR), unattested(world.settings), login=Login.NOTARY)


def append_as_the_notary_without_any_key(world: World) -> None:
    def rubbish(_: object, follows: seals.Link) -> str:
        return f"{follows.sequence}:{follows.digest}:rubbish"

    world.append(given(world, VERA, Role.VALIDATOR), rubbish, login=Login.NOTARY)


def write_approvals(world: World) -> None:
    for number, (who, role) in enumerate(((BEN, "business"), (VERA, "validator"))):
        world.sql(Login.RECORD, APPROVAL.format(n=number, who=who, role=role, project=world.project))
    world.desk.release()


def sign_what_eve_made(world: World) -> None:
    world.append(registered_by_nobody(world), unattested(world.settings), login=Login.RECORD)
    record.rebuild(world.desk.catalog)  # as the steward does with every table that differs
    sign_as_herself(world)


GUARDS: Mapping[Removal, Act] = {
    authors_may_sign: sign_as_herself,
    nobody_shows_a_code: sign_as_another,
    codes_count_twice: show_a_used_code,
    any_login_appends_decisions: append_what_the_notarys_key_attested,
    decisions_bear_no_attestation: append_as_the_notary_without_its_key,
    events_bear_no_seal: append_as_the_notary_without_any_key,
    tables_are_believed: write_approvals,
    registrations_are_believed: sign_what_eve_made,
}
"""Each removal, and the act that succeeds without the guard."""


@contextmanager
def without(remove: Removal, world: World) -> Iterator[None]:
    """Do without a guard for a while."""
    with pytest.MonkeyPatch.context() as patch:
        remove(patch, world)
        yield
    write_function(world)


def chance_of(seed: int, kind: str) -> random.Random:
    """Draw in the order of a seed, for one kind of route."""
    return random.Random(f"{seed} {kind}")
