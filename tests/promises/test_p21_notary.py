"""P21: what opens doors is attested only the notary judges, which attests only what it has just judged itself."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from flywheel.adapters import machine
from flywheel.adapters.notary_line import NAME, Line
from flywheel.adapters.postgres import postgres
from flywheel.catalog import event as events
from flywheel.catalog import proving
from flywheel.catalog.engine import Catalog
from flywheel.catalog.signoff import signoffs_of
from flywheel.domain import seals
from flywheel.domain.attesting import ATTESTED
from flywheel.domain.authority import Permission
from flywheel.domain.conditions import NONE
from flywheel.domain.digests import Json
from flywheel.domain.events import Draft, Event, SubjectKind, Verb, seal, sealed_text
from flywheel.domain.logins import Login
from flywheel.domain.payloads.approval import SignoffGiven
from flywheel.domain.payloads.serving import ModelReleased
from flywheel.domain.seals import Link, link_to, seal_event
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Refused, Unavailable
from flywheel.services.people import authority
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import DECISIONS, Bench, Decision, answer
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.services.record.sealing import Seal, SealAtHand
from flywheel.services.serving import endpoints, releases
from flywheel.setting_groups import NotarySettings
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk, make_serving_desk
from tests.factories.notaries import at_work
from tests.factories.people import BEN, VERA, code_of
from tests.factories.projects import SLUG
from tests.factories.seals import both
from tests.fakes.clock import SettableClock

NOBODY = 65_534
Putter = Callable[[Settings, str, Verb, Link], str]
"""What a process with the installation's key, and without the notary's, puts under an event."""


def without_attestation(settings: Settings, said: str, verb: Verb, follows: Link) -> str:
    del verb
    return seal_event(SealAtHand(settings), said, verb=Verb.GATES_JUDGED, follows=follows)


def attested_by_itself(settings: Settings, said: str, verb: Verb, follows: Link) -> str:
    return seal_event(both(Seal.of(settings)), said, verb=verb, follows=follows)


def with_some_attestation(settings: Settings, said: str, verb: Verb, follows: Link) -> str:
    return f"{without_attestation(settings, said, verb, follows)}:{'00' * 64}"


FORGERIES: dict[str, Putter] = {
    "no attestation": without_attestation,
    "its own attestation": attested_by_itself,
    "rubbish": with_some_attestation,
}


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_desk(catalog, identity, clock)


@pytest.fixture
def serving(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_serving_desk(catalog, identity, clock)


@pytest.fixture
def flow(desk: Desk, settings: Settings, database_url: str, clock: SettableClock) -> Iterator[Catalog]:
    """The record as a flow, a hook that got out of its cell, or any other program of ours holds it."""
    opened = Catalog.open(database_url, sealer=SealAtHand(settings), clock=clock, notary=Line(settings))
    yield opened
    opened.close()


def approvals(desk: Desk) -> Iterator[Draft]:
    """Well-formed approvals of all who are asked, which nobody gave."""
    for person, role in ((BEN, Role.BUSINESS), (VERA, Role.VALIDATOR)):
        said = SignoffGiven(SLUG, person, role, Answer.APPROVE, "", "cli", 0, Feedback.APPROVED, NONE, "", desk.clock())
        yield Draft(Verb.SIGNOFF_GIVEN, person, SubjectKind.VERSION, desk.version.id, desk.dossier, said)


def append(server: Settings, settings: Settings, desk: Desk, draft: Draft, put: Putter) -> Event:
    """Append past our code whatever bears this seal, in its right place."""
    head = record.head(desk.catalog)
    made = seal(draft, sequence=head.sequence + 1, happened_at=desk.clock(), previous_hash=head.hash)
    with desk.catalog.look() as work:
        last = work.session.get_one(events.EventRow, head.sequence)
        follows = link_to(last.sequence, last.hash, last.seal)
    url = postgres.database_url(server, settings.database.name, driver="", login=Login.NOTARY)
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT append_event(%s, %s)", (sealed_text(made), put(settings, made.hash, draft.verb, follows))
        )
    return made


@pytest.mark.parametrize("draft", range(2), ids=["business", "validator"])
def test_a_program_that_appends_an_approval_is_refused(desk: Desk, flow: Catalog, draft: int) -> None:
    before = record.head(desk.catalog)
    with pytest.raises(Refused, match="may attest no decision"), flow.begin() as work:
        work.append(list(approvals(desk))[draft])
    assert record.head(desk.catalog) == before


@pytest.mark.parametrize("verb", sorted(ATTESTED))
def test_no_other_process_seals_what_opens_a_door(settings: Settings, verb: Verb) -> None:
    with pytest.raises(Refused, match="the notary alone"):
        seal_event(SealAtHand(settings), "sha256:x", verb=verb, follows=seals.NOTHING)


@pytest.mark.parametrize("put", FORGERIES.values(), ids=FORGERIES)
def test_approvals_under_the_installations_key_alone_count_for_nothing_and_are_named(
    desk: Desk, server: Settings, settings: Settings, put: Putter
) -> None:
    last = [append(server, settings, desk, draft, put) for draft in approvals(desk)][-1]
    with pytest.raises(Refused, match="waiting for"):
        desk.release()
    assert last.sequence in record.verify_events(desk.catalog).unsealed


def test_without_a_look_at_attestations_such_approvals_would_release(
    desk: Desk, server: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "is_vouched_for", lambda *_, **__: True)
    monkeypatch.setattr(proving, "is_vouched_for", lambda *_, **__: True)
    for draft in approvals(desk):
        append(server, settings, desk, draft, without_attestation)
    record.rebuild(desk.catalog)
    assert desk.release().version == desk.version.id


def test_a_forged_release_answers_nobody(serving: Desk, server: Settings, settings: Settings) -> None:
    with serving.catalog.look() as work:
        released = events.latest_of(work.session, verb=Verb.RELEASE_MADE, subject_id=SLUG)
    assert released is not None
    before = endpoints.desired(serving.catalog)
    said = replace(released.said(ModelReleased), package={"digest": "sha256:x", "path": "/tmp/evil"})
    draft = Draft(Verb.RELEASE_MADE, "flow:delivery", SubjectKind.ENDPOINT, SLUG, serving.version.model_digest, said)
    append(server, settings, serving, draft, without_attestation)
    assert endpoints.desired(serving.catalog) == before


def test_what_a_program_asks_for_is_judged_by_the_notary(desk: Desk, flow: Catalog, settings: Settings) -> None:
    """Refused and given as where the decision is taken in one process; no key over secrets is read by who asks."""
    at_desk = replace(desk, identity=Identity.of(settings))
    asking = replace(at_desk, catalog=flow)
    with at_work(settings, clock=desk.clock):
        with pytest.raises(Refused, match="one-time code is wrong"):
            asking.sign(BEN, code="000000")
        with pytest.raises(Refused, match="may not serve"):
            asking.release()
        assert not asking.sign(BEN).is_granted
        assert asking.sign(VERA).is_granted
        assert asking.release().version == desk.version.id
    assert "_key" not in vars(asking.identity)
    assert record.verify_events(flow).is_sound
    with desk.catalog.look() as work:
        assert events.has_happened(work.session, Verb.SIGNOFF_REFUSED)


def test_nobody_takes_beforehand_the_key_that_anothers_answer_goes_by(
    desk: Desk, flow: Catalog, settings: Settings
) -> None:
    asking = replace(desk, identity=Identity.of(settings), catalog=flow)
    with at_work(settings, clock=desk.clock):
        asking.sign(BEN, key="run:1")
        assert not asking.sign(VERA, Answer.REJECT, key="run:1").is_granted
    with desk.catalog.look() as work:
        given = [one.person for one in signoffs_of(work.session, desk.version.id)]
    assert sorted(given) == [BEN, VERA]


def test_where_no_notary_answers_nothing_is_decided(desk: Desk, settings: Settings, flow: Catalog) -> None:
    settings.servers_lock.parent.mkdir(parents=True, exist_ok=True)
    with settings.servers_lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        hasty = settings.model_copy(update={"notary": NotarySettings(wait_seconds=0.05)})
        with pytest.raises(Unavailable, match="nothing is decided"):
            releases.make_release(
                replace(flow, notary=Line(hasty)),
                version=desk.version.id,
                run_id="r",
                actor="flow:delivery",
                package={},
            )


def test_nobody_decides_past_the_notary(desk: Desk, flow: Catalog) -> None:
    proof = Proof(desk.identity, BEN, code_of(desk.people[BEN], desk.clock()), "test", "k")
    with pytest.raises(Unavailable, match="only the notary judges"):
        authority.perform(flow, proof, Permission.NOTE, lambda _: None, project=SLUG)


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_nobody_can_hand_the_notary_anything_to_sign(decision: Decision) -> None:
    assert not {bytes, Event, Draft} & set(decision.takes.values())


@pytest.mark.parametrize(
    "asked",
    [
        {"decision": "sealing.attest", "said": {"content": "x"}},
        {"decision": "signoffs._sign", "said": {}},
        {"decision": "signoffs.sign", "said": {}},
        {"decision": "releases.make_release", "said": {"version": "v", "draft": {}}},
        {"decision": "signoffs.sign", "said": []},
        {},
    ],
)
def test_what_is_no_decision_is_refused(desk: Desk, settings: Settings, asked: dict[str, Json]) -> None:
    before = record.head(desk.catalog)
    told = answer(Bench(desk.catalog, settings), asked)
    assert isinstance(told, dict)
    assert "refused" in told
    assert record.head(desk.catalog) == before


ASK = """
import socket, sys
line = socket.socket(socket.AF_UNIX)
line.settimeout(5)
try:
    line.connect(sys.argv[1])
    body = b'{"decision":"","said":{}}'
    line.sendall(len(body).to_bytes(4, "big") + body)
    print(line.recv(100))
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(not machine.is_root(), reason="only root can ask as another user")
@pytest.mark.parametrize(("caller", "is_answered"), [(None, False), (1234, False), (NOBODY, True)])
def test_another_user_is_answered_only_where_it_is_named(
    catalog: Catalog, settings: Settings, caller: int | None, is_answered: bool
) -> None:
    del catalog
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        Path(folder).chmod(0o711)
        there = settings.model_copy(update={"notary": NotarySettings(root=Path(folder), caller=caller)})
        with at_work(there):
            words = [sys.executable, "-S", "-c", ASK, str(Path(folder) / "run" / NAME)]
            said = subprocess.run(words, user=NOBODY, group=NOBODY, capture_output=True, text=True, check=False)
    assert ("gave" in said.stdout, said.stderr) == (is_answered, "")
