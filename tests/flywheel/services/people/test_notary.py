"""The notary: whatever it can be asked for travels there and back, and it is asked for decisions alone."""

from __future__ import annotations

import pytest

from flywheel.services import notary_office  # noqa: F401  to import it is to know all decisions
from flywheel.services.people.notary import DECISIONS, Decision, is_carried


def test_the_office_knows_what_it_decides() -> None:
    assert {"signoffs.sign", "people.invite", "releases.make_release"} <= set(DECISIONS)


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_all_that_a_decision_takes_and_gives_can_be_carried(decision: Decision) -> None:
    kinds = {**decision.takes, "result": decision.gives}
    assert {name for name, kind in kinds.items() if not is_carried(kind)} == set()
