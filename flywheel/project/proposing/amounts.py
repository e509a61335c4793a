"""Tells amounts, which are written with signs, decimals or a currency, from names that are written in digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from flywheel.project.proposing.personal import is_name_of_rows
from flywheel.project.reading.text_form import INDIAN, plain_signs, same_signs
from flywheel.project.reading.written_units import KNOWN_SIGNS

_MOSTLY, _SHOWN_BY = 0.9, 0.01
_LONGEST_AMOUNT = 14
"""What has more digits and a minus is a hash of 64 bits."""
_DIGITS = rf"\d{{1,3}}([., ']\d{{3}})*([.,]\d+)?|\d+([.,]\d+)?|{INDIAN}(\.\d+)?"
_CURRENCY = rf"({KNOWN_SIGNS})"
_NUMBER = re.compile(
    rf"\(? ?([+-]? ?{_CURRENCY}? ?[+-]? ?({_DIGITS})) ?({_CURRENCY}|[^\W\d]{{1,12}}|%)? ?[)-]?", flags=re.ASCII
)
_SHOWS = re.compile(
    rf"\(.*\)|.*-|- ?\D*\d.*|{_CURRENCY} ?.*|.*\d ?{_CURRENCY}|.*\d[,']\d{{3}}(\D.*)?|\D*\d+[.,]\d{{1,2}}(\D.*)?",
    flags=re.ASCII,
)
"""A minus, brackets, a currency, commas or cents: `12.345.678`, `732 829 320` and `+49151` may be names."""
_NAMED = re.compile(
    r"(^|_)(amounts?|sums?|prices?|costs?|fees?|salar(y|ies)|wages?|income|revenue|sales|turnover|balance|premium|"
    r"payments?|betrag|betraege|summe|preis|kosten|gehalt|lohn|einkommen|umsatz|saldo|praemie|montant|prix|cout|"
    r"salaire|revenus?|chiffre_d?_?affaires|solde|importe|precio|coste|costo|salario|ingresos?|ventas|importo|prezzo|"
    r"stipendio|reddito|fatturato|valor|preco|renda|receita|bedrag|prijs|salaris|inkomen|omzet|kwota|cena|koszt|"
    r"pensja|dochod|przychod|castka|mzda|prijem|belopp|inkomst|beloeb|beloep|osszeg|fizetes|suma|pret|venit|tutar|"
    r"fiyat|maas|gelir)(_|$)"
)
_OF_NAMES = re.compile(r"(^|_)(id|ids|key|uuid|nr|no|num|number|code|ref|index)(_|$)")


def are_amounts(values: Mapping[str, int], spoken: Iterable[str]) -> bool:
    """Whether values are amounts by how they are written, or by their header; what that calls a name is none."""
    named = tuple(spoken)
    if any(_OF_NAMES.search(one) or is_name_of_rows(one) for one in named):
        return False
    rows = sum(values.values())
    trimmed = {value.strip(): count for value, count in values.items()}
    read = {same_signs(text): count for text, count in trimmed.items() if _NUMBER.fullmatch(plain_signs(text))}
    if not rows or sum(read.values()) < _MOSTLY * rows:
        return False
    if any(len(re.sub(r"\D", "", text)) > _LONGEST_AMOUNT for text in read):
        return False
    shown = sum(count for text, count in read.items() if _SHOWS.fullmatch(text))
    return shown >= max(2, _SHOWN_BY * rows) or any(map(_NAMED.search, named))
