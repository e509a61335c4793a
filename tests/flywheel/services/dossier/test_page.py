"""The dossier's page shows everything as text and runs nothing."""

from __future__ import annotations

import re

from flywheel.domain.digests import Json
from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.services.dossier.page import render
from flywheel.services.dossier.sections import data, split

DOCUMENT: dict[str, Json] = {
    "policy": {"tier": "high", "quorum": {"business": 1, "validator": 2}},
    "title": "Cards: version 3",
    "summary": "It pays.\n\nNothing is missing.",
    "gaps": [],
    "purpose": {"objective": "Fewer losses", "decision": "decide", "unit": "application", "currency": "EUR"},
    "leaderboard": [
        {
            "candidate": "boosted trees, depth 5",
            "recipe": {"kind": "boosted", "params": {"max_depth": 5, "eta": 0.3}},
            "kpi": "1005.070165",
            "low": "-7.085418",
            "high": "18.598536",
            "metrics": {"auc": 0.5},
            "is_this_version": True,
        }
    ],
    "gates": [
        {
            "code": "PERF-001",
            "title": "Earns more",
            "verdict": "failed",
            "findings": ["worse"],
            "figures": {"rows": 3278, "gain_per_row": 46.74191580231849},
            "evidence": {"seen.html": "sha256:e"},
        }
    ],
    "data": {
        "id": "cards/training@1",
        "facts": {
            "rows": 24_000,
            "columns": {
                "income": {"type": "float64", "missing_share": 0.0596, "least": 5.0, "mean": 7.25, "most": 9.0},
                "region": {"type": "str", "missing_share": 0.0, "distinct": 3397, "distinct_is_estimate": True},
            },
        },
    },
    "return": {"low": "1.0", "likely": "2000", "high": "3", "interval": ["1", "4"], "chance_of_loss": 0.25},
}


def test_text_from_outside_is_escaped_everywhere() -> None:
    evil = "<img src=x onerror=alert(1)>"
    page = render(
        {"title": evil, "summary": evil, evil: {evil: evil}, "rows": [{evil: evil}], "list": [evil], "plain": evil},
        digest=evil,
    )
    assert evil not in page
    assert "<script" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 8


def test_text_from_outside_is_escaped_in_every_section() -> None:
    evil = "<b onclick=x>"
    strange: Json = {evil: evil}
    table: Json = [{"code": evil, "title": evil, "verdict": evil, "findings": [evil], "figures": strange}]
    page = render(
        {
            "gaps": [evil],
            "purpose": {"objective": evil, "unit": evil, "currency": evil},
            "leaderboard": [{"candidate": evil, "kpi": evil, "low": evil, "recipe": {"params": strange}}],
            "gates": table,
            "data_gates": [{"evidence": strange}],
            "return": {"likely": evil, "quadrant": evil, "reason": evil},
            "data": {"id": evil, "sources": strange, "facts": {"columns": {evil: {"type": evil, "mean": evil}}}},
            "version": {"id": evil, "authors": [evil], "recipe": {"features": [evil], "kind": evil}},
            "policy": {"tier": evil, "quorum": strange},
        },
        digest="sha256:1",
    )
    assert evil not in page


def test_an_estimate_is_not_shown_as_a_count() -> None:
    assert ">about 3,397<" in render(DOCUMENT, digest="sha256:1")


def test_parts_come_in_the_order_of_reading_whatever_their_order_in_the_record() -> None:
    page = render(dict(reversed(DOCUMENT.items())), digest="sha256:1")
    order = ["It pays.", "<h2>What it decides", "<h2>Candidates", "<h2>Gates", "<h2>Data", "<h2>Return", "<h2>Policy"]
    assert [page.index(text) for text in order] == sorted(page.index(text) for text in order)


def test_money_is_read_with_its_currency_and_without_false_precision() -> None:
    page = render(DOCUMENT, digest="sha256:1")
    assert "1,005 EUR" in page
    assert "-7.09 to 18.60" in page
    assert "2,000 EUR" in page
    assert "1005.070165" not in page


def test_columns_of_the_data_are_one_table_with_a_row_each() -> None:
    page = render(DOCUMENT, digest="sha256:1")
    assert page.count('<td class="name">income</td>') == 1
    assert '<td class="number">6.0 %</td>' in page
    assert "missing_share" not in page


def test_nested_values_are_words_and_never_raw_json() -> None:
    page = render(DOCUMENT, digest="sha256:1")
    assert "max depth 5, eta 0.3" in page
    assert "rows 3,278 · gain per row 46.74" in page
    assert "1 x business, 2 x validator" in page
    body = page.partition("<body>")[2]
    assert "{" not in body
    assert "[" not in body


def test_a_verdict_stands_out_with_what_was_found() -> None:
    page = render(DOCUMENT, digest="sha256:1")
    assert '<span class="verdict failed">Failed</span>' in page
    assert "<td>worse" in page


def test_each_gate_says_what_it_can_miss() -> None:
    page = render({"gates": [{"code": "DATA-001", "title": "t", "verdict": "passed"}]}, digest="sha256:1")
    assert f"<summary>what it can miss</summary><p>{CATALOGUE['DATA-001'].can_miss}" in page


