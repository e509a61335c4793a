"""A change of the charter has exactly the stages done again that read it, is asked of people, and always ends."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.catalog.project import StageState, read_project
from flywheel.domain.digests import Digest
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import ORDER, CycleKind, Stage
from flywheel.errors import Refused
from flywheel.project.stage_inputs import READ_BY, Given, part_digest
from flywheel.services import overview
from flywheel.services.incidents import paging
from flywheel.services.modelling import versions
from flywheel.services.people.identity import Identity
from flywheel.services.serving import releases, upkeep
from flywheel.services.walk import cycles, projects
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings
from tests.factories.every_key import CHANGES, PLACE, changed, document
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, enrol
from tests.factories.projects import SLUG
from tests.factories.versions import make_package
from tests.factories.walker import STAGE_TASK, Walker
from tests.fakes.clock import SettableClock


@pytest.fixture
def walker(
    catalog: Catalog,
    identity: Identity,
    clock: SettableClock,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Walker:
    bench = Workbench(settings, catalog, Artifacts(tmp_path / "artifacts"))
    run_id = [""]
    monkeypatch.setattr(STAGE_TASK, "workbench", lambda: bench)
    monkeypatch.setattr(STAGE_TASK, "this_run", SimpleNamespace(get_id=lambda: run_id[0]))
    monkeypatch.setattr(STAGE_TASK, "code_digest", lambda _module: Digest("sha256:code"))
    monkeypatch.setitem(cast("dict[Given, Any]", STAGE_TASK._GIVENS), Given.SOURCES, lambda *_: "the same rows")
    return Walker(bench, enrol(catalog, identity, BEN, VERA, VIKTOR), clock, run_id)


def one_of_each_row() -> list[str]:
    """One key for each row of the table: that the digests of all keys follow it is shown beside the table."""
    rows = {row: key for key in sorted(CHANGES, reverse=True) for row in [max(fitting(key), key=len)]}
    return sorted(rows.values())


def fitting(key: str) -> list[str]:
    """The rows of the table that a key falls under."""
    parts = key.partition(f".{PLACE}")[0].split(".")
    return [row for row in READ_BY if parts[: len(row.split("."))] == row.split(".")]


@pytest.mark.timeout(900)
def test_every_change_of_a_key_has_exactly_its_stages_done_again_and_the_walk_ends(walker: Walker) -> None:
    before = walker.submit(document())
    assert walker.walk() == list(ORDER[:-1])
    seen = {(stage, part_digest(before, stage)) for stage in ORDER}
    for key in one_of_each_row():
        now = walker.submit(changed(key))
        parts = {stage: part_digest(now, stage) for stage in ORDER}
        expected = [stage for stage in ORDER[:3] if (stage, parts[stage]) not in seen]
        if parts[Stage.VALIDATION] != part_digest(before, Stage.VALIDATION):
            expected += [Stage.VALIDATION, Stage.DELIVERY]
        assert (key, walker.walk()) == (key, expected)
        assert part_digest(walker.serving(), Stage.VALIDATION) == parts[Stage.VALIDATION]
        seen |= set(parts.items())
        before = now
    assert walker.walk() == []


def test_what_is_not_signed_yet_neither_watches_nor_pages_nor_serves(walker: Walker) -> None:
    signed = walker.submit(document())
    walker.walk()
    walker.is_asked = False
    walker.submit(changed("monitoring.page"))
    assert walker.walk() == [Stage.VALIDATION]
    assert walker.serving().digest == signed.digest
    with walker.catalog.begin() as work:
        assert paging.channels_in_force(work, SLUG) == ("on-call",)
    assert upkeep.keep_to_standings(walker.catalog, actor="steward") == ()
    (seen,) = overview.overview(walker.catalog, channels=())
    assert "not yet signed and delivered; the previous one stays in force (changed: monitoring.page)" in seen.unsigned
    assert (seen.released, {a.role for a in seen.waits_for}) == (f"{SLUG}:1", {Role.VALIDATOR, Role.BUSINESS})


def test_what_was_signed_is_delivered_also_where_another_charter_was_registered_meanwhile(walker: Walker) -> None:
    signed = walker.submit(document())
    cycles.start_cycle(walker.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="x", key="first")
    for stage in ORDER[:4]:
        assert walker.step(stage)
    later = walker.submit(changed("monitoring.every"))
    assert walker.step(Stage.DELIVERY)
    assert projects.get_project(walker.catalog, project=SLUG).stage is Stage.MONITORING
    assert walker.serving().digest == signed.digest
    assert walker.walk() == [Stage.VALIDATION, Stage.DELIVERY]
    assert walker.serving().digest == later.digest


def test_a_stage_does_not_go_on_from_what_another_charter_brought(walker: Walker) -> None:
    walker.submit(document())
    cycles.start_cycle(walker.catalog, project=SLUG, kind=CycleKind.LIFECYCLE, actor=OWNER, reason="x", key="first")
    for stage in ORDER[:3]:
        assert walker.step(stage)
    walker.submit(changed("data.target"))
    walker.step(Stage.VALIDATION)
    record = projects.get_project(walker.catalog, project=SLUG)
    assert (record.stage, record.next_stage_state) == (Stage.VALIDATION, StageState.BLOCKED)
    assert "data.target" in record.detail
    assert walker.walk() == [Stage.DATA_PREPARATION, Stage.RESEARCH, Stage.VALIDATION, Stage.DELIVERY]


def test_a_charter_that_lacks_what_a_stage_needs_is_told_before_the_stage_begins(walker: Walker) -> None:
    said = document()
    del said["monitoring"]
    said["stakeholders"]["business"] = []
    walker.submit(said)
    with pytest.raises(AssertionError, match="validation is blocked"):
        walker.walk()
    detail = projects.get_project(walker.catalog, project=SLUG).detail
    assert all(f"project.toml: {key}: " in detail for key in ("monitoring", "stakeholders.business"))
    walker.submit(document())
    assert walker.walk() == [Stage.VALIDATION, Stage.DELIVERY]


def test_whoever_submits_a_charter_is_an_author_of_what_is_signed_under_it(walker: Walker) -> None:
    walker.submit(document())
    walker.walk()
    walker.is_asked = False
    walker.submit(changed("monitoring.every"), actor=VERA)
    walker.walk()
    record = versions.get_version(walker.catalog, version=f"{SLUG}:1")
    assert VERA in record.authors
    with pytest.raises(Refused, match="author"):
        walker.sign(record.id, str(record.dossier_digest), VERA, Role.VALIDATOR)
    assert upkeep.keep_to_standings(walker.catalog, actor="steward") == ()


def test_a_stricter_policy_binds_what_is_submitted_again_and_what_serves_once_that_is_signed(walker: Walker) -> None:
    walker.submit(document())
    walker.walk()
    walker.is_asked = False
    walker.submit(changed("validation.policy.quorum"))
    assert walker.walk() == [Stage.VALIDATION]
    record = versions.get_version(walker.catalog, version=f"{SLUG}:1")
    assert walker.bench.policy_pinned(record.id).quorum[Role.VALIDATOR] == 2
    assert upkeep.keep_to_standings(walker.catalog, actor="steward") == ()
    with pytest.raises(Refused, match="sign-off"):
        releases.make_release(
            walker.catalog, version=record.id, run_id="r", actor="flow:delivery", package=make_package(record)
        )


def test_whoever_rejects_a_version_under_a_new_charter_takes_it_back(walker: Walker) -> None:
    walker.submit(document())
    walker.walk()
    walker.is_asked = False
    walker.submit(changed("monitoring.every"))
    walker.walk()
    record = versions.get_version(walker.catalog, version=f"{SLUG}:1")
    walker.sign(record.id, str(record.dossier_digest), VIKTOR, Role.VALIDATOR, Answer.REWORK)
    with walker.catalog.begin() as work:
        assert read_project(work.session, SLUG).stage is Stage.RESEARCH
    assert upkeep.keep_to_standings(walker.catalog, actor="steward") == ()
