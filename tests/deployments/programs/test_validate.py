"""`flywheel validate`: the policy's checks outside a flow, recorded as an event of the person who asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.programs.validate import ValidationRequest, validate
from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.stages import Stage
from flywheel.errors import NotFound
from flywheel.services.record import record
from flywheel.services.standing import gates
from flywheel.services.workbench import Workbench
from tests.factories.examinations import POLICY, Bank, bank_of, version_of

ANA = "ana@bank.example"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return bank_of(tmp_path_factory.mktemp("bank"))


@pytest.fixture
def bench(catalog: Catalog, bank: Bank) -> Workbench:
    version_of(catalog, bank)
    return Workbench(bank.ground.settings, catalog, bank.ground.artifacts)


def judged_by(bench: Workbench) -> list[str]:
    return [e.actor for e in record.list_events(bench.catalog) if e.verb is Verb.GATES_JUDGED]


def test_what_the_policy_asks_for_is_examined_and_recorded_as_the_persons_event(bench: Workbench) -> None:
    seen = validate(bench, ValidationRequest("card-default:1", ANA))
    codes = {result.code for result in seen.results}
    assert POLICY.required_in(Stage.VALIDATION) <= codes
    assert judged_by(bench) == [ANA]
    kept = gates.results_of(bench.catalog, subject_kind="version", subject_id="card-default:1")
    assert {result.code: result.verdict for result in kept} == {r.code: r.verdict for r in seen.results}
    assert all(bench.artifacts.get_bytes(e.digest) for result in kept for e in result.evidence)
    assert any(said.startswith("PERF-006") for said in seen.decision.not_applicable)


def test_a_dry_run_records_nothing_and_may_show_what_the_policy_does_not_ask_for(bench: Workbench) -> None:
    seen = validate(bench, ValidationRequest("card-default:1", ANA, more=True, dry_run=True))
    assert judged_by(bench) == []
    assert not {result.code for result in seen.beyond_policy} & {result.code for result in seen.results}


def test_reports_are_written_where_the_person_says(bench: Workbench, tmp_path: Path) -> None:
    validate(bench, ValidationRequest("card-default:1", ANA, out=str(tmp_path / "reports"), dry_run=True))
    names = {path.name for path in (tmp_path / "reports").iterdir()}
    assert {"PERF-009-slices.html", "PERF-009-slices.json", "PERF-012-sensitivity.html"} <= names
    pages = [path.read_text() for path in (tmp_path / "reports").glob("*.html")]
    assert not any("<script" in page or "http://" in page.replace("http://www.w3.org", "") for page in pages)


def test_a_version_that_is_not_there_is_said_to_be(bench: Workbench) -> None:
    with pytest.raises(NotFound):
        validate(bench, ValidationRequest("card-default:9", ANA))
