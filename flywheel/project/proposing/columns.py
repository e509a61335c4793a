"""Proposes for each column a name, a kind, bounds, categories and codes for missing, from the values that it holds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from flywheel.errors import counted, some_of
from flywheel.project.charter.column_names import words_of
from flywheel.project.charter.fields import is_code
from flywheel.project.proposing.amounts import are_amounts
from flywheel.project.proposing.codes import ceiling, number_codes
from flywheel.project.proposing.oddities import (
    CODED_AT_MOST,
    among_numbers,
    are_limits,
    are_of_its_length,
    asked_of_noughts,
    beside_words,
    made_of_numbers,
    nought_code,
    noughts,
)
from flywheel.project.proposing.old_split import is_old_split
from flywheel.project.proposing.personal import is_name_of_rows, is_weight_of_sample, personal
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.proposing.ranges import middle_of, range_of
from flywheel.project.proposing.seeming import (
    are_four_digits,
    are_periods,
    are_periods_in_digits,
    bare_power,
    counted_moments,
    held_as_text,
    seeming,
)
from flywheel.project.proposing.seeming_times import asked_as_days
from flywheel.project.proposing.shared_names import is_place
from flywheel.project.proposing.signs import number_in, question
from flywheel.project.proposing.times import as_time, is_time
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.missing import SAFE_WORDS, USUAL_WORDS
from flywheel.project.reading.text_form import TextForm, closed
from flywheel.project.reading.written_units import bare, unit_in

LISTED_CATEGORIES = 40
MOST_CATEGORIES = 1_000
ROWS_PER_CATEGORY = 5
NEARLY_ALL = 0.98
WORDS_AMONG_NUMBERS, NUMBERS_AT_LEAST = 3, 10
CODES_ASKED = "do these codes mean missing?"
"""What many columns may share; it is asked once."""
_WHOLE = re.compile(r"-?\d+", flags=re.ASCII)
_NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER})
SEVERAL, _DIGITS = 3, 20
"""No number of 64 bits has more signs."""


def propose(
    name: str,
    header: str,
    values: Mapping[str, int],
    *,
    given: Kind | None,
    form: TextForm,
    is_whole: bool,
    codes: tuple[str, ...] = (),
    is_settled: bool = False,
) -> Proposed:
    """Propose one column from its values; `given` is the kind that the file itself says, text for words alone.

    `codes` are values that such a file holds and that mean missing; the form `is_settled` where other columns show it.
    """
    proposed = partial(_propose, name, header, given=given, is_whole=is_whole, is_settled=is_settled)
    unit = unit_in(values) if given is None else ""
    if unit:
        of_numbers = proposed(bare(values, unit), form=form, unit=unit)
        if of_numbers.kind in _NUMERIC:
            return _asking(replace(of_numbers, unit=unit), _without(values, unit, form))
    code = nought_code(values) if given is None else ""
    if code and code not in form.missing:
        rest = proposed(values, form=replace(form, missing=(*form.missing, code)))
        if rest.kind in _NUMERIC and not are_of_its_length(values, code):
            return with_codes(rest, (code,))
        names = proposed(values, form=form)
        is_named = names.is_name or any(map(is_place, (words_of(name), words_of(header))))
        return names if is_named or rest.kind not in _NUMERIC else _asking(names, asked_of_noughts(code, rest))
    return proposed(values, form=form, codes=codes)


def _without(values: Mapping[str, int], unit: str, form: TextForm) -> str:
    """Ask about numbers that stand without the unit of the others."""
    plain = {value: count for value, count in values.items() if number_of(value, form) is not None}
    if not plain:
        return ""
    bare_ones = counted(sum(plain.values()), "number", "stand")
    return f"{bare_ones} without {unit}, such as {next(iter(plain))}: is {unit} meant?"


def _propose(
    name: str,
    header: str,
    values: Mapping[str, int],
    *,
    given: Kind | None,
    form: TextForm,
    is_whole: bool,
    codes: tuple[str, ...] = (),
    is_settled: bool,
    unit: str = "",
) -> Proposed:
    """Propose one column from its values as they stand."""
    rows = sum(values.values())
    words = {value for value in values if not value.strip() or value in SAFE_WORDS or value in form.missing}
    known = Counter({value: count for value, count in values.items() if value not in words})
    numbers = {value: number_of(value, form) for value in known}
    odd = {value: count for value, count in known.items() if numbers[value] is None}
    filled = max(1, sum(known.values()))
    is_numeric = bool(known) and sum(odd.values()) <= (1 - NEARLY_ALL) * filled and len(odd) < len(known)
    is_numeric |= set(odd) <= USUAL_WORDS and sum(odd.values()) <= CODED_AT_MOST * filled and len(odd) < len(known)
    words_apart = frozenset(odd) if _are_words_among_numbers(odd, numbers=len(known) - len(odd), filled=filled) else ()
    spoken = (words_of(name), words_of(header))
    base = Proposed(
        name,
        header,
        Kind.TEXT,
        rows,
        len(known),
        (rows - known.total()) / max(rows, 1),
        personal=next(
            filter(None, (personal(one, distinct=len(known), rows=rows, values=known) for one in spoken)), None
        ),
        is_weight=any(map(is_weight_of_sample, spoken)),
        is_name=any(map(is_name_of_rows, spoken)),
        is_amount=are_amounts(known, spoken),
        is_old_split=is_old_split(spoken, known),
    )
    if is_time(known, given, name):
        return as_time(base, known)
    if given in {None, Kind.BOOLEAN} and {value.lower() for value in known} <= {"true", "false"} and known:
        return replace(base, kind=Kind.BOOLEAN)
    if given not in _NUMERIC and are_periods(known, at_least=SEVERAL if is_numeric else 1):
        return replace(base, is_period=True, tells_when=True)
    if given is None:
        asked, is_read = question(known, form, is_settled=is_settled, unit=unit)
        base = _asking(base, asked)
        if not is_read:
            return base
    asked, are_words = ("", False) if given or unit else noughts(known, named=" ".join(spoken))
    base = replace(_asking(base, asked), is_amount=base.is_amount and not are_words)
    are_numbers = (is_numeric or words_apart) and not are_words and not _are_names(known, spoken, form)
    if given in _NUMERIC or (given is None and are_numbers):
        return _as_amounts(base, known, numbers, form, given=given, words_apart=words_apart)
    others = odd if not are_words and not _are_names(known, spoken, form) else {}
    asked = held_as_text(known) if given else seeming(known) or among_numbers(others, known) or beside_words(known)
    made = "" if asked or given else made_of_numbers(known)
    asking = replace(_asking(base, asked or made), is_amount=base.is_amount or bool(made))
    own_codes = filter(is_code, (*codes, *sorted(words - {""}))) if given is Kind.TEXT else ()
    return as_words(asking, known, tuple(own_codes), is_whole=is_whole and not bare_power(known))


def _as_amounts(
    base: Proposed,
    known: Mapping[str, int],
    numbers: Mapping[str, float | None],
    form: TextForm,
    *,
    given: Kind | None,
    words_apart: Collection[str],
) -> Proposed:
    """Propose a column of numbers, with the words among them and what must be asked about both."""
    odd = [value for value in known if numbers[value] is None]
    told = tuple(sorted(set(odd) if given else set(odd) & USUAL_WORDS.union(words_apart)))
    amounts = {number: known[value] for value, number in numbers.items() if number is not None}
    strange = sorted(set(odd) - set(told))
    note = (f"{some_of(strange, most=3)} among numbers: codes, or faults of the source?",) if strange else ()
    coded = sum(known[word] for word in told) / max(base.rows, 1)
    seen = replace(base, decide=(*base.decide, *note), missing_share=base.missing_share + coded)
    kind = given or (Kind.INTEGER if _are_whole(set(known) - set(odd), form) else Kind.NUMBER)
    if kind is Kind.INTEGER and given is None and (days := asked_as_days(known)):
        seen = replace(_asking(seen, days), tells_when=True)
    asked, tells_when = counted_moments(f"{base.name} {base.header}", amounts)
    if asked and (tells_when or not base.is_name):
        seen = replace(_asking(seen, asked), tells_when=seen.tells_when or tells_when)
    elif kind is Kind.INTEGER and not base.is_name:
        seen = _asking(seen, are_four_digits(amounts))
    is_period = kind is Kind.INTEGER and not base.is_name and are_periods_in_digits(amounts)
    seen = replace(seen, kind=kind, is_period=is_period, tells_when=seen.tells_when or is_period)
    return _as_number(seen, amounts, told)


def _are_words_among_numbers(odd: Mapping[str, int], *, numbers: int, filled: int) -> bool:
    """Whether a few words, such as `k.A.`, stand among many different numbers; `10+` is no word but a category.

    So are limits such as `<5`, where what was measured lies below what can be told.
    """
    if not all(map(is_code, odd)):
        return False
    if are_limits(odd, numbers=numbers, filled=filled):
        return True
    at_most = CODED_AT_MOST if numbers >= 2 * NUMBERS_AT_LEAST else 0.5
    return (
        0 < len(odd) <= WORDS_AMONG_NUMBERS
        and numbers >= NUMBERS_AT_LEAST
        and sum(odd.values()) <= at_most * filled
        and not any(character.isdigit() for word in odd for character in word)
    )


def _as_number(base: Proposed, amounts: Mapping[float, int], words: tuple[str, ...]) -> Proposed:
    if not amounts:  # a file of numbers without any that is finite
        return replace(base, codes=words)
    codes, top = number_codes(amounts), ceiling(amounts)
    plain = _with_codes(base, amounts, (), words)
    if codes:
        coded = _with_codes(base, amounts, codes, words)
        return replace(coded, decide=(*base.decide, CODES_ASKED), otherwise=plain)
    if not top:
        return plain
    said = f"{', '.join(f'{one:g}' for one in top)} {'stands' if len(top) == 1 else 'stand'}"
    asked = f"{said} beyond all others: a value, such as where the source stops counting?"
    return replace(plain, decide=(*base.decide, asked), otherwise=_with_codes(base, amounts, top, words))


def _with_codes(
    base: Proposed, amounts: Mapping[float, int], codes: tuple[float, ...], words: tuple[str, ...]
) -> Proposed:
    """Propose a column of numbers of which some are codes."""
    rest = {amount: count for amount, count in amounts.items() if amount not in codes} or amounts
    return replace(
        base,
        between=range_of(rest, rows=base.rows),
        middle=middle_of(rest),
        codes=(*(int(code) if code.is_integer() else code for code in codes), *words),
        missing_share=base.missing_share + sum(amounts[code] for code in codes) / max(base.rows, 1),
    )


def as_words(base: Proposed, known: Counter[str], codes: tuple[float | int | str, ...], *, is_whole: bool) -> Proposed:
    """Propose a column of words: a category where few are told apart, with its words where they are very few."""
    distinct = len(known)
    is_category = 0 < distinct <= max(50, min(MOST_CATEGORIES, base.rows / ROWS_PER_CATEGORY))
    if distinct == base.rows and distinct > 2:
        is_category = False
    is_short = is_category and is_whole and 0 < distinct <= LISTED_CATEGORIES
    listed = tuple(sorted(set(map(level_of, known)))) if is_short else ()
    if any(not text.strip() or len(text) > 200 or not text.isprintable() for text in listed):
        listed = ()
    return replace(base, kind=Kind.CATEGORY if is_category else Kind.TEXT, categories=listed, codes=codes)


def with_codes(one: Proposed, words: tuple[str, ...]) -> Proposed:
    """Add words that mean missing in a column that was proposed without them."""
    otherwise = one.otherwise and replace(one.otherwise, codes=(*one.otherwise.codes, *words))
    return replace(one, codes=(*one.codes, *words), otherwise=otherwise)


def _asking(base: Proposed, question: str) -> Proposed:
    return replace(base, decide=(*base.decide, *filter(None, (question,))))


def number_of(text: str, form: TextForm) -> float | None:
    """Read a number as the file writes it."""
    plain = number_in(text, form)
    if plain is None:
        return None
    number = float(plain)
    return number if math.isfinite(number) else None


def _are_names(known: Counter[str], spoken: Iterable[str], form: TextForm) -> bool:
    """Whether these are names written in digits, such as 00731, which as a number would lose its noughts.

    So are whole numbers of which each row has its own, where they lie beyond 64 bits.
    """
    if any(map(is_place, spoken)) or any(re.fullmatch(r"0\d+", value) for value in known) or bare_power(known):
        return True
    return len(known) == known.total() and all(map(_WHOLE.fullmatch, known)) and not _are_whole(known, form)


def _are_whole(texts: Iterable[str], form: TextForm) -> bool:
    """Whether all are read as whole numbers of 64 bits: a column of 1e3 or 5.0 is one of numbers."""
    plain = [closed(text, form) for text in texts]
    return all(_WHOLE.fullmatch(text) and len(text) <= _DIGITS and -(2**63) <= int(text) < 2**63 for text in plain)
