"""The kinds of values a charter holds: bounded texts, names, numbers, money, shares and durations."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from flywheel.domain.gate_catalogue import BY_CHARTER, CATALOGUE, codes_in
from flywheel.domain.seen_text import BREAKS, EMAIL, LONGEST_LINE, unseen_in
from flywheel.domain.stages import Stage
from flywheel.project.reading.levels import level_of
from flywheel.project.reading.written_units import is_unit

COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
"""A column's name: it appears in rules, so it may hold nothing that any engine could take for code."""

SLUG = re.compile(r"[a-z][a-z0-9-]{1,62}")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,62}|(slack|mailto|pagerduty|webhook)://[A-Za-z0-9@._-]{1,120}")
_LIMIT = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DURATION = re.compile(r"([0-9]{1,5}) (minute|hour|day|week|month|year)s?")


class Block(BaseModel):
    """A table of the charter: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="after")
    @classmethod
    def _says_nothing_twice(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a list with a value that is there already, which says nothing; the two ends of a range may be one."""
        is_list = isinstance(value, tuple) and info.field_name != "between"
        plain = [item for item in value if isinstance(item, str | int | float)] if is_list else []
        if doubled := next((item for place, item in enumerate(plain) if item in plain[:place]), None):
            raise wrong(f"names {doubled} twice", "each once")
        return value


class Unit(StrEnum):
    """What a duration is counted in."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_LENGTH = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(weeks=1),
    Unit.MONTH: timedelta(days=30),
    Unit.YEAR: timedelta(days=365),
}


@dataclass(frozen=True)
class Duration:
    """A number of minutes, hours, days, weeks, months or years; written back as it was meant."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "30 minutes", "1 day", "3 months"."""
        match = _DURATION.fullmatch(text.strip())
        if match is None or int(match[1]) < 1:
            raise ValueError(f"not a duration: {text!r}")
        return cls(int(match[1]), Unit(match[2]))

    @property
    def length(self) -> timedelta:
        """Its length, a month counted as 30 days and a year as 365."""
        return self.amount * _LENGTH[self.unit]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.value}{'' if self.amount == 1 else 's'}"


def wrong(what: str, allowed: str) -> PydanticCustomError:
    """Make the error of one field: what is wrong and what is allowed."""
    return PydanticCustomError("charter", "{what}", {"what": what, "allowed": allowed})


def seen(text: str) -> str:
    """Refuse signs that nobody sees."""
    if unseen := unseen_in(text):
        raise wrong(f"holds {unseen}", "printable text")
    return text


def _one_line(text: str) -> str:
    if any(sign in text for sign in BREAKS):
        raise wrong("holds a line break or a tab", "one line of text")
    return text


def _matching(pattern: re.Pattern[str], what: str, allowed: str) -> AfterValidator:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise wrong(what, allowed)
        return text

    return AfterValidator(check)


def _one_of(codes: Collection[str], what: str) -> AfterValidator:
    def check(text: str) -> str:
        if text not in codes:
            raise wrong(what, f"{', '.join(sorted(codes))} (docs/gates.md)")
        return text

    return AfterValidator(check)


