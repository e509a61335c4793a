"""The glance at every project: where it stands, and who can give what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.answer_words import FORM
from flywheel.domain.monitoring import WindowState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import CycleKind, Stage
from flywheel.domain.ways_on import way_back, ways_on
from flywheel.errors import NotFound, Refused
from flywheel.services.again.reproductions import record_reproduction
from flywheel.services.approval import signoffs
from flywheel.services.incidents import outages
from flywheel.services.modelling.versions import get_version
from flywheel.services.overview import overview
from flywheel.services.people.identity import Identity
from flywheel.services.people.signers import told_of_signers
from flywheel.services.serving import releases
from flywheel.services.walk import stages
from flywheel.services.watching import health
from flywheel.services.watching.health import Found, Part
from tests.factories.desk import make_desk, make_serving_desk
from tests.factories.incidents import make_incident
from tests.factories.people import BEN, VERA, VIKTOR, enrol
from tests.factories.projects import SLUG, make_policy, make_project, registered
from tests.factories.versions import judged, registered_version, with_dossier
from tests.factories.walker import MADE_AGAIN
from tests.fakes.clock import SettableClock
from tests.flywheel.services.walk.test_stages import CLOSED, UNTIL_VALIDATION, Walk, owner


@pytest.fixture
def asked(catalog: Catalog) -> str:
    """A version that waits for its signatures; gives its id."""
    registered(catalog)
    version = registered_version(catalog)
    judged(catalog, version)
    with_dossier(catalog, version)
    return version.id


def test_empty_catalog_shows_nothing(catalog: Catalog) -> None:
    assert overview(catalog, channels=()) == ()


def test_every_project_is_shown_by_name(catalog: Catalog) -> None:
    registered(catalog, "loans")
    registered(catalog, "cards")
    assert [row.project for row in overview(catalog, channels=())] == ["cards", "loans"]
    assert [row.project for row in overview(catalog, channels=(), project="loans")] == ["loans"]


def test_project_that_is_none_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        overview(catalog, channels=(), project="nothing")


def test_missing_signatures_name_those_who_can_give_them(catalog: Catalog, asked: str, identity: Identity) -> None:
    enrol(catalog, identity, VERA, VIKTOR)
    waits = overview(catalog, channels=())[0].waits_for
    assert [(w.version, w.role, w.count, w.people) for w in waits] == [
        (asked, Role.BUSINESS, 1, (BEN,)),
        (asked, Role.VALIDATOR, 1, (VERA, VIKTOR)),
    ]


def test_what_waits_for_signatures_says_whether_it_was_made_again(catalog: Catalog, asked: str) -> None:
    assert overview(catalog, channels=())[0].reproduced == f"{asked}: none"
    digest = get_version(catalog, version=asked).model_digest
    record_reproduction(catalog, version=asked, model_digest=digest, made=MADE_AGAIN, actor=VERA)
    assert overview(catalog, channels=())[0].reproduced.startswith(f"{asked}: passed 20")


def test_nothing_serves_before_a_release(catalog: Catalog, asked: str) -> None:
    row = overview(catalog, channels=())[0]
    assert (row.released, row.serving, row.open_incidents) == (None, None, ())


def test_where_nobody_can_sign_it_is_said_whom_to_invite(catalog: Catalog, asked: str) -> None:
    """A validator whom the charter names signs only once an administrator has given them the role."""
    (row,) = overview(catalog, channels=())
    assert [a.role for a in row.waits_for if not a.people] == [Role.VALIDATOR]
    told = "; ".join(told_of_signers(catalog, charter=make_project().charter, policy=make_policy()))
    (way,) = (step.partition(": ")[2] for step in row.next_steps)
    assert way.startswith("`flywheel people invite ")
    assert "--role '*:admin'" in way, "nobody here may name those who judge"
    assert all(each in told for each in way.split(", ")), "check, register and status name the same commands"


def test_a_signature_with_a_new_secret_is_told_with_what_makes_it_count(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock, policy=replace(make_policy(), fresh_secret_days=14))
    asked = {"version": desk.version.id, "dossier_digest": desk.dossier, "run_id": "run-7", "actor": "flow:x"}
    signoffs.request_signoff(catalog, **asked)
    desk.sign(BEN)
    desk.sign(VERA)
    (row,) = overview(catalog, channels=())
    assert {a.role: (a.fresh, a.fresh_days) for a in row.waits_for} == {
        Role.BUSINESS: ((BEN,), 14),
        Role.VALIDATOR: ((VERA,), 14),
    }
    assert all("counts by itself after 14 days" in step and "a second" in step for step in row.next_steps)
    assert f"{VERA} signed as validator" in row.next_steps[1]


def test_the_dossier_that_is_shown_is_that_of_the_newest_version(catalog: Catalog, asked: str) -> None:
    assert overview(catalog, channels=())[0].dossier == (asked, get_version(catalog, version=asked).dossier_digest)
    newer = registered_version(catalog, name="m2")
    judged(catalog, newer)
    with_dossier(catalog, newer)
    (row,) = overview(catalog, channels=())
    assert row.dossier is not None
    assert row.dossier[0] == newer.id != asked


def test_the_ways_on_from_a_closed_validation_do_what_they_say(catalog: Catalog, identity: Identity) -> None:
    """Run again judges the same rows; back at data preparation they are read anew."""
    registered(catalog)
    walk = Walk(catalog, identity)
    walk.start()
    walk.through(*UNTIL_VALIDATION)
    walk.begin(Stage.VALIDATION, "r1")
    walk.conclude(Stage.VALIDATION, "r1", CLOSED)
    assert overview(walk.catalog, channels=())[0].next_steps == ways_on(SLUG, Stage.VALIDATION)
    walk.start(key="again")
    assert walk.started()[-1] == (1, "validation", 2)
    walk.begin(Stage.VALIDATION, "r2")
    walk.conclude(Stage.VALIDATION, "r2", CLOSED)
    stages.move_back(walk.catalog, project=SLUG, to=Stage.DATA_PREPARATION, reason="more rows", proof=owner(walk))
    walk.start(key="more rows")
    assert walk.started()[-1] == (1, "data_preparation", 2)


def test_on_the_first_day_it_is_said_how_traffic_is_judged_before_a_window_is_over(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_serving_desk(catalog, identity, clock)
    assert [step for step in overview(catalog, channels=())[0].next_steps if f"monitor {SLUG} --early" in step]
    part = Part(desk.version.id, "model", clock() - timedelta(days=1), clock())
    found = Found(WindowState.GOOD, 200)
    health.record_health(catalog, project=SLUG, part=part, found=found, run_id="r", actor="flow:monitoring")
    assert not any("--early" in step for step in overview(catalog, channels=())[0].next_steps)


def test_an_incident_from_before_the_version_that_answers_is_named_until_it_is_resolved(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock, page=("desk",))
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    outages.report_outage(catalog, endpoint=SLUG, generation=1, what="it ended", answered_by="nobody", actor="steward")
    assert not any("took over" in step for step in overview(catalog, channels=())[0].next_steps)
    desk.pass_days(1)
    newer = registered_version(catalog, name="m2")
    judged(catalog, newer)
    after = replace(desk, version=newer, dossier=with_dossier(catalog, newer))
    after.sign(BEN)
    after.sign(VERA)
    after.release()
    (told,) = (step for step in overview(catalog, channels=())[0].next_steps if "took over" in step)
    assert told.startswith(
        f"{SLUG}-incident-1 dates from before {newer.id} took over and is still open: `flywheel incidents"
    )


def test_while_a_version_answers_on_an_open_page_about_its_traffic_names_the_ways_on(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_serving_desk(catalog, identity, clock)
    opened = make_incident(catalog, version=desk.version.id, window_from=clock() - timedelta(days=7))
    (told,) = (step for step in overview(catalog, channels=())[0].next_steps if opened in step)
    assert told.startswith(f"{opened} is open while {desk.version.id} keeps answering: `flywheel incidents resolve ")
    assert told.endswith(f"newer rows and `flywheel run {SLUG} retraining`")


def test_after_a_fallback_the_way_back_is_named_with_the_incident_that_bars_it(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock, page=("desk",))
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    version = desk.version.id
    outages.report_outage(catalog, endpoint=SLUG, generation=1, what="it ended", answered_by="nobody", actor="steward")
    assert not any("restore" in step for step in overview(catalog, channels=())[0].next_steps)
    releases.fall_back(catalog, project=SLUG, reason="drift", incident=None, actor="flow:monitoring")
    (row,) = overview(catalog, channels=())
    assert row.next_steps[-1] == way_back(SLUG, version, incidents=row.open_incidents)
    assert f"resolve {SLUG}-incident-1" in row.next_steps[-1]
    assert f"`flywheel restore {version}" in row.next_steps[-1]


def test_the_last_answer_that_was_not_taken_is_told_until_the_person_has_answered(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = make_desk(catalog, identity, clock)
    assert overview(catalog, channels=())[0].refused == ()
    with pytest.raises(Refused):
        desk.sign(BEN, code="000000", channel=FORM)
    (told,) = overview(catalog, channels=())[0].refused
    assert told.startswith(f"{desk.version.id}, in the form at {desk.clock():%H:%M} UTC: {BEN}: the one-time")
    assert "next: use the code" in told
    desk.sign(VERA)
    assert overview(catalog, channels=())[0].refused == (told,), "another person's answer is no answer of this one"
    desk.withdraw(VERA)
    desk.sign(BEN)
    assert overview(catalog, channels=())[0].refused == ()


def test_what_a_retraining_has_come_to_is_told_once_the_project_is_watched_again(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk, walk = make_serving_desk(catalog, identity, clock), Walk(catalog, identity)
    walk.start()
    walk.through(*UNTIL_VALIDATION, Stage.VALIDATION, Stage.DELIVERY)
    assert overview(catalog, channels=())[0].came_of == ""
    desk.pass_days(1)
    walk.start(CycleKind.RETRAINING, key="again")
    assert overview(catalog, channels=())[0].came_of == "", "it is under way"
    walk.through(*UNTIL_VALIDATION[1:], Stage.VALIDATION, Stage.DELIVERY, run="again")
    assert overview(catalog, channels=())[0].came_of.endswith(
        f"produced {desk.version.id} again, the same model as before"
    )
