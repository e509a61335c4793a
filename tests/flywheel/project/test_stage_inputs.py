"""The table of what each stage reads covers the schema, and every key of it changes something that can be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.sources.sources import Ground, Reading, origins
from flywheel.domain.digests import Json, digest_of, plain
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.domain.policy import Tier
from flywheel.domain.stages import Stage
from flywheel.errors import FlywheelError
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import reading_schema
from flywheel.project.charter.preflight import contradictions
from flywheel.project.charter.tightening import tightened
from flywheel.project.framing import Framing
from flywheel.project.hooks import look_at_hooks
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.project.rule import rule_of
from flywheel.project.stage_inputs import READ_BY, part_digest, part_for, policy_part, stages_of
from flywheel.services.data import preparation
from flywheel.services.data.data_usage import cost_of
from flywheel.services.data.return_estimate import return_of
from flywheel.services.data.reuse import purposes_of
from flywheel.services.dossier import charter as dossier
from flywheel.services.dossier.agreement import sections_of
from flywheel.services.terms.policy_files import read_policy
from flywheel.services.watching.windows import plan_of
from flywheel.settings import Settings
from tests.factories.charters import ROOT
from tests.factories.every_key import CHANGES, NAME, PLACE, changed, document, keys_of, only_choice
from tests.factories.examinations import examined
from validators import battery
from validators.charter_rules import (
    expectations_from_charter,
    forbidden_in,
    rules_from_charter,
    waivers_from_charter,
)

KEYS = sorted(keys_of())
FIXED = {"name"}
"""Another name is another project."""
BY_GATES = ("validation.", f"data.columns.{NAME}.expect", f"features.{NAME}.expect")
"""Keys that only a version's gates read: they are seen by examining a real model."""

Look = Callable[[Charter], object]


def project_of(said: dict[str, Any]) -> Project:
    return Project(Path(), charter_from(said), None, digest_of_files(said), said)


def test_every_key_of_the_schema_has_its_change_and_no_other_has() -> None:
    assert {key for key in KEYS if key not in FIXED and not only_choice(key)} == set(CHANGES)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_the_schema_is_in_the_table(key: str) -> None:
    assert stages_of(key) <= {Stage.IDEATION, Stage.DATA_PREPARATION, Stage.RESEARCH, Stage.VALIDATION}


def test_the_table_names_no_key_that_there_is_not() -> None:
    known = {
        *(f"{HOOKS_FILE}: {hook}" for hook in Hook),
        *KEYS,
        *(".".join(key.split(".")[:n]) for key in KEYS for n in range(1, 6)),
    }
    assert set(READ_BY) <= known


@pytest.mark.parametrize("key", CHANGES)
def test_a_change_changes_the_digests_of_exactly_the_stages_of_the_table(key: str) -> None:
    before, after = project_of(document()), project_of(changed(key))
    assert contradictions(after.charter) == ()
    said_before, said_after = said_of(before), said_of(after)
    read = {path for path in {*said_before, *said_after} if said_before.get(path) != said_after.get(path)}
    expected = frozenset[Stage]().union(*(stages_of(path) for path in read))
    assert {one for one in Stage if part_digest(before, one) != part_digest(after, one)} == expected
    assert stages_of(key.partition(f".{PLACE}")[0]) <= expected


def said_of(project: Project) -> dict[str, Json]:
    """All that any stage reads."""
    return {path: value for stage in Stage for path, value in part_for(project, stage).items()}


def test_what_is_said_and_what_is_the_default_are_one() -> None:
    said = document()
    said["research"]["seed"] = 7
    said["validation"]["policy"] = {"quorum": {}}
    assert part_digest(project_of(said), Stage.VALIDATION) == part_digest(project_of(document()), Stage.VALIDATION)


@pytest.mark.parametrize(
    ("hook", "repeated"),
    [("prepare", {Stage.DATA_PREPARATION}), ("features", {Stage.RESEARCH, Stage.VALIDATION})],
)
def test_another_hook_repeats_the_stages_that_run_it_and_nothing_else(hook: str, repeated: set[Stage]) -> None:
    source, _ = look_at_hooks(f"def {hook}(frame):\n    return frame\n")
    plain_project = project_of(document())
    hooked = replace(plain_project, hook_source=source)
    assert {s for s in Stage if part_digest(plain_project, s) != part_digest(hooked, s)} == repeated


def test_the_data_are_prepared_again_for_their_own_gates_limits_and_not_for_a_quorum() -> None:
    policy = read_policy(ROOT, Tier.HIGH)
    other = replace(policy, validity_days=30)
    assert policy_part(policy, Stage.DATA_PREPARATION) == policy_part(other, Stage.DATA_PREPARATION)
    assert policy_part(policy, Stage.VALIDATION) != policy_part(other, Stage.VALIDATION)


@pytest.mark.parametrize("key", CHANGES)
def test_every_key_changes_something_that_can_be_seen(key: str) -> None:
    after = charter_from(changed(key))
    names = [*LOOKS, *(["gates"] if key.startswith(BY_GATES) else [])]
    assert any(seen(LOOKS.get(name, _gates), after) != seen_before(name) for name in names), key


@cache
def seen_before(name: str) -> Json:
    """What a consumer makes of the charter before any change."""
    return seen(LOOKS.get(name, _gates), charter_from(document()))


def seen(look: Look, charter: Charter) -> Json:
    """What a consumer makes of a charter, or how it refuses it."""
    try:
        return plain(look(charter))
    except FlywheelError as error:
        return error.sentence()


