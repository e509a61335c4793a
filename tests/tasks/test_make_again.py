"""Making again in a flow: once, where the policy asks for it, and closing the way where another model comes out."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.reproduction import Compared, Outcome, Reproduction, ReproductionState, Step, judge
from flywheel.services.again import remaking, reproductions
from flywheel.services.people.identity import Identity
from tasks import make_again
from tasks.shapes import Decision
from tests.factories.desk import Desk, make_desk
from tests.factories.projects import make_policy
from tests.fakes.clock import SettableClock

OPEN, SHUT = Decision(is_open=True, reasons=[]), Decision(is_open=False, reasons=["a gate"])


class Maker:
    """Stands for the clean process; counts how often it was asked."""

    def __init__(self, outcome: Outcome, tolerance: float = 1e-6) -> None:
        self.outcome, self.tolerance, self.asked = outcome, tolerance, 0

    def reproduce(self, *_: object, version: str) -> Reproduction:
        assert version
        self.asked += 1
        steps = [Compared(step, self.outcome, "another table") for step in Step]
        return judge(steps, tolerance=self.tolerance, rows=40, largest_difference=0.0, environment="this")


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits."""
    return make_desk(catalog, identity, clock)


def run(
    desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch, decision: Decision = OPEN, asks: bool = True
) -> Decision:
    policy = replace(make_policy(), must_be_reproduced=asks)
    bench = SimpleNamespace(catalog=desk.catalog, policy_pinned=lambda _: policy)
    monkeypatch.setattr(make_again, "workbench", lambda: bench)
    monkeypatch.setattr(remaking, "reproduce", maker.reproduce)
    return make_again.make_again.fn(desk.version.id, decision)


def state_of(desk: Desk) -> ReproductionState | None:
    known = reproductions.reproduction_of(desk.catalog, version=desk.version.id)
    return known.state if known else None


def test_it_is_made_again_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(Outcome.SAME)
    assert run(desk, maker, monkeypatch) == OPEN
    assert run(desk, maker, monkeypatch) == OPEN
    assert (maker.asked, state_of(desk)) == (1, ReproductionState.PASSED)


def test_another_model_closes_the_way_and_says_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    decided = run(desk, Maker(Outcome.DIFFERS), monkeypatch)
    assert (decided["is_open"], state_of(desk)) == (False, ReproductionState.FAILED)
    assert "could not be reproduced from the record: " in decided["reasons"][0]


def test_after_a_failure_it_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run(desk, Maker(Outcome.DIFFERS), monkeypatch)
    assert run(desk, Maker(Outcome.SAME), monkeypatch) == OPEN


def test_what_was_held_to_a_wider_tolerance_does_not_count(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run(desk, Maker(Outcome.SAME, tolerance=0.5), monkeypatch)
    maker = Maker(Outcome.SAME)
    run(desk, maker, monkeypatch)
    assert maker.asked == 1


@pytest.mark.parametrize(("decision", "asks"), [(OPEN, False), (SHUT, True)], ids=["no policy asks", "a gate closed"])
def test_nothing_is_made_where_nobody_asks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, decision: Decision, asks: bool
) -> None:
    maker = Maker(Outcome.SAME)
    assert run(desk, maker, monkeypatch, decision, asks) == decision
    assert (maker.asked, state_of(desk)) == (0, None)
