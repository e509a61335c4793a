"""What is drawn of a model's answers agrees with what is counted by hand."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from validators import calibration
from validators.specs import Worth
from validators.telling_apart import Ranked, reports

GAINS = np.array([[0.0, -1.0], [-5.0, 3.0]])
"""Money by what was true, then by what was said."""


def ranked(labels: list[int], chances: list[float], threshold: float = 0.5) -> Ranked:
    worth = Worth("loan", "EUR", "call", "leave")
    return Ranked(np.array(labels, dtype=np.uint8), np.array(chances), threshold, GAINS, worth)


def rows_of(one: Ranked) -> list[dict[str, float]]:
    found: list[dict[str, float]] = json.loads(reports(one)[1].content)
    return found


def test_tenths_count_from_the_likeliest_and_money_goes_down_to_each() -> None:
    labels = [1] * 10 + [0] * 90
    chances = list(np.linspace(0.99, 0.01, 100))
    first, *others = rows_of(ranked(labels, chances))
    assert (first["observed"], first["times_the_average"], first["share_of_all_found"]) == (1.0, 10.0, 1.0)
    assert first["money"] == pytest.approx(10 * 3 / 100)
    assert others[-1]["money"] == pytest.approx((10 * 3 - 90) / 100)
    assert all(one["observed"] == 0 for one in others)


@pytest.mark.parametrize("is_yes_first", [True, False])
def test_among_equal_predictions_the_order_of_the_file_tells_nothing(is_yes_first: bool) -> None:
    labels = sorted([1] * 30 + [0] * 70, reverse=is_yes_first)
    rows = rows_of(ranked(labels, [0.3] * 100))
    assert {round(row["observed"], 9) for row in rows} == {0.3}
    assert [row["share_of_all_found"] for row in rows] == pytest.approx([0.1 * place for place in range(1, 11)])
    assert rows[4]["money"] == pytest.approx((15 * 3 - 35 - 15 * 5) / 100)


@pytest.mark.parametrize("rows", [500, 501, 2_518, 3_615])
def test_tenths_are_those_of_the_page_on_calibration(rows: int) -> None:
    draw = np.random.default_rng(rows)
    chances = draw.random(rows)
    labels = (draw.random(rows) < chances).astype(int)
    of_calibration = json.loads(calibration.check(chances, labels).reports[1].content)
    mine = rows_of(ranked(labels.tolist(), chances.tolist()))
    both = [[(one["cases"], round(one["predicted"], 9)) for one in page] for page in (mine, of_calibration[::-1])]
    assert both[0] == both[1]


@pytest.mark.parametrize("rows", [1, 7, 23])
def test_few_rows_are_each_in_one_tenth(rows: int) -> None:
    one = ranked([number % 2 for number in range(rows)], [number / rows for number in range(rows)])
    assert sum(row["cases"] for row in rows_of(one)) == rows


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_one_outcome_alone_is_drawn_too(labels: list[int]) -> None:
    page = reports(ranked(labels, [0.2, 0.3, 0.3]))[0].content.decode()
    assert page.count("<svg") == 2
    assert "nan" not in page.lower()


def test_the_page_speaks_in_the_words_of_the_decision_and_marks_what_this_version_does() -> None:
    page = reports(ranked([1, 0, 0, 0], [0.9, 0.6, 0.2, 0.1]))[0].content.decode()
    assert "this version: 50.0 %" in page
    assert "call from here on" in page
    assert "EUR per loan" in page
    assert not re.search(r"<script|href=|src=", page)


def test_nothing_is_drawn_of_no_rows() -> None:
    assert reports(ranked([], [])) == ()
