"""A starting project passes its own check and never overwrites anything."""

from pathlib import Path

import pytest

from flywheel.domain.stages import Stage
from flywheel.errors import Refused
from flywheel.project.charter.preflight import preflight
from flywheel.project.charter.starter import write_starter
from flywheel.project.loader import load_project


def test_what_is_written_passes_the_check_of_every_stage(tmp_path: Path) -> None:
    write_starter("late-parcels", tmp_path / "late-parcels")
    project = load_project(tmp_path / "late-parcels")
    charter = project.charter
    assert project.undecided == ()
    assert charter.name == "late-parcels"
    assert [problem for stage in Stage for problem in preflight(charter, stage)] == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="something already"):
        write_starter("late-parcels", tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("name", ["", "Late", "../late", "late parcels", "p\u0430rcels", "x" * 64])
def test_a_name_that_is_no_slug_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="short and plain"):
        write_starter(name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_path_in_the_place_of_a_name_is_told_where_it_goes(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="--folder"):
        write_starter("projects/churn", tmp_path / "churn")
