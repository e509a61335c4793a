"""Tells from the numbers of each column which sign parts their decimals and which their thousands, and what is open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from flywheel.errors import some_of
from flywheel.project.missing import SAFE_WORDS
from flywheel.project.text_form import DECIMALS, THOUSANDS, TextForm, closed, plain_signs
from flywheel.project.written_units import bare, unit_in

_LOOKS = re.compile(r"[+-]?\d[\d.,' ]*", flags=re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", flags=re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", flags=re.ASCII)
"""What is a whole number with a group, or a number with three decimals."""
_WHOLE = re.compile(r"[+-]?\d+", flags=re.ASCII)
NUMBERS_LOOKED_FOR = 0.9
SURE_FROM = 45
"""So many different numbers with three places each are hardly decimals: of those one in ten would end in a nought."""

Signs = tuple[str, str]
_ALL: tuple[Signs, ...] = tuple((one, two) for one, two in product(DECIMALS, THOUSANDS) if one != two)


def number_in(text: str, form: TextForm) -> str | None:
    """Write a number with a point and without groups, as the form says it; nothing where it is none."""
    plain = closed(text, form)
    if form.decimal != ".":
        if "." in plain:
            return None
        plain = plain.replace(form.decimal, ".")
    return plain if _NUMBER.fullmatch(plain) else None


@dataclass(frozen=True)
class _Column:
    """The numbers of one column, by how they are written: an example of each way, and how many values."""

    ways: Mapping[str, str]
    counts: Counter[str]
    one_group: Mapping[str, int]
    """How many different numbers each sign parts before three last places."""
    largest_plain: int | None

    def reads(self, signs: Signs) -> bool:
        """Whether every number can be meant so."""
        form = TextForm(decimal=signs[0], thousands=signs[1])
        if any(number_in(example, form) is None for example in self.ways.values()):
            return False
        decimal, thousands = signs
        if self._is_bare(thousands) and self.largest_plain is not None and self.largest_plain >= 1000:
            return False  # who writes 2.041 for two thousand writes no 1500
        return not (self._is_bare(decimal) and self._must_be_thousands(decimal))

    def share_read(self, signs: Signs) -> int:
        """How many values can be meant so."""
        form = TextForm(decimal=signs[0], thousands=signs[1])
        return sum(self.counts[way] for way, example in self.ways.items() if number_in(example, form) is not None)

    def is_open(self, sign: str) -> bool:
        """Whether a sign may part thousands or decimals here, by all that is written."""
        other = "," if sign == "." else "."
        pairs = [(other, sign), (sign, "")]
        return self._is_bare(sign) and all(self.reads(pair) for pair in pairs)

    @property
    def is_mixed(self) -> bool:
        """Whether both signs stand in it and never in one number, so that nobody sees what the rarer one does."""
        with_signs = [{sign for sign in ",." if sign in example} for example in self.ways.values()]
        return {","} in with_signs and {"."} in with_signs and {",", "."} not in with_signs

    def _is_bare(self, sign: str) -> bool:
        """Whether a sign comes before three last places only, and no number shows what else it does."""
        having = [example for example in self.ways.values() if sign and sign in example]
        return bool(having) and all((m := _ONE_GROUP.fullmatch(one)) and m[1] == sign for one in having)

    def _must_be_thousands(self, sign: str) -> bool:
        has_small = self.largest_plain is not None and self.largest_plain < 1000
        return has_small and self.one_group.get(sign, 0) >= SURE_FROM


def signs_of(columns: Iterable[Mapping[str, int]], *, delimiter: str) -> Signs:
    """Choose the signs by which most columns can be read, all of each; of equal ones the plainest."""
    seen = [column for values in columns if (column := _column(values)) is not None]

    def worth(signs: Signs) -> tuple[float, ...]:
        decimal, thousands = signs
        whole = sum(column.counts.total() for column in seen if column.reads(signs))
        values = sum(column.share_read(signs) for column in seen)
        is_usual = thousands == "," if delimiter == "," else decimal == ","
        good = [example for column in seen if column.reads(signs) for example in column.ways.values()]
        is_idle = bool(thousands) and not any(thousands in example for example in good)
        has_comma = any("," in example for column in seen for example in column.ways.values())
        plainness = (-is_idle, -(decimal != "."), -bool(thousands))
        return (whole, -(is_idle and whole > 0), values, has_comma and is_usual, *plainness)

    return max(_ALL, key=worth) if seen else (".", "")


def is_settled(columns: Iterable[Mapping[str, int]], form: TextForm) -> bool:
    """Whether some number of the file shows that the form's decimal sign parts decimals, such as 0.5 or 1,234.50."""
    seen = [column for values in columns if (column := _column(values)) is not None]
    return any(
        form.decimal in example and not _ONE_GROUP.fullmatch(example) and number_in(example, form) is not None
        for column in seen
        for example in column.ways.values()
    )


