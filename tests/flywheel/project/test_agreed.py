"""What is agreed on in a charter: exactly what ideation reads, and nothing that says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flywheel.domain.stages import Stage
from flywheel.project.agreed import agreed_digest, agreed_part
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.project.stage_inputs import stages_of
from tests.factories.every_key import CHANGES, changed, document


def project_of(said: dict[str, Any]) -> Project:
    return Project(Path(), charter_from(said), None, digest_of_files(said), said)


@pytest.mark.parametrize("key", CHANGES)
def test_people_are_asked_anew_where_a_key_that_ideation_reads_says_otherwise_and_nowhere_else(key: str) -> None:
    before, after = project_of(document()), project_of(changed(key))
    is_agreed_on = any(Stage.IDEATION in stages_of(path.partition(".[]")[0]) for path in CHANGES[key])
    assert (agreed_digest(before) != agreed_digest(after)) == is_agreed_on


@pytest.mark.parametrize("key", ["research.seed", "research.budget.trials", "title", "stakeholders.it"])
def test_what_is_no_substance_asks_nobody(key: str) -> None:
    assert agreed_digest(project_of(changed(key))) == agreed_digest(project_of(document()))


@pytest.mark.parametrize("key", ["value.payoff.false_negative", "value.volume_per_year", "problem.objective"])
def test_money_and_purpose_are_substance(key: str) -> None:
    assert agreed_digest(project_of(changed(key))) != agreed_digest(project_of(document()))


def test_a_key_that_says_nothing_is_left_out_so_that_a_new_one_asks_nobody() -> None:
    said = document()
    del said["problem"]["out_of_scope"]
    assert "problem.out_of_scope" not in agreed_part(project_of(said))
    assert None not in agreed_part(project_of(said)).values()
