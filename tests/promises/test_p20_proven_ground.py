"""P20: what opens is what the proven chain says; whatever is written past it opens nothing and is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy import Table, text
from sqlalchemy.orm import Session

from flywheel.adapters.postgres import postgres
from flywheel.catalog import proving as chain
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import EventRow
from flywheel.catalog.projections import AT_DOORS, NOUNS, kinds_of
from flywheel.catalog.shelf import table_of
from flywheel.domain.authority import Permission
from flywheel.domain.conditions import NONE
from flywheel.domain.digests import Digest, digest_bytes
from flywheel.domain.events import Draft, SubjectKind, Verb, seal, sealed_text
from flywheel.domain.findings import FindingKind, FindingSeverity
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.logins import Login
from flywheel.domain.monitoring import WindowState
from flywheel.domain.notes import NoteKind
from flywheel.domain.payloads.approval import (
    AgreementFiled,
    FindingOpened,
    GlassBroken,
    PolicyChangeProposed,
    SignoffGiven,
    WaiverGranted,
)
from flywheel.domain.payloads.making import ReproductionRecorded
from flywheel.domain.payloads.people import DelegationGiven
from flywheel.domain.payloads.serving import CostRecorded, HealthRecorded, IncidentSeen, NoteWritten
from flywheel.domain.payloads.walk import StageBegun
from flywheel.domain.policy import Tier
from flywheel.domain.reproduction import judge
from flywheel.domain.seals import Link, link_to, named, seal_event
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.stages import Stage
from flywheel.errors import NotFound, Refused, Tampered
from flywheel.services.incidents import discrepancies, incidents
from flywheel.services.people import people
from flywheel.services.people.authority import check_right
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.serving import endpoints
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk, make_serving_desk
from tests.factories.people import BEN, IVAN, VERA, VIKTOR
from tests.factories.projects import SLUG
from tests.factories.seals import THEIRS
from tests.fakes.clock import SettableClock

DOORS = {kind.__tablename__ for kind in kinds_of(AT_DOORS)}
TABLES = tuple(table_of(kind) for kind in kinds_of(NOUNS))
ONE = "ctid = (SELECT ctid FROM {} LIMIT 1)"
WAYS = ("insert", "update", "delete")


def value_of(table: Table, column: str) -> str:
    """Some value of a column's type, as SQL."""
    if column == "project":
        return "'elsewhere'" if table.name == "endpoint" else f"'{SLUG}'"  # a project has one endpoint
    if column == "version":
        return f"'{SLUG}:99'"
    kind = str(table.columns[column].type)
    plain = {"TEXT": "'forged'", "BIGINT": "4711", "JSON": "'{}'", "BOOLEAN": "true", "NUMERIC": "1", "FLOAT": "1"}
    return plain.get(kind, "now()")


def forged(table: Table, way: str) -> str:
    """One statement of somebody who writes past the record."""
    names = [column.name for column in table.columns]
    match way:
        case "insert":
            return (
                f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(value_of(table, n) for n in names)})"  # noqa: S608  names of our own tables
            )
        case "update":
            keys = {column.name for column in table.primary_key} | {"project", "version"}
            free = next((n for n in names if n not in keys), None) or table.primary_key.columns.values()[-1].name
            return f"UPDATE {table.name} SET {free} = {value_of(table, free)} WHERE {ONE.format(table.name)}"  # noqa: S608  as above
        case _:
            return f"DELETE FROM {table.name} WHERE {ONE.format(table.name)}"  # noqa: S608  as above


