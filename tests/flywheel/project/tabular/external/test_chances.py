"""Whatever a foreign model gives is one chance for each row, or is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flywheel.errors import InputRefused
from flywheel.project.tabular.external.chances import chances_in
from flywheel.project.tabular.external.terms import Form, Terms

TERMS = Terms(Form.ONNX, "Scores Ltd", "1", "", ("a",), "probabilities", None, 1e-5, ())


@pytest.mark.parametrize(
    ("answer", "place"),
    [([0.1, 0.7], None), ([[0.1], [0.7]], None), ([[0.9, 0.1], [0.3, 0.7]], None), ([[0.1, 9], [0.7, 9]], 0)],
)
def test_the_chance_of_yes_is_taken(answer: Any, place: int | None) -> None:
    assert chances_in(answer, replace(TERMS, place=place), rows=2).tolist() == [0.1, 0.7]


@pytest.mark.parametrize(
    ("answer", "place", "words"),
    [
        ([0.1], None, "did not return one row for each"),
        ([[[0.1]], [[0.2]]], None, "did not return one row for each"),
        ([[0.1, 0.2, 0.7]] * 2, None, "not clear which"),
        ([[0.1, 0.9]] * 2, 2, "not clear which"),
        ([0.1, float("nan")], None, "no probabilities"),
        ([0.1, 1.2], None, "no probabilities"),
        ([-3.0, 0.2], None, "no probabilities"),
    ],
)
def test_anything_else_is_refused(answer: Any, place: int | None, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        chances_in(answer, replace(TERMS, place=place), rows=2)
