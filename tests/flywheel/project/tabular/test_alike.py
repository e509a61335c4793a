"""Rows that repeat another are counted, and asked about where few values do not explain them."""

import numpy as np
import pandas as pd
import pytest

from flywheel.project.tabular.alike import Alike, Repeated

FEATURES = ("a", "b", "c", "d", "letter")


def noise(rows: int, *, digits: int | None = None, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.normal(size=rows) for name in FEATURES[:-1]})
    frame = frame if digits is None else frame.round(digits)
    return frame.assign(letter=rng.choice(list("xyz"), rows), y=rng.random(rows) < 0.4)


def counted_in(frame: pd.DataFrame, *, parts: int = 3, entity: str | None = None) -> Repeated:
    features = tuple(name for name in frame.columns if name not in {"y", "at"})
    alike = Alike(features, besides=("y", "at"), entity=entity)
    for places in np.array_split(np.arange(len(frame)), parts):
        alike.see(frame.iloc[places])
    return alike.repeated()


@pytest.mark.parametrize(("rows", "times", "digits"), [(400, 5, None), (1_000, 2, None), (2_000, 3, None), (400, 5, 1)])
@pytest.mark.parametrize("told_apart_by", ["nothing", "y", "at"])
def test_copies_are_asked_about_whatever_stands_beside_their_features(
    rows: int, times: int, digits: int | None, told_apart_by: str
) -> None:
    frame = pd.concat([noise(rows, digits=digits)] * times, ignore_index=True).sample(frac=1, random_state=0)
    if told_apart_by == "y":
        frame["y"] = np.arange(len(frame))
    if told_apart_by == "at":
        frame["at"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(frame)), unit="h")
    found = counted_in(frame)
    assert found.repeats == rows * (times - 1)
    assert found.copies == (found.repeats if told_apart_by == "nothing" else 0)
    assert f"{found.repeats:,} of {rows * times:,} rows ({1 - 1 / times:.1%}) repeat" in found.sentence


def test_few_copies_and_none_are_no_question() -> None:
    frame = noise(1_000)
    assert counted_in(frame).sentence == ""
    assert counted_in(pd.concat([frame, frame.iloc[:40]])).sentence == ""
    assert "60 of 1,060" in counted_in(pd.concat([frame, frame.iloc[:60]])).sentence


@pytest.mark.parametrize("rows", [300, 3_000, 60_000])
def test_rows_of_few_values_are_alike_by_nature(rows: int) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: rng.integers(0, 4, rows) for name in ("a", "b", "c", "d")})
    found = counted_in(frame)
    assert found.share > 0.2
    assert found.share == pytest.approx(found.by_chance, abs=0.05)
    assert found.sentence == ""


def test_a_table_of_few_different_rows_is_asked_what_tells_cases_apart_unless_it_says() -> None:
    frame = pd.DataFrame({"channel": ["web", "shop"] * 300, "y": [1, 0] * 300})
    assert "600 rows hold 2 different rows" in counted_in(frame).sentence
    assert counted_in(frame, entity="who").sentence == ""


def test_a_table_without_rows_or_features_says_nothing() -> None:
    assert counted_in(noise(0)).sentence == counted_in(noise(50)[["y"]]).sentence == ""
