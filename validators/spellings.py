"""How names are written: their form, which lists of names that grow keep to, and what makes a new name a known one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from flywheel.errors import shorten
from validators.names import Names, marks_of

EXPLAINED = 1 / 3
"""So much of what is new one way of writing has to make known, to be told."""
_DIGITS_AT_MOST, _AFFIX_AT_MOST = 12, 8
_RAN_ON = re.compile(r"(?<!\d)1(\d+)")
_RUNS = re.compile(r"(?P<digits>\d+)|(?P<letters>[^\W\d_]+)|(?P<blanks>\s+)")


def form_of(name: str) -> str:
    """Write a name as its form: 9 for each digit, a, A or Aa for letters by their case, all else as it stands."""
    return _RUNS.sub(_form_of_run, name)


def form_before(name: str) -> str:
    """Write the form that a name had when its numbers ran up to it: 10,000 comes after numbers of four digits."""
    return form_of(_RAN_ON.sub(r"\1", name))


def _form_of_run(run: re.Match[str]) -> str:
    text = run.group()
    if run.lastgroup == "digits":
        return "9" * min(len(text), _DIGITS_AT_MOST)
    if run.lastgroup == "blanks":
        return " " * min(len(text), 2)
    if text.islower():
        return "a"
    if text.isupper():
        return "A"
    return "Aa" if text.istitle() else "aA"


def respelt(new: pd.Series[Any], known: Names) -> str:
    """Say how most of these names, given with their rows, would be known ones if written otherwise; else nothing."""
    found: list[tuple[int, str, str, str]] = []
    names, rows = [str(name) for name in new.index], new.to_numpy()
    for words, undo in (*_CASES, *_affixes(Counter(dict(zip(names, rows.tolist(), strict=True))))):
        written = [undo(name) for name in names]
        marks = marks_of(written)
        is_known = known.holds(marks) & known.judges(marks)
        if is_known.any():
            first = int(np.flatnonzero(is_known)[0])
            found.append((int(rows[is_known].sum()), words, names[first], written[first]))
    explained, words, name, other = max(found, key=lambda one: one[0], default=(0, "", "", ""))
    if explained < EXPLAINED * rows.sum():
        return ""
    return f"{words} they are known: {shorten(name, 30)} as {shorten(other, 30)}"


def _read_anew(name: str) -> str:
    try:
        return name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return name


Way = tuple[str, Callable[[str], str]]
_CASES: tuple[Way, ...] = (
    ("with a 0 before", lambda name: f"0{name}"),
    ("with 00 before", lambda name: f"00{name}"),
    ("in small letters", str.lower),
    ("in capitals", str.upper),
    ("with capitals at the beginning", str.title),
    ("without blanks around", str.strip),
    ("without blanks", lambda name: re.sub(r"\s+", "", name)),
    ("read as UTF-8", _read_anew),
)


def _affixes(rows: Counter[str]) -> Iterator[Way]:
    """Give what many of the names begin or end with, to be left out."""
    for length in range(1, _AFFIX_AT_MOST + 1):
        before, behind = Counter[str](), Counter[str]()
        for name, count in rows.items():
            if len(name) > length:
                before[name[:length]] += count
                behind[name[-length:]] += count
        for affix, _ in before.most_common(1):
            yield f"without {affix!r} before", partial(_without_prefix, affix)
        for affix, _ in behind.most_common(1):
            yield f"without {affix!r} behind", partial(_without_suffix, affix)


def _without_prefix(affix: str, name: str) -> str:
    return name.removeprefix(affix)


def _without_suffix(affix: str, name: str) -> str:
    return name.removesuffix(affix)
