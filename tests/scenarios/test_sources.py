"""Projects whose rows come from a database, from partitioned folders and from another project, on real servers."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer
from sqlalchemy import create_engine

from flywheel.catalog.dataset import DatasetRecord
from flywheel.catalog.project import StageState
from flywheel.domain.stages import Stage
from flywheel.services.data import datasets
from flywheel.services.walk import stages
from tests.deployments.conftest import HOME
from tests.scenarios.lab import SHOP_VARIABLE, Lab

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(600)]

SOURCE = 'sources.samples = { uri = "sklearn://breast_cancer", purpose = "public research data" }'
QUERY = "select * from samples order by mean_area, mean_texture"


def samples() -> pd.DataFrame:
    bunch = load_breast_cancer(as_frame=True)
    frame: pd.DataFrame = bunch.data.rename(columns=lambda name: name.replace(" ", "_")).filter(like="mean_")
    return frame.assign(target=[str(bunch.target_names[place]) for place in bunch.target])


def project(folder: Path, *, uri: str, purpose: str = "public research data", more: str = "") -> Path:
    charter = (HOME / "examples" / "breast_cancer" / "project.toml").read_text()
    source = f'sources.samples = {{ uri = "{uri}", purpose = "{purpose}"{more} }}'
    folder.mkdir(exist_ok=True)
    (folder / "project.toml").write_text(charter.replace('"breast-cancer"', f'"{folder.name}"').replace(SOURCE, source))
    return folder


def prepared(lab: Lab, folder: Path) -> DatasetRecord:
    """Begin a walk and wait until its table is recorded and its gates let it go on."""
    lab.register(folder)
    lab.run("lifecycle", folder.name)

    def look() -> DatasetRecord | None:
        now = lab.project(folder.name)
        assert (now.stage, now.next_stage_state) != (Stage.DATA_PREPARATION, StageState.BLOCKED), now.detail
        found = datasets.list_datasets(lab.bench.catalog, project=folder.name)
        return found[0] if found and now.stage not in {Stage.IDEATION, Stage.DATA_PREPARATION} else None

    return lab.until(look, f"the table of {folder.name}")


def test_a_table_of_a_database_folders_of_parquet_and_anothers_dataset_are_prepared_and_refusals_are_told(
    lab: Lab, tmp_path: Path
) -> None:
    shop = create_engine(os.environ[SHOP_VARIABLE])
    samples().to_sql("samples", shop, index=False)
    shop.dispose()
    from_table = prepared(lab, project(tmp_path / "from-table", uri="sql://shop", more=f', query = "{QUERY}"'))
    assert from_table.facts["rows"] == 569

    folders = project(tmp_path / "from-folders", uri="samples/")
    for target, rows in samples().groupby("target"):
        (folders / "samples" / f"target={target}").mkdir(parents=True)
        rows.drop(columns="target").to_parquet(folders / "samples" / f"target={target}" / "part-0.parquet")
    assert prepared(lab, folders).facts["rows"] == 569

    from_other = prepared(lab, project(tmp_path / "from-other", uri="dataset://from-table/training"))
    assert from_other.digest == from_table.digest, "the same content is the same version, whoever reads it"

    unfit = project(tmp_path / "unfit", uri="dataset://from-table/training", purpose="advertising")
    lab.register(unfit)
    lab.run("lifecycle", "unfit")

    def blocked() -> str | None:
        now = lab.project("unfit")
        return now.detail if now.next_stage_state is StageState.BLOCKED else None

    assert "may not be used for this purpose" in lab.until(blocked, "the refusal")
    attempts = [run for run in stages.list_runs(lab.bench.catalog, project="unfit") if run.stage is not Stage.IDEATION]
    assert len(attempts) == 1
