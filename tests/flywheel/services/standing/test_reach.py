"""Conditions are accepted only where the endpoint would keep to them, and bind it when it serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.conditions import Conditions
from flywheel.domain.digests import Json
from flywheel.errors import Refused
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.services.modelling.versions import resubmit_version
from flywheel.services.people.identity import Identity
from flywheel.services.serving import endpoints, upkeep
from flywheel.services.serving.endpoints import EndpointMode
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR
from tests.factories.projects import SLUG, make_policy, make_project, submitted
from tests.factories.versions import with_dossier
from tests.fakes.clock import SettableClock

RULE: dict[str, Json] = {
    "fallback": ["rule"],
    "rule": {"column": "income", "at_least": 1, "then": "positive", "missing": "negative"},
}
DATA: dict[str, Json] = {
    "entity": "application_id",
    "sources": {"rows": {"uri": "rows.csv", "purpose": "test"}},
    "columns": {
        "income": {"kind": "category", "categories": ["low", "high"]},
        "bureau_score": {"kind": "number"},
        "region": {"kind": "category"},
    },
}
HALF = Conditions(traffic_share=0.5)


def desk_with(catalog: Catalog, identity: Identity, clock: SettableClock, **blocks: Json) -> Desk:
    """A version whose charter says more than usual; it reads income and bureau_score."""
    desk = make_desk(catalog, identity, clock)
    plain = make_project()
    document = {**plain.document, **blocks}
    project = Project(plain.path, charter_from(document), None, digest_of_files(document), document)
    submitted(catalog, project=project, policy=make_policy(), actor=OWNER)
    authors = desk.version.authors
    resubmit_version(
        catalog, version=desk.version.id, project_digest=project.digest, authors=authors, actor=OWNER
    )  # the version is of the charter above
    return replace(desk, dossier=with_dossier(catalog, desk.version, content="under the charter above"))


@pytest.mark.parametrize(
    ("blocks", "conditions", "reason"),
    [
        ({"data": DATA, "delivery": {"fallback": ["previous"]}}, HALF, "leaves cases undecided"),
        ({"data": DATA | {"entity": None}, "delivery": RULE}, HALF, "needs data.entity"),
        ({"data": DATA, "delivery": RULE}, Conditions(only={"moon": ("full",)}), "does not receive this column"),
        ({"data": DATA, "delivery": RULE}, Conditions(only={"region": ("north",)}), "does not receive this column"),
        ({"data": DATA, "delivery": RULE}, Conditions(only={"bureau_score": ("1",)}), "does not receive this column"),
        ({"data": DATA, "delivery": RULE}, Conditions(only={"income": ("middle",)}), "no such category"),
    ],
)
def test_what_nothing_would_enforce_is_not_accepted(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    blocks: dict[str, Json],
    conditions: Conditions,
    reason: str,
) -> None:
    desk = desk_with(catalog, identity, clock, **blocks)
    with pytest.raises(Refused, match=reason):
        desk.sign(VERA, conditions=conditions)


def test_strictest_conditions_bind_the_release_and_a_later_stricter_one_what_serves(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = desk_with(catalog, identity, clock, data=DATA, delivery=RULE)
    desk.sign(VERA, conditions=Conditions(only={"income": ("low", "high")}))
    desk.sign(BEN, conditions=HALF)
    assert desk.release().conditions == {"traffic_share": 0.5, "only": {"income": ["high", "low"]}}
    desk.sign(VIKTOR, conditions=Conditions(traffic_share=0.25, only={"income": ("low",)}))
    now = endpoints.desired(catalog)[0]
    assert (now.mode, now.generation) == (EndpointMode.MODEL, 2)
    assert now.conditions == {"traffic_share": 0.25, "only": {"income": ["low"]}}
    assert upkeep.keep_to_standings(catalog, actor="steward") == ()


def test_conditions_that_leave_no_case_keep_the_door_shut(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = desk_with(catalog, identity, clock, data=DATA, delivery=RULE)
    desk.sign(VERA, conditions=Conditions(only={"income": ("low",)}))
    desk.sign(BEN, conditions=Conditions(only={"income": ("high",)}))
    with pytest.raises(Refused, match="no case of income is left to the model"):
        desk.release()
    assert endpoints.find(catalog, name=SLUG) is None


def test_conditions_that_leave_no_case_to_what_serves_leave_all_to_the_rule(
    catalog: Catalog, identity: Identity, clock: SettableClock
) -> None:
    desk = desk_with(catalog, identity, clock, data=DATA, delivery=RULE)
    desk.sign(VERA, conditions=Conditions(only={"income": ("low",)}))
    desk.sign(BEN)
    desk.release()
    other = Conditions(only={"income": ("high",)})
    assert desk.sign(VIKTOR, conditions=other, key="once") == desk.sign(VIKTOR, conditions=other, key="once")
    assert endpoints.desired(catalog)[0].conditions == {"only": {"income": []}}
    assert upkeep.keep_to_standings(catalog, actor="steward") == ()
