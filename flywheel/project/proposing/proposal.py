"""What a look at data proposes that a charter says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.project.proposing.dates import Dates
from flywheel.project.proposing.keys import Keys
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.text_form import TextForm


@dataclass(frozen=True)
class Proposal:
    """Everything that a charter says of its data: the source, the columns, and what they are about."""

    uri: str
    form: TextForm | None
    columns: tuple[Proposed, ...]
    dates: Dates
    keys: Keys
    rows: int
    is_whole: bool
    left_out: Mapping[str, str]
    """Columns that a charter cannot speak of, each with the reason."""
    asked_encoding: str = ""
    """What is open about the encoding of its text."""
    asked_header: str = ""
    """What is open about its first row."""
    no_cases: str = ""
    """Which rows are no cases, such as lines of totals."""
    missing_seen: str = ""
    """Where the words that may mean missing stand, and how often."""

    def of(self, name: str | None) -> Proposed | None:
        """Find a column."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def features(self) -> tuple[Proposed, ...]:
        """The columns that are none of the keys and that a model may use."""
        keys = {self.keys.target, self.keys.entity, self.keys.time}
        return tuple(one for one in self.columns if one.name not in keys and not one.kept)

    @property
    def may_be_ruled(self) -> bool:
        """Whether a business rule is proposed: one of two sides, for no look tells which amounts it would answer."""
        return self.keys.task == "binary" and bool(self.amounts)

    @property
    def amounts(self) -> tuple[Proposed, ...]:
        """The columns by which a rule could decide: numbers, never a name in digits, nor what tells who somebody is."""
        numbers = [one for one in self.features if one.kind in {Kind.NUMBER, Kind.INTEGER} and one.is_permitted]
        return tuple(one for one in numbers if one.has_upper_half and not one.is_name and not one.follows)
