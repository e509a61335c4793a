"""Reads a prediction request strictly: everything that is not exactly what the contract says is refused, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployments.service.body import BadRequest, rows_of
from deployments.service.values import LARGEST_INTEGER, LONGEST_CATEGORY, LONGEST_TEXT, Wrong, read_time, reader_of
from flywheel.adapters.predictions.log import IMPLAUSIBLE
from flywheel.errors import shorten
from flywheel.project.contract import Contract
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.moments import is_implausible
from flywheel.project.reading.text_form import BLANKS

MOST_PROBLEMS, MOST_MEANT = 20, 4
LONGEST_WORD = 64
"""Of a number, a time or the spaces around a value."""
ESCAPED = 6
"""Characters that one takes as an escape."""


@dataclass(slots=True)
class Row:
    """One row to score: who and when it is about, its values by feature, and what was noticed."""

    entity: str | None
    event_at: datetime
    values: dict[str, Any]
    flags: list[str] = field(default_factory=list)


class RequestReader:
    """Knows one contract; reads request bodies against it."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._readers = [(feature.name, reader_of(feature, contract.date_forms)) for feature in contract.features]
        keys = {contract.entity} if contract.entity else set()
        self._required = {feature.name for feature in contract.features} | keys
        self._known = self._required | ({contract.time} if contract.time else set())
        self._alike = {_folded(name): name for name in sorted(self._known)}
        self._numbered = _numbered(self._known)
        self._longest_row = _longest_row(contract)

    def read(self, body: bytes, now: datetime) -> list[Row]:
        """Read the whole body or refuse it."""
        most = self._contract.limits.max_rows
        problems: list[Mapping[str, Any]] = []
        read: list[Row] = []
        index = -1
        for index, row in enumerate(rows_of(body, longest_row=self._longest_row)):
            if index == most:
                raise _wrong_number(f"more than {most}", most)
            try:
                read.append(self._read_row(row, now))
            except BadRequest as error:
                problems.extend({"row": index + 1, **problem} for problem in error.problems)
                if len(problems) >= MOST_PROBLEMS:
                    break
        if index < 0:
            raise _wrong_number("0", most)
        if problems:
            raise BadRequest(*problems[:MOST_PROBLEMS])
        return read

    def _read_row(self, row: Any, now: datetime) -> Row:
        if type(row) is not dict:
            raise BadRequest({"what": "a row must be an object of features by name", "found": shorten(row)})
        readers = self._readers
        problems: list[Mapping[str, Any]] = []
        if row.keys() != self._required and row.keys() != self._known:
            problems = self._problems_of_names(row)
            readers = [one for one in readers if one[0] in row]  # what is there is told too
        values: dict[str, Any] = {}
        flags: list[str] = []
        for name, reader in readers:
            try:
                values[name], flag = reader(row[name])
            except Wrong as wrong:
                problems.append(_problem(name, wrong, row[name]))
                continue
            if flag:
                flags.append(f"{flag}:{name}")
        entity, event_at = self._read_key(row, problems), self._read_time(row, now, problems)
        if problems:
            raise BadRequest(*problems)
        if is_implausible(event_at, now=now):
            event_at = now
            flags.append(f"{IMPLAUSIBLE}:{self._contract.time}")
        return Row(entity, event_at, values, flags)

    def _problems_of_names(self, row: dict[str, Any]) -> list[Mapping[str, Any]]:
        missing = sorted(self._required - row.keys())[:MOST_PROBLEMS]
        unknown = sorted(row.keys() - self._known)[:MOST_PROBLEMS]
        lacking = [{"what": "missing feature", "feature": name} for name in missing]
        strange = [self._unknown(name) for name in unknown]
        meant = [one for one in strange if "allowed" in one]  # what cures the rest, so it is told first
        return [*meant, *lacking, *(one for one in strange if "allowed" not in one)]

    def _unknown(self, name: str) -> Mapping[str, Any]:
        """Name what is no feature, and the one that is meant where a source's header was sent."""
        meant = self._contract.headers.get(name)
        problem = {"what": "unknown feature", "feature": shorten(name, LONGEST_WORD).strip("'\"")}
        if meant in self._known:
            return {**problem, "allowed": f"{meant}, its name here"}
        plain = _folded(name[:LONGEST_CATEGORY])
        alike = self._alike.get(plain) or " or ".join(self._numbered.get(plain, ())[:MOST_MEANT])
        return {**problem, "allowed": f"did you mean {alike}"} if alike else problem

    def _read_key(self, row: dict[str, Any], problems: list[Mapping[str, Any]]) -> str | None:
        name = self._contract.entity
        if name is None or name not in row:
            return None
        value = row[name]
        if type(value) is int and abs(value) <= LARGEST_INTEGER:
            return str(value)
        if type(value) is str and (plain := value.strip(BLANKS)) and len(value) <= LONGEST_CATEGORY:
            return plain
        problems.append(
            _problem(name, Wrong("not an id", f"a text of 1 to {LONGEST_CATEGORY} or a whole number"), value)
        )
        return None

    def _read_time(self, row: dict[str, Any], now: datetime, problems: list[Mapping[str, Any]]) -> datetime:
        name = self._contract.time
        if name is None or row.get(name) is None:
            return now
        try:
            return read_time(row[name], self._contract.date_forms)
        except Wrong as wrong:
            problems.append(_problem(name, wrong, row[name]))
            return now


def _numbered(names: Iterable[str]) -> dict[str, list[str]]:
    """Find the names that columns under one header got, such as code_1 and code_2, by that header."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        header, _, number = name.rpartition("_")
        if header and number.isdecimal():
            found.setdefault(_folded(header), []).append(name)
    return found


def _folded(name: str) -> str:
    """Leave of a name what people do not mistake: no case, no spaces, no marks between words."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _wrong_number(found: str, most: int) -> BadRequest:
    return BadRequest({"what": "number of rows", "found": found, "allowed": f"1 to {most}"})


def _longest_row(contract: Contract) -> int:
    """Bound a row that keeps to the contract, with every character escaped and room for spaces."""
    texts = {Kind.CATEGORY: LONGEST_CATEGORY, Kind.TEXT: LONGEST_TEXT}
    values = [(feature.name, texts.get(feature.kind, LONGEST_WORD)) for feature in contract.features]
    keys = [(name, LONGEST_CATEGORY) for name in (contract.entity, contract.time) if name]
    return sum(ESCAPED * (len(name) + length) + LONGEST_WORD for name, length in (*values, *keys))


def _problem(name: str, wrong: Wrong, found: Any) -> Mapping[str, Any]:
    return {"what": wrong.what, "feature": name, "found": shorten(found), "allowed": wrong.allowed}


def reasons_of(error: BadRequest, contract: Contract) -> tuple[str, ...]:
    """Name each problem by its kind and feature, for counting; what only the caller wrote is left out."""
    return tuple(_reason(problem, contract) for problem in error.problems)


def _reason(problem: Mapping[str, Any], contract: Contract) -> str:
    """Name a problem by its kind and feature; names that only the caller knows are left out."""
    feature = problem.get("feature")
    is_ours = feature in {contract.entity, contract.time} or contract.feature(str(feature)) is not None
    return f"{problem['what']}: {feature}" if is_ours and feature else str(problem["what"])
