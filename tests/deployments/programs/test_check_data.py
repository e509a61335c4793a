"""What blocks data preparation, its gates or the split is told by a check beforehand, with place and cure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deployments.programs.check_data import judge_joined
from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.gates import decide
from flywheel.errors import FlywheelError
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.services.data import preparation
from flywheel.services.data.data_check import DataCheck, check_data
from flywheel.settings import Settings
from validators.data_gates import Brought, judge_data

pytestmark = pytest.mark.usefixtures("foreign_examiners")

ROWS = 400
CODES = frozenset({"DATA-001", "DATA-002", "DATA-003", "DATA-004"})
REGIONS = pd.DataFrame({"region": ["7", "8", "9", "10"], "pop": [1, 2, 3, 4]})


@dataclass(frozen=True)
class Case:
    """A project whose rows and charter are good but for what is said here."""

    told: str
    lookup: pd.DataFrame = field(default_factory=REGIONS.copy)
    charter: str = ""
    target: str = ""
    at: list[str] = field(default_factory=list)
    hook: str = ""


def rows(case: Case) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"region": rng.choice(["7", "8", "9", "10"], ROWS), "age": rng.integers(18, 90, ROWS)})
    days = [f"2025-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(ROWS)]
    return frame.assign(f=rng.normal(size=ROWS), at=days[: ROWS - len(case.at)] + case.at, y=np.arange(ROWS) % 2)


def written(case: Case, folder: Path) -> Path:
    rows(case).to_csv(folder / "d.csv", index=False)
    case.lookup.to_csv(folder / "look.csv", index=False)
    if case.hook:
        (folder / "hooks.py").write_text(case.hook, encoding="utf-8")
    split = 'by = "random", validation = 0.2, test = 0.2'
    tail = case.charter or f"[research]\nsplit = {{ {split} }}\n"
    (folder / "project.toml").write_text(
        f"""name = "churn"
