"""Waivers: an uninvolved validator's decision that the door obeys until its day, and that stays in sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.catalog.waiver import GrantedWaiver
from flywheel.domain.events import SubjectKind, Verb
from flywheel.domain.gates import Verdict
from flywheel.errors import InputRefused, NotFound, Refused
from flywheel.services.approval import waivers
from flywheel.services.approval.waivers import NewWaiver
from flywheel.services.dossier import dossiers
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, code_of
from tests.factories.projects import SLUG
from tests.factories.versions import judged
from tests.fakes.clock import SettableClock

GATE = "PERF-001"


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that everybody signed and that one gate then failed."""
    desk = make_desk(catalog, identity, clock)
    desk.sign(BEN)
    desk.sign(VERA)
    judged(catalog, desk.version, verdict=Verdict.FAILED, codes=(GATE,), key="again")
    return desk


def proof(desk: Desk, person: str, *, key: str = "", code: str = "") -> Proof:
    desk.clock.move(timedelta(seconds=30))
    shown = code or code_of(desk.people[person], desk.clock())
    return Proof(desk.identity, person, shown, "cli", key or f"{person}:{desk.clock()}")


def wanted(desk: Desk, **changes: object) -> NewWaiver:
    until = (desk.clock() + timedelta(days=10)).date()
    return replace(NewWaiver(desk.version.id, GATE, "", BEN, "known and small", until), **changes)  # type: ignore[arg-type]


def granted(desk: Desk, **changes: object) -> GrantedWaiver:
    shown = proof(desk, VERA)
    code = code_of(desk.people[BEN], desk.clock())
    return waivers.grant_waiver(desk.catalog, wanted=wanted(desk, **changes), proof=shown, owner_code=code)


def test_a_waived_finding_lets_the_version_through_the_door(desk: Desk) -> None:
    with pytest.raises(Refused, match="the planted fault"):
        desk.release()
    granted(desk)
    desk.release()


def test_after_its_day_the_door_is_shut_again_and_says_so(desk: Desk) -> None:
    granted(desk)
    desk.pass_days(11)
    with pytest.raises(Refused, match=f"The waiver that {VERA} gave ended on"):
        desk.release()


def test_a_waiver_for_the_whole_project_counts_for_its_versions(desk: Desk) -> None:
    assert granted(desk, about=SLUG).subject_id == SLUG
    desk.release()


def test_ended_early_the_door_is_shut_again(desk: Desk) -> None:
    made = granted(desk)
    waivers.end_waiver(desk.catalog, waiver=made.id, reason="it grew", proof=proof(desk, VIKTOR))
    with pytest.raises(Refused, match="the planted fault"):
        desk.release()
    with pytest.raises(Refused, match="ended already"):
        waivers.end_waiver(desk.catalog, waiver=made.id, reason="twice", proof=proof(desk, VIKTOR))


@pytest.mark.parametrize(("person", "why"), [(OWNER, "is an author"), (BEN, "only a validator may waive")])
def test_authors_and_others_waive_nothing_and_the_attempt_is_kept(desk: Desk, person: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        waivers.grant_waiver(desk.catalog, wanted=wanted(desk), proof=proof(desk, person))
    assert record.list_events(desk.catalog, limit=1)[0].verb is Verb.WAIVER_REFUSED
    assert waivers.list_waivers(desk.catalog, project=SLUG) == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"finding": "income"}, "no finding about “income”"),
        ({"code": "PERF-003"}, "no finding about"),
        ({"code": "DATA-001"}, "has not run on it"),
        ({"reason": " "}, "needs a reason"),
        ({"until": date(2020, 1, 1)}, "cannot end on that day"),
        ({"until": date(2099, 1, 1)}, "cannot end on that day"),
    ],
)
def test_no_blank_cheque_is_written(desk: Desk, changes: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        granted(desk, **changes)


def test_somebody_must_answer_for_it(desk: Desk) -> None:
    with pytest.raises(InputRefused, match="name the person"):
        granted(desk, owner="nobody")


@pytest.mark.parametrize(
    ("owner", "why"), [(BEN, "has not said so with a code"), ("eve@elsewhere.example", "holds no role")]
)
def test_nobody_answers_for_a_waiver_without_saying_so(desk: Desk, owner: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        waivers.grant_waiver(desk.catalog, wanted=wanted(desk, owner=owner), proof=proof(desk, VERA))
    assert waivers.list_waivers(desk.catalog, project=SLUG) == ()


def test_a_wrong_code_waives_nothing(desk: Desk) -> None:
    with pytest.raises(Refused, match="code"):
        waivers.grant_waiver(desk.catalog, wanted=wanted(desk), proof=proof(desk, VERA, code="000000"))
    assert waivers.list_waivers(desk.catalog, project=SLUG) == ()


def test_the_same_key_grants_one_waiver(desk: Desk) -> None:
    new = wanted(desk)
    shown = proof(desk, VERA, key="k")
    code = code_of(desk.people[BEN], desk.clock())
    first = waivers.grant_waiver(desk.catalog, wanted=new, proof=shown, owner_code=code)
    assert waivers.grant_waiver(desk.catalog, wanted=new, proof=proof(desk, VERA, key="k")) == first
    assert waivers.list_waivers(desk.catalog, project=SLUG) == (first,)


def test_in_force_are_those_that_hold_today_on_what_is_asked_for(desk: Desk) -> None:
    made = granted(desk)
    asked = {"project": SLUG, "kinds": {SubjectKind.VERSION}}
    assert waivers.in_force(desk.catalog, **asked) == (made.waiver,)  # type: ignore[arg-type]
    assert waivers.in_force(desk.catalog, project=SLUG, kinds={SubjectKind.DATASET}) == ()
    desk.pass_days(11)
    assert waivers.in_force(desk.catalog, **asked) == ()  # type: ignore[arg-type]


def test_the_dossier_shows_it(desk: Desk) -> None:
    granted(desk)
    listed = dossiers.assemble(desk.catalog, version=desk.version.id)["waivers"]
    assert isinstance(listed, list)
    (shown,) = listed
    assert isinstance(shown, dict)
    assert (shown["code"], shown["by"], shown["owner"], shown["reason"]) == (GATE, VERA, BEN, "known and small")


@pytest.mark.parametrize("about", ["card-default:99", "card-default/data@0123", "nothing"])
def test_what_is_not_there_is_not_found(desk: Desk, about: str) -> None:
    with pytest.raises(NotFound):
        granted(desk, about=about)


def test_a_rebuild_gives_the_same_waivers(desk: Desk) -> None:
    made = granted(desk)
    waivers.end_waiver(desk.catalog, waiver=made.id, reason="it grew", proof=proof(desk, VERA))
    before = waivers.list_waivers(desk.catalog, project=SLUG)
    assert record.rebuild(desk.catalog).differing == ()
    assert waivers.list_waivers(desk.catalog, project=SLUG) == before