def _framed(charter: Charter) -> object:
    framing = Framing(charter)
    facts = [
        framing.problem.target,
        framing.data.positive,
        framing.problem.stakes,
        framing.unit,
        framing.currency,
        framing.seed,
    ]
    texts = framing.derived.derivation.to_json()
    return [*facts, texts, [repr(column) for column in framing.columns], [rung.to_json() for rung in framing.ladder()]]


def _parted(charter: Charter) -> object:
    days = pd.date_range("2024-01-01", periods=720, tz="UTC")
    frame = pd.DataFrame(dict.fromkeys(("applied_at", "decided_at"), days) | {"place": range(720)})
    return [part["place"].tolist() for part in Framing(charter).split(frame)]


def _declared(charter: Charter) -> object:
    rules = [repr(rule) for rule in rules_from_charter(charter)]
    expected = [repr(one) for one in expectations_from_charter(charter)]
    return [rules, expected, [repr(one) for one in waivers_from_charter(charter)]]


def _forbidden(charter: Charter) -> object:
    return [repr(one) for one in forbidden_in(charter, {"bureau": ["bureau_score"]})]


def _read_from(charter: Charter) -> object:
    """Where each source is looked for: nothing lies there, and the refusal says where."""
    assert charter.data is not None
    engine, found = create_engine("sqlite://"), {}
    for name, source in charter.data.sources.items():
        try:
            found[name] = repr(origins(source, Ground(Path(_empty()), engine=engine)))
        except FlywheelError as error:
            found[name] = error.sentence()
    return found


SURVEYS = (
    'application_id,income,remark,applied_at\na,"1.5",n\u00e9,2024-01-02\nb,2000,-,2024-03-04\n',
    'application_id,income\na,"2,000"\n',
    "application_id,The income\na,3\n",
    "application_id,income\na,3 EUR\n",
    "application_id,applied_at\na,31/01/2024\n",
)


def _read_as(charter: Charter) -> object:
    """What the same text says, read as the charter says."""
    assert charter.data is not None
    return [_survey(charter.data, text) for text in SURVEYS]


def _survey(data: Data, text: str) -> str:
    folder = Path(mkdtemp())
    (folder / "survey.csv").write_text(text, encoding="utf-8")
    settings = Settings.load(ROOT, environ={"FLYWHEEL_DATA_ROOT": _empty()})
    reading = Reading("survey", data.sources["survey"], Ground(folder))
    try:
        return repr([batch.to_pydict() for batch in reading.batches(reading_schema(data), settings.limits)])
    except FlywheelError as error:
        return error.sentence()


def _joined(charter: Charter) -> object:
    artifacts = Artifacts(Path(_empty()))
    region = {"application_id": ["a", "b"], "region": ["north", "south"]}
    tables = {
        "applications": artifacts.put_frame(
            pd.DataFrame({**region, "default_12m": [True, False], "late_3m": [True, True]})
        ),
        "bureau": artifacts.put_frame(pd.DataFrame({"application_id": ["a", "b"], "bureau_score": [1.0, 2.0]})),
        "survey": artifacts.put_frame(pd.DataFrame({"application_id": ["a", "b"], "remark": ["x", "y"]})),
        "ledger": artifacts.put_frame(pd.DataFrame({"application_id": ["b", "a"], "region": ["north", "south"]})),
    }
    settings = Settings.load(ROOT, environ={"FLYWHEEL_DATA_ROOT": _empty()})
    project = Project(Path(), charter, None, digest_of("x"), {})
    return preparation.prepare(project, artifacts=artifacts, tables=tables, settings=settings).digest


def _signed(charter: Charter) -> object:
    said = [dossier.purpose(charter), dossier.risk(charter), dossier.people(charter), dossier.waivers(charter)]
    said.append(dossier.derived(charter, {name: one.text for name, one in charter.features.items()}))
    return [charter.title, *said, dossier.plan(charter), repr(rule_of(charter))]


def _asked(charter: Charter) -> object:
    policy = replace(read_policy(ROOT, charter.tier), warned_opens=True, final_approver=None, must_be_reproduced=False)
    return tightened(policy, charter).document


def _gates(charter: Charter) -> object:
    """What the gates of a real version say; `tightened` stands for what only its people are asked by."""
    examination = replace(_examination(), charter=charter)
    codes = battery.demanded(examination, required=frozenset({"PERF-001"}))
    ran = battery.examine(examination, codes & {"PERF-001", "PERF-002", "PERF-009", "PERF-012", "PERF-013"})
    return [[plain(one.result) for one in ran], repr(Framing(charter).must_beat.champion)]


@cache
def _examination() -> Any:
    return examined(Path(mkdtemp()))


@cache
def _empty() -> str:
    return mkdtemp()


def _watched(charter: Charter) -> object:
    plan = plan_of(Project(Path(), charter, None, digest_of("x"), {}))
    return [plan.plan, str(plan.every)]


LOOKS: Mapping[str, Look] = {
    "framing": _framed,
    "declarations": _declared,
    "what may not be used": _forbidden,
    "dossier": _signed,
    "plan": _watched,
    "policy": _asked,
    "cost": cost_of,
    "purposes": lambda charter: list(purposes_of(charter)),
    "return": return_of,
    "feasibility": dossier.feasibility,
    "what is agreed": sections_of,
    "split": _parted,
    "where data lie": _read_from,
    "what text says": _read_as,
    "what is joined": _joined,
}
"""Consumers of a charter, each as the product calls it."""
