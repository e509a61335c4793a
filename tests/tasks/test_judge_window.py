"""A window of traffic is judged by our own examiners always, and by Evidently where it is worth it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.predictions.chain import read_chain
from flywheel.adapters.predictions.rows import own_schema
from flywheel.domain.gates import Verdict
from flywheel.errors import counted
from flywheel.project.loader import load_project
from flywheel.project.reading.kinds import Kind
from flywheel.services.watching import health
from tasks.judge_window import _own_checks
from tasks.profile import profile
from tests.factories.examples import Ground, card_default
from tests.factories.projects import SLUG
from tests.tasks.conftest import MONDAY, Walk
from validators.profiles import make_profile
from validators.repeats import cases_of
from validators.specs import ColumnRule

pytestmark = pytest.mark.usefixtures("foreign_examiners")
EVERY_TIME = {"INPUT-001", "DATA-003", "DRIFT-001"}


def asked(walk: Walk) -> pd.DataFrame:
    """What customers ask, like the rows that the version learned from."""
    frame: pd.DataFrame = walk.ground.artifacts.get_frame(walk.ground.prepared().digest)
    return frame.sample(600, random_state=3)


def gates_of(verdicts: dict[str, str]) -> set[str]:
    return {name for name in verdicts if not name.startswith("watch ")}


def test_a_quiet_week_rings_nothing_and_evidently_looks_once_without_its_page(walk: Walk) -> None:
    judged = walk.window(asked(walk), week=0)
    assert (judged["rows"], judged["alarms"]) == (600, [])
    assert gates_of(judged["verdicts"]) == {*EVERY_TIME, "DRIFT-002"}
    assert set(judged["verdicts"].values()) == {"passed"}
    assert "evidently.html" not in judged["evidence"]


def test_what_rings_names_its_reasons_and_brings_both_examiners_with_their_pages(walk: Walk) -> None:
    rows = asked(walk)
    judged = walk.window(rows.assign(requested_limit=rows["requested_limit"] / 100), week=1)
    assert {"sentinels", "drift"} <= {alarm["watch"] for alarm in judged["alarms"]}
    told = [alarm["reasons"] for alarm in judged["alarms"]]
    unit = "÷ 100 (a hundred units, or per cent as fractions)."
    firsts = {one[0] for one in told}
    assert [one.startswith("requested_limit went from about ") for one in firsts] == [True]
    assert [one for one in firsts if not one.endswith(unit)] == []
    assert judged["words"].startswith(told[0][0])
    kept = health.latest(walk.catalog, project=SLUG)
    assert kept is not None
    assert kept.signals == {f"{one['watch']}: {one['action']}": one["reasons"] for one in judged["alarms"]}
    assert judged["verdicts"]["DATA-003"] == judged["verdicts"]["DRIFT-002"] == "failed"
    assert "evidently.html" in judged["evidence"]


def test_whoever_asks_for_a_thorough_look_gets_the_page_of_a_quiet_week(walk: Walk) -> None:
    assert "evidently.html" in walk.window(asked(walk), week=2, is_thorough=True)["evidence"]


@pytest.mark.parametrize("rows", [1, 19, 20, 100, 199])
def test_a_clean_window_with_few_rows_rings_nothing_and_says_what_it_waits_for(walk: Walk, rows: int) -> None:
    judged = walk.window(asked(walk).head(rows), week=0)
    assert (judged["state"], judged["alarms"], judged["telling"]) == ("insufficient", [], "")
    assert judged["verdicts"]["DRIFT-001"] == "insufficient"
    assert judged["words"].startswith(f"{counted(rows, 'row')} so far")
    assert judged["verdicts"]["INPUT-001"] == ("passed" if rows >= 20 else "insufficient")


def test_windows_with_few_rows_are_put_together_until_there_are_enough(walk: Walk) -> None:
    clean = asked(walk)
    found = [walk.window(clean[150 * week : 150 * (week + 1)], week=week) for week in range(3)]
    seen = [(one["state"], one["rows"]) for one in found]
    assert seen == [("insufficient", 150), ("good", 300), ("insufficient", 150)]
    assert found[1]["start_at"] == found[0]["start_at"] < found[2]["start_at"]


def test_what_is_broken_in_few_rows_rings_all_the_same(walk: Walk) -> None:
    rows = asked(walk).head(100)
    judged = walk.window(rows.assign(utilisation=rows["utilisation"] + 40), week=0)
    assert (judged["state"], judged["columns"]["utilisation"]) == ("bad", "bad")
    assert {alarm["watch"] for alarm in judged["alarms"]} == {"input"}
    assert "utilisation" in judged["words"]


def test_a_week_without_a_row_is_silent_and_told_where_rows_were_due(walk: Walk) -> None:
    first = walk.looked_at(week=0, rows=0)
    assert (first["state"], first["telling"], first["alarms"]) == ("silent", "", [])
    walk.window(asked(walk), week=1)
    judged = walk.looked_at(week=2, rows=0)
    assert judged["telling"] == (
        "no row arrived from 2026-01-19 00:00 to 2026-01-26 00:00 UTC; 1 of the 2 windows before had rows"
    )


def test_the_traffic_of_a_version_that_nobody_knows_is_unjudgeable_and_acts_on_nothing(walk: Walk) -> None:
    walk.window(asked(walk), week=0)
    judged = walk.looked_at(week=0, rows=600, is_known=False)
    assert (judged["state"], judged["alarms"]) == ("unjudgeable", [])
    assert "are not in the record" in judged["telling"]


def test_nothing_is_judged_on_rows_that_were_altered_and_the_segment_is_named(walk: Walk) -> None:
    walk.window(asked(walk), week=0)
    walk.window(asked(walk), week=1)
    folder = walk.settings.predictions_root / SLUG
    first = min(read_chain(folder).counting.values(), key=lambda line: line.span)
    (folder / first.name).write_bytes((folder / first.name).read_bytes()[:-1])
    judged = walk.looked_at(week=0, rows=600)
    assert (judged["state"], judged["alarms"]) == ("unjudgeable", [])
    assert f"nothing is judged on it: segment {first.name} (600 rows of 2026-01-05" in judged["telling"]
    assert walk.looked_at(week=1, rows=600)["state"] == "good"


def test_the_reference_is_what_the_version_has_seen_whatever_the_charter_says_of_the_split_since(walk: Walk) -> None:
    before, version = walk.ground.project.digest, walk.desk.version.id
    known = profile.fn(SLUG, before, version)
    walk.rewrite(r"(?m)^split = .*$", 'split = { by = "random", validation = 0.1, test = 0.6 }')
    assert walk.ground.project.digest != before
    assert profile.fn(SLUG, walk.ground.project.digest, version) == known


def test_a_reference_that_could_judge_nothing_makes_a_window_unjudgeable_and_says_why(walk: Walk) -> None:
    walk.rewrite(r'(columns.income]\nkind = )"number"\nbetween.*', r'\1"boolean"')
    judged = walk.window(asked(walk), week=0)
    assert (judged["state"], judged["alarms"]) == ("unjudgeable", [])
    assert "the reference cannot be profiled" in judged["telling"]


def test_a_column_that_no_signal_listens_to_is_judged_by_no_gate(walk: Walk) -> None:
    rows = asked(walk)
    moved = rows.assign(requested_limit=rows["requested_limit"] / 100)
    walk.exempt("requested_limit")
    judged = walk.window(moved, week=1)
    assert (judged["alarms"], judged["state"]) == ([], "good")


@pytest.mark.parametrize(("flagged", "is_told"), [(0, False), (19, False), (60, True)])
def test_rows_of_a_wrong_clock_are_counted_beside_what_was_found_and_told_where_they_are_many(
    walk: Walk, flagged: int, is_told: bool
) -> None:
    judged = walk.window(asked(walk), week=0, flagged=flagged)
    said = f"{flagged} of 600 rows claimed a time after tomorrow or before 1970"
    assert judged["state"] == "good"
    assert (said in judged["words"], said in judged["clocks"]) == (flagged > 0, is_told)


RENAMED = {
    "bureau_score": "score",
    "income": "at",
    "age": "event_at",
    "utilisation": "entity",
    "months_since_delinquency": "version",
    "requested_limit": "served_by",
    "region": "decision",
    "channel": "flags",
}


class TestNamedAsTheLogsOwn:
    """The class: no feature's name makes monitoring judge a column that is ours."""

    @pytest.fixture
    def ground(self, tmp_path: Path) -> Ground:
        found = card_default(tmp_path / "bank", rows=2_400, months=9)
        home = found.project.path
        charter, names = home / "project.toml", re.compile(rf"\b({'|'.join(RENAMED)})\b")
        renamed = names.sub(lambda one: RENAMED[one[0]], charter.read_text(encoding="utf-8"))
        charter.write_text(renamed, encoding="utf-8")
        for path in home.rglob("*.parquet"):
            pd.read_parquet(path).rename(columns=RENAMED).to_parquet(path)
        return replace(found, project=load_project(home))

    @pytest.fixture
    def features(self) -> tuple[str, ...]:
        return tuple(RENAMED.values())

    def test_every_own_column_is_among_them(self) -> None:
        assert set(RENAMED.values()) == set(own_schema().names)

    def test_a_clean_window_is_silent_and_a_fault_in_each_is_found(self, walk: Walk) -> None:
        clean = asked(walk)
        quiet = walk.window(clean, week=0)
        assert (quiet["state"], quiet["alarms"], quiet["columns"]) == ("good", [], {})
        for week, name in enumerate(walk.features, start=1):
            spoilt = "elsewhere" if name in {"decision", "flags"} else clean[name] * 100 + 7
            judged = walk.window(clean.assign(**{name: spoilt}), week=week)
            assert (judged["state"], judged["columns"]) == ("bad", {name: "bad"}), name
            assert all(name in alarm["reasons"][0] for alarm in judged["alarms"])