title = "Churn"
owner = "ana@bank.example"
[data]
target = "y"
positive = 1
time = "at"
sources.main = {{ uri = "d.csv" }}
sources.look = {{ uri = "look.csv", join = "region" }}
[data.columns]
region = {{ kind = "category" }}
age = {{ kind = "integer" }}
f = {{ kind = "number" }}
pop = {{ kind = "integer" }}
y = {{ kind = "integer" }}
{tail}""",
        encoding="utf-8",
    )
    return folder


def checked(folder: Path) -> DataCheck:
    settings = Settings.load(home=folder, environ={})
    return check_data(load_project(folder), settings=settings, judge=judge_joined)


def blocked_by(folder: Path) -> str:
    """Run what data preparation and research run, and say what stops them."""
    project, settings = load_project(folder), Settings.load(home=folder, environ={})
    artifacts = Artifacts(folder / "kept")
    try:
        read = preparation.ingest(project, settings=settings, artifacts=artifacts)
        tables = {name: one.digest for name, one in read.items()}
        made = preparation.prepare(project, artifacts=artifacts, tables=tables, settings=settings)
        with artifacts.table(made.digest) as table:
            brought = Brought(matches=made.matches)
            now = datetime.now(UTC)
            judged = judge_data(table, charter=project.charter, brought=brought, known=None, now=now)
            Framing(project.charter).part(table)
    except FlywheelError as error:
        return error.sentence()
    return "; ".join(decide([one.result for one in judged], required=CODES, warned_opens=True).reasons)


def checks(words: str) -> str:
    return f"[[data.checks]]\n{words}\n"


CASES = {
    "good": Case(""),
    "key twice": Case(
        "look.csv: region: 1 key stands in several rows, and one row of each is joined; first '10' in row 5; cure:",
        pd.concat([REGIONS, REGIONS.tail(1)]),
    ),
    "header in capitals": Case('data.columns.region.alias = ["region", "Region"]', REGIONS.rename(columns=str.title)),
    "row without a key": Case(
        "look.csv: region: 1 row has no key, by which look is joined; row 4",
        REGIONS.assign(region=pd.Series(["7", "8", "9", None], index=REGIONS.index)),
    ),
    "column brought twice": Case("look.csv: f: is already there, and look brings it once more", REGIONS.assign(f=1)),
    "target brought": Case("look.csv: y: is the target and already there", REGIONS.assign(y=1)),
    "no key fits": Case(
        "400 of 400 rows (100.0%) have a region that is missing in look", REGIONS.assign(region=[*"abcd"])
    ),
    "times that are none": Case("d.csv: at: DATA-001: 25.0% of at has not happened yet", at=["9999-12-31"] * 100),
    "a check that rows break": Case(
        "d.csv: age: DATA-001: 100.0% of age violates the declaration (column values to match regex)",
        charter=checks('expect_column_values_to_match_regex = { column = "age", regex = "^[a-z]$" }'),
    ),
    "a check that cannot be judged": Case(
        "d.csv: region: DATA-001: The declaration about region could not be judged",
        charter=checks('expect_column_values_to_be_between = { column = "region", min_value = 50 }'),
    ),
    "a check of no row": Case(
        "DATA-001: No row meets the condition",
        charter=checks('expect_column_values_to_be_unique = { column = "f" }\nwhere = [{ column = "age", is = 7 }]'),
    ),
    "a split without training": Case(
        "project.toml: research.split: the split leaves a part empty",
        charter='[research]\nsplit = { by = "time", validation = "4000 days", test = "4000 days" }\n',
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_check_tells_what_data_preparation_its_gates_and_the_split_would_stop_at(tmp_path: Path, name: str) -> None:
    folder = written(CASES[name], tmp_path)
    found = checked(folder)
    told = [fault.sentence() for fault in found.faults]
    stops = blocked_by(folder)
    assert bool(told) == bool(stops), (told, stops)
    assert any(CASES[name].told in sentence for sentence in told) or (not told and not CASES[name].told), told
    assert all(fault.cure for fault in found.faults)
    assert not any("learned as one" in note.what for note in found.notes), "four rows of a lookup are no four rows"


def test_rows_without_a_partner_are_noted_with_what_they_differ_in(tmp_path: Path) -> None:
    folder = written(Case("", REGIONS.assign(region=["07", "8", "9", "10"])), tmp_path)
    found = checked(folder)
    assert found.faults == ()
    (note,) = [one for one in found.notes if one.column == "region"]
    assert f"{(rows(Case(''))['region'] == '7').sum()} of 400 rows" in note.what
    assert "by leading zeros ('7' and '07')" in note.what
    assert "data.columns.region.kind" in note.cure


def test_what_a_hook_makes_is_not_judged_and_that_is_said_while_joins_are(tmp_path: Path) -> None:
    hook = "def prepare(frame):\n    raise RuntimeError('a check runs no hook')\n"
    folder = written(Case("", pd.concat([REGIONS, REGIONS.tail(1)]), hook=hook), tmp_path)
    found = checked(folder)
    assert [one.column for one in found.faults] == ["region"]
    assert any(note.where == "hooks.py" for note in found.notes)


def test_copied_rows_are_told_with_their_share(tmp_path: Path) -> None:
    folder = written(Case(""), tmp_path)
    pd.concat([rows(Case("")).head(100)] * 4).to_csv(folder / "d.csv", index=False)
    (note,) = [one for one in checked(folder).notes if "repeat another row" in one.what]
    assert "300 of 400 rows (75.0%) repeat another row in every feature, 300 of them in outcome" in note.what
    assert "data.entity" in note.what


def test_rows_that_time_leaves_in_no_part_are_told(tmp_path: Path) -> None:
    split = 'split = { by = "time", validation = "60 days", test = "60 days" }\n'
    folder = written(Case("", charter=f"[research]\n{split}"), tmp_path)
    assert not [one for one in checked(folder).notes if "in no part" in one.what]
    text = (folder / "project.toml").read_text()
    (folder / "project.toml").write_text(
        text.replace('time = "at"', 'time = "at"\nentity = "who"').replace(
            "pop = {", 'who = { kind = "text" }\npop = {'
        )
    )
    rows(Case("")).assign(who=[f"w{n % 40}" for n in range(ROWS)]).to_csv(folder / "d.csv", index=False)
    (note,) = [one for one in checked(folder).notes if "in no part" in one.what]
    assert (
        "of 400 rows are in no part, since who has others in another period, so that 20% of them stand for the test's"
        in note.what
    )
    assert re.search(r"\(train \d+ of \d+, validation \d+ of \d+, test \d+ of \d+\)", note.what)
    assert 'by = "entity"' in note.cure


@pytest.mark.parametrize(("days", "lacking"), [(5, ["PERF-001 50", "PERF-008 100"]), (60, ["PERF-008 100"]), (150, [])])
def test_a_test_part_too_small_for_its_gates_is_told_with_what_they_need(
    tmp_path: Path, days: int, lacking: list[str]
) -> None:
    split = f'split = {{ by = "time", validation = "60 days", test = "{days} days" }}\n'
    told = [
        one
        for one in checked(written(Case("", charter=f"[research]\n{split}"), tmp_path)).notes
        if "test part" in one.what
    ]
    assert bool(told) is bool(lacking)
    for note in told:
        assert re.match(r"the test part has \d+ rows of 400, and gates of validation need more", note.what)
        assert all(need in note.what for need in lacking)
        assert ("PERF-001 50" in note.what) is ("PERF-001 50" in lacking)
        assert "research.split" in note.cure


def test_a_day_far_beyond_all_others_is_named_with_its_row_and_moves_no_period(tmp_path: Path) -> None:
    split = '[research]\nsplit = { by = "time", validation = "60 days", test = "90 days" }\n'
    clean = checked(written(Case("", charter=split), tmp_path))
    assert not [one for one in clean.notes if "alone" in one.what]
    (note,) = [
        one
        for one in checked(written(Case("", charter=split, at=["2029-03-01"]), tmp_path)).notes
        if "alone" in one.what
    ]
    assert note.sentence().startswith("d.csv: at: 1 row stands alone, far beyond 2025-12-28")
    assert "first '2029-03-01' in row 400" in note.sentence()


def test_a_column_that_may_say_which_rows_belong_together_is_noted_until_an_entity_does(tmp_path: Path) -> None:
    folder = written(Case(""), tmp_path)
    text = (folder / "project.toml").read_text()
    told = []
    for entity in ("", 'entity = "who"\n'):
        who = 'who = { kind = "integer", alias = "Machine No." }\npop = {'
        (folder / "project.toml").write_text(
            text.replace("pop = {", who).replace('time = "at"', f'{entity}time = "at"')
        )
        rows(Case("")).assign(**{"Machine No.": [7_000 + n % 120 for n in range(ROWS)]}).to_csv(
            folder / "d.csv", index=False
        )
        told.append([one.sentence() for one in checked(folder).notes if "rows of one lie in training" in one.what])
    (note,), after = told
    assert "d.csv: who: 120 different values stand in 3.3 rows each" in note
    assert 'cure: data.entity = "who"' in note
    assert after == []


@pytest.mark.parametrize(("noise", "closes"), [(0.01, True), (0.07, False)])
def test_a_column_that_gives_the_outcome_away_is_told_with_the_key(tmp_path: Path, noise: float, closes: bool) -> None:
    folder = written(Case(""), tmp_path)
    rows(Case("")).assign(f=lambda frame: frame["y"] * 3.0 + frame["age"] * noise).to_csv(folder / "d.csv", index=False)
    (note,) = [one for one in checked(folder).notes if one.column == "f"]
    assert note.what.startswith("PERF-005: Feature f alone almost determines the outcome") is closes
    assert note.what.endswith("a run would end at this gate") is closes
    assert note.cure.startswith("data.columns.f.known_at_decision = false")
    learned = (folder / "project.toml").read_text()
    (folder / "project.toml").write_text(
        learned.replace('f = { kind = "number"', 'f = { known_at_decision = false, kind = "number"')
    )
    assert not [one for one in checked(folder).notes if "PERF-005" in one.what]


CHECKS = """
[[data.checks]]
expect_column_values_to_be_between = { column = "age", max_value = 99 }
[[data.checks]]
expect_column_pair_values_a_to_be_greater_than_b = { column_A = "age", column_B = "pop" }
where = [{ column = "region", is_not = "8" }]
[[data.checks]]
expect_column_mean_to_be_between = { column = "f", min_value = 7 }
"""


def test_a_broken_check_of_the_charters_own_shows_rows_and_values(tmp_path: Path) -> None:
    folder = written(Case("", charter=CHECKS), tmp_path)
    frame = rows(Case(""))
    frame.loc[[16, 40], "age"] = [150, 170]
    frame.loc[[0, 30], "region"], frame.loc[[0, 30], "age"] = ["8", "7"], [1, 0]
    frame.to_csv(folder / "d.csv", index=False)
    found = {one.what: one for one in checked(folder).faults}
    between = next(one for what, one in found.items() if "age lies outside the declared range" in what)
    assert (between.row, between.values) == (17, ("150", "170"))
    pair = next(one for what, one in found.items() if "pair values" in what)
    assert (pair.row, pair.values) == (31, ("age = 0, pop = 1",))
    mean = next(one for what, one in found.items() if "mean" in what)
    assert (mean.row, mean.values) == (None, ())


def test_what_is_a_note_stays_one_beside_a_column_that_closes_the_gate_whose_cure_is_its_line(tmp_path: Path) -> None:
    folder = written(Case(""), tmp_path)
    for f, fault in ((0.5, ""), (float("nan"), "f")):
        rows(Case("")).assign(f=f, age=40).to_csv(folder / "d.csv", index=False)
        found = checked(folder)
        assert any("DATA-002: The column age holds the same value" in one.what for one in found.notes)
        assert {one.column for one in found.faults} == set(filter(None, [fault]))
        assert all("delete its line" in f"{one.what} {one.cure}" for one in found.faults), found.faults
