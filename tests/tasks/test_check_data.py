"""The data gates in a walk: what is in use is the reference, and a waiver of the charter ends with its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from flywheel.services.modelling.versions import last_in_use
from flywheel.services.standing import gates
from tests.factories.people import VERA
from tests.factories.projects import SLUG
from tests.tasks.conftest import Walk, recorded

WAIVER = """
[[data.waivers]]
check = "DATA-003"
column = "requested_limit"
owner = "ben@bank.example"
reason = "the branch counts in hundreds until the spring"
until = {until}
"""

pytestmark = pytest.mark.usefixtures("foreign_examiners")


def on(day: date) -> str:
    return WAIVER.format(until=day.isoformat())


def test_a_changed_unit_closes_the_way_only_once_a_model_is_in_use_and_a_waiver_holds_to_its_day(walk: Walk) -> None:
    spoilt, today = walk.spoilt(), datetime.now(UTC).date()
    assert last_in_use(walk.catalog, project=SLUG) is None
    first = walk.judged(spoilt)
    assert first["is_open"], first["reasons"] or "without a model in use there is nothing to hold it against"

    walk.desk.sign(VERA)
    walk.desk.release()
    closed = walk.judged(spoilt)
    assert not closed["is_open"]
    assert "DATA-003" in closed["reasons"][0]
    assert "requested_limit" in closed["reasons"][0]

    assert walk.judged(spoilt, waiver=on(today + timedelta(days=1)))["is_open"]
    dataset = recorded(walk.catalog, spoilt)["id"]
    results = gates.results_of(walk.catalog, subject_kind="dataset", subject_id=dataset)
    (told,) = [one for one in results if one.code == "DATA-003"]
    assert "Waived up to" in told.findings[0].what

    ended = walk.judged(spoilt, waiver=on(today - timedelta(days=1)))
    assert not ended["is_open"]
    assert f"The waiver of ben@bank.example ended on {today - timedelta(days=1)}" in ended["reasons"][0]
