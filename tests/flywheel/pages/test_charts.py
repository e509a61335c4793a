"""Pictures of figures: round ticks, all inside the frame, no foreign markup, nothing that cannot be drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from flywheel.pages.charts import (
    SHOWN_AT_MOST,
    WIDTH,
    Curve,
    Said,
    Span,
    calibration_chart,
    curve_chart,
    interval_chart,
    share_chart,
    ticks_between,
)

EVIL = "<img src=x> & c"

BOOSTED = Span("boosted trees", 5.0, -7.0, 18.0, "5.00 EUR", is_chosen=True)
NAIVE = Span("all <no>", -41.0, -54.0, -30.0, "-41.00 EUR")


@pytest.mark.parametrize(("least", "most"), [(-54.2, 18.6), (0, 0.0061), (-1, 0), (0, 1_234_567), (3, 3)])
def test_ticks_are_round_few_and_cover_the_span(least: float, most: float) -> None:
    ticks = ticks_between(least, most)
    assert ticks[0] <= least
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 9


def test_every_candidate_has_its_name_interval_and_figure_and_zero_is_marked() -> None:
    picture = interval_chart([BOOSTED, NAIVE], axis="EUR", title="Money", mark=0.0)
    assert picture.count("<circle") == 2
    assert "all &lt;no&gt;" in picture
    assert 'class="zero"' in picture
    assert "5.00 EUR" in picture


def test_what_has_no_figure_is_left_out_and_nothing_gives_no_picture() -> None:
    blank = Span("none", math.nan, math.nan, math.nan, "—")
    assert interval_chart([BOOSTED, blank], axis="EUR", title="Money").count("<circle") == 1
    assert interval_chart([blank], axis="EUR", title="Money") == ""
    assert share_chart([], title="Missing") == ""


def test_shares_are_bars_with_their_figures() -> None:
    picture = share_chart([("income", 0.25), ("age", 0.01)], title="Missing")
    assert picture.count("<rect") == 2
    assert "25.0 %" in picture


PICTURES: dict[str, Callable[[], str]] = {
    "intervals": lambda: interval_chart([Span(EVIL, 1.0, 0.5, 2.0, EVIL)], title=EVIL, axis=EVIL, mark=10.0),
    "shares": lambda: share_chart([(EVIL, 0.5)], title=EVIL),
    "curves": lambda: curve_chart([Curve(EVIL, [0, 1], [0.1, 0.2])], title=EVIL),
    "calibration": lambda: calibration_chart([Said(0.1, 0.2, 0.15, 0.3), Said(0.4, 0.4, 0.3, 0.5)], title=EVIL),
}


@pytest.mark.parametrize("name", PICTURES)
def test_whatever_words_come_in_a_picture_is_well_formed_and_all_of_it_inside_its_frame(name: str) -> None:
    picture = ElementTree.fromstring(PICTURES[name]())  # noqa: S314  our own text
    height = float(picture.attrib["viewBox"].split()[3])
    assert picture.attrib["aria-label"] == EVIL or EVIL in picture.attrib["aria-label"]
    assert not list(picture.iter("img"))
    for one in picture.iter():
        for key in ("x", "x1", "x2", "cx"):
            assert 0 <= float(one.attrib.get(key, 1)) <= WIDTH
        for key in ("y", "y1", "y2", "cy"):
            assert 0 <= float(one.attrib.get(key, 1)) <= height


def test_what_was_said_and_seen_lies_on_one_line_where_both_are_the_same() -> None:
    picture = calibration_chart([Said(0.2, 0.2, 0.1, 0.3)], title="calibration")
    line = re.search(r'<line x1="([^"]+)" y1="([^"]+)" x2="([^"]+)" y2="([^"]+)" class="zero"', picture)
    dot = re.search(r'<circle cx="(.+?)" cy="(.+?)"', picture)
    assert line is not None
    assert dot is not None
    x1, y1, x2, y2 = (float(one) for one in line.groups())
    x, y = (float(one) for one in dot.groups())
    assert abs((y - y1) / (y2 - y1) - (x - x1) / (x2 - x1)) < 0.005


def test_what_is_to_be_looked_at_looks_otherwise() -> None:
    assert 'class="dot bad"' in interval_chart([Span("loss", -3.0, -4.0, -2.0, is_bad=True)], title="t")
    assert 'class="curve bad"' in curve_chart([Curve("x", [0, 1], [0.1, 0.2], is_bad=True)], title="t")


def test_nothing_to_draw_is_no_picture_and_much_is_bounded() -> None:
    assert interval_chart([], title="t") == curve_chart([], title="t") == calibration_chart([], title="t") == ""
    assert curve_chart([Curve("x", [1], [1])], title="t") == ""
    assert interval_chart([BOOSTED] * 100, title="t").count("<circle") == SHOWN_AT_MOST


def test_a_flat_curve_and_equal_bounds_can_be_drawn() -> None:
    assert "<polyline" in curve_chart([Curve("x", [0, 1], [0.5, 0.5])], title="t")
    assert "<circle" in interval_chart([Span("x", 1, 1, 1)], title="t")
