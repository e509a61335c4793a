"""The notary: whatever it can be asked for travels there and back, and it is asked for decisions alone."""

from __future__ import annotations

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json
from flywheel.services import notary_office  # noqa: F401  to import it is to know all decisions
from flywheel.services.people.notary import ACTOR, DECISIONS, OWN, Bench, Decision, answer, is_carried
from flywheel.settings import Settings


def test_the_office_knows_what_it_decides() -> None:
    assert {"signoffs.sign", "people.invite", "releases.make_release"} <= set(DECISIONS)


@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_all_that_a_decision_takes_and_gives_can_be_carried(decision: Decision) -> None:
    kinds = {**decision.takes, "result": decision.gives}
    assert {name for name, kind in kinds.items() if not is_carried(kind)} == set()


UNPROVEN = {name: decision for name, decision in DECISIONS.items() if ACTOR in decision.takes}


@pytest.mark.parametrize("actor", ["ben@bank.example", "", "flow:ben@bank.example", "steward "])
@pytest.mark.parametrize("name", UNPROVEN)
def test_nothing_is_attested_in_a_persons_name_without_a_proof(
    catalog: Catalog, settings: Settings, name: str, actor: str
) -> None:
    """Whatever else is asked for: who says so is looked at first."""
    said: dict[str, Json] = {one: None for one, kind in UNPROVEN[name].takes.items() if kind not in OWN}
    told = answer(Bench(catalog, settings), {"decision": name, "said": {**said, ACTOR: actor}})
    assert "in the name of a person" in str(told)


def test_programs_of_ours_are_believed_to_be_programs(catalog: Catalog, settings: Settings) -> None:
    said: Json = {"project": "none", "reason": "x", "incident": None, "actor": "flow:monitoring"}
    told = answer(Bench(catalog, settings), {"decision": "releases.stop", "said": said})
    assert "NotFound" in str(told)
