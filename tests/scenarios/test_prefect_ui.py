"""The Prefect UI in a real browser: a run started by its form, and a sign-off given in the form of the waiting run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from flywheel.adapters.deployment_names import deployment_of
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.services.approval import signoffs
from flywheel.services.walk import stages
from tests.deployments.conftest import HOME
from tests.scenarios.browser import PrefectUi, prefect_ui
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.scenario, pytest.mark.browser, pytest.mark.timeout(600)]

PROJECT = "lumps"  # salts the split: with few test rows not every split proves a gain (PERF-001)
AUTHOR, VALIDATOR, BUSINESS = "ana@clinic.example", "vera@clinic.example", "bo@clinic.example"
REASON = "started by hand"


@dataclass(frozen=True)
class Asked:
    """A project that was started in the browser, and its run that waits for a signature."""

    lab: Lab
    ui: PrefectUi
    first_run: str
    run: str
    version: str = f"{PROJECT}:1"

    def await_question(self, number: int) -> None:
        """Wait until the run asks for the given time."""
        wanted = f"sign-{number}"
        self.lab.until(lambda: self._pause_key() == wanted, f"question {wanted}")

    def answer(self, person: str, *, code: str, role: Role = Role.VALIDATOR) -> None:
        """Fill in the form of the waiting run."""
        self.ui.open_run(self.run)
        form = self.ui.ask_to_resume()
        form.choose("Sign-off of", "approve")
        form.write("Reviewer", person)
        form.choose("role", role.value)
        form.write("Comment", "seen in the browser")
        form.write("Code", code)
        self.ui.submit(form)

    def refusal(self) -> str:
        """Read in the next question why the last answer was not accepted."""
        self.ui.open_run(self.run)
        note = self.ui.ask_to_resume().root.get_by_text("Not accepted")
        expect(note).to_be_in_viewport()
        return note.locator("xpath=..").inner_text()

    def _pause_key(self) -> str | None:
        run = self.lab.prefect.run_state(self.run)
        return run.pause_key if run.is_waiting and run.form_key else None


@pytest.fixture(scope="module")
def asked(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Start the smallest project's life from the form of its deployment and wait for the question."""
    lab.register(project_in(tmp_path_factory.mktemp("ui")))
    deployment = lab.prefect.deployment(deployment_of("lifecycle", PROJECT))
    assert deployment is not None
    with prefect_ui(lab.bench.settings) as ui:
        form = ui.open_deployment_form(str(deployment["id"]))
        assert form.chosen("project") == PROJECT
        form.write("reason", REASON)
        form.write("started_by", AUTHOR)
        ui.page.get_by_role("button", name="Submit").click()
        expect(ui.page.get_by_text("scheduled", exact=False).first).to_be_visible()
        first = lab.until(lambda: run_named(lab, f"{PROJECT}: lifecycle"), "the run that was started in the browser")
        run = lab.until(lambda: waiting_run(lab), "the question whether to sign")
        asked = Asked(lab, ui, first, run)
        asked.await_question(0)
        yield asked


def test_a_form_in_the_browser_starts_the_walk_with_what_was_typed(asked: Asked) -> None:
    asked.ui.open_run(asked.first_run)
    expect(asked.ui.page.get_by_text(f"{PROJECT}: lifecycle").first).to_be_visible()
    asked.ui.page.get_by_text("Parameters", exact=True).click()
    expect(asked.ui.page.get_by_text(REASON).first).to_be_visible()
    assert asked.lab.prefect.run_state(asked.first_run).parameters["reason"] == REASON


def test_the_waiting_run_is_tagged_with_project_and_version(asked: Asked) -> None:
    asked.ui.open_run(asked.run)
    tags = {f"project:{PROJECT}", f"version:{asked.version}"}
    for tag in tags:  # a narrow window folds some of them behind a button
        expect(asked.ui.page.get_by_text(tag, exact=True).first).to_be_attached()
    assert tags <= set(asked.lab.prefect.run_state(asked.run).tags)


