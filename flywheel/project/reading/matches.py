"""How the keys of rows met those of a joined source: what found no partner, and what would if it were written alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flywheel.domain.digests import Json
from flywheel.errors import counted, shorten

ASKED_FROM = 0.01
"""From this share of rows without a partner on, people are asked."""
SHOWN_KEYS = 3
MOST_KEYS = 10_000
"""So many different keys without a partner are told apart."""

_WAYS: Mapping[str, Callable[[str], str]] = {
    "spaces around them": str.strip,
    "upper and lower case": str.casefold,
    "leading zeros": lambda key: re.sub(r"^(-?)0+(?=\w)", r"\1", key),
    "a .0 at the end": lambda key: re.sub(r"\.0+$", "", key),
}
"""In what two ways of writing one key may differ."""


@dataclass(frozen=True)
class Match:
    """How the keys of all rows met one joined source."""

    source: str
    where: str
    key: str
    rows: int
    keyless: int
    unmatched: int
    examples: tuple[str, ...] = ()
    written_otherwise: tuple[str, ...] = ()
    """Keys that differ from one of the source in writing alone, in whole phrases."""

    @property
    def share(self) -> float:
        """Which share of the rows has a key that finds no partner."""
        return self.unmatched / max(self.rows, 1)

    @property
    def is_empty(self) -> bool:
        """Whether the source is joined to no row at all."""
        return self.rows > 0 and self.unmatched + self.keyless == self.rows

    @property
    def is_asked(self) -> bool:
        """Whether so many rows find no partner that people must know."""
        return self.share >= ASKED_FROM

    @property
    def sentence(self) -> str:
        """Say how many rows find nothing, with examples; nothing where all do."""
        if not self.unmatched and not self.is_empty:
            return ""
        some = f", such as {', '.join(map(shorten, self.examples))}" if self.examples else ""
        none = f"; {counted(self.keyless, 'row', 'have')} no {self.key}" if self.keyless else ""
        alike = f". Different only in spelling: {', '.join(self.written_otherwise)}" if self.written_otherwise else ""
        found = f"{self.unmatched:,} of {counted(self.rows, 'row')} ({self.share:.1%})"
        return (
            f"{found} have a {self.key} that is missing in {self.source}{some}{none}{alike}; "
            f"the columns of {self.source} are missing there."
        )

    @property
    def cure(self) -> str:
        """Say what would make them meet."""
        if self.written_otherwise:
            return f"write {self.key} in one way in both sources, or data.columns.{self.key}.kind as both mean it"
        return f"complete {self.where}; or data.sources.{self.source}.join names another key"

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        lists: dict[str, Json] = {name: list(getattr(self, name)) for name in ("examples", "written_otherwise")}
        return {**vars(self), **lists}

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> Match:
        """Read what `to_json` wrote."""
        said = {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}
        return cls(**said)  # type: ignore[arg-type]  # what to_json wrote


@dataclass
class Meeting:
    """Counts, batch by batch, which keys find no partner."""

    source: str
    where: str
    key: str
    known: Callable[[], Iterable[object]]
    rows: int = 0
    keyless: int = 0
    unmatched: int = 0
    _strangers: Counter[str] = field(default_factory=Counter)

    def see(self, *, rows: int, keyless: int, strangers: Mapping[object, int]) -> None:
        """Count the next rows: how many have no key, and how often each key without a partner comes."""
        self.rows, self.keyless = self.rows + rows, self.keyless + keyless
        self.unmatched += sum(strangers.values())
        for key, count in strangers.items():
            if len(self._strangers) < MOST_KEYS or str(key) in self._strangers:
                self._strangers[str(key)] += count

    @property
    def match(self) -> Match:
        """Say what was counted."""
        frequent = [key for key, _ in self._strangers.most_common(SHOWN_KEYS)]
        alike = tuple(_written_otherwise(self._strangers, map(str, self.known()))) if self._strangers else ()
        return Match(self.source, self.where, self.key, self.rows, self.keyless, self.unmatched, tuple(frequent), alike)


def _written_otherwise(strangers: Mapping[str, int], known: Iterable[str]) -> Iterable[str]:
    """Name the ways of writing in which keys differ from known ones, each with its rows and an example."""
    partners = tuple(known)
    left = dict(strangers)
    ways = {**_WAYS, "several of these": _in_all_ways}
    for name, plainly in ways.items():
        plain = {plainly(key): key for key in partners}
        met = {key: plain[plainly(key)] for key in left if plainly(key) in plain}
        if met:
            key, partner = next(iter(met.items()))
            rows = sum(left.pop(one) for one in met)
            yield f"{counted(rows, 'row')} by {name} ({shorten(key)} and {shorten(partner)})"


def _in_all_ways(key: str) -> str:
    for plainly in _WAYS.values():
        key = plainly(key)
    return key
