"""Reads a prediction request strictly: everything that is not exactly what the contract says is refused, by name."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployments.service.values import LARGEST_INTEGER, LONGEST_CATEGORY, Wrong, read_time, reader_of
from flywheel.errors import shorten
from flywheel.project.contract import Contract

MOST_PROBLEMS = 20


class BadRequest(Exception):
    """The request as a whole is refused, with every problem found up to a limit."""

    def __init__(self, *problems: Mapping[str, Any]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem["what"]) for problem in problems))


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
        self._readers = [(feature.name, reader_of(feature)) for feature in contract.features]
        keys = {contract.entity} if contract.entity else set()
        self._required = {feature.name for feature in contract.features} | keys
        self._known = self._required | ({contract.time} if contract.time else set())

    def read(self, body: bytes, now: datetime) -> list[Row]:
        """Read the whole body or refuse it."""
        document = parse_json(body)
        if type(document) is not dict or set(document) != {"rows"} or type(document["rows"]) is not list:
            raise BadRequest({"what": 'the body must be {"rows": [{...}, ...]} and nothing else'})
        rows = document["rows"]
        most = self._contract.limits.max_rows
        if not 1 <= len(rows) <= most:
            raise BadRequest({"what": "number of rows", "found": len(rows), "allowed": f"1 to {most}"})
        problems: list[Mapping[str, Any]] = []
        read = []
        for index, row in enumerate(rows):
            try:
                read.append(self._read_row(row, now))
            except BadRequest as error:
                problems.extend({"row": index, **problem} for problem in error.problems)
                if len(problems) >= MOST_PROBLEMS:
                    break
        if problems:
            raise BadRequest(*problems[:MOST_PROBLEMS])
        return read

    def _read_row(self, row: Any, now: datetime) -> Row:
        if type(row) is not dict:
            raise BadRequest({"what": "a row must be an object of features by name", "found": shorten(row)})
        if row.keys() != self._required and row.keys() != self._known:
            self._must_have_the_names(row)
        problems: list[Mapping[str, Any]] = []
        values: dict[str, Any] = {}
        flags: list[str] = []
        for name, reader in self._readers:
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
        return Row(entity, event_at, values, flags)

    def _must_have_the_names(self, row: dict[str, Any]) -> None:
        missing = sorted(self._required - row.keys())
        unknown = sorted(row.keys() - self._known)
        if missing or unknown:
            raise BadRequest(
                *({"what": "missing feature", "feature": name} for name in missing),
                *({"what": "unknown feature", "feature": shorten(name)} for name in unknown),
            )

    def _read_key(self, row: dict[str, Any], problems: list[Mapping[str, Any]]) -> str | None:
        name = self._contract.entity
        if name is None:
            return None
        value = row[name]
        if type(value) is int and abs(value) <= LARGEST_INTEGER:
            return str(value)
        if type(value) is str and 0 < len(value) <= LONGEST_CATEGORY:
            return value
        problems.append(
            _problem(name, Wrong("not an id", f"a text of 1 to {LONGEST_CATEGORY} or a whole number"), value)
        )
        return None

    def _read_time(self, row: dict[str, Any], now: datetime, problems: list[Mapping[str, Any]]) -> datetime:
        name = self._contract.time
        if name is None or row.get(name) is None:
            return now
        try:
            return read_time(row[name])
        except Wrong as wrong:
            problems.append(_problem(name, wrong, row[name]))
            return now


def parse_json(body: bytes) -> Any:
    """Parse strict JSON: no duplicate keys, no number that JSON or a float lacks, no half characters."""
    try:
        text = body.decode("utf-8")
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
        if "\\u" in text:
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadRequest({"what": "the body holds half of a surrogate pair"}) from error
    except UnicodeDecodeError as error:
        raise BadRequest({"what": f"the body is not UTF-8 at byte {error.start}"}) from error
    except json.JSONDecodeError as error:
        raise BadRequest({"what": f"the body is not JSON: {error.msg} at character {error.pos}"}) from error
    except RecursionError as error:
        raise BadRequest({"what": "the body is nested too deeply"}) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise BadRequest({"what": "the body holds a number that is too long"}) from error
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise BadRequest({"what": "a key is given twice", "feature": shorten(twice)})
    return named


def _constant(name: str) -> Any:
    raise BadRequest({"what": f"{name} is no JSON number"})


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadRequest({"what": "a number is too large", "found": shorten(text)})
    return value


def _problem(name: str, wrong: Wrong, found: Any) -> Mapping[str, Any]:
    return {"what": wrong.what, "feature": name, "found": shorten(found), "allowed": wrong.allowed}
