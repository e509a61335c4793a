"""The form of a name, and what makes new names known ones."""

from __future__ import annotations

import pandas as pd
import pytest

from validators.names import listed
from validators.spellings import form_before, form_of, respelt


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("01067", "99999"),
        ("D-01067", "A-99999"),
        ("F0123", "A9999"),
        ("Bad Homburg v. d. Höhe", "Aa Aa a. a. Aa"),
        ("KÃ¶ln", "A¶a"),
        ("eBay", "aA"),
        ("日本", "aA"),
        ("7" * 40, "9" * 12),
        ("a   b", "a  a"),
        ("", ""),
    ],
)
def test_a_form_keeps_what_lists_that_grow_keep_to(name: str, form: str) -> None:
    assert form_of(name) == form


@pytest.mark.parametrize(
    ("name", "form"), [("10000", "9999"), ("F10001", "A9999"), ("20000", "99999"), ("1", "9"), ("9.10", "9.9")]
)
def test_numbers_that_ran_on_have_the_form_of_those_before(name: str, form: str) -> None:
    assert form_before(name) == form


@pytest.mark.parametrize(
    ("known", "new", "words"),
    [
        ("01067", "1067", "with a 0 before they are known: '1067' as '01067'"),
        ("00123", "123", "with 00 before they are known: '123' as '00123'"),
        ("Berlin", "BERLIN", "with capitals at the beginning they are known: 'BERLIN' as 'Berlin'"),
        ("EUR", "eur", "in capitals they are known: 'eur' as 'EUR'"),
        ("berlin", "Berlin", "in small letters they are known: 'Berlin' as 'berlin'"),
        ("01067", "D-01067", "without 'D-' before they are known: 'D-01067' as '01067'"),
        ("web", "web_v2", "without '_v2' behind they are known: 'web_v2' as 'web'"),
        ("Köln", "KÃ¶ln", "read as UTF-8 they are known: 'KÃ¶ln' as 'Köln'"),
        ("A 12", "A12", ""),
        ("A12", "A 12", "without blanks they are known: 'A 12' as 'A12'"),
        ("Berlin", "Hamburg", ""),
    ],
)
def test_one_way_of_writing_is_told_that_makes_new_names_known(known: str, new: str, words: str) -> None:
    assert respelt(pd.Series({new: 9}), listed([known, "other"])) == words


def test_what_explains_few_of_the_rows_is_not_told() -> None:
    assert respelt(pd.Series({"1067": 1, "elsewhere": 9}), listed(["01067"])) == ""
