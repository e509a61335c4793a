"""Tells where a word that mostly means missing, such as NA, is an answer like the others of its column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flywheel.errors import counted
from flywheel.project.charter.fields import is_code
from flywheel.project.proposing.columns import as_words, with_codes
from flywheel.project.proposing.personal import Personal
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import SAFE_WORDS, may_be_no_answer
from flywheel.project.reading.text_form import TextForm

_MAY_BE_ORDINARY = frozenset({"NA", "N/A", "n/a", "na", "NULL", "Null", "null"})
"""What people write too: North America, not applicable, and a name. What only programs write is no answer."""
_OFTEN = 0.2
_YES_OR_NO = frozenset({"yes", "no", "y", "n", "true", "false", "t", "f", "1", "0", "ja", "nein", "j", "oui", "non"})
_YES_OR_NO |= {"o", "si", "sí", "s", "tak", "nie", "ano", "ne", "good", "bad"}
_OF_WORDS = frozenset({Kind.TEXT, Kind.CATEGORY})


def ordinary_words(columns: Iterable[Proposed], values: Mapping[str, Mapping[str, int]]) -> dict[str, frozenset[str]]:
    """Find such words by column: where they stand often, beside one other answer alone, or as a person's name."""
    found = {one.name: frozenset(_ordinary(one, values[one.name])) for one in columns if one.kind in _OF_WORDS}
    return {name: words for name, words in found.items() if words}


def _ordinary(one: Proposed, values: Mapping[str, int]) -> Iterable[str]:
    filled = {value: count for value, count in values.items() if value.strip()}
    others = [value for value in filled if value not in SAFE_WORDS and not may_be_no_answer(value, filled)]
    for word in filled.keys() & _MAY_BE_ORDINARY:
        is_name = one.personal is Personal.IDENTITY and word == "Null"
        is_often = (
            filled[word] >= _OFTEN * sum(filled.values()) and not {one.casefold() for one in others} <= _YES_OR_NO
        )
        if len(others) == 1 or (others and (is_often or is_name)):
            yield word


def apart(one: Proposed, values: Mapping[str, int], form: TextForm) -> Proposed:
    """Say of a column which words mean missing in it alone, since the source does not."""
    words = {word for word in values.keys() & SAFE_WORDS - {*form.missing, *map(str, one.codes)} if is_code(word)}
    if not words:
        return one
    return with_codes(one, tuple(sorted(words)))


def as_answers(
    one: Proposed, values: Mapping[str, int], words: frozenset[str], *, form: TextForm, is_whole: bool
) -> Proposed:
    """Read such words as answers of a column that was proposed without them, and ask whether they are."""
    missing = {value for value in values if not value.strip() or value in SAFE_WORDS.union(form.missing)} - words
    known = Counter({value: count for value, count in values.items() if value not in missing})
    share = 1 - known.total() / max(1, one.rows)
    codes = tuple(str(code) for code in one.codes if code not in words)
    own = as_words(replace(one, distinct=len(known), missing_share=share), known, codes, is_whole=is_whole)
    said = " and ".join(f"{word} ({counted(values[word], 'row')})" for word in sorted(words))
    asked = f"{said} may mean missing, and is read as an answer like the others: is that right?"
    return replace(own, decide=(*one.decide, asked), otherwise=replace(one, codes=(*codes, *sorted(words))))