def test_for_what_a_window_lacks_cases_count_and_not_rows(walk: Walk) -> None:
    judged = walk.window(pd.concat([asked(walk).drop_duplicates().head(10)] * 10), week=0)
    assert judged["state"] == "insufficient"
    assert judged["words"].startswith(
        "10 cases so far; INPUT-001, DATA-003, DRIFT-001 need more; 100 rows ask 10 cases"
    )


def test_a_case_that_is_asked_again_weighs_as_one_and_a_flood_of_it_is_told(walk: Walk) -> None:
    rows = asked(walk).drop_duplicates()
    again = pd.concat([rows] * 3, ignore_index=True)
    judged = walk.window(again, week=0)
    assert (judged["state"], judged["alarms"], judged["rows"], judged["flood"]) == ("good", [], len(again), "")
    assert f"rows ask {len(rows):,} cases; " in judged["words"]
    odd = rows.head(1).assign(utilisation=40.0)
    flooded = walk.window(pd.concat([rows, *[odd] * 500], ignore_index=True), week=1)
    assert (flooded["state"], flooded["alarms"]) == ("good", [])
    assert flooded["flood"].startswith(f"500 of {len(rows) + 500:,} rows ask about the same case")


def test_a_window_that_names_one_entity_pages_with_its_name_and_its_rows_are_held_against_the_contract(
    walk: Walk,
) -> None:
    rows = asked(walk)
    judged = walk.window(rows, week=0, entity="unknown")
    assert (judged["state"], judged["alarms"]) == ("insufficient", [])
    assert judged["stuck"].startswith("600 of 600 rows (100%) name one entity, 'unknown'")
    broken = walk.window(rows.assign(income=-1.0), week=1, entity="unknown")
    assert broken["state"] == "bad"
    assert "% of income lies outside the declared range" in broken["words"]


