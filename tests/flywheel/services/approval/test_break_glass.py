"""Broken glass: two people and some hours; no gate, no refusal and no swapped package is passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_of
from flywheel.domain.events import Verb
from flywheel.domain.gates import Verdict
from flywheel.domain.policy import BreakGlass
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.standing import Standing
from flywheel.errors import Refused
from flywheel.services import overview
from flywheel.services.approval import break_glass
from flywheel.services.incidents import incidents
from flywheel.services.people.identity import Identity
from flywheel.services.record import record
from flywheel.services.serving import endpoints, releases, upkeep
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, code_of, enrol, enrolled
from tests.factories.projects import SLUG, make_policy
from tests.factories.versions import judged, make_package
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of

ADA = "ada@bank.example"
GLASS = replace(make_policy(), break_glass=BreakGlass(Role.ADMIN, 24))


def desk_of(catalog: Catalog, identity: Identity, clock: SettableClock, *, has_glass: bool = True) -> Desk:
    """A version that waits, and Ada, who may break the glass."""
    desk = make_desk(catalog, identity, clock, policy=GLASS if has_glass else make_policy())
    desk.people[ADA] = enrolled(catalog, identity, ADA, roles={SLUG: {Role.ADMIN}})
    return desk


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return desk_of(catalog, identity, clock)


def smash(
    desk: Desk, person: str = ADA, witness: str = VERA, *, hours: int = 12, code: str = "", witness_code: str = ""
) -> Standing:
    """Break the glass with right and fresh codes unless told otherwise."""
    desk.clock.move(timedelta(seconds=30))
    return break_glass.break_glass(
        desk.catalog,
        identity=desk.identity,
        version=desk.version.id,
        person=person,
        code=code or code_of(desk.people[person], desk.clock()),
        witness=witness,
        witness_code=witness_code or code_of(desk.people[witness], desk.clock()),
        reason="the old model declines everybody",
        hours=hours,
        channel="test",
        key=desk.clock().isoformat(),
    )


def test_broken_glass_lets_the_version_serve_for_its_hours_and_no_longer(desk: Desk) -> None:
    assert "let through by break-glass until" in smash(desk).sentence()
    assert [message["run_id"] for message in messages_of(desk.catalog, "resume_run")] == ["run-1"]
    assert desk.release().mode is EndpointMode.MODEL
    serving = overview.overview(desk.catalog, channels=(), project=SLUG)[0].serving
    assert serving is not None
    assert serving.glass_until_at is not None
    assert timedelta(hours=11, minutes=59) < serving.glass_until_at - desk.clock() < timedelta(hours=12)
    desk.pass_days(0.5)
    upkeep.keep_to_standings(desk.catalog, actor="steward")
    assert endpoints.desired(desk.catalog)[0].mode is EndpointMode.RULE


def test_signatures_that_come_in_time_take_the_place_of_the_glass(desk: Desk) -> None:
    smash(desk)
    desk.release()
    desk.sign(BEN)
    desk.sign(VERA)
    desk.pass_days(1)
    assert upkeep.keep_to_standings(desk.catalog, actor="steward") == ()
    assert desk.standing().glass_until_at is None


def test_it_is_recorded_and_asks_the_owner(desk: Desk) -> None:
    smash(desk)
    (asked,) = incidents.list_incidents(desk.catalog, project=SLUG, is_unresolved=True)
    assert f"{ADA} broke the glass for {desk.version.id} before {VERA}" in asked.cause
    broken = next(event for event in record.list_events(desk.catalog) if event.verb is Verb.GLASS_BROKEN)
    assert (broken.actor, broken.payload["witness"]) == (ADA, VERA)


@pytest.mark.parametrize(
    ("person", "witness", "more", "reason"),
    [
        (BEN, VERA, {}, "only the role admin"),
        (ADA, ADA, {}, "the witness is another person"),
        (ADA, OWNER, {}, "is an author"),
        (ADA, "eve@bank.example", {}, "holds no role"),
        (ADA, VERA, {"hours": 25}, "1 to 24 hours"),
        (ADA, VERA, {"hours": 0}, "1 to 24 hours"),
        (ADA, VERA, {"code": "000000"}, "code is wrong"),
        (ADA, VERA, {"witness_code": "000000"}, "code is wrong"),
    ],
)
def test_who_may_not_is_told_why_and_it_is_an_event(
    desk: Desk, person: str, witness: str, more: dict[str, object], reason: str
) -> None:
    desk.people.update(enrol(desk.catalog, desk.identity, "eve@bank.example"))
    with pytest.raises(Refused, match=reason):
        smash(desk, person, witness, **more)  # type: ignore[arg-type]
    assert record.list_events(desk.catalog, limit=1)[0].verb is Verb.SIGNOFF_REFUSED
    assert not desk.standing().is_granted


def test_no_refusal_is_passed_over(desk: Desk) -> None:
    desk.sign(VIKTOR, feedback=Feedback.MAJOR, comment="it leaks")
    with pytest.raises(Refused, match="overrides no refusal"):
        smash(desk)
    desk.sign(VIKTOR, Answer.REJECT)
    with pytest.raises(Refused, match="overrides no refusal"):
        smash(desk)


def test_rejection_after_the_glass_was_broken_shuts_the_door(desk: Desk) -> None:
    smash(desk)
    desk.sign(VIKTOR, Answer.REJECT)
    with pytest.raises(Refused, match="rejected by viktor"):
        desk.release()


def test_no_gate_and_no_swapped_package_is_passed_over(desk: Desk) -> None:
    judged(desk.catalog, desk.version, codes=("PERF-003",), verdict=Verdict.FAILED, key="later")
    with pytest.raises(Refused, match="overrides no gate: PERF-003"):
        smash(desk)
    judged(desk.catalog, desk.version, codes=("PERF-003",), key="again")
    smash(desk)
    judged(desk.catalog, desk.version, codes=("PARITY-001",), verdict=Verdict.FAILED, key="parity")
    with pytest.raises(Refused, match="PARITY-001"):
        desk.release()
    judged(desk.catalog, desk.version, codes=("PARITY-001",), key="parity again")
    swapped = make_package(desk.version) | {"digest": digest_of("swapped")}
    with pytest.raises(Refused, match="has not compared this package"):
        releases.make_release(desk.catalog, version=desk.version.id, run_id="r", actor="flow:delivery", package=swapped)


def test_glass_is_broken_once_and_only_where_something_is_missing(desk: Desk) -> None:
    smash(desk, hours=1)
    with pytest.raises(Refused, match="nothing is missing"):
        smash(desk)
    desk.pass_days(1)
    with pytest.raises(Refused, match="was broken once already"):
        smash(desk)


def test_policy_without_a_glass_has_none_to_break(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    with pytest.raises(Refused, match="allows no breaking of the glass"):
        smash(desk_of(catalog, identity, clock, has_glass=False))


@pytest.mark.parametrize("fresh", [ADA, VERA], ids=["who breaks it", "the witness"])
def test_nobody_breaks_the_glass_with_or_before_a_secret_that_is_too_new_to_sign_with(
    catalog: Catalog, identity: Identity, clock: SettableClock, fresh: str
) -> None:
    """An administrator could invent the witness, and let a version go on alone."""
    desk = make_desk(catalog, identity, clock, policy=replace(GLASS, fresh_secret_days=14))
    desk.people[ADA] = enrolled(catalog, identity, ADA, roles={SLUG: {Role.ADMIN}})
    clock.move(timedelta(days=20))
    desk.people[fresh] = enrolled(catalog, identity, fresh)
    with pytest.raises(Refused, match=f"the secret of {fresh} is new"):
        smash(desk)
    clock.move(timedelta(days=14))
    assert smash(desk).glass_until_at is not None
