"""Writes a line for each proposed column, with the question that its author must answer."""

from __future__ import annotations

import re
from dataclasses import replace

from flywheel.errors import counted, some_of
from flywheel.project.charter.column_names import words_of
from flywheel.project.charter.marks import MARK
from flywheel.project.charter.toml_values import toml_of
from flywheel.project.proposing.columns import CODES_ASKED, number_of
from flywheel.project.proposing.keys import Keys
from flywheel.project.proposing.missing_words import question_of, words_coded
from flywheel.project.proposing.personal import Personal
from flywheel.project.proposing.proposal import Proposal
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm

AFTERWARDS = re.compile(
    r"(^|_)(after|afterwards|subsequent\w*|danach|nachher|nachtraeglich\w*|hinterher|apres|ensuite|ulterieur\w*|despues|"
    r"posterior\w*|dopo|successiv\w*|depois|daarna|achteraf|efter|potem|utana)(_|$)"
)
"""Words for what comes once a case is decided: such a column knows the outcome, and no model may."""
NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER})
_WHOLE_BELOW = 2.0**63
"""From here on a number is no integer of 64 bits, which TOML holds."""


def behind(text: str) -> str:
    """Write a question behind its line; what it shows of the data stays on that line."""
    return MARK + "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def column_lines(proposal: Proposal) -> list[str]:
    """Write a line for each column; one question that many share is asked once, and the others point to it."""
    coded = [one.name for one in proposal.columns if CODES_ASKED in one.decide]
    worded = _sharing_words(proposal)
    lines = []
    for one in proposal.columns:
        line, asked = _column(one, proposal), _asked(one, proposal.keys)
        sharing = worded.get(_words(one, proposal.keys), [])
        if sharing and sharing[0] == one.name:
            asked = _with_words_asked(one, asked, others=len(sharing) - 1)
        elif sharing and not asked:
            line += f"  # {some_of(words_coded(one), most=3)} as in {sharing[0]}"
        if len(coded) > 1 and one.name == coded[0]:
            asked = [
                f"{CODES_ASKED[:-1]} here and in {counted(len(coded) - 1, 'column')} below?"
                if part.startswith(CODES_ASKED)
                else part
                for part in asked
            ]
        elif one.name in coded[1:]:
            asked = [part for part in asked if not part.startswith(CODES_ASKED)]
            line += "" if asked else f"  # codes as in {coded[0]}"
        elif one.is_constant and not asked:
            line += f"  # {one.kept}"
        lines.append(line + (behind("; ".join(asked)) if asked else ""))
    return [*lines, *(f"# {name} is left out: {why}" for name, why in proposal.left_out.items())]


def _words(one: Proposed, keys: Keys) -> tuple[bool, tuple[str, ...]]:
    """Give the words of a column that are written as its codes, and whether they stand among numbers."""
    is_written = one.name not in {keys.entity, keys.time} and (one.name != keys.target or one.kind is Kind.CATEGORY)
    return one.kind in NUMERIC, words_coded(one) if is_written else ()


def _sharing_words(proposal: Proposal) -> dict[tuple[bool, tuple[str, ...]], list[str]]:
    """Find which columns have the same words for missing, so that these are asked about once."""
    found: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for one in proposal.columns:
        if (words := _words(one, proposal.keys))[1]:
            found.setdefault(words, []).append(one.name)
    return found


def _with_words_asked(one: Proposed, asked: list[str], *, others: int) -> list[str]:
    """Ask about words before all else; of one column a no takes them off, so that reading names each row with them."""
    words = words_coded(one)
    question = question_of(one, words, others=others)
    if one.otherwise is None and not others:
        plain = replace(one, codes=tuple(code for code in one.codes if code not in words))
        question += f" else {_missing(plain)}"
    return [question, *asked]


def _column(one: Proposed, proposal: Proposal) -> str:
    """Write what a file shows of a column; that it holds no other names than those seen no file can show."""
    keys = proposal.keys
    is_key = _is_key(one, keys)
    kind = Kind.TEXT if one.name == keys.entity else one.kind
    parts = [f"kind = {toml_of(kind.value)}"]
    if one.alias:
        parts.append(f"alias = {toml_of(one.alias)}")
    if one.unit and kind in NUMERIC:
        parts.append(f"unit = {toml_of(one.unit)}")
    if one.categories and one.name == keys.target and keys.yes:
        parts.append(f"categories = {toml_of(one.categories)}")
    if one.name == keys.target and keys.task == "binary" and (ends := _ends(one, proposal)):
        parts.append(f"between = {toml_of([*map(bound, ends)])}")
    if one.name == keys.target and one.codes and kind is Kind.CATEGORY:
        parts.append(_missing(one))
    if not is_key:
        if one.kept:
            parts.append('role = "kept"')
        if not one.is_permitted:
            parts.append("permitted = false")
        parts.append(_held_to(one))
    return f"{one.name} = {{ {', '.join(parts)} }}"


def _is_key(one: Proposed, keys: Keys) -> bool:
    """Whether a column is held to nothing by itself; an amount that is predicted has bounds and codes like others."""
    is_amount = one.name == keys.target and keys.task == "regression"
    return one.name in {keys.target, keys.entity, keys.time} and not is_amount


def _ends(target: Proposed, proposal: Proposal) -> tuple[float, float] | None:
    """Give the least and the largest answer of a target of numbers."""
    said = [number_of(value, proposal.form or TextForm()) for value, _ in proposal.keys.answers]
    numbers = [number for number in said if number is not None]
    return (min(numbers), max(numbers)) if target.kind in NUMERIC and numbers else None


def _asked(one: Proposed, keys: Keys) -> list[str]:
    """Say what its author must decide about a column, and after `else` what a no writes there."""
    if _is_key(one, keys):
        return []
    asked = list(one.decide)
    if one.otherwise is not None:
        asked[-1] = f"{asked[-1]} else {_held_to(one.otherwise)}"
    if one.kept and not one.is_constant:
        asked.append(f'{one.kept}, so it is kept aside: is that right? else role = "feature"')
    if not one.kept and AFTERWARDS.search(words_of(one.name)):
        asked.append("is it known when a case is decided on? else known_at_decision = false")
    if one.personal is not None and not (one.kept and one.personal is Personal.TRAIT):
        asked.append(one.personal.value)
    return asked


def _held_to(one: Proposed) -> str:
    """Write what the values of a column are held to: their bounds, and what counts as missing."""
    low_and_high = f"between = {toml_of([*map(bound, one.between)])}, " if one.between else ""
    return low_and_high + _missing(one)


def _missing(one: Proposed) -> str:
    codes = f"codes = {toml_of(one.codes)}, " if one.codes else ""
    return f"missing = {{ {codes}at_most = {one.missing_at_most:g} }}"


def bound(end: float) -> float:
    """Give a whole end as a whole number, where 64 bits hold it."""
    return int(end) if end.is_integer() and abs(end) < _WHOLE_BELOW else end
