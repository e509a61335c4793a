"""Whatever a charter, a finding or a person says stands in artifacts and forms as text: no link but ours is alive."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deployments import register
from deployments.register import Deployable
from flywheel.domain.gates import Verdict
from flywheel.project.problems.binary_telling import AUC
from flywheel.settings import Settings
from tasks import agree, estimate_return, evaluate, file_dossier, judge, show_found, sign_off, try_endpoint
from tasks.shapes import Filed
from tests.factories.evil_words import EVIL, alive

HOME = Path(__file__).resolve().parents[2]
LINK = "http://127.0.0.1:4300/dossier/card-default:1/x/y/"
MAKERS = ("create_markdown_artifact", "create_table_artifact", "create_link_artifact")
EVIL_CHARTER = SimpleNamespace(title=EVIL, value=SimpleNamespace(currency="EUR", unit=EVIL))


class Wall:
    """Where artifacts hang."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def hang(self, **said: Any) -> None:
        """Keep every text that the pages of Prefect read as Markdown."""
        self.texts += [str(said[name]) for name in ("markdown", "description", "link_text") if said.get(name)]
        for row in said.get("table", ()):
            self.texts += [str(part) for part in (*row, *row.values())]


def put(patch: pytest.MonkeyPatch, module: str, **names: object) -> None:
    for name, value in names.items():
        patch.setattr(sys.modules[f"tasks.{module}"], name, value)


def anything(*_: object, **__: object) -> Any:
    return None


def in_sign_off(_: pytest.MonkeyPatch) -> Iterator[str]:
    filed = Filed(digest="sha256:" + "ab" * 32, brief=EVIL, questions=[EVIL, EVIL])
    asked = sign_off.Asked("card-default:1", filed, EVIL, f"not accepted: {EVIL}", LINK)
    sign_off.show_standing.fn("p", asked)
    first = next(iter(sign_off.form_of(asked, asks_words=True).model_json_schema()["properties"].values()))
    yield from (first["title"], first["description"])


def in_dossier(patch: pytest.MonkeyPatch) -> Iterator[str]:
    bench = SimpleNamespace(
        catalog=None,
        artifacts=SimpleNamespace(put_bytes=anything),
        settings=SimpleNamespace(data_root=HOME),
    )
    document = {"title": EVIL, "summary": EVIL}
    dossiers = SimpleNamespace(assemble=lambda *_, **__: document, file_dossier=anything)
    words = SimpleNamespace(encode=anything)
    put(patch, "file_dossier", workbench=lambda: bench, dossiers=dossiers, render=lambda *_, **__: words)
    put(patch, "file_dossier", export_dossier=anything, Seal=SimpleNamespace(of=anything), _filed=anything)
    file_dossier.file_dossier.fn("p", "p:1")
    return iter(())


def in_return(patch: pytest.MonkeyPatch) -> Iterator[str]:
    figures = {"low": 1, "likely": 2, "high": 3, "interval": (1, 3), "chance_of_loss": 0.1}
    estimate = SimpleNamespace(quadrant=SimpleNamespace(value="bet"), reason=EVIL, break_even=None, **figures)
    bench = SimpleNamespace(catalog=None, registered=lambda *_: (None, SimpleNamespace(charter=EVIL_CHARTER)))
    put(patch, "estimate_return", workbench=lambda: bench, return_of=lambda *_, **__: estimate, plain=anything)
    put(patch, "estimate_return", portfolio_beside=anything)
    estimate_return.estimate_return.fn("p", "d")
    return iter(())


def in_evaluate(patch: pytest.MonkeyPatch) -> Iterator[str]:
    recipe = {"kind": "external", "params": {"release": EVIL, "maker": EVIL}}
    kept = {"model_digest": "m", "dataset_digest": "d", "split": None, "metrics": {"auc": 0.5}, "seconds": 1.0}
    fact = SimpleNamespace(id="e", recipe=recipe, kpi=1, kpi_low=0, kpi_high=2, **kept)
    look = SimpleNamespace(figures={"rows": 5, "kpi": {"value": 1, "low": 0, "high": 2}})
    tried = SimpleNamespace(record_experiments=anything, ranked=lambda _: [fact], record_look=lambda *_, **__: look)
    studied = SimpleNamespace(meet_test_rows=anything, Chosen=anything, unit_of=lambda _: EVIL)
    bench = SimpleNamespace(
        catalog=None,
        artifacts=None,
        registered=lambda *_: (None, SimpleNamespace(charter=EVIL_CHARTER)),
        settings=SimpleNamespace(mlflow=SimpleNamespace(pages_url="")),
        tracking=SimpleNamespace(runs_page=lambda *_, **__: LINK),
    )
    framed = SimpleNamespace(problem=SimpleNamespace(headline=AUC), currency="EUR", unit=EVIL)
    put(patch, "evaluate", workbench=lambda: bench, experiments=tried, research=studied, Framing=lambda _: framed)
    evaluate.evaluate.fn("p", "d", cast("Any", {}), [])
    return iter(())


