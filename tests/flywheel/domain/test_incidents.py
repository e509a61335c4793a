"""Incidents: towards their end only, grouped by signal, escalated when nobody answers."""

from __future__ import annotations

import pytest

from flywheel.domain.incidents import IncidentState, group_key, headline, move_incident
from flywheel.errors import Refused

PERMITTED = {
    (IncidentState.OPEN, IncidentState.ACKNOWLEDGED),
    (IncidentState.OPEN, IncidentState.RESOLVED),
    (IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED),
}


@pytest.mark.parametrize("here", IncidentState)
@pytest.mark.parametrize("there", IncidentState)
def test_incident_moves_towards_its_end_only(here: IncidentState, there: IncidentState) -> None:
    if (here, there) in PERMITTED:
        assert move_incident(here, there) is there
    else:
        with pytest.raises(Refused, match=f"is {here.value} and cannot become {there.value}"):
            move_incident(here, there)


@pytest.mark.parametrize(
    ("about", "line"),
    [
        ("Who leaves?", "Who leaves? Drift alarm"),
        ("Who leaves", "Who leaves: drift alarm"),
        ("Who leaves: ", "Who leaves: Drift alarm"),
    ],
)
def test_a_title_that_ends_as_a_sentence_takes_no_colon_after_it(about: str, line: str) -> None:
    assert headline(about, "drift alarm") == line


def test_key_groups_by_project_and_signal() -> None:
    assert group_key("cards", "drift") == group_key("cards", "drift")
    assert len({group_key("cards", "drift"), group_key("cards", "kpi"), group_key("loans", "drift")}) == 3
