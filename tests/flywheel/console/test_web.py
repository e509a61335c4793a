"""The console in the browser: a dossier behind its link, read-only, and nothing to anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.console.web import _answer, _hosts, application
from flywheel.services.dossier.links import link_to
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tests.factories.filed import REPORT, filed
from tests.fakes.clock import SettableClock


@dataclass(frozen=True)
class Site:
    """The console, and a link to a dossier."""

    bench: Workbench
    clock: SettableClock
    link: str

    def ask(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Ask as a browser does."""
        app = application(self.bench, clock=self.clock)

        async def answer() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
                return await client.request(method, url, headers=headers)

        return asyncio.run(answer())


@pytest.fixture
def site(catalog: Catalog, settings: Settings, clock: SettableClock) -> Site:
    bench = Workbench(settings, catalog, Artifacts(settings.artifacts_root))
    version, dossier = filed(bench)
    return Site(bench, clock, link_to(settings, version=version, dossier=dossier, now=clock()))


def test_a_link_opens_the_page_that_was_filed_and_what_it_leads_to(site: Site) -> None:
    page = site.ask(site.link)
    assert page.status_code == 200
    assert "card-default" in page.text
    assert "who signed" in page.text
    assert site.ask(f"{site.link}record.html").status_code == 200
    assert site.ask(f"{site.link}dossier.json").headers["content-type"] == "application/json"


def test_evidence_opens_in_an_origin_of_its_own(site: Site) -> None:
    page = site.ask(site.link).text
    names = (part.partition('"')[0] for part in page.split('href="')[1:])
    (name,) = {name for name in names if name.startswith("evidence/") and name.endswith(".html")}
    report = site.ask(f"{site.link}{name}")
    assert (report.status_code, report.content) == (200, REPORT), report.text[-300:]
    assert report.headers["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")


def test_every_answer_locks_the_browser(site: Site) -> None:
    for answer in (site.ask(site.link), site.ask(f"{site.link}nothing"), site.ask("http://evil.example/")):
        policy = answer.headers["content-security-policy"]
        for order in ("default-src 'none'", "form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert order in policy
        assert "script-src" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "evidence/../dossier.json", "evidence/" + "0" * 64, "x\x00", "//"],
)
def test_no_name_is_a_path(site: Site, name: str) -> None:
    url = httpx.URL(site.link)
    scope = {"method": "GET", "path": f"{url.path}{name}", "headers": [(b"host", url.netloc)]}
    answer = _answer(site.bench, scope, _hosts(site.bench.settings), site.clock)
    assert answer.status in {403, 404}
    assert b"root:" not in answer.content


def test_a_link_that_is_over_or_altered_opens_nothing(site: Site) -> None:
    assert site.ask(site.link.replace(":1/", ":2/")).status_code == 403
    site.clock.move(timedelta(days=site.bench.settings.console.link_days))
    answer = site.ask(site.link)
    assert answer.status_code == 403
    assert "over" in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_name_leads_nowhere(site: Site, host: str) -> None:
    assert site.ask(site.link, headers={"host": host}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(site: Site, method: str) -> None:
    assert site.ask(site.link, method).status_code == 405


@pytest.mark.parametrize("path", ["/", "/dossier", "/dossier/", "/dossier/a/b", "/docs", "/dossier/a/b/c"])
def test_there_is_nothing_else(site: Site, path: str) -> None:
    assert site.ask(f"{site.bench.settings.console.base_url}{path}").status_code in {403, 404}


def test_a_changed_artifact_is_not_shown(site: Site) -> None:
    for path in site.bench.settings.artifacts_root.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"changed")
    answer = site.ask(site.link)
    assert answer.status_code == 503
    assert b"changed" not in answer.content[:20]
