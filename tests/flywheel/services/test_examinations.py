"""An examination gathers a version's rows, answers and rivals, and is refused under another charter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.gates import Verdict
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services import examinations, research
from flywheel.services.identity import Identity
from tests.factories.desk import Desk
from tests.factories.examinations import POLICY, Bank, bank_of, on_older_rows, version_of
from tests.factories.people import VERA, enrol
from tests.factories.projects import make_policy
from tests.factories.versions import judged, with_dossier
from tests.fakes.clock import SettableClock
from validators import battery


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return bank_of(tmp_path_factory.mktemp("bank"))


def test_it_holds_the_rows_the_answers_and_the_rivals_on_the_same_rows(catalog: Catalog, bank: Bank) -> None:
    seen = examinations.examination_of(
        bank.ground.project,
        version_of(catalog, bank),
        catalog=catalog,
        artifacts=bank.ground.artifacts,
        policy=POLICY,
    )
    assert len(seen.test) == seen.labels.size == seen.chances.size == seen.money.size == seen.rivals.naive.size
    assert len(seen.train) + len(seen.test) < len(seen.everything)
    assert (seen.rivals.simple, seen.rivals.why_no_simple) == (None, examinations.IS_SIMPLE)
    assert (seen.rivals.champion, seen.champions_train, seen.is_renewal) == (None, None, False)
    assert seen.limits == POLICY.thresholds
    np.testing.assert_array_equal(seen.decisions, seen.chances >= seen.scorer.threshold)


def test_a_rung_that_research_did_not_try_is_fitted_here(catalog: Catalog, bank: Bank) -> None:
    version = version_of(catalog, bank, kinds=(RecipeKind.LINEAR,))
    seen = examinations.examination_of(
        bank.ground.project, version, catalog=catalog, artifacts=bank.ground.artifacts, policy=POLICY
    )
    naive = bank.candidates[RecipeKind.NAIVE]
    expected = research.judge(
        bank.ground.project, artifacts=bank.ground.artifacts, dataset=bank.dataset, model=naive.model_digest
    )
    np.testing.assert_array_equal(seen.rivals.naive, expected.money)


def test_a_version_of_another_charter_is_not_examined(catalog: Catalog, bank: Bank) -> None:
    other = replace(bank.ground.project, digest=Digest("sha256:" + "0" * 64))
    with pytest.raises(Refused, match="the charter has changed"):
        examinations.require_same_charter(version_of(catalog, bank), other)


def test_the_champion_and_the_rows_it_learned_from_stand_beside_its_renewal(
    catalog: Catalog, identity: Identity, clock: SettableClock, bank: Bank
) -> None:
    policy = make_policy({Role.VALIDATOR: 1})
    champion = version_of(catalog, on_older_rows(bank), policy=policy)
    judged(catalog, champion)
    people = enrol(catalog, identity, VERA)
    desk = Desk(catalog, identity, clock, people, champion, with_dossier(catalog, champion))
    desk.sign(VERA)
    desk.release()
    challenger = version_of(catalog, bank, policy=policy)
    seen = examinations.examination_of(
        bank.ground.project, challenger, catalog=catalog, artifacts=bank.ground.artifacts, policy=policy
    )
    assert seen.is_renewal  # the same recipe on newer rows
    assert seen.rivals.champion is not None
    assert seen.rivals.champion.money.size == seen.money.size
    assert seen.champions_train is not None
    assert len(seen.champions_train) < len(seen.train)
    assert "PERF-002" in battery.demanded(seen, required=frozenset())
    result = battery.examine(seen, {"PERF-002"})[0].result
    assert (result.verdict, result.figures["judged_at"]) == (Verdict.PASSED, "upper bound")