def _as_money(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        amount = value
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        amount = Decimal(str(value))
    else:
        raise wrong(
            "is not an amount of money", "a finite number alone, such as 100_000 or 12.50: no quotes, no currency"
        )
    if not amount.is_finite() or abs(amount) > Decimal(10) ** 12:
        raise wrong("is not a sensible amount of money", "-1e12 to 1e12")
    return amount


def _as_duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    try:
        return Duration.parse(value if isinstance(value, str) else "")
    except ValueError as error:
        raise wrong("is not a duration", "such as '30 minutes', '1 day', '3 months'") from error


def _as_day(value: Any) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise wrong("is not a day", "such as 2027-12-31") from error
    if isinstance(value, datetime) or not isinstance(value, date):
        raise wrong("is not a day", "such as 2027-12-31")
    return value


def _as_bound(value: Any) -> float | datetime:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise wrong("is not a bound", "a finite number or a time with its zone") from error
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise wrong("is not a bound", "a finite number or a time with its zone, such as 2026-01-31T00:00:00Z")


def _as_code(value: Any) -> float | int | str:
    if isinstance(value, str):
        if len(value) > 100:
            raise wrong("is too long for a code", "at most 100 characters")
        return _one_line(seen(value))
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise wrong("is not a code", "a finite number or a short text")


def _as_unit(text: str) -> str:
    if not is_unit(text):
        raise wrong("is not what stands beside a number", 'such as "€", "USD", "%" or "kg", without digits and spaces')
    return seen(text)


def is_written(text: str) -> bool:
    """Whether a charter can hold this text of a file: no header and no word with signs that nobody sees."""
    try:
        return len(seen(text)) <= LONGEST_WRITTEN
    except PydanticCustomError:
        return False


def is_code(text: str) -> bool:
    """Whether a charter can name this value of the data: on one line, in signs that are seen, and not too long."""
    try:
        _as_code(text)
    except PydanticCustomError:
        return False
    return True


Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(seen), AfterValidator(_one_line)]
Word = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(seen), AfterValidator(_one_line)]
Paragraph = Annotated[str, Field(min_length=1, max_length=4_000), AfterValidator(seen)]
Query = Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(seen)]
Slug = Annotated[
    str, _matching(SLUG, "is not a short name", "a to z, 0 to 9 and hyphens, 2 to 63 long, beginning with a letter")
]
ColumnName = Annotated[
    str,
    _matching(COLUMN, "is not a column name", "letters, digits and underscores, 1 to 63 long, beginning with a letter"),
]
Currency = Annotated[str, _matching(re.compile("[A-Z]{3}"), "is not a currency", "three capital letters, such as EUR")]
Email = Annotated[str, _matching(EMAIL, "is not an e-mail address", "such as ana@bank.example")]
Channel = Annotated[
    str, _matching(_CHANNEL, "is not the name of a paging channel", "a name under [paging.channels] of the settings")
]
GateCode = Annotated[str, _one_of(CATALOGUE, "is no gate's code")]
ValidationGate = Annotated[str, _one_of(codes_in(Stage.VALIDATION), "is no gate of validation")]
WaivableGate = Annotated[str, _one_of(BY_CHARTER, "is no gate that a charter may waive")]
LimitName = Annotated[
    str, _matching(_LIMIT, "is not the name of a limit", "a to z, 0 to 9 and underscores, such as at_least")
]
Flag = Annotated[bool, Strict()]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Share = Annotated[float, Strict(), Field(ge=0, le=1, allow_inf_nan=False)]
Count = Annotated[int, Strict(), Field(ge=1, le=1_000_000_000)]
Days = Annotated[int, Strict(), Field(ge=0, le=3_650)]
Money = Annotated[Decimal, BeforeValidator(_as_money), PlainSerializer(str, return_type=str)]
Span = Annotated[Duration, BeforeValidator(_as_duration), PlainSerializer(str, return_type=str)]
Day = Annotated[date, BeforeValidator(_as_day)]
Bound = Annotated[float | datetime, BeforeValidator(_as_bound)]
_AsWritten = StringConstraints(strip_whitespace=False)
"""For values that are compared with data, where a space is a space."""

LONGEST_WRITTEN = 300
Written = Annotated[str, _AsWritten, Field(max_length=LONGEST_WRITTEN), AfterValidator(seen)]
"""Text as it stands in a file."""

Code = Annotated[float | int | Annotated[str, _AsWritten], BeforeValidator(_as_code)]
WrittenUnit = Annotated[str, _AsWritten, AfterValidator(_as_unit)]
"""What a file writes beside each number of a column."""

Level = Annotated[
    str,
    _AsWritten,
    Field(min_length=1, max_length=200),
    AfterValidator(seen),
    AfterValidator(_one_line),
    AfterValidator(level_of),
]
"""A category, named as it is read: 3.0 is 3."""
