"""The data gates in a walk: what is in use is the reference, and a waiver of the charter ends with its day."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from flywheel.adapters.git import Commits
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage
from flywheel.project.loader import load_project
from flywheel.services import gates
from flywheel.services.datasets import record_dataset
from flywheel.services.experiments import record_experiments
from flywheel.services.identity import Identity
from flywheel.services.projects import register_project
from flywheel.services.versions import last_in_use, register_version
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tasks.check_data import check_data
from tasks.shapes import DatasetRef, Decision
from tests.factories.desk import Desk
from tests.factories.examples import Ground, card_default
from tests.factories.people import BEN, OWNER, VERA, enrol
from tests.factories.projects import REQUIRED, SLUG, make_policy
from tests.factories.versions import RUN, judged, make_facts, with_dossier
from tests.fakes.clock import SettableClock

DATA_GATES = frozenset({"DATA-001", "DATA-002", "DATA-003", "DATA-004"})
FEATURES = ["income", "requested_limit", "utilisation"]
WAIVER = """
[[data.waivers]]
check = "DATA-003"
column = "requested_limit"
owner = "ben@bank.example"
reason = "the branch counts in hundreds until the spring"
until = {until}
"""

pytestmark = pytest.mark.usefixtures("foreign_examiners")


@dataclass
class Walk:
    """A project whose model is in use, and new data that count one column in hundreds."""

    catalog: Catalog
    ground: Ground
    desk: Desk

    def register(self, waiver: str = "") -> str:
        """Submit the charter, with a waiver or without; gives its digest."""
        folder = self.ground.project.path
        charter = (folder / "project.toml").read_text(encoding="utf-8").partition("\n[[data.waivers]]")[0]
        (folder / "project.toml").write_text(charter + waiver, encoding="utf-8")
        project = load_project(folder)
        register_project(self.catalog, project=project, policy=policy(), actor=OWNER)
        return project.digest

    def judged(self, digest: Digest, *, waiver: str = "") -> Decision:
        """Let the data gates judge a dataset version."""
        charter = self.register(waiver)
        return check_data.fn(SLUG, charter, recorded(self.catalog, digest), {})

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
def walk(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Walk:
    ground = card_default(tmp_path / "bank", rows=2_400, months=9)
    bench = Workbench(settings, catalog, ground.artifacts)
    for name in ("tasks.check_data", "tasks.judge"):  # a task and its module share their name
        monkeypatch.setattr(sys.modules[name], "workbench", lambda: bench)
    monkeypatch.setattr(sys.modules["tasks.judge"], "create_table_artifact", lambda **_: None)
    runs = count(1)
    monkeypatch.setattr(sys.modules["tasks.judge"], "flow_run", SimpleNamespace(get_id=lambda: next(runs)))
    register_project(catalog, project=ground.project, policy=policy(), actor=OWNER)
    before = ground.prepared().digest
    recorded(catalog, before)
    facts = replace(make_facts(), dataset_digest=before, recipe={"kind": "linear", "features": FEATURES, "seed": 7})
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
    judged(catalog, version)
    people = enrol(catalog, identity, VERA, BEN)
    return Walk(catalog, ground, Desk(catalog, identity, clock, people, version, with_dossier(catalog, version)))


def on(day: date) -> str:
    return WAIVER.format(until=day.isoformat())


def test_a_changed_unit_closes_the_way_only_once_a_model_is_in_use_and_a_waiver_holds_to_its_day(walk: Walk) -> None:
    spoilt, today = walk.spoilt(), datetime.now(UTC).date()
    assert last_in_use(walk.catalog, project=SLUG) is None
    first = walk.judged(spoilt)
    assert first["is_open"], first["reasons"] or "without a model in use there is nothing to hold it against"

    walk.desk.sign(VERA)
    walk.desk.release()
    closed = walk.judged(spoilt)
    assert not closed["is_open"]
    assert "DATA-003" in closed["reasons"][0]
    assert "requested_limit" in closed["reasons"][0]

    assert walk.judged(spoilt, waiver=on(today + timedelta(days=1)))["is_open"]
    dataset = recorded(walk.catalog, spoilt)["id"]
    results = gates.results_of(walk.catalog, subject_kind="dataset", subject_id=dataset)
    (told,) = [one for one in results if one.code == "DATA-003"]
    assert "Waived up to" in told.findings[0].what

    ended = walk.judged(spoilt, waiver=on(today - timedelta(days=1)))
    assert not ended["is_open"]
    assert f"The waiver of ben@bank.example ended on {today - timedelta(days=1)}" in ended["reasons"][0]
