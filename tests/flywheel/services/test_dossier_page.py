"""The dossier's page shows everything as text and runs nothing."""

from flywheel.services.dossier_page import render


def test_text_from_outside_is_escaped_everywhere() -> None:
    evil = "<img src=x onerror=alert(1)>"
    page = render(
        {"title": evil, "summary": evil, evil: {evil: evil}, "rows": [{evil: evil}], "list": [evil], "plain": evil},
        digest=evil,
    )
    assert evil not in page
    assert "<script" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 8


def test_lists_of_records_become_tables_with_a_column_for_every_key() -> None:
    page = render({"title": "t", "gates": [{"code": "DATA-001"}, {"verdict": "passed"}]}, digest="sha256:1")
    assert "<th>Code</th><th>Verdict</th>" in page
    assert '<span class="passed">Passed</span>' in page


def test_an_absent_value_is_shown_as_a_gap_and_not_as_zero() -> None:
    assert "&mdash;" in render({"title": "t", "figures": {"kpi": None}}, digest="sha256:1")
