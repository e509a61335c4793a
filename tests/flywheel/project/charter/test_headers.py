"""Any header can be meant by an alias, and none is meant by chance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flywheel.errors import InputRefused
from flywheel.project.charter.headers import plain_header, read_headers, told_apart


def test_a_column_is_found_by_alias_then_by_name() -> None:
    headers = read_headers(["emp.var.rate", "age", "free"], {"rate": ["emp.var.rate"], "age": []}, where="x.csv")
    assert headers.places == {"rate": 0, "age": 1, "free": 2}


def test_a_source_that_has_our_own_name_needs_no_alias() -> None:
    assert read_headers(["rate"], {"rate": ["emp.var.rate"]}, where="x.csv").places == {"rate": 0}


def test_what_could_be_no_name_is_left_out_and_named() -> None:
    headers = read_headers(["a b", "", "rate", "Rate"], {"rate": ["Rate"]}, where="x.csv")
    assert headers.places == {"rate": 3}
    assert headers.left_out == ("a b", "#2", "rate")


def test_two_headers_alike_are_told_apart_by_their_order() -> None:
    assert told_apart(["x", " x ", "", "y", ""]) == ("x#1", "x#2", "#3", "y", "#5")


@pytest.mark.parametrize("aliases", [{"x": []}, {"mine": ["x"]}])
def test_a_name_that_stands_for_two_headers_is_refused(aliases: dict[str, list[str]]) -> None:
    with pytest.raises(InputRefused, match=r"names a column twice.*alias = \"x#1\""):
        read_headers(["x", "x"], aliases, where="x.csv")


def test_one_header_that_two_columns_claim_is_refused() -> None:
    with pytest.raises(InputRefused, match="means two columns"):
        read_headers(["x"], {"x": [], "mine": ["x"]}, where="x.csv")


def test_two_headers_that_one_column_claims_are_refused() -> None:
    with pytest.raises(InputRefused, match="several columns for mine"):
        read_headers(["x", "y"], {"mine": ["x", "y"]}, where="x.csv")


@given(st.lists(st.text(max_size=8), max_size=8))
def test_every_header_can_be_meant(written: list[str]) -> None:
    own = told_apart(written)
    for place, header in enumerate(own):
        if own.count(header) == 1:
            assert read_headers(written, {"mine": [header]}, where="x").names[place] == "mine"


def test_what_is_invisible_is_no_part_of_a_header() -> None:
    assert plain_header("\ufeff a\u200bge \n(years) ") == "age  (years)"
