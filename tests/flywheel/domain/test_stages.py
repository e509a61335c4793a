"""Stages: forward one at a time, back with a reason, ended for good."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flywheel.domain.stages import ENDS, ORDER, TRANSITIONS, Direction, Stage, following, move
from flywheel.errors import Refused

STAGES = st.sampled_from(Stage)


@pytest.mark.parametrize(("reason", "verdict"), list(product(["", "  ", "new data"], repeat=2)))
@pytest.mark.parametrize("there", Stage)
@pytest.mark.parametrize("here", Stage)
def test_move_is_permitted_exactly_when_the_table_and_its_words_say_so(
    here: Stage, there: Stage, reason: str, verdict: str
) -> None:
    direction = TRANSITIONS.get((here, there))
    needs_reason = direction is Direction.BACK or there is Stage.RETIRED
    is_worded = (bool(reason.strip()) or not needs_reason) and (bool(verdict.strip()) or there is not Stage.CLOSED_NULL)
    if direction is None or not is_worded:
        with pytest.raises(Refused):
            move(here, there, reason=reason, verdict=verdict)
    else:
        made = move(here, there, reason=reason, verdict=verdict)
        assert (made.source, made.target, made.direction) == (here, there, direction)
        assert made.reason == (verdict.strip() or reason.strip())


def test_no_stage_is_skipped_on_the_way_forward() -> None:
    forward = {pair for pair, way in TRANSITIONS.items() if way is Direction.FORWARD}
    assert forward == set(pairwise(ORDER))
    assert [following(stage) for stage in ORDER] == [*ORDER[1:], None]


def test_every_earlier_stage_can_be_gone_back_to() -> None:
    back = {pair for pair, way in TRANSITIONS.items() if way is Direction.BACK}
    assert back == {(late, early) for i, late in enumerate(ORDER) for early in ORDER[:i]}


@pytest.mark.parametrize("end", sorted(ENDS))
def test_what_has_ended_stays_ended(end: Stage) -> None:
    assert not [there for here, there in TRANSITIONS if here is end]
    assert following(end) is None


def test_only_what_was_delivered_retires_and_what_monitors_is_not_closed_as_null() -> None:
    assert {here for here, there in TRANSITIONS if there is Stage.RETIRED} == {Stage.DELIVERY, Stage.MONITORING}
    assert (Stage.MONITORING, Stage.CLOSED_NULL) not in TRANSITIONS


def test_refusal_says_where_it_is_what_was_asked_and_what_is_allowed() -> None:
    with pytest.raises(Refused, match=r"is in research and cannot move to delivery; allowed: .*validation"):
        move(Stage.RESEARCH, Stage.DELIVERY)


class Walk(RuleBasedStateMachine):
    """Any walk, against the plainest model: a position that rises by one or falls."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage.IDEATION
        self.furthest = 0

    @rule(to=STAGES)
    def go(self, to: Stage) -> None:
        """Try to move."""
        try:
            self.stage = move(self.stage, to, reason="why", verdict="what").target
        except Refused:
            return
        if self.stage in ORDER:
            position = ORDER.index(self.stage)
            assert position <= self.furthest + 1
            self.furthest = max(self.furthest, position)

    @invariant()
    def retirement_follows_delivery(self) -> None:
        """Nobody retires what was never delivered."""
        assert self.stage is not Stage.RETIRED or self.furthest >= ORDER.index(Stage.DELIVERY)


TestWalk = Walk.TestCase
