"""Knows the line of totals that people and programs write below a table: it is no case."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = (
    "totals?|grand total|sub ?total|overall|sum|gesamt|gesamtsumme|summe|insgesamt|total general|total général|"
    "total geral|totale|totale generale|totaal|eindtotaal|totalt|summa|yhteensä|razem|suma|ogółem|łącznie|celkem|"
    "celkom|spolu|súčet|součet|összesen|mindösszesen|skupaj|ukupno|toplam|genel toplam|kokku|kopā|iš viso|viso|"
    "σύνολο|γενικό σύνολο|итого|всего|общо|всичко|разом|усього|укупно"
)
_TOTALS = re.compile(rf"({_WORDS})\s*[:=]?(\s*\(?\d[\d.,' ]*\)?)?", flags=re.IGNORECASE)
_MOST_FILLED = 0.5
"""A line of totals leaves more empty than this: who it is about, when it was, and what came of it."""


def totals_word(row: Sequence[str | None], before: Sequence[str | None]) -> str:
    """Give the word by which the last row names itself as totals, beside fields that are empty unlike those before."""
    said = [value.strip() if value else "" for value in row]
    word = next((value for value in said if _TOTALS.fullmatch(value)), "")
    filled, usual = sum(map(bool, said)), sum(bool(value and value.strip()) for value in before)
    return word if filled <= _MOST_FILLED * usual else ""
