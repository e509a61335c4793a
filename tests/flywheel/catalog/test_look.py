"""Looks at test rows are counted over a project's whole life, and over other names for the same table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.services.modelling import experiments
from flywheel.services.modelling.experiments import Look
from flywheel.services.people.identity import Identity
from tests.factories.desk import make_desk
from tests.factories.people import BEN, VERA
from tests.factories.projects import SLUG, registered
from tests.factories.versions import make_facts, make_figures, make_split, recorded_dataset
from tests.fakes.clock import SettableClock


def look(catalog: Catalog, name: str, *, project: str = SLUG, rows: str = "rows", table: str = "data") -> Look:
    recorded_dataset(catalog, project, content=table)
    facts = replace(make_facts(name, dataset=table), split=make_split(rows))
    experiments.record_experiments(catalog, project=project, run_id="r", actor="flow:x", experiments=(facts,))
    return experiments.record_look(
        catalog, project=project, experiment=facts.id, figures=make_figures(), actor="flow:x"
    )


def test_a_release_makes_no_earlier_look_forgotten(catalog: Catalog, identity: Identity, clock: SettableClock) -> None:
    desk = make_desk(catalog, identity, clock)
    look(catalog, "a", rows="other rows")
    desk.sign(BEN)
    desk.sign(VERA)
    desk.release()
    first, second = (look(catalog, name, rows=f"rows of {name}") for name in "bc")
    assert (first.otherwise_before, first.since_release) == (2, 0)
    assert (second.otherwise_before, second.since_release) == (3, 1)


@pytest.mark.parametrize(("table", "seen"), [("data", 2), ("other data", 0)])
def test_another_name_makes_no_test_rows_new(catalog: Catalog, table: str, seen: int) -> None:
    for slug in (SLUG, "renamed"):
        registered(catalog, slug)
    for name in "ab":
        look(catalog, name, rows=f"rows of {name}")
    found = look(catalog, "c", project="renamed", rows="parted by another salt", table=table)
    assert (found.others_before, found.otherwise_before, found.elsewhere_before) == (0, 0, seen)
    assert look(catalog, "a", rows="rows of a").elsewhere_before == 0, "what came later was not before"
