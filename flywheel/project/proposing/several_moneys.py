"""Tells of amounts in several currencies in one column, which nobody may add up, and of one in many writings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from flywheel.errors import counted, some_of
from flywheel.project.reading.text_form import plain_signs
from flywheel.project.reading.written_units import KNOWN_SIGNS, PARTS, currency_of, sign_beside

_MOSTLY, _SHOWN = 0.9, 5
_SIGN = re.compile(rf"(?<![^\W\d_])(?:{KNOWN_SIGNS})(?![^\W\d_])")
_NUMBER = re.compile(r"\(?\s*[+-]?\s*[.,]?\d[\d.,' ]*\)?\s*-?", flags=re.ASCII)
_WORDS = "Is it meant as words?"
_MAY_BE = {
    "$": {"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD", "MXN"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "¥": {"JPY", "CNY"},
}
"""Signs that stand for one of several currencies."""


def several_moneys(values: Mapping[str, int]) -> str:
    """Ask about amounts that are not all in one currency, or not all written with one sign; nothing else is asked."""
    moneys, writings, known = Counter[str](), Counter[str](), 0
    for value, count in values.items():
        sign = _sign_of(value)
        known += count if sign is not None else 0
        if sign:
            writings[sign] += count
            moneys[currency_of(sign) or sign.rstrip(".")] += count
    has_money = any(_SIGN.fullmatch(sign) and sign not in PARTS for sign in writings)
    if len(writings) < 2 or not has_money or known < _MOSTLY * sum(values.values()):
        return ""
    if len(moneys) == 1:
        return (
            f"its amounts are in {next(iter(moneys))}, written in several ways ({_rows(writings)}), and are read as "
            f'words: write one of them at the source or in a query, then kind = "number" and unit. {_WORDS}'
        )
    may_be_one = any(moneys.keys() - {sign} <= others for sign, others in _MAY_BE.items() if sign in moneys)
    or_one = ", or in one that is written in several ways" if may_be_one else ""
    are_all = all(_SIGN.fullmatch(sign) and sign not in PARTS for sign in writings)
    return (
        f"its amounts are in several {'currencies' if are_all else 'units'} ({_rows(moneys)}){or_one}, and are read as "
        "words: convert all of them into one at the source or in a query, then "
        f'kind = "number" and unit. {_WORDS}'
    )


def _rows(found: Counter[str]) -> str:
    listed = [f"{one} in {counted(rows, 'row')}" for one, rows in found.most_common()]
    return (
        f"{some_of(listed[:-1], most=_SHOWN)} and {listed[-1]}"
        if len(listed) <= _SHOWN
        else some_of(listed, most=_SHOWN)
    )


def _sign_of(text: str) -> str | None:
    """Give what stands beside a number, an empty text where nothing does; nothing where it is no number."""
    plain = plain_signs(text).strip()
    if _NUMBER.fullmatch(plain):
        return ""
    signs: list[str] = _SIGN.findall(plain)
    if signs and _NUMBER.fullmatch(_SIGN.sub("", plain).strip()):
        return next(filter(currency_of, signs), signs[0])  # $5 CAD is Canadian
    return sign_beside(plain.strip("()").removesuffix("-")) or None
