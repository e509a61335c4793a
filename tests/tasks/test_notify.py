"""What a window's alarms are told as: the gravest first, and by signs that the next window's figures do not change."""

from __future__ import annotations

from tasks.notify import about, signs_of
from tasks.shapes import Alarmed, JudgedWindow


def window(*alarms: tuple[str, ...], **columns: str) -> JudgedWindow:
    """A judged window in which these rang: signal, action, reason, and columns where it is about any."""
    rung = [
        Alarmed(watch=watch, action=action, reasons=[reason], columns=[*columns])
        for watch, action, reason, *columns in alarms
    ]
    return JudgedWindow(
        start_at="2026-01-05T00:00:00+00:00",
        rows=300,
        cases=300,
        decided=300,
        answered_seconds=604_800.0,
        state="bad",
        words="",
        telling="",
        clocks="",
        flood="",
        stuck="",
        alarms=rung,
        kept_back=[],
        waiting="",
        verdicts={},
        columns=columns,
        evidence={},
    )


def test_the_same_signal_with_other_figures_is_the_same_sign() -> None:
    first = signs_of(window(("drift", "page", "27 of 300 missing"), km="bad"))
    assert signs_of(window(("drift", "page", "31 of 300 missing"), km="bad")) == first


def test_another_signal_another_action_and_another_column_are_other_signs() -> None:
    first = set(signs_of(window(("drift", "page", "x"), km="bad")))
    assert not set(signs_of(window(("input", "page", "x"), km="bad"))) <= first
    assert not set(signs_of(window(("drift", "fallback", "x"), km="bad"))) <= first
    assert not set(signs_of(window(("drift", "page", "x"), premium="bad"))) <= first


def test_another_signal_about_a_column_that_rang_by_something_else_is_another_sign() -> None:
    both = {"depot": "bad", "yield_share": "bad"}
    first = window(("sentinels", "page", "x", "depot"), ("input", "page", "missing", "yield_share"), **both)
    then = window(("sentinels", "page", "its unit seems to have changed", "yield_share"), yield_share="bad")
    assert not set(signs_of(then)) <= set(signs_of(first))
    assert set(signs_of(window(("input", "page", "missing again", "yield_share")))) <= set(signs_of(first))


def test_a_title_names_the_columns_that_broke_and_no_others() -> None:
    assert about(window(("drift", "page", "x"))) == ""
    assert about(window(("drift", "page", "x"), km="bad", age="insufficient", premium="silent")) == " about km, premium"
    many = about(window(("drift", "page", "x"), a="bad", b="bad", c="bad", d="bad", e="bad"))
    assert many == " about a, b, c and 2 other columns"
