"""A walk that tasks take part in: a project whose charter, data and version are real, and a workbench that is open."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from flywheel.adapters.git import Commits
from flywheel.adapters.predictions.log import IMPLAUSIBLE, append, column_of, log_schema
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.project.contract import Feature
from flywheel.project.loader import load_project
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.services.data.datasets import record_dataset
from flywheel.services.modelling.experiments import record_experiments
from flywheel.services.modelling.own_features import framing_of
from flywheel.services.modelling.research import fit_candidate
from flywheel.services.modelling.versions import register_version
from flywheel.services.people.identity import Identity
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tasks.check_data import check_data
from tasks.judge_window import judge_window
from tasks.profile import UNKNOWN, profile
from tasks.record_window import record_window
from tasks.shapes import DatasetRef, Decision, Due, JudgedWindow, Window
from tests.factories.desk import Desk
from tests.factories.examples import Ground, card_default
from tests.factories.people import BEN, OWNER, VERA, enrol
from tests.factories.projects import REQUIRED, SLUG, make_policy, submitted
from tests.factories.serving import make_contract
from tests.factories.versions import CODES, RUN, judged, make_facts, with_dossier
from tests.fakes.clock import SettableClock

DATA_GATES = frozenset({"DATA-001", "DATA-002", "DATA-003", "DATA-004"})
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
MODULES = (
    "tasks.check_data",
    "tasks.derived_features",
    "tasks.judge",
    "tasks.judge_window",
    "tasks.part_of_slot",
    "tasks.profile",
    "tasks.record_window",
    "tasks.still_clock",
)
"""By name, for a task and its module share theirs."""
FEATURES = ("income", "requested_limit", "utilisation")


@dataclass
class Walk:
    """A project whose model is in use, and new data that count one column in hundreds."""

    catalog: Catalog
    ground: Ground
    desk: Desk
    settings: Settings
    features: tuple[str, ...]

    def register(self, waiver: str = "") -> str:
        """Submit the charter, with a waiver or without; gives its digest."""
        folder = self.ground.project.path
        charter = (folder / "project.toml").read_text(encoding="utf-8").partition("\n[[data.waivers]]")[0]
        (folder / "project.toml").write_text(charter + waiver, encoding="utf-8")
        project = load_project(folder)
        submitted(self.catalog, project=project, policy=policy(), actor=OWNER)
        return project.digest

    def exempt(self, column: str) -> None:
        """Submit a plan none of whose signals listens to a column, and go by it."""
        self.rewrite(r"(?m)^(watch = .*)$", rf'\1\nexempt = ["{column}"]')

    def rewrite(self, old: str, new: str) -> None:
        """Submit a charter that says something else in one place, and go by it."""
        path = self.ground.project.path / "project.toml"
        charter = path.read_text(encoding="utf-8")
        path.write_text(re.sub(old, new, charter), encoding="utf-8")
        assert path.read_text(encoding="utf-8") != charter
        project = load_project(path.parent)
        submitted(self.catalog, project=project, policy=policy(), actor=OWNER)
        self.ground = replace(self.ground, project=project)

    def judged(self, digest: Digest, *, waiver: str = "") -> Decision:
        """Let the data gates judge a dataset version."""
        charter = self.register(waiver)
        return check_data.fn(SLUG, charter, recorded(self.catalog, digest), {})

    def window(
        self,
        rows: pd.DataFrame,
        *,
        week: int,
        is_thorough: bool = False,
        flagged: int = 0,
        after: timedelta = timedelta(0),
        entity: str | None = None,
        is_stuck: bool = False,
    ) -> JudgedWindow:
        """Let a week of traffic be judged against the version, with what was asked in it so long after it began."""
        at = MONDAY + timedelta(weeks=week) + after
        self.ask(rows, at=at, flagged=flagged, entity=entity, is_stuck=is_stuck)
        return self.looked_at(week=week, rows=len(rows), is_thorough=is_thorough)

    def ask(
        self,
        rows: pd.DataFrame,
        *,
        at: datetime,
        flagged: int = 0,
        entity: str | None = None,
        is_stuck: bool = False,
    ) -> None:
        """Log what the version was asked, from a time on that the callers claim, or at one that never passes."""
        data = self.ground.project.charter.data
        assert data is not None
        kinds = {name: data.columns[name].kind for name in self.features}
        schema = log_schema(make_contract(features=tuple(Feature(name, kind) for name, kind in kinds.items())))
        own: dict[str, Any] = {**dict.fromkeys(schema.names), "at": at, "flags": []}
        own |= {"version": self.desk.version.id, "served_by": "model", "entity": entity}
        step = timedelta(0) if is_stuck else timedelta(milliseconds=1)
        asked = [
            {**own, "event_at": at + place * step, "flags": [f"{IMPLAUSIBLE}:at"] * (place < flagged)}
            | {column_of(name): row[name] for name in kinds}
            for place, row in enumerate(rows.to_dict("records"))
        ]
        append(self.settings.predictions_root, SLUG, asked, schema)

    def looked_at(
        self,
        *,
        week: int,
        rows: int,
        is_thorough: bool = False,
        is_known: bool = True,
        since: datetime | None = None,
    ) -> JudgedWindow:
        """Let whatever came in a week be judged, or in the rest of it."""
        digest, version = self.ground.project.digest, self.desk.version.id
        start_at = MONDAY + timedelta(weeks=week)
        window = Window(
            version=version,
            served_by="model",
            start_at=(since or start_at).isoformat(),
            end_at=(start_at + timedelta(weeks=1)).isoformat(),
            rows=rows,
            is_known=is_known,
        )
        due = Due(project=SLUG, project_digest=digest, windows=[window], waits="", left="")
        judged = judge_window.fn(due, window, profile.fn(SLUG, digest, version) if is_known else UNKNOWN, is_thorough)
        record_window.fn(due, window, judged, "")
        return judged

    def spoilt(self) -> Digest:
        """The same rows, with one column in another unit."""
        frame = self.ground.artifacts.get_frame(self.ground.prepared().digest)
        return self.ground.artifacts.put_frame(frame.assign(requested_limit=frame["requested_limit"] / 100))


def policy() -> Policy:
    """The gates of the data, besides those that the desk's version passes."""
    return replace(make_policy({Role.VALIDATOR: 1}), required={**REQUIRED, Stage.DATA_PREPARATION: DATA_GATES})


