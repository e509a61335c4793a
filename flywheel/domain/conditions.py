"""Conditions of an approval: until when, for what share of traffic and for which cases; all are enforced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from flywheel.domain.digests import Json, plain
from flywheel.errors import Refused, counted

WHOLE = 1.0
MAX_COLUMNS, MAX_VALUES = 5, 50


@dataclass(frozen=True)
class Conditions:
    """What an approval is bound to; nothing said binds nothing."""

    until_at: datetime | None = None
    traffic_share: float = WHOLE
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Cases for which the model may answer: column -> permitted values; the fallback rule answers the others."""

    def __post_init__(self) -> None:
        if not 0 < self.traffic_share <= WHOLE:
            raise Refused(
                "a share of traffic must be a part of the whole", found=self.traffic_share, allowed="above 0, at most 1"
            )
        if self.until_at is not None and self.until_at.tzinfo is None:
            raise ValueError("the end of an approval needs a time zone")

    @property
    def limits_traffic(self) -> bool:
        """Whether some requests are not for the model."""
        return self.traffic_share < WHOLE or bool(self.only)

    def permits(self, case: str, values: Mapping[str, object]) -> bool:
        """Whether the model may answer a case: of a permitted kind, and within the share by a stable draw."""
        if any(values.get(column) not in permitted for column, permitted in self.only.items()):
            return False
        draw = int.from_bytes(hashlib.sha256(case.encode()).digest()[:8]) / 2**64
        return self.traffic_share >= WHOLE or draw < self.traffic_share

    def sentence(self) -> str:
        """Say it for a person; empty where there is none."""
        parts = [f"until {self.until_at:%Y-%m-%d %H:%M} UTC"] if self.until_at else []
        parts += [f"for {self.traffic_share:.4g} of the traffic"] if self.traffic_share < WHOLE else []
        parts += [f"only where {column} is {' or '.join(values) or 'nothing'}" for column, values in self.only.items()]
        return ", ".join(parts)

    def to_json(self) -> dict[str, Json]:
        """Write them as plain values; what is not said is left out."""
        said: dict[str, Json] = {}
        if self.until_at is not None:
            said["until_at"] = plain(self.until_at)
        if self.traffic_share < WHOLE:
            said["traffic_share"] = self.traffic_share
        if self.only:
            said["only"] = plain({column: sorted(values) for column, values in sorted(self.only.items())})
        return said


NONE = Conditions()


def conditions_from(said: Mapping[str, Json]) -> Conditions:
    """Read conditions from plain values; an unknown one is refused, for nothing would enforce it.

    Several approvals add up to more columns than one person may name, and to columns without a value: those are read.
    """
    if unknown := sorted(said.keys() - {"until_at", "traffic_share", "only"}):
        raise Refused(
            "nothing would enforce this condition",
            found=unknown,
            allowed="until_at, traffic_share, only (column -> values)",
        )
    until, share, only = said.get("until_at"), said.get("traffic_share", WHOLE), said.get("only", {})
    is_read = (
        (until is None or isinstance(until, str))
        and isinstance(share, int | float)
        and not isinstance(share, bool)
        and isinstance(only, dict)
        and all(isinstance(values, list) for values in only.values())
    )
    if not is_read:
        raise Refused("a condition has the wrong form", found=dict(said), allowed="a time, a number, lists of values")
    assert isinstance(share, int | float)
    assert isinstance(only, dict)
    return Conditions(
        _time(until) if isinstance(until, str) else None,
        float(share),
        {
            str(column): tuple(sorted(map(str, values)))
            for column, values in sorted(only.items())
            if isinstance(values, list)
        },
    )


def conditions_in_words(*, until: str = "", traffic_share: float = WHOLE, only: Iterable[str] = ()) -> Conditions:
    """Read what a person typed: the last day, a share, and COLUMN=VALUE,VALUE entries."""
    said: dict[str, Json] = {"traffic_share": traffic_share}
    if until.strip():
        try:
            last_day = date.fromisoformat(until.strip())
            said["until_at"] = plain(datetime.combine(last_day, time.min, tzinfo=UTC) + timedelta(days=1))
        except (ValueError, OverflowError) as error:  # the last day of the calendar has no day after it
            raise Refused(
                "the last day of an approval is not a day", found=until, allowed="such as 2027-06-30"
            ) from error
    cases: dict[str, Json] = {}
    for entry in only:
        column, separator, values = entry.partition("=")
        listed: list[Json] = [value.strip() for value in values.split(",") if value.strip()]
        if not separator or not column.strip() or column.strip() in cases:
            raise Refused("cases are given as COLUMN=VALUE,VALUE, each column once", found=entry)
        cases[column.strip()] = listed
    typed = conditions_from(said | ({"only": cases} if cases else {}))
    check_cases(typed)
    return typed


def check_cases(conditions: Conditions) -> None:
    """Refuse one person's conditions that name too many cases, or none."""
    counts = [len(values) for values in conditions.only.values()]
    if len(counts) > MAX_COLUMNS or not all(1 <= count <= MAX_VALUES for count in counts):
        raise Refused(
            "a condition names too many cases, or none",
            found=f"{counted(len(counts), 'column')}, {counted(max(counts), 'value')}",
            allowed=f"at most {MAX_COLUMNS} columns, each with 1 to {MAX_VALUES} values",
        )


def strictest(several: Iterable[Conditions]) -> Conditions:
    """Add conditions up: the earliest end, the smallest share, the cases that all permit."""
    ends: list[datetime] = []
    share, only = WHOLE, dict[str, tuple[str, ...]]()
    for one in several:
        ends += [one.until_at] if one.until_at else []
        share = min(share, one.traffic_share)
        for column, values in one.only.items():
            only[column] = tuple(v for v in only[column] if v in values) if column in only else tuple(values)
    return Conditions(min(ends, default=None), share, only)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(
            "the end of an approval is not a time", found=text, allowed="such as 2027-06-30T00:00:00+00:00"
        ) from error
    if moment.tzinfo is None:
        raise Refused(
            "the end of an approval needs a time zone", found=text, allowed="such as 2027-06-30T00:00:00+00:00"
        )
    return moment
