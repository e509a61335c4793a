"""Pictures of figures: round ticks, zero marked, nothing that cannot be drawn."""

from __future__ import annotations

import math

import pytest

from flywheel.services.dossier.charts import Span, interval_chart, share_chart, ticks_between

BOOSTED = Span("boosted trees", 5.0, -7.0, 18.0, "5.00 EUR", is_chosen=True)
NAIVE = Span("naive <answer>", -41.0, -54.0, -30.0, "-41.00 EUR")


@pytest.mark.parametrize(("least", "most"), [(-54.2, 18.6), (0, 0.0061), (-1, 0), (0, 1_234_567), (3, 3)])
def test_ticks_are_round_few_and_cover_the_span(least: float, most: float) -> None:
    ticks = ticks_between(least, most)
    assert ticks[0] <= least
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 9


def test_every_candidate_has_its_name_interval_and_figure_and_zero_is_marked() -> None:
    picture = interval_chart([BOOSTED, NAIVE], axis="EUR", title="Money")
    assert picture.count("<circle") == 2
    assert "naive &lt;answer&gt;" in picture
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