def in_judge(patch: pytest.MonkeyPatch) -> Iterator[str]:
    bench = SimpleNamespace(artifacts=SimpleNamespace(path_of=lambda _: EVIL))
    patch.setattr(judge, "workbench", lambda: bench)
    kept = (SimpleNamespace(name=EVIL, digest="d"),)
    found = (SimpleNamespace(what=EVIL),)
    result = SimpleNamespace(verdict=Verdict.FAILED, findings=found, title=EVIL, code="DATA-001", evidence=kept)
    judge.show(cast("Any", (result,)), key="k", about=EVIL)
    return iter(())


def in_windows(_: pytest.MonkeyPatch) -> Iterator[str]:
    rang = {"alarms": [{"reasons": [EVIL]}], "words": "", "state": "bad", "rows": 1, "start_at": "2026-03-02"}
    quiet = {**rang, "alarms": [], "words": EVIL}
    show_found.show_found.fn(cast("Any", {"project": "p"}), cast("Any", [rang, quiet]), EVIL)
    return iter(())


def in_endpoint(patch: pytest.MonkeyPatch) -> Iterator[str]:
    known = SimpleNamespace(frame=SimpleNamespace(head=anything), said=[])
    put(patch, "try_endpoint", workbench=lambda: SimpleNamespace(catalog=None, settings=None, artifacts=None))
    serving = SimpleNamespace(await_ready=lambda *_, **__: LINK, differences=lambda *_, **__: ())
    put(patch, "try_endpoint", serving=serving, research=SimpleNamespace(read_judged=lambda *_, **__: known))
    put(patch, "try_endpoint", endpoints=SimpleNamespace(find=anything))
    try_endpoint.try_endpoint.fn("p", EVIL, "d", cast("Any", {"endpoint": "e", "generation": 1}))
    return iter(())


def in_agree(patch: pytest.MonkeyPatch) -> Iterator[str]:
    text = SimpleNamespace(
        project="p", title=EVIL, brief=EVIL, digest="sha256:" + "ab" * 32, changes=(), sections={EVIL: EVIL}
    )
    asked = agree.Agreeing(cast("Any", text), EVIL, f"not accepted: {EVIL}", LINK)
    agree.show_agreement.fn("p", asked)
    return iter(())


ARTISTS: Mapping[str, Callable[[pytest.MonkeyPatch], Iterator[str]]] = {
    "agree": in_agree,
    "sign_off": in_sign_off,
    "file_dossier": in_dossier,
    "estimate_return": in_return,
    "evaluate": in_evaluate,
    "judge": in_judge,
    "show_found": in_windows,
    "try_endpoint": in_endpoint,
}


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Every artifact that tasks make, on a wall of ours."""
    made = Wall()
    for module in ARTISTS:
        for maker in MAKERS:
            if hasattr(sys.modules[f"tasks.{module}"], maker):
                put(monkeypatch, module, **{maker: made.hang})
    return made


@pytest.mark.parametrize("module", ARTISTS)
def test_no_link_but_ours_is_alive(module: str, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*ARTISTS[module](monkeypatch), *wall.texts]
    assert any("evil" in text for text in texts), "the test shows nothing"
    assert [(found, text) for text in texts if (found := alive(text, ours=LINK))] == []


@pytest.mark.parametrize("module", ARTISTS)
def test_without_the_guard_one_would_be(module: str, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, module, literal=str)
    assert any(alive(text, ours=LINK) for text in (*ARTISTS[module](monkeypatch), *wall.texts))


def test_every_maker_of_artifacts_is_looked_at() -> None:
    files = [file for folder in ("tasks", "flows", "deployments") for file in (HOME / folder).rglob("*.py")]
    assert {file.stem for file in files if any(maker in file.read_text("utf-8") for maker in MAKERS)} == set(ARTISTS)


def test_a_deployment_shows_the_title_as_text(settings: Settings) -> None:
    deployable = Deployable(project="p", title=EVIL)
    form: Any = {"schema": {"properties": {"project": {}}}, "description": "Find the best model."}
    facts = register._facts("research", "e", form, deployable=deployable, settings=settings)
    assert alive(str(facts["description"])) == []