def test_an_empty_form_is_not_taken_and_says_what_is_missing(asked: Asked) -> None:
    asked.ui.open_run(asked.run)
    form = asked.ui.ask_to_resume()
    assert form.chosen("Sign-off of") == ""
    form.root.get_by_role("button", name="Submit").click()
    for field in ("decision", "reviewer", "code"):
        expect(form.root.get_by_text(f"'{field}' is a required property")).to_be_visible()
    assert asked.lab.prefect.run_state(asked.run).pause_key == "sign-0"


def test_an_approval_given_elsewhere_is_in_the_form_that_waits(asked: Asked) -> None:
    asked.lab.sign(asked.version, person=BUSINESS, role=Role.BUSINESS)
    asked.await_question(1)
    asked.ui.open_run(asked.run)
    form = asked.ui.ask_to_resume()
    expect(form.root.get_by_text(f"waiting for 1 x validator; approved by {BUSINESS} (business)")).to_be_in_viewport()
    expect(form.root.get_by_text("Your answer:")).to_be_visible()
    assert f"approved by {BUSINESS}" in asked.lab.prefect.run_state(asked.run).message


def test_wrong_code_and_author_are_told_why_and_only_a_validator_lets_the_run_go_on(asked: Asked) -> None:
    right = asked.lab.code_of(VALIDATOR, project=PROJECT, role=Role.VALIDATOR)
    asked.answer(VALIDATOR, code=f"{(int(right) + 500_000) % 1_000_000:06}")
    asked.await_question(2)
    assert "code" in asked.refusal()
    assert "not accepted: " + VALIDATOR in asked.lab.prefect.run_state(asked.run).message
    asked.ui.open_run(asked.run)
    expect(asked.ui.page.get_by_text(f"Not accepted: {VALIDATOR}").first).to_be_visible()
    asked.ui.open_artifact(f"{PROJECT}-sign-off")
    expect(asked.ui.page.get_by_text(f"not accepted: {VALIDATOR}").first).to_be_visible()

    asked.answer(AUTHOR, code=asked.lab.code_of(AUTHOR, project=PROJECT, role=Role.OWNER), role=Role.OWNER)
    asked.await_question(3)
    assert f"{AUTHOR} is an author of this version" in asked.refusal()
    assert not signoffs.standing_of(asked.lab.bench.catalog, version=asked.version).is_granted

    asked.answer(VALIDATOR, code=asked.lab.code_of(VALIDATOR, project=PROJECT, role=Role.VALIDATOR))
    asked.lab.until(lambda: asked.lab.prefect.run_state(asked.run).is_final, "the end of validation")
    assert signoffs.standing_of(asked.lab.bench.catalog, version=asked.version).is_granted
    asked.lab.until(lambda: asked.lab.project(PROJECT).stage is not Stage.VALIDATION, "delivery")


def project_in(folder: Path) -> Path:
    """The smallest example under a name of its own."""
    made = folder / PROJECT
    shutil.copytree(HOME / "examples" / "breast_cancer", made)
    charter = made / "project.toml"
    text = charter.read_text().replace('name = "breast-cancer"', f'name = "{PROJECT}"', 1)
    text = text.replace("validator = [", f'business = ["{BUSINESS}"]\nvalidator = [', 1)
    charter.write_text(f"{text}\n[validation.policy]\nquorum = {{ business = 1 }}\n")
    return made


def run_named(lab: Lab, name: str) -> str | None:
    """The run of this name; it gets its name when it begins."""
    return next((run.id for run in lab.prefect.runs(tags=(f"project:{PROJECT}",)) if run.name == name), None)


def waiting_run(lab: Lab) -> str | None:
    """The run that asks for a signature."""
    if lab.project(PROJECT).stage is not Stage.VALIDATION:
        return None
    runs = stages.list_runs(lab.bench.catalog, project=PROJECT)
    return next((run.run_id for run in runs if run.stage is Stage.VALIDATION), None)
