"""What is agreed, in a real browser: business and IT sign after ideation, and only other money asks them again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flywheel.catalog.project import StageState
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.services.walk import stages
from tests.deployments.conftest import HOME
from tests.scenarios.browser import PrefectUi, prefect_ui
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.browser, pytest.mark.timeout(600)]

PROJECT = "agreed"
BUSINESS, IT = "bo@clinic.example", "ivo@clinic.example"
AGREEMENT = {Role.BUSINESS: 1, Role.IT: 1}


def test_work_begins_when_business_and_it_have_signed_and_only_other_money_asks_them_again(
    lab: Lab, tmp_path: Path
) -> None:
    folder = project_in(tmp_path / PROJECT)
    record = lab.register(folder, agreement=AGREEMENT)
    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner))
    with prefect_ui(lab.bench.settings) as ui:
        _answer(lab, ui, 0, BUSINESS, Role.BUSINESS)
        assert lab.project(PROJECT).stage is Stage.IDEATION
        _answer(lab, ui, 1, IT, Role.IT)
    lab.until(lambda: lab.project(PROJECT).stage is Stage.VALIDATION, "research, on what was agreed")

    lab.version_to_sign(PROJECT)
    _rewrite(folder, 'title = "Which tumours are malignant?"', 'title = "Malignant?"')
    assert _asked_again(lab, folder) is False, "another title asks nobody"
    _rewrite(folder, "volume_per_year = 5_000", "volume_per_year = 6_000")
    assert _asked_again(lab, folder) is True, "other money does"


def project_in(folder: Path) -> Path:
    """The smallest project, of medium risk, with people of business and IT."""
    shutil.copytree(HOME / "examples" / "breast_cancer", folder)
    _rewrite(folder, '"breast-cancer"', f'"{PROJECT}"')
    _rewrite(folder, "regulated = false", "regulated = true")
    _rewrite(folder, "[stakeholders]", f'[stakeholders]\nbusiness = ["{BUSINESS}"]\nit = ["{IT}"]')
    return folder


def _rewrite(folder: Path, old: str, new: str) -> None:
    path = folder / "project.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def _answer(lab: Lab, ui: PrefectUi, number: int, person: str, role: Role) -> None:
    """Fill in the form of the run that waits in ideation."""
    run = lab.until(lambda: _waiting(lab, number), f"question {number}")
    ui.open_run(run)
    form = ui.ask_to_resume("You sign what is agreed")
    form.choose("What is agreed in", "approve")
    form.write("Reviewer", person)
    form.write("Comment", "agreed in the browser")
    form.write("Code", lab.code_of(person, project=PROJECT, role=role))
    ui.submit(form)


def _waiting(lab: Lab, number: int) -> str | None:
    """Find the run that waits in ideation with a question of this number."""
    runs = stages.list_runs(lab.bench.catalog, project=PROJECT)
    now = lab.prefect.run_state(runs[0].run_id) if runs and runs[0].stage is Stage.IDEATION else None
    is_asked = now is not None and now.is_waiting and now.form_key and now.pause_key == f"sign-{number}"
    return now.id if now is not None and is_asked else None


def _asked_again(lab: Lab, folder: Path) -> bool:
    """Register what the folder says and walk on; say whether ideation asked."""
    record = lab.register(folder, agreement=AGREEMENT)
    lab.until(lambda: lab.project(PROJECT).next_stage_state is StageState.BLOCKED, "the end of the question before")
    lab.finished(lab.run("lifecycle", PROJECT, started_by=record.owner, reason="changed"))

    def come() -> str | None:
        now = lab.project(PROJECT)
        return now.stage.value if now.next_stage_state is StageState.WAITING else None

    return lab.until(come, "the next question to people") == Stage.IDEATION.value
