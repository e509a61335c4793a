"""Asks about every word that is proposed to mean missing in a column; none is written where nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flywheel.errors import counted, some_of
from flywheel.project.proposing.days import day_of
from flywheel.project.proposing.oddities import are_noughts, is_limit
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import MAY_BE_NOUGHT
from flywheel.project.reading.text_form import TextForm

_NUMERIC = frozenset({Kind.NUMBER, Kind.INTEGER})


def words_coded(one: Proposed) -> tuple[str, ...]:
    """Give the words among a column's codes that no question of its own is about; a day written otherwise is none."""
    words = [code for code in one.codes if isinstance(code, str) and code.strip()]
    asked = " ".join(one.decide)
    if one.kind is Kind.TIME and asked:
        words = [word for word in words if word not in asked and day_of(word, ()) is None]
    return tuple(words)


def question_of(one: Proposed, words: tuple[str, ...], *, others: int) -> str:
    """Ask whether these mean missing; among numbers some of them may be nought, which is another answer."""
    among = "numbers" if one.kind in _NUMERIC else "times" if one.kind is Kind.TIME else "words"
    where = f", here and in {counted(others, 'column')} below" if others else ""
    do_they = "does it" if len(words) == 1 else "do they"
    may_be_nought = not MAY_BE_NOUGHT.isdisjoint(words) or any(map(are_noughts, words))
    other = ", and not 0" if among == "numbers" and may_be_nought else ""
    if any(map(is_limit, words)):
        other = ", and no number that the source could write"
    return f"{some_of(words, most=3)} among {among}{where}: {do_they} mean missing{other}?"


def standing(form: TextForm, columns: Iterable[Proposed], values: Mapping[str, Mapping[str, int]]) -> str:
    """Say where the words stand that the source takes for missing, each in the column that has it most often."""
    found, numeric = [], [values[one.name] for one in columns if one.kind in _NUMERIC]
    for word in filter(str.strip, form.missing):
        counts = {name: held[word] for name, held in values.items() if word in held}
        if most := max(counts, key=lambda name: counts[name], default=""):
            others = f" and in {counted(len(counts) - 1, 'other column')}" if len(counts) > 1 else ""
            found.append(f"{word} stands in {counted(counts[most], 'row')} of {most}{others}")
    open_ones = [word for word in form.missing if word in MAY_BE_NOUGHT and any(word in held for held in numeric)]
    them = "it" if len(open_ones) == 1 else "them"
    nought = f"{some_of(open_ones, most=3)} among numbers may mean 0 too: strike {them} then, and write 0 at the source"
    return ". ".join([some_of(found, most=4), *([nought] if open_ones else [])])