def write(server: Settings, database: str, words: str, *, login: Login = Login.RECORD) -> None:
    with psycopg.connect(postgres.database_url(server, database, driver="", login=login)) as connection:
        connection.execute(words)


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that serves, in a record where something stands in every table."""
    made = make_serving_desk(catalog, identity, clock)
    with catalog.begin() as work:
        [work.append(draft) for draft in happenings(made, work.now)]
    return made


def happenings(desk: Desk, now: datetime) -> Iterator[Draft]:
    """One of each that a served version need not have had."""
    version, project = SubjectKind.VERSION, SubjectKind.PROJECT
    until, name, finding = now + timedelta(days=1), desk.version.id, f"{desk.version.id}-finding-1"
    waived = WaiverGranted(SLUG, name, "DATA-003", "x", BEN, BEN, "r", until.date())
    yield Draft(Verb.WAIVER_GRANTED, VERA, version, name, "", waived)
    found = FindingOpened(SLUG, name, FindingKind.EXCEPTION, FindingSeverity.LOW, "t", "", BEN, None)
    yield Draft(Verb.FINDING_OPENED, VERA, SubjectKind.FINDING, finding, "", found)
    lent = DelegationGiven(SLUG, Role.IT, BEN, now, until, "r", "cli")
    yield Draft(Verb.DELEGATION_GIVEN, IVAN, SubjectKind.PERSON, IVAN, "", lent)
    broken = GlassBroken(SLUG, VIKTOR, IVAN, "r", finding, until, "cli")
    yield Draft(Verb.GLASS_BROKEN, VIKTOR, version, name, "sha256:other", broken)
    yield Draft(Verb.AGREEMENT_FILED, VERA, project, SLUG, "a", AgreementFiled(SLUG, Digest("a"), (BEN,), "run"))
    badge = judge((), tolerance=0.0, rows=0, largest_difference=None, environment="e")
    yield Draft(Verb.REPRODUCTION_RECORDED, VERA, version, name, "m", ReproductionRecorded(SLUG, badge))
    change = PolicyChangeProposed(Tier.MEDIUM, {"tier": "medium"}, Digest("p"), (), (), "r")
    yield Draft(Verb.POLICY_CHANGE_PROPOSED, VERA, SubjectKind.POLICY, "weaker", "", change)
    seen = IncidentSeen(SLUG, "k", IncidentSeverity.PAGE, "t", "c", None, (), {}, "r", (), adds=False)
    yield Draft(Verb.INCIDENT_OPENED, "steward", SubjectKind.INCIDENT, f"{SLUG}-9", "", seen)
    judged = HealthRecorded(name, "model", now, until, WindowState.GOOD, 1, "", {}, {}, {}, "r")
    yield Draft(Verb.HEALTH_RECORDED, "flow:monitoring", project, SLUG, "", judged)
    begun = StageBegun(Stage.IDEATION, 1, 1, "r", "i", "d")
    yield Draft(Verb.STAGE_BEGUN, "flow:x", project, SLUG, "", begun)
    note = NoteWritten("n", SLUG, name, "", NoteKind.COMMENT, "t", "")
    yield Draft(Verb.NOTE_WRITTEN, VERA, version, name, "", note)
    cost = CostRecorded("r", "cpu_seconds", 1, Decimal(1))
    yield Draft(Verb.COST_RECORDED, "flow:x", project, SLUG, "", cost)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_written_past_the_record_opens_nothing_and_is_named(
    desk: Desk, server: Settings, empty_database: str, way: str
) -> None:
    assert record.verify_events(desk.catalog).is_sound
    for table in TABLES:
        write(server, empty_database, forged(table, way))
        seen = record.verify_events(desk.catalog).differing
        assert seen, f"{way} in {table.name} goes unseen"
        assert all(f" {table.name} " in row for row in seen)
        if table.name in DOORS:
            with pytest.raises((Tampered, NotFound), match=f"not what the record says.* {table.name} |is no such"):
                knock(desk)
            assert f" {table.name} " in discrepancies.watch_record(desk.catalog, actor="steward")[0]
        else:
            record.rebuild(desk.catalog)
        desk.release()
        assert record.verify_events(desk.catalog).is_sound
    paged = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    assert [one.title for one in paged if "bypassed the record" in one.title]


def knock(desk: Desk) -> None:
    """Ask the door of a project, and then one of all projects."""
    desk.release()
    with desk.catalog.begin() as work:
        check_right(work, VERA, Permission.DECIDE_POLICY, project="*")


def signatures_of(others: Desk) -> str:
    """Two approvals that nobody gave."""
    names = "sequence, version, dossier_digest, person, role, answer, renewal, feedback, conditions, on_behalf_of,"
    rest = "withdrawal, comment, channel, signed_at"
    rows = [
        f"({number}, '{others.version.id}', '{others.dossier}', '{who}', '{role}', 'approve', 0, 'approved', '{{}}', "
        f"'', '', 'fine', 'cli', now())"
        for number, (who, role) in enumerate([(BEN, "business"), (VERA, "validator")], start=9_001)
    ]
    return f"INSERT INTO signoff ({names} {rest}) VALUES {', '.join(rows)}"  # noqa: S608  names of our own


@pytest.fixture
def waiting(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that nobody has signed."""
    return make_desk(catalog, identity, clock)


@pytest.mark.parametrize("login", [Login.RECORD, Login.OWNER, Login.SERVER])
def test_signatures_that_nobody_gave_release_nothing(
    waiting: Desk, server: Settings, empty_database: str, login: Login
) -> None:
    write(server, empty_database, signatures_of(waiting), login=login)
    with pytest.raises(Tampered, match="nothing says signoff 9001"):
        waiting.release()
    assert endpoints.desired(waiting.catalog) == ()


def test_without_the_ground_such_signatures_would_release(
    waiting: Desk, server: Settings, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UnitOfWork, "stand", lambda *_: None)
    write(server, empty_database, signatures_of(waiting))
    assert waiting.release().version == waiting.version.id


def test_a_role_that_nobody_gave_lets_nobody_sign(waiting: Desk, server: Settings, empty_database: str) -> None:
    words = f"INSERT INTO role_grant VALUES ('{IVAN}', '{SLUG}', 'validator', 'admin', 'eve@bank.example', false)"  # noqa: S608  names of our own
    write(server, empty_database, words)
    with pytest.raises(Tampered, match=f"nothing says role_grant {IVAN}"):
        waiting.sign(IVAN)


def test_what_serves_is_what_the_record_says_whatever_its_table_says(
    desk: Desk, server: Settings, empty_database: str
) -> None:
    before = endpoints.desired(desk.catalog)
    write(server, empty_database, 'UPDATE endpoint SET generation = 99, package = \'{"path": "/tmp/other"}\'')
    assert endpoints.desired(desk.catalog) == before
    write(server, empty_database, "DELETE FROM endpoint")
    assert endpoints.desired(desk.catalog) == before


