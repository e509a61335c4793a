"""Which column of ours a source's own header means: by alias or by name, whatever the header looks like."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from flywheel.errors import InputRefused
from flywheel.project.charter.column_names import plainly
from flywheel.project.charter.fields import COLUMN

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@dataclass(frozen=True)
class Headers:
    """A source's columns in their order: what each is called there, and here; none where it is left out."""

    own: tuple[str, ...]
    names: tuple[str | None, ...]

    @property
    def places(self) -> dict[str, int]:
        """Where each column of ours stands in the source."""
        return {name: place for place, name in enumerate(self.names) if name is not None}

    @property
    def left_out(self) -> tuple[str, ...]:
        """What no rule could name and no alias brings in."""
        return tuple(own for own, name in zip(self.own, self.names, strict=True) if name is None)


NO_HEADERS = Headers((), ())


def read_headers(written: Iterable[str], aliases: Mapping[str, Sequence[str]], *, where: str) -> Headers:
    """Name a source's columns; `aliases` gives for each declared column the headers that mean it.

    A declared column is looked for by its aliases and then by its own name. What is not declared keeps its header,
    where that may be a column's name and nobody else has it.
    """
    own = told_apart(written)
    twice = {form.rpartition("#")[0] for form in own if form.endswith("#2")} - set(own)
    meant: dict[int, str] = {}
    for name, wanted in aliases.items():
        place = _place_of(name, own, [plain_header(alias) for alias in wanted], twice, where)
        if place is None:
            continue
        if place in meant:
            both = f"{meant[place]} and {name}"
            raise InputRefused(f"{where}: the header {own[place]} means two columns", found=both, allowed="one")
        meant[place] = name
    taken = set(aliases)
    names = (
        meant.get(place, header if COLUMN.fullmatch(header) and header not in taken else None)
        for place, header in enumerate(own)
    )
    return Headers(own, tuple(names))


def told_apart(written: Iterable[str]) -> tuple[str, ...]:
    """Give every header a form of its own: `#4` where the fourth is empty, `price#1`, `price#2` where two are alike."""
    forms = [plain_header(header) for header in written]
    often, seen = Counter(forms), Counter[str]()
    own: list[str] = []
    for place, form in enumerate(forms, start=1):
        seen[form] += 1
        again = f"#{seen[form]}" if often[form] > 1 else ""
        own.append(f"{form}{again}" if form else f"#{place}")
    return tuple(own)


def _place_of(name: str, own: Sequence[str], wanted: Sequence[str], twice: set[str], where: str) -> int | None:
    found = [place for place, header in enumerate(own) if header in wanted]
    if len(found) > 1:
        several = ", ".join(own[place] for place in found)
        raise InputRefused(f"{where} has several columns for {name}", found=several, allowed="one alias in a source")
    if found:
        return found[0]
    if doubled := next((header for header in (*wanted, name) if header in twice), None):
        raise InputRefused(
            f"{where} names a column twice",
            found=doubled,
            allowed="each name once, or an alias that says which",
            next_step=f'data.columns.{name}.alias = "{doubled}#1" for the first of them',
        )
    return own.index(name) if name in own else None


def numbered(columns: int) -> tuple[str, ...]:
    """Name the columns of a file without headers by their places."""
    return tuple(f"#{place}" for place in range(1, columns + 1))


def plain_header(written: str) -> str:
    """Take a header as it is seen: without what is invisible, in one line, without spaces around."""
    seen = "".join(
        " " if character in "\n\r\t" else character
        for character in unicodedata.normalize("NFC", written)
        if character in "\n\r\t" or unicodedata.category(character) not in _INVISIBLE
    )
    return seen.strip()


def alike_header(name: str, headers: Iterable[str]) -> str:
    """Name the header that may be meant by a name that none has; nothing where no header is like it."""
    alike = {plainly(header).casefold(): header for header in headers}
    close = get_close_matches(name.casefold(), alike, n=1, cutoff=0.7)
    return alike[close[0]] if close else ""
