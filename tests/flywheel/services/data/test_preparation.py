"""Sources become one table: the same content the same bytes, and what a hook gives back is looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pydantic import SecretStr

from flywheel.adapters.cell.cell import Cell
from flywheel.adapters.cell.guards import Guards, guards_here
from flywheel.adapters.sources.sources import Origin
from flywheel.domain.digests import Digest, digest_bytes, plain
from flywheel.domain.policy import Exposure, Purpose, Tier
from flywheel.errors import CharterError, InputRefused, Refused, SettingsError
from flywheel.project.charter.charter import Risk
from flywheel.project.charter.source import Source
from flywheel.project.hooks import HookSource
from flywheel.services.data import preparation
from tests.factories.examples import Ground, breast_cancer, card_default

CELL_OF = Cell.of


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return card_default(tmp_path_factory.mktemp("bank"), rows=300, months=3)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return breast_cancer(tmp_path_factory.mktemp("clinic"))


def shaped(ground: Ground, body: str) -> preparation.Prepared:
    """Prepare with a hook of one line."""
    text = f"import pandas as pd\n\ndef prepare(frame):\n    {body}\n"
    source = HookSource(text, ("prepare",), digest_bytes(text.encode()))
    return replace(ground, project=replace(ground.project, hook_source=source)).prepared()


def test_two_sources_become_one_table_of_every_row(bank: Ground) -> None:
    prepared = bank.prepared()
    frame = bank.artifacts.get_frame(prepared.digest)
    assert prepared.rows == len(frame) == 300
    assert {"bureau_score", "income", "default_12m"} <= set(frame.columns)


def test_the_same_sources_give_the_same_digest(bank: Ground) -> None:
    assert bank.ingested() == bank.ingested()
    assert bank.prepared().digest == bank.prepared().digest


def test_the_fingerprint_follows_what_the_sources_hold(tmp_path: Path) -> None:
    ground = card_default(tmp_path, rows=120, months=3)
    before = preparation.fingerprint_sources(ground.project, settings=ground.settings)
    assert preparation.fingerprint_sources(ground.project, settings=ground.settings) == before
    bureau = ground.project.path / "bureau.parquet"
    pd.read_parquet(bureau).assign(bureau_score=999.0).to_parquet(bureau, index=False)
    assert preparation.fingerprint_sources(ground.project, settings=ground.settings) != before


def test_facts_say_type_gaps_and_range_of_each_column(bank: Ground) -> None:
    columns = bank.prepared().facts["columns"]
    assert isinstance(columns, dict)
    score, region = columns["bureau_score"], columns["region"]
    assert isinstance(score, dict)
    assert isinstance(region, dict)
    assert 0 < float(str(score["missing_share"])) < 0.2
    assert 300 <= float(str(score["least"])) < float(str(score["mean"])) < float(str(score["most"])) <= 850
    assert region["distinct"] == 5
    assert "mean" not in region


@pytest.mark.parametrize("body", ["return frame.iloc[:0]", "return frame.assign(income=float('inf'))"])
def test_data_01_facts_of_a_table_without_rows_or_sense_can_still_be_recorded(bank: Ground, body: str) -> None:
    prepared = shaped(bank, body)
    assert plain(prepared.facts) == prepared.facts


def test_a_hook_that_drops_the_target_is_refused(bank: Ground) -> None:
    with pytest.raises(InputRefused, match="lacks the target default_12m"):
        shaped(bank, "return frame.drop(columns='default_12m')")


def test_data_11_a_hook_that_names_a_column_twice_is_refused(bank: Ground) -> None:
    with pytest.raises(InputRefused, match="distinct names"):
        shaped(bank, "return pd.concat([frame, frame[['income']]], axis=1)")


def test_a_hook_shapes_the_rows_and_leaves_no_index_behind(bank: Ground) -> None:
    prepared = shaped(bank, "return frame[frame['age'] > 40].set_index('region', drop=False)")
    assert 0 < prepared.rows < 300
    assert list(bank.artifacts.get_frame(prepared.digest).index) == list(range(prepared.rows))


def test_it_is_said_what_closed_the_cell_of_a_hook_and_nothing_where_there_is_none(clinic: Ground) -> None:
    guards = guards_here(clinic.settings.cell.user)
    assert (clinic.prepared().guards, shaped(clinic, "return frame").guards) == (None, guards)


def test_at_high_risk_a_cell_with_a_gap_runs_nothing(clinic: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    gap = Guards(0, has_seccomp=True, user=None, is_root=False)
    monkeypatch.setattr(Cell, "of", lambda settings: replace(CELL_OF(settings), guards=gap))
    assert clinic.project.charter.tier is not Tier.HIGH
    assert shaped(clinic, "return frame").guards == gap
    risk = Risk(exposure=Exposure.HIGH, purpose=Purpose.AUTOMATED_DECISION, regulated=True)
    with pytest.raises(Refused, match=r"complete cell; found .*without Landlock.*flywheel doctor"):
        shaped(clinic.chartered(risk=risk), "return frame")


def test_a_data_root_among_the_libraries_is_refused_before_code_could_read_it(clinic: Ground) -> None:
    settings = clinic.settings.model_copy(update={"data_root": Path(preparation.__file__).parent / "data"})
    with pytest.raises(SettingsError, match="among what a project's own code may read"):
        Cell.of(settings)


def test_text_that_is_not_the_registered_one_is_not_run(clinic: Ground) -> None:
    source = HookSource("def prepare(frame):\n    return frame\n", ("prepare",), digest_bytes(b"another"))
    with pytest.raises(CharterError, match="not the text that was registered"):
        replace(clinic, project=replace(clinic.project, hook_source=source)).prepared()


def test_a_bundled_set_is_prepared_without_files(clinic: Ground) -> None:
    assert clinic.prepared().rows == 569


def test_a_named_database_is_read_and_let_go(clinic: Ground, tmp_path: Path) -> None:
    ground, file = from_database(clinic), tmp_path / "rows.db"
    import sqlite3  # this test's database

    with sqlite3.connect(file) as connection:
        frame = clinic.artifacts.get_frame(clinic.prepared().digest)
        frame.to_sql("samples", connection, index=False)
    connection.close()
    named = ground.settings.model_copy(update={"sources": {"clinic": SecretStr(f"sqlite:///{file}")}})
    assert replace(ground, settings=named).prepared().rows == 569


def test_a_database_that_no_setting_names_is_not_guessed(clinic: Ground) -> None:
    with pytest.raises(SettingsError, match="clinic"):
        from_database(clinic).ingested()


def from_database(clinic: Ground) -> Ground:
    data = clinic.project.charter.data
    assert data is not None
    source = Source.model_validate({"uri": "sql://clinic", "query": "select * from samples"})
    return clinic.chartered(data=data.model_copy(update={"sources": {"samples": source}}))


def test_what_must_be_held_whole_is_refused_before_it_fills_the_memory(bank: Ground) -> None:
    limits = bank.settings.limits.model_copy(update={"memory_bytes": 1_000})
    small = replace(bank, settings=bank.settings.model_copy(update={"limits": limits}))
    with pytest.raises(InputRefused, match="the joined source bureau is too large to be held in memory"):
        small.prepared()


def test_a_hook_takes_the_whole_table_and_is_held_to_the_memory(clinic: Ground) -> None:
    limits = clinic.settings.limits.model_copy(update={"memory_bytes": 1_000})
    small = replace(clinic, settings=clinic.settings.model_copy(update={"limits": limits}))
    assert small.prepared().rows == 569
    with pytest.raises(InputRefused, match="the table that the hook prepare takes is too large"):
        shaped(small, "return frame")


def test_one_source_without_a_hook_is_the_prepared_table_itself(clinic: Ground) -> None:
    assert clinic.prepared().digest == clinic.ingested()["samples"]


def test_a_long_list_of_files_is_kept_as_a_file_of_its_own(clinic: Ground) -> None:
    few = (Origin("file", "a.csv", digest_bytes(b"a")),)
    assert preparation.listed(few, clinic.artifacts) == [{"kind": "file", "name": "a.csv", "digest": few[0].digest}]
    (entry,) = preparation.listed(few * 201, clinic.artifacts)
    assert entry["name"] == "201 files"
    assert len(json.loads(clinic.artifacts.get_bytes(Digest(entry["digest"])))) == 201


@pytest.mark.parametrize(
    ("address", "words"), [("shop.example:s3cret", "is none"), ("mysql://a:s3cret@b/c", "driver that is not installed")]
)
def test_an_address_that_opens_nothing_is_told_without_its_password(clinic: Ground, address: str, words: str) -> None:
    settings = clinic.settings.model_copy(update={"sources": {"clinic": SecretStr(address)}})
    with pytest.raises(SettingsError, match=words) as refused:
        preparation.fingerprint_sources(from_database(clinic).project, settings=settings)
    assert "s3cret" not in str(refused.value)
