"""An examination gathers a version's rows, answers and rivals, and is refused under another charter."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.gates import Verdict
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.project.charter.stages import Split
from flywheel.project.examination import Examination
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.modelling import examinations, research
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.people.identity import Identity
from tests.factories.desk import Desk
from tests.factories.examinations import POLICY, Bank, bank_of, candidates_of, on_older_rows, version_of
from tests.factories.people import VERA, enrol
from tests.factories.projects import make_policy
from tests.factories.versions import CODES, judged, with_dossier
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
    assert len(seen.test) == seen.truth.size == seen.said.size == seen.money.size == seen.rivals.naive.size
    assert len(seen.before) + len(seen.test) == len(seen.everything)
    assert (seen.rivals.simple, seen.rivals.why_no_simple) == (None, examinations.IS_SIMPLE)
    assert (seen.rivals.champion, seen.champions, seen.is_renewal) == (None, None, False)
    assert seen.limits == POLICY.thresholds
    np.testing.assert_array_equal(seen.decided, seen.said >= seen.scorer.threshold)


def test_the_naive_rival_is_the_answer_that_brings_more_on_the_very_rows(catalog: Catalog, bank: Bank) -> None:
    version = version_of(catalog, bank, kinds=(RecipeKind.LINEAR,))
    seen = examinations.examination_of(
        bank.ground.project, version, catalog=catalog, artifacts=bank.ground.artifacts, policy=POLICY
    )
    both = [seen.framing.problem.money(seen.truth, np.full(seen.truth.size, answer)) for answer in (False, True)]
    np.testing.assert_array_equal(seen.rivals.naive, max(both, key=np.sum))
    naive = bank.candidates[RecipeKind.NAIVE]
    frozen = research.judge(
        bank.ground.project, artifacts=bank.ground.artifacts, dataset=bank.dataset, model=naive.model_digest
    )
    assert seen.rivals.naive.sum() > frozen.money.sum(), "what validation rows chose is the worse one here"


def in_use(catalog: Catalog, identity: Identity, clock: SettableClock, bank: Bank, policy: Policy) -> VersionRecord:
    """A version that was signed and is released."""
    champion = version_of(catalog, bank, policy=policy)
    judged(catalog, champion, codes=(*CODES, "PERF-014"))
    people = enrol(catalog, identity, VERA)
    desk = Desk(catalog, identity, clock, people, champion, with_dossier(catalog, champion))
    desk.sign(VERA)
    desk.release()
    return champion


def test_the_champion_and_the_rows_it_learned_from_stand_beside_its_renewal(
    catalog: Catalog, identity: Identity, clock: SettableClock, bank: Bank
) -> None:
    policy = make_policy({Role.VALIDATOR: 1})
    older = on_older_rows(bank)
    in_use(catalog, identity, clock, older, policy)
    challenger = version_of(catalog, bank, policy=policy)
    seen = examinations.examination_of(
        bank.ground.project, challenger, catalog=catalog, artifacts=bank.ground.artifacts, policy=policy
    )
    assert seen.is_renewal  # the same recipe on newer rows
    assert seen.rivals.champion is not None
    assert seen.rivals.champion.money.size == seen.money.size
    assert seen.champions is not None
    rows = bank.ground.artifacts.get_frame(older.dataset)
    assert set(seen.champions["application_id"]) <= set(rows["application_id"])
    assert not seen.champions.empty
    assert "PERF-002" in battery.demanded(seen, required=frozenset())
    result = battery.examine(seen, {"PERF-002"})[0].result
    assert (result.verdict, result.figures["judged_at"]) == (Verdict.PASSED, "upper bound")


def parted_at_random(bank: Bank) -> Bank:
    """The same bank, whose rows are parted by share."""
    research = bank.ground.project.charter.research.model_copy(
        update={"split": Split(by="random", validation=0.2, test=0.2)}
    )
    return candidates_of(bank.ground.chartered(research=research), bank.dataset)


def champions_unseen_rows(
    catalog: Catalog, identity: Identity, clock: SettableClock, champion: Bank, challenger: Bank
) -> Examination:
    policy = make_policy({Role.VALIDATOR: 1})
    in_use(catalog, identity, clock, champion, policy)
    version = version_of(catalog, challenger, policy=policy)
    return examinations.examination_of(
        challenger.ground.project, version, catalog=catalog, artifacts=challenger.ground.artifacts, policy=policy
    )


def test_under_the_same_rule_the_champion_is_compared_on_every_test_row(
    catalog: Catalog, identity: Identity, clock: SettableClock, bank: Bank
) -> None:
    now = parted_at_random(bank)
    seen = champions_unseen_rows(catalog, identity, clock, on_older_rows(now, without_last=200), now)
    assert seen.rivals.unseen is not None
    assert seen.rivals.unseen.all()


def test_where_the_rule_has_changed_rows_that_the_champion_learned_from_are_left_out(
    catalog: Catalog, identity: Identity, clock: SettableClock, bank: Bank
) -> None:
    seen = champions_unseen_rows(catalog, identity, clock, bank, parted_at_random(bank))
    unseen = seen.rivals.unseen
    assert unseen is not None
    last = seen.everything["applied_at"].max() - pd.DateOffset(months=3)
    np.testing.assert_array_equal(unseen, (seen.test["applied_at"] > last).to_numpy())
    figures = battery.examine(seen, {"PERF-002"})[0].result.figures
    assert (figures["rows"], figures["rows_left_out_as_seen"]) == (int(unseen.sum()), int((~unseen).sum()))
