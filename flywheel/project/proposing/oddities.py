"""Asks about columns in which values are numbers, or made of them, and written as no number is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from flywheel.errors import counted, shorten, some_of
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.text_form import plain_signs
from flywheel.project.reading.written_units import MULTIPLIERS, is_unit, unit_of, without_unit

_DECIMALS = re.compile(r"\d+\.(\d+)", flags=re.ASCII)
_OF_NAMES = re.compile(r"version|release|build|model|icd|diag|code|sku|artikel|katalog|kapitel|chapter|section")
"""Words for what is named by numbers with a point."""
_LIMIT = re.compile(r"[<>\u2264\u2265~]\s?=?\s?\d[\d.,]*", flags=re.ASCII)
_FEW = 50
_NUMBERS_AT_LEAST, _LIMITS_AT_MOST, _WORDS_AT_MOST, CODED_AT_MOST = 20, 20, 3, 0.9
_MOSTLY, _MOSTLY_NUMBERS = 0.9, 0.8
_MADE_OF = re.compile(r"[^\w\s]*\s?\d(\d|[^\w\s]|\s|_|(?<=[\W\d_])[^\W\d_]{1,3}(?![^\W\d_]))*")
"""Numbers with signs among them, and with no more than three letters behind one: 5.1 \u00b1 0.2, 120/80, 0.4M."""
_TELLS = re.compile(r"[^\w\s.+()#\u2116-]|[.,]\d+\s?[^\W\d_]|\d\s?x\s?\d|(?=[^\x00-\x7f])\d|^[+-]?\d{1,3}(_\d{3})+\b")
"""What stands in no name of digits, as dots, minuses, brackets and spaces do in those of telephones and parts."""
_ONE_NUMBER = re.compile(r"(?<![^\W_])[+-]?\d(?:[\d.,' ]*\d)?(?![^\W_])")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}([.,' ]\d{3})+)([.,]\d+)?", flags=re.ASCII)
_CLOSE = re.compile(r"(?<=\d)(?=(?:k|tsd|mio|mrd|mln|[万億亿만억])\.?$)", flags=re.IGNORECASE)
"""Where a word for thousands and more follows its number at once."""
_WORDS = re.compile(r"[^\W\d_]")
_WAYS_AT_MOST, _LONGEST_WAY = 3, 24


def noughts(values: Mapping[str, int], *, named: str) -> tuple[str, bool]:
    """Ask where noughts behind the decimals make a difference, such as 1.1 and 1.10; and say whether they are names.

    Of a few different values, or under a name for such, they are; else they are numbers that people wrote.
    """
    decimals = {value: match[1] for value in values if (match := _DECIMALS.fullmatch(value))}
    long = [value for value, places in decimals.items() if len(places) > 1 and places.endswith("0")]
    lengths = {len(places) for places in decimals.values()}
    if not long or len(lengths) < 2 or max(len(decimals[value]) for value in long) == min(lengths):
        return "", False
    twins = next(((short, value) for value in long if (short := _shorter(value, decimals))), None)
    if twins is None:
        twins = (min(decimals, key=lambda value: len(decimals[value])), long[0])
        if len(decimals[twins[0]]) >= len(decimals[twins[1]]):
            return "", False
    one, other = twins
    are_names = len(lengths) == 2 and (len(values) <= _FEW or bool(_OF_NAMES.search(named)))
    if are_names:
        read = "their zeros make a difference, as in versions and codes, so they are read as words"
        return f'{one} and {other}: {read}: is that right? else kind = "number"', True
    read = "are read as numbers, whose trailing zeros have no meaning"
    return f'{one} and {other} {read}: is that right? else kind = "category"', False


def _shorter(value: str, decimals: Mapping[str, str]) -> str:
    """Find the same number with fewer noughts."""
    shorter = value
    while shorter.endswith("0") and not shorter.endswith(".0"):
        shorter = shorter[:-1]
        if shorter in decimals:
            return shorter
    return ""


def are_limits(odd: Mapping[str, int], *, numbers: int, filled: int) -> bool:
    """Whether all that is no number is a few limits such as <5 beside many different numbers."""
    return (
        0 < len(odd) <= _LIMITS_AT_MOST
        and numbers >= _NUMBERS_AT_LEAST
        and sum(odd.values()) <= CODED_AT_MOST * filled
        and all(map(_LIMIT.fullmatch, odd))
    )


def are_noughts(text: str) -> bool:
    """Whether a text is noughts alone, as no number is written."""
    return len(text) > 1 and not text.strip("0")


def nought_code(known: Mapping[str, int]) -> str:
    """Find noughts such as 0000 beside which no other number begins with one, so that they are none."""
    found = [value for value in known if re.match(r"0\d", value)]
    others = sum(value[:1].isdigit() for value in known) - len(found)
    return found[0] if len(found) == 1 and are_noughts(found[0]) and others >= _NUMBERS_AT_LEAST else ""


def are_of_its_length(numbers: Mapping[str, int], code: str) -> bool:
    """Whether all numbers have as many digits as the noughts beside them, as names have; years are numbers."""
    others = [value for value in numbers if value[:1].isdigit() and value != code]
    are_years = all("1850" <= value <= "2100" for value in others)
    return not are_years and all(value.isdigit() and len(value) == len(code) for value in others)


def asked_of_noughts(code: str, rest: Proposed) -> str:
    """Ask whether all are names since noughts are among them, or numbers such as the `rest` without them."""
    return (
        f"{code} alone begins with a 0, so that all are read as names: is that right? else "
        f'kind = "{rest.kind}", missing = {{ codes = ["{code}"], at_most = {rest.missing_at_most:g} }}'
    )


def is_limit(text: str) -> bool:
    """Whether a text is a limit such as <5, where what was measured lies below what can be told."""
    return bool(_LIMIT.fullmatch(text))


def among_numbers(odd: Mapping[str, int], known: Mapping[str, int]) -> str:
    """Ask where many values are numbers and the others, few or in few rows, make words of them all."""
    filled, strange = sum(known.values()), sum(odd.values())
    if not odd or len(known) - len(odd) < _NUMBERS_AT_LEAST:
        return ""
    if strange > (CODED_AT_MOST if len(odd) <= _WORDS_AT_MOST else 1 - _MOSTLY_NUMBERS) * filled:
        return ""
    frequent = sorted(odd, key=lambda value: -odd[value])
    shown = some_of([shorten(value, 30) for value in frequent], most=3)
    return (
        f"{counted(filled - strange, 'value')} of {filled:,} are numbers, and {shown} make all of them words: is that "
        'right? else write them as numbers or leave them empty at the source, and then kind = "number"'
    )


def beside_words(values: Mapping[str, int]) -> str:
    """Ask about many numbers that stand apart beside the same few words, as in No. 185 and ca. 185.

    Names that each row has alone are asked about as such.
    """
    ways: dict[str, list[str]] = {}
    for value in values:
        way, numbers = _ONE_NUMBER.subn("#", _CLOSE.sub(" ", plain_signs(value).strip()))
        if numbers == 1 and len(way) <= _LONGEST_WAY:
            ways.setdefault(way, []).append(value)
    worded = {way: held for way, held in ways.items() if _WORDS.search(way)}
    plain = ways.get("#", [])
    told = sorted(worded, key=lambda way: -sum(values[value] for value in worded[way]))[:_WAYS_AT_MOST]
    held = [value for way in told for value in worded[way]]
    different = {_ONE_NUMBER.search(_CLOSE.sub(" ", plain_signs(value)))[0] for value in held}  # type: ignore[index]  # each has one
    is_named = not plain and len(values) == sum(values.values())
    covered = sum(values[value] for value in (*held, *plain))
    if is_named or len(different) < _NUMBERS_AT_LEAST or covered < _MOSTLY * sum(values.values()):
        return ""
    words = some_of([way.replace("#", "").strip() for way in told], most=3)
    shown = shorten(worded[told[0]][0], 30)
    among = f"{counted(sum(values[value] for value in held), 'value', 'have')} {words} beside a number ({shown})"
    unit = unit_of(values)
    is_read = all(_NUMBER.fullmatch(without_unit(value, unit)) for value in (*held, *plain))
    multiplied = [way for way in told if way.replace("#", "").strip(" .").casefold() in MULTIPLIERS]
    cure = 'write the numbers alone at the source, then kind = "number". Is it meant as words?'
    if is_read and is_unit(unit) and unit.rstrip(".").casefold() not in MULTIPLIERS:
        cure = f'is that right? else kind = "number", unit = "{unit}"'
    if multiplied and (plain or len(told) > 1 or not is_read):
        word = multiplied[0].replace("#", "").strip()
        cure = f'write each number out, without {word}, at the source, then kind = "number". Is it meant as words?'
    return f"{among}, and are read as words: {cure}"


def made_of_numbers(values: Mapping[str, int]) -> str:
    """Ask about words that hold numbers and signs which no form reads; few different ones are groups."""
    if len(values) < _NUMBERS_AT_LEAST:
        return ""
    written = {value: plain_signs(value) for value in values}
    made = [value for value, plain in written.items() if _MADE_OF.fullmatch(plain)]
    telling = [value for value in made if _TELLS.search(written[value])]
    if sum(values[value] for value in made) < _MOSTLY * sum(values.values()) or len(telling) < _NUMBERS_AT_LEAST:
        return ""
    shown = telling[0]
    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in shown)
    if plain != shown:
        how = f"in digits that are not read ({shorten(shown, 30)}): write {shorten(plain, 30)}"
    else:
        how = f"with signs that are not read ({shorten(shown, 30)}): write one number in each column"
    return (
        f'its values are made of numbers, {how} at the source or in a query, then kind = "number". '
        "Is it meant as words?"
    )
