"""Pages of evidence are plain, escaped and self-contained."""

from __future__ import annotations

import json

from validators.rendering import ROWS_AT_MOST, evidence, table_report


def test_text_from_data_is_escaped_and_nothing_is_loaded() -> None:
    page = table_report("x.html", "<b>", ["<i>"], [["<script>alert(1)</script>"]]).content.decode()
    assert "<script" not in page
    assert "<b>" not in page
    assert "://" not in page


def test_long_tables_are_cut_with_a_word_about_it() -> None:
    page = table_report("x.html", "t", ["n"], [[i] for i in range(ROWS_AT_MOST + 5)]).content.decode()
    assert "5 more rows are not shown" in page


def test_bounds_stand_beside_their_figure_and_shares_are_percentages_while_programs_read_the_numbers() -> None:
    columns = ("slice", "cases", "observed", "observed_low", "observed_high", "money")
    rows = [("web", 1846, 0.0525, 0.0433, 0.0637, -10.372)]
    page, document = evidence("slices", "Slices", columns, rows, shares=("observed",))
    shown = page.content.decode()
    assert "<th>Slice</th>" in shown
    assert '<th class="number">Observed (95 % interval)</th>' in shown
    assert '<td class="number">5.2 % (4.3 % to 6.4 %)</td>' in shown
    assert '<td class="number">1,846</td>' in shown
    assert "observed_low" not in shown
    assert json.loads(document.content)[0] == dict(zip(columns, rows[0], strict=True))


def test_money_and_times_are_written_as_everywhere() -> None:
    columns = ("slice", "gain", "gain_low", "gain_high", "since")
    rows = [("web", 0.74683, -0.2251, 2345.678, "2026-07-08T18:21:07.123+00:00")]
    page, document = evidence("slices", "Slices", columns, rows, amounts=("gain",))
    shown = page.content.decode()
    assert "0.75 (-0.23 to 2,346)" in shown
    assert "2026-07-08 18:21 UTC" in shown
    assert json.loads(document.content)[0]["gain"] == 0.74683
