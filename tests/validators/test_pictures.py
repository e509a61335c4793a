"""Pictures hold no script and no foreign text, and every figure lies inside its frame."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from validators.pictures import ROWS_AT_MOST, WIDTH, Curve, Whisker, curves, whiskers

ROWS = [Whisker("a <b> & c", 1.0, 0.5, 2.0), Whisker("loss", -3.0, -4.0, -2.0, is_bad=True)]


def test_words_are_escaped_and_the_picture_is_well_formed() -> None:
    picture = ElementTree.fromstring(whiskers(ROWS, mark=0.0, title='of "x"'))  # noqa: S314  our own text
    assert picture.tag.endswith("svg")
    assert "a <b> & c" in [text.text for text in picture.iter() if text.tag.endswith("text")]


def test_every_dot_lies_inside() -> None:
    places = [float(x) for x in re.findall(r'cx="([^"]+)"', whiskers(ROWS, mark=10.0))]
    assert all(0 < x < WIDTH for x in places)


def test_bad_figures_are_red() -> None:
    assert whiskers(ROWS).count("#b3261e") == 2
    assert "#b3261e" in curves([Curve("x", [0, 1], [0.1, 0.2], is_bad=True)])


def test_nothing_to_draw_is_no_picture_and_much_is_bounded() -> None:
    assert whiskers([]) == curves([]) == curves([Curve("x", [1], [1])]) == ""
    assert whiskers(ROWS * 100).count("<circle") == ROWS_AT_MOST


def test_a_flat_curve_and_equal_bounds_can_be_drawn() -> None:
    assert "<polyline" in curves([Curve("x", [0, 1], [0.5, 0.5])])
    assert "<circle" in whiskers([Whisker("x", 1, 1, 1)])