def test_a_clock_that_stands_still_is_told_and_pages(walk: Walk) -> None:
    judged = walk.window(asked(walk), week=0, is_stuck=True)
    assert judged["clocks"].startswith("600 of 600 rows claim one and the same time, ")
    assert judged["clocks"] in judged["words"]
    assert judged["alarms"] == []
    assert walk.window(asked(walk), week=1)["clocks"] == ""


def test_when_rows_were_asked_reaches_what_judges_times(tmp_path: Path) -> None:
    """A day that many rows share is natural at some ages and a fault at others, which no time of a row alone tells."""
    draw = np.random.default_rng(1)
    rules = (ColumnRule("joined_at", Kind.TIME), ColumnRule("spent", Kind.NUMBER))

    def rows(count: int, first: datetime, days: int) -> pd.DataFrame:
        at = pd.Timestamp(first) + pd.to_timedelta(np.sort(draw.random(count)) * days, unit="D")
        joined_at = at - pd.to_timedelta(draw.exponential(400, count), unit="D")
        return pd.DataFrame({"at": at, "joined_at": joined_at, "spent": draw.lognormal(4, 1, count)})

    known = make_profile(rows(4_000, MONDAY - timedelta(days=364), 364), rules=rules, time="at")
    week = rows(600, MONDAY, 7)
    stuck = week.assign(joined_at=week["joined_at"].mask(np.arange(600) % 5 == 0, pd.Timestamp(MONDAY)))
    part = health.Part("v1", "model", MONDAY, MONDAY + timedelta(weeks=1))
    entities = pd.Series([None] * 600, dtype=object)
    project = card_default(tmp_path / "bank").project

    def fails(frame: pd.DataFrame, asked: pd.Series[pd.Timestamp]) -> set[str]:
        cases = cases_of(frame[["joined_at", "spent"]], entities, known)
        checked = _own_checks(part, asked, project, cases, known)
        return {one.result.code for one in checked if one.result.verdict is Verdict.FAILED}

    assert fails(week, week["at"]) == set()
    assert fails(stuck, stuck["at"]) == {"DRIFT-001"}
    assert fails(stuck, stuck["at"].iloc[:0]) == set(), "nobody knows how old the newest days are"
