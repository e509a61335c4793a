"""P11: nothing is changed without proof, by unknown people, beyond the table of roles, or by authors who judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.authority import ANYBODY, RIGHTS, Permission
from flywheel.errors import FlywheelError
from flywheel.services.people import authority, proof, resets, sessions
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, IVAN, OWNER, VIKTOR, code_of
from tests.fakes.clock import SettableClock
from tests.promises.authority_acts import ACTS, EVE, GLASS, NOT_FOR_AUTHORS, Act, prepared

Wrong = tuple[str, Proof]
ELSEWHERE = frozenset({Permission.FOUND, Permission.BEGIN, Permission.WAIVE, Permission.LOG_IN, Permission.ENROL})
"""Asked of by tests of their own: of people, sessions, waivers, projects."""


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_desk(catalog, identity, clock, policy=GLASS)


def shown(desk: Desk, who: str, *, by: str = "", session: str = "") -> Proof:
    """A person, with the code of whoever it is, or with a session."""
    desk.clock.move(timedelta(seconds=30))
    code = "" if session or by == "nobody" else code_of(desk.people[by or who], desk.clock())
    return Proof(desk.identity, who, code, "test", f"{who}:{desk.clock().isoformat()}", session)


def session_of(desk: Desk, who: str) -> str:
    return sessions.log_in(desk.catalog, proof=shown(desk, who)).token


def wrong_ways(desk: Desk, act: Act) -> Iterator[Wrong]:
    """Every way in which somebody who may not could ask."""
    right, other = RIGHTS[act.action], BEN if act.who != BEN else VIKTOR
    old = session_of(desk, act.who)
    desk.clock.move(timedelta(hours=13))
    yield "an expired session", shown(desk, act.who, session=old)
    yield "no proof", shown(desk, act.who, by="nobody")
    yield "a forged session", shown(desk, act.who, session="made up")
    yield "another's session", shown(desk, act.who, session=session_of(desk, other))
    yield "another's code", shown(desk, act.who, by=other)
    yield "an unknown person", shown(desk, "zzz@nobody", by="nobody")
    yield "an unknown person with somebody's session", shown(desk, "zzz@nobody", session=session_of(desk, other))
    yield "a system user", shown(desk, "cli:root", by="nobody")
    used = shown(desk, act.who)
    sessions.log_in(desk.catalog, proof=used)
    yield "a used code", used
    if right.needs_code:
        yield "a session where a code is asked for", shown(desk, act.who, session=session_of(desk, act.who))
    if right.roles != ANYBODY:
        yield "somebody without a role", shown(desk, EVE)
        yield "somebody without a role, logged in", shown(desk, EVE, session=session_of(desk, EVE))
    if act.action in NOT_FOR_AUTHORS:
        author = IVAN if act.action is Permission.DECIDE_POLICY else OWNER
        yield "the author", shown(desk, author)
    yield from after_a_reset(desk, act)


def after_a_reset(desk: Desk, act: Act) -> Iterator[Wrong]:
    """An accomplice has no way to the secret; and where its person renewed it, all that was before counts no more."""
    with pytest.raises(FlywheelError):
        resets.renew(desk.catalog, proof=shown(desk, act.who, by=EVE))
    with pytest.raises(FlywheelError):
        resets.consent(desk.catalog, identity=desk.identity, person=act.who, proof=shown(desk, EVE))
    old, before = session_of(desk, act.who), desk.people[act.who]
    nobody = shown(desk, act.who, by="nobody")
    desk.people[act.who] = resets.renew(desk.catalog, proof=nobody, recovery_code=before.recovery_codes[0])
    desk.clock.move(timedelta(seconds=30))
    yield "the code before a reset", replace(nobody, code=code_of(before, desk.clock()), key="old code")
    yield "the session before a reset", shown(desk, act.who, session=old)


def is_accepted(desk: Desk, act: Act, given: Proof) -> bool:
    """Whether the act was done: it answered, or something but a refusal was written."""
    before = record.head(desk.catalog).sequence
    try:
        act.ask(desk, given)
    except FlywheelError:
        written = [event for event in record.list_events(desk.catalog) if event.sequence > before]
        return not all(event.verb.value.endswith("refused") for event in written)
    return True


def test_every_action_of_the_table_is_asked_for() -> None:
    assert {act.action for act in ACTS} | ELSEWHERE == set(Permission)
    assert set(RIGHTS) == set(Permission)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.action.name)
def test_nobody_acts_in_a_wrong_way_and_whoever_may_does(desk: Desk, act: Act) -> None:
    prepared(desk, act)
    ways = [(how, is_accepted(desk, act, given)) for how, given in wrong_ways(desk, act)]
    assert len(ways) >= 9
    assert [how for how, accepted in ways if accepted] == []
    desk.clock.move(desk.identity.lock_for)
    assert is_accepted(desk, act, shown(desk, act.who)), "whoever may is heard"


def without_sessions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(authority, "prove_session", lambda *_: None)


def without_codes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(proof, "accepted_step", lambda *_, **__: 1)
    patch.setattr(proof, "accept", lambda *_, **__: None)


def without_roles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(authority, "check_may", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("remove", "action", "seen"),
    [
        (without_sessions, Permission.RESOLVE, {"no proof", "another's session", "an expired session"}),
        (without_codes, Permission.OPEN_FINDING, {"another's code"}),
        (without_roles, Permission.CLOSE, {"somebody without a role"}),
    ],
)
def test_each_guards_removal_is_seen(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    remove: Callable[[pytest.MonkeyPatch], None],
    action: Permission,
    seen: set[str],
) -> None:
    act = next(act for act in ACTS if act.action is action)
    prepared(desk, act)
    ways = wrong_ways(desk, act)
    accepted: set[str] = set()
    for how, given in ways:
        with monkeypatch.context() as patch:
            remove(patch)
            if is_accepted(desk, act, given):
                accepted.add(how)
                break
    assert accepted
    assert accepted <= seen
