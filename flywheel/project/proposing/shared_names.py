"""Tells which columns may name whom or what several rows are about, by their header or by what stands in them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from flywheel.project.proposing.personal import Personal, is_name_of_rows, is_weight_of_sample, personal
from flywheel.project.reading.kinds import Kind

NAMES_AT_LEAST, ROWS_OF_A_CODE = 100, 50
"""So many different codes, each in so few rows on average, may name somebody; what has fewer parts rows into groups."""
_FEW_NAMES, _ROWS_OF_A_NAME = 50, 20
_CODE = re.compile(
    r"[A-Za-z]{0,6}[-_#]?\d{3,}|(?=.*[A-Za-z])(?=.*\d)[A-Za-z0-9][A-Za-z0-9_#/-]{3,}|[^@\s]+@[^@\s]+", flags=re.ASCII
)
"""Names such as C00017, 00731, mx-12-a3 or an e-mail address."""
_WHOLE = re.compile(r"[1-9]\d{3,18}", flags=re.ASCII)
_SPARSE, _MOST_OF_A_DIGIT = 0.6, 0.25
_PLACE = re.compile(
    r"(^|_)(zip|zip_?codes?|post_?codes?|pin_?code|eircode|plz|postal|cp|cap|cep|psc|kod_poczt[a-z]*|postleit[a-z]*|"
    r"post_?n(umme)?r|code?_?postale?|codigo_postal|codice_(di_avviamento_)?postale|iranyitoszam)(_|$)"
)
"""What a post code is called; as a number its order would say something."""


def may_name_several(words: Iterable[str], kind: Kind, values: Mapping[str, int], *, rows: int) -> bool:
    """Whether a column may name what several rows are about; `words` are its header's, `values` what it holds."""
    spoken, filled = tuple(words), sum(values.values())
    if kind not in {Kind.TEXT, Kind.CATEGORY, Kind.INTEGER} or len(values) == filled:
        return False
    if any(map(is_name_of_rows, spoken)) and is_shared(len(values), filled):
        return True
    if filled < rows or len(values) < NAMES_AT_LEAST or any(map(is_place, spoken)):
        return False
    if len(values) * ROWS_OF_A_CODE < rows or any(map(is_weight_of_sample, spoken)):
        return False
    told = {personal(one, distinct=len(values), rows=rows) for one in spoken}
    are_names = _are_given_numbers(values) if kind is Kind.INTEGER else all(map(_CODE.fullmatch, values))
    return Personal.IDENTITY in told or are_names


def is_place(words: str) -> bool:
    """Whether a header, as `words_of` writes it, calls its column a post code."""
    return bool(_PLACE.search(words))


def is_shared(distinct: int, rows: int) -> bool:
    """Whether names stand in a few rows each, so that they are no groups that a model could learn."""
    return _FEW_NAMES < distinct < rows < _ROWS_OF_A_NAME * distinct


def _are_given_numbers(values: Mapping[str, int]) -> bool:
    """Whether whole numbers of equal length repeat far more than amounts would that lie as far apart.

    Rounded amounts repeat too, and end in few digits.
    """
    if not all(map(_WHOLE.fullmatch, values)) or len({len(text) for text in values}) > 1:
        return False
    last = Counter(text[-1] for text in values)
    if max(last.values()) > _MOST_OF_A_DIGIT * len(values):
        return False
    numbers, rows = [int(text) for text in values], sum(values.values())
    room = max(numbers) - min(numbers) + 1
    return len(numbers) <= _SPARSE * room * -math.expm1(-rows / room)