def question(values: Mapping[str, int], form: TextForm, *, is_settled: bool) -> tuple[str, bool]:
    """Ask what is open about the numbers of a column, and say whether they can be read as the form says.

    Where the form `is_settled` by other numbers of the file, what may be meant either way is read as they are.
    """
    column = _column(values)
    if column is None:
        return "", True
    examples, signs = tuple(column.ways.values()), (form.decimal, form.thousands)
    if odd := [one for one in examples if number_in(one, form) is None]:
        is_number = all(any(_Column({"": one}, Counter(), {}, None).reads(pair) for pair in _ALL) for one in odd)
        good = [one for one in examples if one not in odd and re.search(r"\d[.,]\d", one)]
        said = f'decimal = "{form.decimal}"' + (f', thousands = "{form.thousands}"' if form.thousands else "")
        asked = (
            f"its numbers are written in several ways, or in another than those of other columns "
            f"({some_of([*good[:1], *odd[:2]])}), and {said} does not read them all, so it stays text: "
            "write them in one way at the source"
        )
        return (asked, False) if is_number else ("", True)
    for sign in (one for one in ",." if one in signs):
        if (column.is_open(sign) and not is_settled) or not column.reads(signs) or column.is_mixed:
            example = next((one for one in examples if (m := _ONE_GROUP.fullmatch(one)) and m[1] == sign), "")
            if example:
                return _either_way(example, sign, form), True
    return "", True


def _either_way(example: str, sign: str, form: TextForm) -> str:
    """Ask with both readings of one number."""
    decimals, thousands = example.replace(sign, "."), example.replace(sign, "")
    now, other, key = (
        (decimals, thousands, f'thousands = "{sign}"')
        if form.decimal == sign
        else (thousands, decimals, f'decimal = "{sign}"')
    )
    return f"{example} is read as {now} here: is that right? Where {other} is meant, write {key} under the source"


def _column(values: Mapping[str, int]) -> _Column | None:
    """Look at the numbers of a column, without their unit; in columns of words a comma is a comma."""
    values = bare(values, unit_in(values))
    known = {plain_signs(value): count for value, count in values.items() if value.strip() and value not in SAFE_WORDS}
    numbers = {value: count for value, count in known.items() if _LOOKS.fullmatch(value)}
    if not numbers or len(numbers) < NUMBERS_LOOKED_FOR * len(known):
        return None
    ways: dict[str, str] = {}
    counts, groups = Counter[str](), Counter[str]()
    for value, count in numbers.items():
        way = re.sub(r"\d+", _length, value)
        ways.setdefault(way, value)
        counts[way] += count
        if match := _ONE_GROUP.fullmatch(value):
            groups[match[1]] += 1
    plain = [abs(int(value)) for value in numbers if len(value) < 20 and _WHOLE.fullmatch(value)]
    return _Column(ways, counts, groups, max(plain, default=None))


def _length(digits: re.Match[str]) -> str:
    """Keep of digits how many they are, up to four, and whether they begin with a nought."""
    return f"{'0' if digits[0].startswith('0') else 'n'}{min(len(digits[0]), 4)}"