def test_gaps_come_first_among_what_is_to_be_judged() -> None:
    page = render({**DOCUMENT, "gaps": ["PERF-003 did not run"]}, digest="sha256:1")
    assert page.index("Missing: PERF-003 did not run.") < page.index("<h2>What it decides")


def test_a_heading_that_nothing_answers_is_a_gap_and_the_others_are_links() -> None:
    page = render(DOCUMENT, digest="sha256:1")
    index = page[page.index('id="supervisors"') :]
    assert 'EU declaration of conformity</td><td><span class="verdict missing">Gap</span> kept outside' in index
    assert '<a href="#purpose">What it decides</a>' in index
    assert 'Ongoing monitoring</td><td><span class="verdict missing">Gap</span> nothing is recorded' in index


def test_an_absent_value_is_shown_as_a_gap_and_not_as_zero() -> None:
    board: Json = [{"candidate": "baseline", "kpi": None}, {"candidate": "linear model", "kpi": "1.5"}]
    page = render({"leaderboard": board}, digest="sha256:1")
    assert page.count('<td class="number">—</td>') == 1
    assert "AUC" not in page, "a column that says nothing is left out"


def test_a_part_without_a_layout_of_its_own_is_shown_too() -> None:
    page = render({"title": "t", "later": [{"code": 1}, {"verdict": "passed"}]}, digest="sha256:1")
    assert "<th>Code</th><th>Verdict</th>" in page


def test_a_table_of_columns_shows_the_day_of_a_moment() -> None:
    at: dict[str, Json] = {"type": "timestamp[us, tz=UTC]", "least": "2024-01-01 00:55:52+00:00", "missing_share": 0}
    shown = data({"data": {"id": "x", "facts": {"columns": {"at": at}}}})
    assert ">2024-01-01<" in shown
    assert ">timestamp<" in shown


def test_how_many_rows_of_its_period_a_part_holds_is_told_where_it_is_not_all() -> None:
    rows: dict[str, Json] = {"train": 600, "test": 1_353}
    periods: dict[str, Json] = {"train": 600, "test": 6_691}
    page = split({"split": {"unit": {"entity": "who"}, "rows": rows, "periods": periods, "cuts": {}, "apart": 5_338}})
    assert "<td>600</td>" in page
    assert "1,353 of the 6,691 of its period" in page
    assert "5,338" in page


RAW = re.compile(r"\d[eE][-+]?\d|\d\d:\d\d:\d\d|\d\.\d{7,}|[1-9]\.\d{4,}")
"""Powers of ten, seconds, and digits that tell nobody anything."""
_UNREAD = re.compile(r"<(style|svg|code)\b.*?</\1>|<[^>]*>", flags=re.DOTALL)


def raw_in(page: str) -> list[str]:
    """Find what people would read raw."""
    return [match[0] for match in RAW.finditer(_UNREAD.sub(" ", page))]


MOMENT, TINY, LONG = "2026-07-08T18:21:07.123456+00:00", 1e-06, 0.123456789
FIGURES: Json = {"gain_per_row": LONG, "gain_per_row_low": 0.0031, "gain_per_row_high": 12345.6, "auc": LONG}
STRANGE: dict[str, Json] = {
    "measured": {"kpi": {"value": LONG, "low": 0.0031, "high": 1234.56789}, "rows": 3, "threshold": LONG},
    "payoff": {
        "cases": [
            {"title": "“call” and right", "in_words": "x", "each": "1234.50", "cases": 3, "together": "3703.50"},
            {"title": "“call” and wrong", "in_words": "x", "each": 1e-5, "cases": 7, "together": LONG},
        ]
    },
    "kind": {
        "headline": {"metric": "auc", "title": "AUC", "is_ratio": True},
        "worth": {"0.01 more of AUC": LONG},
        "decided": {"threshold": LONG},
    },
    "split": {"cuts": {"test_after": MOMENT}, "rows": {"train": 5}, "periods": {}, "unit": {}},
    "behaviour_diff": {"score_shift": TINY, "gain_per_row": LONG},
    "version": {"recipe": {"kind": "linear", "params": {"l2": TINY, "eta": LONG}}, "trained_at": MOMENT},
    "plan": {"until": MOMENT, "tolerance": TINY, "kpi": "12.3456789"},
    "findings": [{"opened_at": MOMENT, "share": LONG}],
    "notes": [{"at": MOMENT, "text": "fine"}],
    "gates": [{"code": code, "verdict": "passed", "findings": [], "figures": FIGURES} for code in CATALOGUE],
}


def test_nobody_reads_a_power_of_ten_a_second_or_false_precision() -> None:
    page = render({**DOCUMENT, **STRANGE}, digest="sha256:1")
    assert raw_in(page) == []
    assert "2026-07-08 18:21 UTC" in page
    assert "1,234.50 EUR" in page, "what people declared stands to the cent"
    assert raw_in("<p>1e-06, 0.123456789, 10:11:12</p>") == ["1e-0", "0.123456789", "10:11:12"]
