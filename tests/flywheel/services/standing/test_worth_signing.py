"""An approval that would count for nothing is refused with what to do, and said before anybody signs."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.answer_words import FORM
from flywheel.domain.digests import digest_of
from flywheel.domain.gates import Verdict
from flywheel.domain.incidents import IncidentSeverity
from flywheel.domain.signoffs import Answer
from flywheel.errors import Refused
from flywheel.services.approval import signoffs
from flywheel.services.incidents.incidents import Sighting, open_incident
from flywheel.services.overview import overview
from flywheel.services.people.identity import Identity
from flywheel.services.serving import releases
from flywheel.services.standing.worth_signing import hindrances
from tests.factories.desk import Desk, make_desk, make_serving_desk
from tests.factories.people import BEN, OWNER, VERA
from tests.factories.projects import SLUG, make_policy, make_project, submitted
from tests.factories.versions import judged, put_dossier
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A judged version with a dossier and enrolled people."""
    return make_desk(catalog, identity, clock)


def reregister(desk: Desk, title: str) -> None:
    submitted(desk.catalog, project=make_project(title=title), policy=make_policy(), actor=OWNER)


def said_of(desk: Desk) -> str:
    return "; ".join(hindrances(desk.catalog, version=desk.version.id))


def test_what_is_asked_and_judged_is_worth_signing(desk: Desk) -> None:
    assert said_of(desk) == ""
    reregister(desk, "Card applications")
    assert said_of(desk) == "", "the same charter registered once more"
    desk.sign(BEN)


def test_a_charter_that_was_registered_since_is_told_first_and_bars_an_approval(desk: Desk) -> None:
    desk.sign(VERA)
    reregister(desk, "Something else")
    (row,) = overview(desk.catalog, channels=())
    assert "with changes (title)" in said_of(desk)
    assert f"{desk.version.id}: the charter was registered again since, with changes (title)" in row.hindrances
    with pytest.raises(Refused, match="with changes") as refused:
        desk.sign(BEN)
    assert f"`flywheel run {SLUG}`" in refused.value.sentence()
    assert desk.sign(BEN, Answer.REJECT).refused_by, "towards safety everybody may speak"


def test_a_dossier_for_which_nobody_asked_takes_no_approval_and_its_closed_gates_are_named(desk: Desk) -> None:
    judged(desk.catalog, desk.version, codes=("PERF-001",), verdict=Verdict.FAILED, key="closed")
    newer = digest_of("a newer dossier")
    put_dossier(desk.catalog, version=desk.version.id, digest=newer, evidence_digest=newer)
    with pytest.raises(Refused, match=r"no signatures are asked for on its dossier; no model is shown .*PERF-001"):
        desk.sign(BEN, dossier=newer)
    assert desk.sign(BEN, Answer.REJECT, dossier=newer).refused_by


def test_an_approval_is_refused_once_a_gate_has_closed_while_people_are_asked_and_a_rejection_never_is(
    desk: Desk,
) -> None:
    desk.sign(VERA)
    judged(desk.catalog, desk.version, codes=("PERF-001",), verdict=Verdict.FAILED, key="closed")
    for channel in (FORM, "cli"):
        with pytest.raises(Refused, match=r"cannot be approved: no model is shown .*PERF-001") as refused:
            desk.sign(BEN, channel=channel)
        assert f"`flywheel run {SLUG}`" in refused.value.sentence()
    assert "PERF-001" in said_of(desk)
    assert desk.sign(BEN, Answer.REJECT).refused_by


def test_an_approval_of_what_serves_is_renewed_whatever_was_registered_since(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_serving_desk(catalog, identity, clock)
    reregister(desk, "Something else")
    assert said_of(desk) == ""
    desk.pass_days(360)
    assert signoffs.standing_of(catalog, version=desk.version.id).is_granted
    desk.sign(BEN)


@pytest.mark.parametrize(("severity", "bars"), [(IncidentSeverity.PAGE, True), (IncidentSeverity.NOTICE, False)])
def test_an_incident_that_bars_the_door_is_named_with_the_command_that_ends_it_and_a_notice_bars_none(
    catalog: Catalog, identity: Identity, clock: SettableClock, severity: IncidentSeverity, bars: bool
) -> None:
    desk = make_serving_desk(catalog, identity, clock)
    one = open_incident(
        catalog,
        Sighting(
            project=SLUG,
            key="k",
            severity=severity,
            title="t",
            cause="c",
            consequence=None,
            actions=(),
            evidence={},
            run_id="r",
        ),
        channels=(),
        actor="flow:monitoring",
    )
    releases.fall_back(catalog, project=SLUG, reason="drift", incident=one.id, actor="flow:monitoring")
    told = f"{one.id} is not resolved: `flywheel incidents resolve {one.id}`"
    assert (told in said_of(desk)) is bars
    if bars:
        with pytest.raises(Refused, match="flywheel incidents resolve"):
            desk.release()
    else:
        desk.release()
