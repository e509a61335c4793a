"""Pages of evidence are plain, escaped and self-contained."""

from __future__ import annotations

from validators.rendering import ROWS_AT_MOST, table_report


def test_text_from_data_is_escaped_and_nothing_is_loaded() -> None:
    page = table_report("x.html", "<b>", ["<i>"], [["<script>alert(1)</script>"]]).content.decode()
    assert "<script" not in page
    assert "<b>" not in page
    assert "://" not in page


def test_long_tables_are_cut_with_a_word_about_it() -> None:
    page = table_report("x.html", "t", ["n"], [[i] for i in range(ROWS_AT_MOST + 5)]).content.decode()
    assert "5 more rows are not shown" in page
