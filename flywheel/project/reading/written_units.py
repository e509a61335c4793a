"""The unit that stands beside the numbers of a text file, such as 12.50 EUR: found, and taken off as a column says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from flywheel.project.reading.text_form import plain_signs

LONGEST_UNIT = 12
_SIGN = r"[+-]?"
_NUMBER = r"[.,]?[0-9][0-9.,' ]*(?:[.,][-\u2013\u2014]{1,2} *)?"
_LIMITS = "<>\u2264\u2265~\u2248\u00b1"
"""Signs that change what a number says, so that none is left where they are taken off."""
_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "US$": "USD",
    "A$": "AUD",
    "AU$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "MX$": "MXN",
    "R$": "BRL",
    "zł": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "Fr.": "CHF",
    "₹": "INR",
    "₺": "TRY",
    "TL": "TRY",
    "Euro": "EUR",
    "euro": "EUR",
    "lei": "RON",
    "₪": "ILS",
    "₩": "KRW",
    "Rp": "IDR",
    "Rp.": "IDR",
    "RM": "MYR",
    "NT$": "TWD",
    "HK$": "HKD",
    "S$": "SGD",
    "NZ$": "NZD",
    "SFr.": "CHF",
    "грн": "UAH",
    "грн.": "UAH",
    "лв": "BGN",
    "лв.": "BGN",
    "руб": "RUB",
    "руб.": "RUB",
}
"""What stands for one currency and no other, as `$`, `kr` and `¥` do not."""
WITHOUT_CENTS = frozenset(("₩", "KRW", "¥", "JPY", "CNY", "₫", "VND", "Rp", "Rp.", "IDR", "Ft", "HUF"))
"""Money of which nobody writes three decimals, so that what stands before three last places parts thousands."""
KNOWN_SIGNS = (
    r"[$%\u2030\u00a2-\u00a5\u20a0-\u20c0]|(?:US|AU?|CA?|MX|R|NT|HK|S|NZ)\$|[Kk]r\.?|z\u0142|K\u010d|Ft|TL|[Ee]uro|lei|(?:S?Fr|R[sp]|Tk)\.?|RM|"
    r"(?:\u0433\u0440\u043d|\u043b\u0432|\u0440\u0443\u0431)\.?|AED|AUD|BGN|BRL|CAD|CHF|CNY|CZK|DKK|EGP|EUR|GBP|HKD|HUF|"
    r"IDR|ILS|INR|ISK|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PKR|PLN|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
"""Currencies, and parts in a hundred or a thousand: what is no number and stands beside nothing else."""
_KNOWN = re.compile(KNOWN_SIGNS)
PARTS = frozenset("%\u2030")
"""Signs of parts among them, which are no currency."""
MULTIPLIERS = ("k", "m", "b", "t", "tsd", "mio", "mrd", "mln", "tys", "tis", "lakh", "crore", *"万億亿만억")
"""What makes a number a thousand times itself and more; or, where all numbers have it, a measure."""
_MIXED, _UNITS_AT_MOST = 0.9, 5
_BESIDE = re.compile(
    rf" *{_SIGN} *(?:(?P<before>[^0-9 .,'+{_LIMITS}-][^0-9 ]{{0,{LONGEST_UNIT - 1}}}?)"
    rf"(?!(?<=[^\W\d_])\.) *{_SIGN}{_NUMBER}|"
    rf"{_NUMBER}(?P<after>[^0-9 .,'+{_LIMITS}-][^0-9 ]{{0,{LONGEST_UNIT - 1}}})) *"
)
"""A number with a word or a sign before or behind it; the point of a short word, as in kr. 5, is part of it."""
_DIGIT = re.compile("[0-9]")


def is_unit(text: str) -> bool:
    """Whether a text can stand beside a number and be told from it."""
    return bool(re.fullmatch(rf"[^0-9\s.,'+{_LIMITS}-][^0-9\s]{{0,{LONGEST_UNIT - 1}}}", text))


def beside(unit: str) -> str:
    """Match a number with its unit before or behind it; the three groups are what is left, in a form that RE2 reads."""
    one = re.escape(unit)
    return rf"^ *([+-]?) *(?:{one} *([+-]?[0-9.,].*?)|([0-9.,].*?) *{one}) *$"


WITHOUT = r"\1\2\3"
"""What takes the place of what `beside` matches."""


def without_unit(text: str, unit: str) -> str:
    """Take a unit off a number; what has none stays."""
    return re.sub(beside(unit), WITHOUT, plain_signs(text)) if unit else text


def bare(values: Mapping[str, int], unit: str) -> Counter[str]:
    """Take a unit off all values, and count anew."""
    counts = Counter[str]()
    for value, count in values.items():
        counts[without_unit(value, unit)] += count
    return counts


def unit_in(values: Mapping[str, int]) -> str:
    """Find the currency, the sign of percent or the measure that is the only thing beside the numbers of a column.

    A measure, such as bar or kg, stands apart behind its number or behind decimals, or behind each, as in 85mg/dl:
    `A1` and `12a` are names. What holds no digit, such as k.A., is no number and says nothing of its unit.
    """
    numbers = {value: count for value, count in values.items() if _DIGIT.search(value)}
    unit = unit_of(numbers)
    if not is_unit(unit):
        return ""
    return unit if _KNOWN.fullmatch(unit) or _is_measure(unit, numbers) else ""


def currency_of(unit: str) -> str:
    """Name the one currency that a unit stands for; nothing where it is none, or may be several."""
    return _SIGNS.get(unit, unit if re.fullmatch("[A-Z]{3}", unit) and _KNOWN.fullmatch(unit) else "")


def units_in(values: Mapping[str, int]) -> dict[str, int]:
    """Count the rows of each of several measures in one column, such as kg and g, where hardly anything else stands."""
    found: dict[str, dict[str, int]] = {}
    for text, count in values.items():
        if (match := _BESIDE.fullmatch(plain_signs(text))) and match["after"]:
            found.setdefault(match["after"].rstrip(), {})[text] = count
    rows = {unit: sum(held.values()) for unit, held in found.items() if is_unit(unit) and _is_measure(unit, held)}
    are_most = sum(rows.values()) >= _MIXED * sum(values.values())
    return rows if 1 < len(rows) <= _UNITS_AT_MOST and are_most else {}


def _is_measure(unit: str, values: Mapping[str, int]) -> bool:
    if unit.rstrip(".").casefold() in MULTIPLIERS and any(unit not in text for text in values if text.strip()):
        return False  # 5.2k beside 802: the others are no thousands
    having = [text.strip() for text in values if unit in text]
    stands = re.compile(rf"{_SIGN}{_NUMBER}{re.escape(unit)}", flags=re.ASCII)
    return all(map(stands.fullmatch, having)) and (
        all(text.removesuffix(unit).endswith(" ") for text in having)
        or any(re.search(r"[0-9][.,][0-9]{1,2} ?[^0-9.,]", text, flags=re.ASCII) for text in having)
        or (len(unit) > 1 and len(having) == len(values) < sum(values.values()))
    )


def unit_of(values: Collection[str]) -> str:
    """Find what stands beside numbers, where that is one and the same wherever something does."""
    found = set(filter(None, map(sign_beside, values)))
    return next(iter(found)) if len(found) == 1 else ""


def sign_beside(text: str) -> str:
    """Give the word or the sign that stands before or behind a number; nothing where none does."""
    match = _BESIDE.fullmatch(plain_signs(text))
    return (match["before"] or match["after"]) if match else ""
