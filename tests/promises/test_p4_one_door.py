"""P4: a version serves only if every gate of its policy passed and the quorum of distinct non-authors signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json
from flywheel.domain.gates import GateDecision, Verdict
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.standing import Standing
from flywheel.errors import Conflict, Refused
from flywheel.services import releases, signoffs, weighing
from flywheel.services.endpoints import EndpointMode
from flywheel.services.identity import Identity
from tests.factories.people import BEN, IVAN, OWNER, VERA, VIKTOR, code_of, enrol
from tests.factories.projects import registered
from tests.factories.versions import CODES, judged, make_package, registered_version, with_dossier
from tests.fakes.clock import SettableClock

PEOPLE = (OWNER, BEN, VERA, VIKTOR, IVAN)
ROLES = {OWNER: Role.OWNER, BEN: Role.BUSINESS, VERA: Role.VALIDATOR, VIKTOR: Role.VALIDATOR, IVAN: Role.IT}
CAUTION = {Answer.APPROVE: 0, Answer.REWORK: 1, Answer.REJECT: 2}
LIKELY = (Verdict.PASSED, Verdict.PASSED, Verdict.PASSED, Verdict.FAILED, Verdict.WARNED, Verdict.ERROR)
RUNS = settings(
    max_examples=20,
    stateful_step_count=18,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate,),
)
DOOR, PEN = "the door and the model disagree", "who may sign and the model disagree"
_numbers = count(1)


class Door(RuleBasedStateMachine):
    """People, gates and releases at random, held against a model of a dozen lines."""

    catalog: Catalog
    identity: Identity
    clock: SettableClock

    @initialize()
    def begin(self) -> None:
        slug = f"p{next(_numbers)}"
        registered(self.catalog, slug)
        self.people = enrol(self.catalog, self.identity, *PEOPLE)
        self.version = registered_version(self.catalog, slug)
        self.verdicts: dict[str, Verdict] = {}
        self.new_dossier()

    @rule()
    def new_dossier(self) -> None:
        self.dossier = with_dossier(self.catalog, self.version, content=f"dossier {next(_numbers)}")
        self.answers: dict[str, Answer] = {}

    @rule(codes=st.sets(st.sampled_from(CODES), min_size=1), verdict=st.sampled_from(LIKELY))
    def judge(self, codes: set[str], verdict: Verdict) -> None:
        judged(self.catalog, self.version, codes=tuple(codes), verdict=verdict, key=f"k{next(_numbers)}")
        self.verdicts |= dict.fromkeys(codes, verdict)

    @rule(
        person=st.sampled_from(PEOPLE),
        role=st.sampled_from([None, Role.BUSINESS, Role.VALIDATOR]),
        answer=st.sampled_from([Answer.APPROVE, Answer.APPROVE, Answer.REWORK, Answer.REJECT]),
    )
    def sign(self, person: str, role: Role | None, answer: Answer) -> None:
        self.clock.move(timedelta(seconds=30))
        is_heard = (
            person != OWNER
            and role in {None, ROLES[person]}
            and (person not in self.answers or CAUTION[answer] > CAUTION[self.answers[person]])
        )
        assert self._is_accepted(person, role, answer) == is_heard, PEN
        if is_heard:
            self.answers[person] = answer

    @rule(verdict=st.sampled_from(LIKELY))
    def approve_all_and_try(self, verdict: Verdict) -> None:
        for person in (BEN, VERA):
            self.sign(person, None, Answer.APPROVE)
        self.judge(set(CODES), verdict)
        self.release_a_swapped_package()
        self.release()

    @rule()
    def release(self) -> None:
        package = make_package(self.version) | {"tag": str(next(_numbers))}
        assert self._is_let_in(package) == self.may_serve, DOOR

    @rule()
    def release_a_swapped_package(self) -> None:
        package: dict[str, Json] = {"uri": "bento", "digest": f"sha256:{next(_numbers)}", "tag": "t"}
        assert not self._is_let_in(package), DOOR

    @precondition(lambda self: self.may_serve)
    @rule()
    def release_what_may_serve(self) -> None:
        self.release()

    @property
    def may_serve(self) -> bool:
        """The model: every required code passed, one of each role approves, nobody objects."""
        signed = {ROLES[person] for person, answer in self.answers.items() if answer is Answer.APPROVE}
        return (
            all(self.verdicts.get(code) is Verdict.PASSED for code in CODES)
            and {Role.BUSINESS, Role.VALIDATOR} <= signed
            and all(answer is Answer.APPROVE for answer in self.answers.values())
        )

    def _is_let_in(self, package: dict[str, Json]) -> bool:
        try:
            endpoint = releases.make_release(
                self.catalog, version=self.version.id, run_id="r", actor="flow:delivery", package=package
            )
        except Refused:
            return False
        return endpoint.mode is EndpointMode.MODEL and endpoint.package == package

    def _is_accepted(self, person: str, role: Role | None, answer: Answer) -> bool:
        try:
            signoffs.sign(
                self.catalog,
                identity=self.identity,
                version=self.version.id,
                dossier_digest=self.dossier,
                person=person,
                role=role,
                answer=answer,
                comment="",
                code=code_of(self.people[person], self.clock()),
                channel="test",
                key=f"k{next(_numbers)}",
            )
        except (Refused, Conflict):
            return False
        return True


@pytest.fixture
def door(catalog: Catalog, identity: Identity, clock: SettableClock) -> Iterator[Callable[[], None]]:
    Door.catalog, Door.identity, Door.clock = catalog, identity, clock
    yield lambda: run_state_machine_as_test(Door, settings=RUNS)
    del Door.catalog, Door.identity, Door.clock


def test_only_what_may_serve_serves(door: Callable[[], None]) -> None:
    door()
    assert next(_numbers) > 100, "the machine has hardly moved"


def gates_always_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "decide", lambda *_, **__: GateDecision(is_open=True))


def quorum_always_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "standing_in", lambda *_: Standing(is_granted=True, missing={}, approved_by={}))


def anybody_may_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signoffs, "check_may_sign", lambda **_: None)


def anybody_may_change_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signoffs, "check_may_answer", lambda *_, **__: None)


def any_package_may_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "has_passed_on", lambda *_, **__: True)


@pytest.mark.parametrize(
    ("remove", "seen"),
    [
        (any_package_may_serve, DOOR),
        (gates_always_open, DOOR),
        (quorum_always_there, DOOR),
        (anybody_may_sign, PEN),
        (anybody_may_change_back, PEN),
    ],
)
def test_each_guards_removal_is_caught(
    door: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    remove: Callable[[pytest.MonkeyPatch], None],
    seen: str,
) -> None:
    remove(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        door()
