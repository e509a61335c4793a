"""Tells from the numbers of each column which sign parts their decimals and which their thousands, and what is open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from flywheel.errors import some_of
from flywheel.project.reading.missing import SAFE_WORDS
from flywheel.project.reading.text_form import DECIMALS, THOUSANDS, TextForm, closed, plain_signs
from flywheel.project.reading.written_units import WITHOUT_CENTS, bare, unit_in

_LOOKS = re.compile(r"[+-]?\d[\d.,' ]*([eE][+-]?\d+)?", flags=re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", flags=re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", flags=re.ASCII)
"""What is a whole number with a group, or a number with three decimals."""
_WHOLE = re.compile(r"[+-]?\d+", flags=re.ASCII)
NUMBERS_LOOKED_FOR = 0.9
_TWO = re.compile(r"[+-]?\d+,(\d+)", flags=re.ASCII)
"""Two whole numbers, or one with a decimal comma."""
_POINT = re.compile(r"[+-]?\d*\.\d+", flags=re.ASCII)
_ONE_HAND, READ_AT_LEAST = 20, 0.9
"""So many numbers show how a column writes its decimals; so much of it is read, or it says nothing of signs."""
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
    pairs: tuple[str, ...] = ()
    """What may be two numbers in quotes, where nothing in the column shows that it is none."""
    has_no_cents: bool = False
    """Whether they are money of which nobody writes decimals."""

    @property
    def are_pairs(self) -> bool:
        """Whether decimals would end in noughts here and be cut there, as programs write none and pairs are."""
        behind = [one.partition(",")[2] for one in self.pairs]
        has_noughts = any(len(one) > 1 and one.endswith("0") for one in behind)
        return len(behind) >= _ONE_HAND and has_noughts and len(set(map(len, behind))) > 1

    @property
    def shows_point(self) -> bool:
        """Whether a number can be meant with a decimal point alone."""
        return any(_POINT.fullmatch(one) and not _ONE_GROUP.fullmatch(one) for one in self.ways.values())

    def reads(self, signs: Signs) -> bool:
        """Whether every number can be meant so."""
        form = TextForm(decimal=signs[0], thousands=signs[1])
        if any(number_in(example, form) is None for example in self.ways.values()):
            return False
        decimal, thousands = signs
        if self._is_bare(thousands) and self.largest_plain is not None and self.largest_plain >= 1000:
            return False  # who writes 2.041 for two thousand writes no 1500
        return not (self._is_bare(decimal) and self._must_be_thousands(decimal))

    @property
    def speaks_of_signs(self) -> bool:
        """Whether some signs read nearly all of it."""
        return max(map(self.share_read, _ALL)) >= READ_AT_LEAST * self.counts.total()

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
        return self.has_no_cents or (has_small and self.one_group.get(sign, 0) >= SURE_FROM)


def signs_of(columns: Iterable[Mapping[str, int]], *, delimiter: str) -> Signs:
    """Choose the signs by which most columns can be read, all of each; of equal ones the plainest."""
    seen = [column for values in columns if (column := _column(values)) is not None and column.speaks_of_signs]
    if delimiter == ",":
        has_points = any(column.shows_point for column in seen)
        seen = [column for column in seen if not (column.are_pairs or (has_points and column.pairs))]

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
    if form.delimiter == ",":
        seen = [column for column in seen if not column.pairs]
    return any(
        form.decimal in example and not _ONE_GROUP.fullmatch(example) and number_in(example, form) is not None
        for column in seen
        for example in column.ways.values()
    )


def question(values: Mapping[str, int], form: TextForm, *, is_settled: bool, unit: str = "") -> tuple[str, bool]:
    """Ask what is open about the numbers of a column, and say whether they can be read as the form says.

    `unit` is what was taken off them.
    Where the form `is_settled` by other numbers of the file, what may be meant either way is read as they are.
    """
    column = _column(values, unit)
    if column is None:
        return "", True
    examples, signs = tuple(column.ways.values()), (form.decimal, form.thousands)
    is_open = column.are_pairs or not (is_settled and form.decimal == ",")
    if form.delimiter == "," and column.pairs and is_open:
        return _two_or_one(column, form)
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
                return _either_way(example, sign, form, is_settled=is_settled), True
    return "", True


def _two_or_one(column: _Column, form: TextForm) -> tuple[str, bool]:
    """Ask about numbers in quotes between commas: one with a decimal comma, or two; and say whether they are read."""
    shown = max(column.pairs, key=len)
    asked = f"{shown} may be two numbers or {shown.replace(',', '.')}"
    if form.decimal != ",":
        return (
            f'{asked}: write two columns, or a point, at the source, then kind = "number". Is it meant as words?',
            False,
        )
    if column.are_pairs:
        return f'{asked}: read as words here, is that right? else kind = "number"', False
    return f'{asked}: read as the latter here, is that right? else kind = "text"', True


def _either_way(example: str, sign: str, form: TextForm, *, is_settled: bool) -> str:
    """Ask with both readings of one number."""
    decimals, thousands = example.replace(sign, "."), example.replace(sign, "")
    now, other, key = (
        (decimals, thousands, f'thousands = "{sign}"')
        if form.decimal == sign
        else (thousands, decimals, f'decimal = "{sign}"')
    )
    how = (
        f"{other} at the source, for other numbers of the file have their decimals so"
        if is_settled
        else f"{key} under the source"
    )
    return f"{example} is read as {now} here: is that right? Where {other} is meant, write {how}"


def _column(values: Mapping[str, int], taken_off: str = "") -> _Column | None:
    """Look at the numbers of a column, without their unit; in columns of words a comma is a comma."""
    unit = taken_off or unit_in(values)
    values = bare(values, unit)
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
    pairs = () if unit else _pairs(numbers)
    return _Column(ways, counts, groups, max(plain, default=None), pairs, unit in WITHOUT_CENTS)


def _pairs(numbers: Iterable[str]) -> tuple[str, ...]:
    """Give what may be two whole numbers, where no nought begins the second one and nothing else is written."""
    held = [number for number in numbers if not _WHOLE.fullmatch(number)]
    if all(map(_ONE_GROUP.fullmatch, held)):
        return ()
    found = [match for number in held if (match := _TWO.fullmatch(number))]
    shows_decimals = any(len(match[1]) > 1 and match[1].startswith("0") for match in found)
    return () if shows_decimals or len(found) < len(held) else tuple(sorted(match[0] for match in found))


def _length(digits: re.Match[str]) -> str:
    """Keep of digits how many they are, up to four, and whether they begin with a nought."""
    return f"{'0' if digits[0].startswith('0') else 'n'}{min(len(digits[0]), 4)}"
