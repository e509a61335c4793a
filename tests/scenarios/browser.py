"""The Prefect UI in headless Chromium, as a person uses it: by the words on the screen and the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from deployments.servers.web_door import prefect_door
from flywheel.adapters.programs import CHROMIUM
from flywheel.settings import Settings

BROWSER = CHROMIUM.find()
PATIENCE_MS = 30_000
MODAL = ".p-modal"


@dataclass(frozen=True)
class Form:
    """A form that the UI made from a schema; its fields are found by their titles."""

    root: Locator

    def write(self, title: str, text: str) -> None:
        """Fill a line of text."""
        self._field(title).locator("textarea").fill(text)

    def choose(self, title: str, option: str) -> None:
        """Pick from a select; these open by keyboard and not by mouse."""
        button, page = self._field(title).locator(".p-select-button__control"), self.root.page
        if button.inner_text().strip() == option:
            return
        button.press("ArrowDown")
        options = page.locator(".p-select-option")
        expect(options.first).to_be_visible()
        steps = options.count()
        for key in ("", *["ArrowDown"] * steps, *["ArrowUp"] * steps):  # at its ends the list does not begin anew
            if key:
                page.keyboard.press(key)
            lit = page.locator(".p-select-option--highlighted")
            if lit.count() and lit.inner_text().strip() == option:
                page.keyboard.press("Enter")
                break
        expect(button).to_have_text(option)

    def chosen(self, title: str) -> str:
        """Read what a select shows."""
        return self._field(title).locator(".p-select-button__control").inner_text().strip()

    def _field(self, title: str) -> Locator:
        label = self.root.page.locator(".schema-form-property__label").filter(has_text=title)
        return self.root.locator(".schema-form-property").filter(has=label).last


@dataclass(frozen=True)
class PrefectUi:
    """One browser window on the UI."""

    page: Page
    url: str

    def open_run(self, run_id: str) -> None:
        """Look at a run."""
        self.page.goto(f"{self.url}/runs/flow-run/{run_id}")

    def ask_to_resume(self, words: str = "You sign dossier") -> Form:
        """Open the question of a waiting run, which names what is signed."""
        self.page.get_by_role("button", name="Resume").click()
        form = Form(self.page.locator(MODAL))
        expect(form.root.get_by_text(words)).to_be_in_viewport()
        return form

    def see(self, text: str) -> None:
        """Expect words on the page, without scrolling."""
        expect(self.page.get_by_text(text).first).to_be_in_viewport()

    def open_artifact(self, key: str) -> None:
        """Look at what a run has kept for people."""
        self.page.goto(f"{self.url}/artifacts/key/{key}")

    def submit(self, form: Form) -> None:
        """Send a form off and wait until the UI has let it go."""
        form.root.get_by_role("button", name="Submit").click()
        expect(self.page.locator(MODAL)).to_have_count(0)

    def open_deployment_form(self, deployment_id: str) -> Form:
        """Look at the form by which a person starts a run."""
        self.page.goto(f"{self.url}/deployments/deployment/{deployment_id}/run")
        expect(self.page.get_by_role("button", name="Submit")).to_be_enabled()
        return Form(self.page.locator("body"))


@contextmanager
def prefect_ui(settings: Settings) -> Iterator[PrefectUi]:
    """Open a browser that reaches nothing but this machine; without Chromium the test is skipped and says so."""
    if BROWSER is None:
        pytest.skip(f"Chromium is not installed: {CHROMIUM.cure}")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(prefect_door(settings))
        page.wait_for_url(f"{settings.prefect.ui_url}/dashboard")
        yield PrefectUi(page, settings.prefect.ui_url)
        browser.close()