def recorded(catalog: Catalog, digest: Digest) -> DatasetRef:
    made = record_dataset(
        catalog,
        project=SLUG,
        name="training",
        digest=digest,
        facts={},
        source_digests={},
        run_id=RUN,
        actor="flow:data_preparation",
    )
    return DatasetRef(id=made.id, digest=made.digest, rows=0)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """A project, and its data."""
    return card_default(tmp_path / "bank", rows=2_400, months=9)


@pytest.fixture
def features() -> tuple[str, ...]:
    """What its version decides by."""
    return FEATURES


@pytest.fixture
def walk(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    settings: Settings,
    ground: Ground,
    features: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> Walk:
    bench = Workbench(settings, catalog, ground.artifacts)
    for name in MODULES:
        monkeypatch.setattr(sys.modules[name], "workbench", lambda: bench)
    monkeypatch.setattr(sys.modules["tasks.judge"], "create_table_artifact", lambda **_: None)
    runs = count(1)
    monkeypatch.setattr(sys.modules["tasks.judge"], "flow_run", SimpleNamespace(get_id=lambda: next(runs)))
    submitted(catalog, project=ground.project, policy=policy(), actor=OWNER)
    before = ground.prepared().digest
    recorded(catalog, before)
    computed = framing_of(ground.project, artifacts=ground.artifacts, dataset=before).derivation
    params = (("c", 1.0), ("max_iter", 300))
    recipe = Recipe(RecipeKind.LINEAR, (*features, *computed.wanted), params, 7)
    made = fit_candidate(ground.project, artifacts=ground.artifacts, dataset=before, recipe=recipe)
    facts = replace(
        make_facts(), dataset_digest=before, recipe=made.recipe, split=made.split, model_digest=made.model_digest
    )
    record_experiments(catalog, project=SLUG, run_id=RUN, actor="flow:research", experiments=(facts,))
    version = register_version(
        catalog,
        project=SLUG,
        experiment_id=facts.id,
        authors=(OWNER,),
        run_id=RUN,
        actor="flow:research",
        commits=Commits(),
    )
    judged(catalog, version, codes=(*CODES, "PERF-014"))
    people = enrol(catalog, identity, VERA, BEN)
    desk = Desk(catalog, identity, clock, people, version, with_dossier(catalog, version))
    return Walk(catalog, ground, desk, settings, features)