def test_a_broken_chain_opens_nothing_and_still_lets_what_serves_be_stopped(desk: Desk, owned: Catalog) -> None:
    before = endpoints.desired(desk.catalog)
    with Session(owned.engine) as session, session.begin():
        session.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        session.execute(text("UPDATE event SET actor = 'x' WHERE sequence = (SELECT max(sequence) FROM event)"))
        session.execute(text("UPDATE event SET hash = 'x' WHERE sequence = (SELECT max(sequence) FROM event)"))
    with pytest.raises(Tampered, match="is not the one that was proven before"):
        desk.release()
    assert endpoints.desired(desk.catalog) == before
    write_stop = "UPDATE endpoint SET mode = 'stopped', generation = generation + 1"
    with Session(owned.engine) as session, session.begin():
        session.execute(text(write_stop))
    assert [one.mode.value for one in endpoints.desired(desk.catalog)] == ["stopped"]


Putter = Callable[[str, Link], str]
"""Draws what somebody without the key puts in place of a seal, knowing the hash and what it should follow."""

FORGED_SEALS: Mapping[str, Putter] = {
    "none": lambda _hash, _follows: "",
    "rubbish": lambda _hash, follows: f"{follows.sequence}:{follows.digest}:rubbish",
    "of another key": lambda said, follows: seal_event(THEIRS, said, verb=Verb.SIGNOFF_GIVEN, follows=follows),
}


def append_past_us(server: Settings, database: str, desk: Desk, draft: Draft, put: Putter) -> int:
    """Append a well-formed event as the thief of a password that lets it in; gives its sequence."""
    head, at = record.head(desk.catalog), desk.clock()
    event = seal(draft, sequence=head.sequence + 1, happened_at=at, previous_hash=head.hash)
    with desk.catalog.look() as work:
        follows = link_to(head.sequence, head.hash, work.session.get_one(EventRow, head.sequence).seal)
    with psycopg.connect(postgres.database_url(server, database, driver="", login=Login.NOTARY)) as connection:
        connection.execute("SELECT append_event(%s, %s)", (sealed_text(event), put(event.hash, follows)))
    return event.sequence


def approvals(desk: Desk) -> Iterator[Draft]:
    """Well-formed approvals, which nobody gave."""
    for person, role in ((BEN, Role.BUSINESS), (VERA, Role.VALIDATOR)):
        said = SignoffGiven(SLUG, person, role, Answer.APPROVE, "", "cli", 0, Feedback.APPROVED, NONE, "", desk.clock())
        yield Draft(Verb.SIGNOFF_GIVEN, person, SubjectKind.VERSION, desk.version.id, desk.dossier, said)


@pytest.mark.parametrize("put", FORGED_SEALS.values(), ids=FORGED_SEALS)
def test_an_event_without_our_seal_counts_for_nothing_and_is_named(
    waiting: Desk, server: Settings, empty_database: str, put: Putter
) -> None:
    forged = [append_past_us(server, empty_database, waiting, draft, put) for draft in approvals(waiting)]
    with pytest.raises(Refused, match="waiting for"):
        waiting.release()
    assert record.rebuild(waiting.catalog).counts["signoff"] == 0
    assert record.verify_events(waiting.catalog).unsealed == tuple(forged)
    for _ in range(2):
        discrepancies.watch_record(waiting.catalog, actor="steward")
    (paged,) = incidents.list_incidents(waiting.catalog, project=SLUG, is_unresolved=True)
    assert f"without our seal: {forged[0]}, {forged[1]}" in paged.cause
    assert paged.occurrences == 1
    waiting.sign(BEN)
    waiting.sign(VERA)
    assert waiting.release().version == waiting.version.id
    assert record.verify_events(waiting.catalog).first_bad is None


def test_without_the_seal_such_events_would_release(
    waiting: Desk, server: Settings, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "followed", lambda _sealer, _hash, *, verb, seal: named(seal))
    for draft in approvals(waiting):
        append_past_us(server, empty_database, waiting, draft, FORGED_SEALS["rubbish"])
    record.rebuild(waiting.catalog)
    assert waiting.release().version == waiting.version.id


@pytest.mark.parametrize("is_known", [False, True], ids=["made up", "used once"])
def test_an_invitation_that_was_put_back_is_not_redeemed(
    catalog: Catalog, identity: Identity, server: Settings, empty_database: str, is_known: bool
) -> None:
    people.found(catalog, identity=identity, person=VERA, name="Vera", channel="cli")
    digest = identity.digest_of_token(VERA, "token") if is_known else digest_bytes(b"token")
    words = f"INSERT INTO invitation VALUES ('{VERA}', '{digest}', 'an invitation', now() + interval '9 years')"  # noqa: S608  names of our own
    write(server, empty_database, words, login=Login.NOTARY)
    with pytest.raises(Refused, match=r"has no valid invitation"):
        people.redeem(catalog, identity=identity, person=VERA, token="token", channel="cli")
