"""What a packaged model version takes in and gives out: the contract that travels with the endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flywheel.domain.digests import Digest, digest_of, plain
from flywheel.errors import InputRefused
from flywheel.project.answer import Answer, read_answer
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import may_be_no_answer
from flywheel.project.rule import Rule, read_rule

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Mode(StrEnum):
    """Who answers: the model, or the business rule that stands in for it."""

    MODEL = "model"
    RULE = "rule"


@dataclass(frozen=True)
class Feature:
    """One input: its kind, range and categories, those too rare to be learned one by one, and codes for missing."""

    name: str
    kind: Kind
    nullable: bool = True
    between: tuple[float, float] | None = None
    categories: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    missing_codes: tuple[float | str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """How much one request may ask for and how many wait at once."""

    max_rows: int = 2_000
    max_body_bytes: int = 2_000_000
    slots: int = 8
    deadline_seconds: float = 2.0


@dataclass(frozen=True)
class OwnTerms:
    """How much the project's own code may take for one call, under which user, and whether its cell must be whole."""

    seconds: float
    memory_bytes: int
    user: int
    is_high_risk: bool


@dataclass(frozen=True)
class Contract:
    """Everything the service must know beside the model's own files."""

    project: str
    version: str
    mode: Mode
    features: tuple[Feature, ...]
    answer: Answer
    model_digest: Digest | None = None
    entity: str | None = None
    time: str | None = None
    rule: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """What sources call the columns whose names here are others."""
    derived: Mapping[str, str] = field(default_factory=dict)
    """What the model computes from the features by itself: each derived feature with its expression."""
    own_code: OwnTerms | None = None
    """Under which terms the project's own code computes some of them, in a cell."""
    date_forms: tuple[tuple[str, ...], ...] = ((),)
    """The formats of dates that each source names, in their order; ISO 8601 is always read."""
    limits: Limits = Limits()

    @property
    def digest(self) -> Digest:
        """The digest of the contract as a whole, once numbers have their one form."""
        return digest_of(read_contract(self.to_json()))

    def feature(self, name: str) -> Feature | None:
        """Find a feature by name."""
        return next((feature for feature in self.features if feature.name == name), None)

    def example(self) -> dict[str, Any]:
        """Make up a request that is answered: one row, with a value of each kind."""
        row: dict[str, Any] = {feature.name: _some(feature) for feature in self.features}
        keys = {self.entity: "A1"} if self.entity else {}
        return {"rows": [keys | row]}

    def for_people(self) -> str:
        """Write the contract as an endpoint shows it, with an example of a request and what each answer says."""
        shown = {**json.loads(self.to_json()), "example": self.example(), "answers": self.answer.describe()}
        return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"

    def to_json(self) -> str:
        """Write the contract for people and for `read_contract`."""
        return json.dumps(plain(self), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_contract(document: str | Mapping[str, Any]) -> Contract:
    """Read a contract from JSON or plain values; refuse whatever is unknown or contradicts itself."""
    values = dict(json.loads(document) if isinstance(document, str) else document)
    try:
        values["mode"] = Mode(values["mode"])
        values["features"] = tuple(_feature(feature) for feature in values["features"])
        values["limits"] = Limits(**values.get("limits") or {})
        values["derived"] = {str(name): str(text) for name, text in dict(values.get("derived") or {}).items()}
        values["own_code"] = OwnTerms(**values["own_code"]) if values.get("own_code") else None
        values["date_forms"] = tuple(tuple(formats) for formats in values.get("date_forms") or ((),))
        values["answer"] = read_answer(values["answer"])
        contract = Contract(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise InputRefused(f"the serving contract cannot be read: {error}") from error
    _must_hold(contract)
    if contract.rule is not None:
        _must_fit(read_rule(contract.rule), contract)
    return contract


def _must_fit(rule: Rule, contract: Contract) -> None:
    """A rule stands in for a model: it reads what callers send, and answers in the same kind."""
    if contract.feature(rule.column) is None:
        raise InputRefused("the rule asks for a column that is not among the contract's features", found=rule.column)
    if not all(map(contract.answer.takes, rule.outcomes)):
        raise InputRefused("the rule answers in another kind than the contract", found=list(rule.outcomes))


def _feature(values: Mapping[str, Any]) -> Feature:
    fields = dict(values)
    between = fields.get("between")
    fields["kind"] = Kind(fields["kind"])
    fields["between"] = None if between is None else (float(between[0]), float(between[1]))
    fields["categories"] = tuple(fields.get("categories") or ())
    fields["rare"] = tuple(fields.get("rare") or ())
    fields["missing_codes"] = tuple(fields.get("missing_codes") or ())
    return Feature(**fields)


def _some(feature: Feature) -> Any:
    """Take the middle of a range, or the first category that is no word for missing."""
    if feature.kind in {Kind.NUMBER, Kind.INTEGER}:
        middle = sum(feature.between) / 2 if feature.between else 1.0
        return middle if feature.kind is Kind.NUMBER else round(middle)
    if feature.kind is Kind.CATEGORY and feature.categories:
        return next((one for one in feature.categories if not may_be_no_answer(one, feature.categories)), None)
    return {Kind.BOOLEAN: True, Kind.TIME: "2026-01-31T12:00:00Z"}.get(feature.kind, "some text")


def _must_hold(contract: Contract) -> None:
    names = [feature.name for feature in contract.features]
    keys = [*names, *(key for key in (contract.entity, contract.time) if key)]
    rules = (
        (bool(_SLUG.fullmatch(contract.project)), "project must be a slug", contract.project),
        (bool(names) or contract.mode is Mode.RULE, "a contract needs at least one feature", names),
        (len(set(keys)) == len(keys), "features, entity and time need distinct names", keys),
        (contract.mode is Mode.RULE or bool(contract.model_digest), "mode model needs a model digest", None),
        (contract.mode is Mode.MODEL or bool(contract.rule), "mode rule needs a rule", None),
        (contract.limits.max_rows > 0 and contract.limits.slots > 0, "limits must be above zero", contract.limits),
    )
    for holds, what, found in rules:
        if not holds:
            raise InputRefused(f"the serving contract does not hold: {what}", found=found)
