"""Every key of a charter, found by walking its schema, and one change of each that a charter may make."""

from __future__ import annotations

import copy
import tomllib
import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from flywheel.domain.digests import Json, plain
from flywheel.project.charter.charter import Charter
from tests.factories.charters import whole
from tests.factories.more_blocks import MORE

NAME, PLACE = "*", "[]"
"""In a key: a name that the author chooses, a place in a list of tables."""


def keys_of(model: type[BaseModel] = Charter, where: str = "") -> Iterator[str]:
    """Name every key of a schema by its path."""
    for name, hint in get_type_hints(model, include_extras=False).items():
        if name in model.model_fields:
            yield from _below(hint, f"{where}.{name}" if where else name)


def only_choice(key: str) -> bool:
    """Whether a key takes one value alone, so that nothing can be changed in it."""
    if {NAME, PLACE} & set(key.split(".")):
        return False
    hint: object = Charter
    for part in key.split("."):
        model = _models(hint)[0]
        hint = get_type_hints(model, include_extras=False)[part]
    options = [option for option in _options(hint) if option is not type(None)]
    choices = [get_args(get_args(one)[0] if get_origin(one) is tuple else one) for one in options]
    return len(choices) == 1 and len(choices[0]) == 1 and isinstance(choices[0][0], str)


def document() -> dict[str, Any]:
    """A charter that says something of every block."""
    read: dict[str, Any] = plain(tomllib.loads(whole()))  # type: ignore[assignment]  # a table stays one
    more: dict[str, Any] = plain(tomllib.loads(MORE))  # type: ignore[assignment]  # a table stays one
    for block in ("feasibility", "risks", "kpis", "it", "population", "timeline"):
        read[block] = more[block]
    data = read["data"]
    data["waivers"] = more["data"]["waivers"]
    data["checks"] += more["data"]["checks"]
    data["sources"] |= more["data"]["sources"]
    data["columns"] |= {data["entity"]: {"kind": "text", "missing": {"at_most": 0.1}}}
    read["features"] = {"score_by_month": {"is": "bureau_score / (months_since_delinquency + 1)", "unit": "points"}}
    return read


AMOUNTS: Mapping[str, Json] = {
    "research.task": "regression",
    "value.payoff": None,
    "value.error_cost": {"over": 1, "under": 3},
    "decision": None,
    "data.target": "income",
    "data.columns.income.expect": None,
    "data.positive": None,
    "validation.fairness": None,
    "delivery.rule.then": 120.0,
    "delivery.rule.otherwise": 80.0,
    "delivery.rule.missing": 100.0,
}
"""Where another kind of problem is asked, much else is said."""


def changed(key: str) -> dict[str, Any]:
    """The same charter with another value of one key."""
    said = document()
    for path, value in CHANGES[key].items():
        _put(said, path, value)
    return said


CHANGES: Mapping[str, Mapping[str, Json]] = {
    "title": {"title": "Another title"},
    "owner": {"owner": "olga@bank.example"},
    "problem.statement": {"problem.statement": "Something else hurts."},
    "problem.objective": {"problem.objective": "Something else is better."},
    "problem.decision": {"problem.decision": "apply"},
    "problem.process": {"problem.process": ["apply", "decide", "issue card"]},
    "problem.out_of_scope": {"problem.out_of_scope": ["all that is small"]},
    "risk.exposure": {"risk.exposure": "medium"},
    "risk.purpose": {"risk.purpose": "internal process"},
    "risk.regulated": {"risk.regulated": False},
    "stakeholders.business": {"stakeholders.business": ["ben@bank.example", "bea@bank.example"]},
    "stakeholders.validator": {"stakeholders.validator": ["vera@bank.example", "vic@bank.example"]},
    "stakeholders.it": {"stakeholders.it": ["ivan@bank.example", "ida@bank.example"]},
    "stakeholders.legal": {"stakeholders.legal": ["leo@bank.example"]},
    "value.currency": {"value.currency": "CHF"},
    "value.unit": {"value.unit": "case"},
    "value.volume_per_year": {"value.volume_per_year": 1_000},
    "value.loss_per_year": {"value.loss_per_year": 1_000_000},
    "value.payoff.true_positive": {"value.payoff.true_positive": 1},
    "value.payoff.false_positive": {"value.payoff.false_positive": -1},
    "value.payoff.true_negative": {"value.payoff.true_negative": 2},
    "value.payoff.false_negative": {"value.payoff.false_negative": -3},
    **dict.fromkeys(("value.error_cost.over", "value.error_cost.under", "research.task"), AMOUNTS),
    "value.improvement.low": {"value.improvement.low": 0.01},
    "value.improvement.likely": {"value.improvement.likely": 0.05},
    "value.improvement.high": {"value.improvement.high": 0.2},
    "value.confidence": {"value.confidence": 0.9},
    "value.costs.people_days": {"value.costs.people_days": {"data": 300}},
    "value.costs.day_rate": {"value.costs.day_rate": 2_000},
    "value.costs.compute": {"value.costs.compute": 50_000},
    "value.costs.data_per_year": {"value.costs.data_per_year": 90_000},
    "feasibility.sponsor": {"feasibility.sponsor": "sam@bank.example"},
    "feasibility.bounded": {"feasibility.bounded": False},
    "feasibility.data": {"feasibility.data": "to be joined"},
    "feasibility.operations": {"feasibility.operations": "to be built"},
    "feasibility.change": {"feasibility.change": "large"},
    f"risks.{PLACE}.what": {"risks.0.what": "the bureau goes away"},
    f"risks.{PLACE}.likelihood": {"risks.0.likelihood": "low"},
    f"risks.{PLACE}.harm": {"risks.0.harm": "medium"},
    f"risks.{PLACE}.answer": {"risks.0.answer": "a second bureau"},
    f"risks.{PLACE}.owner": {"risks.0.owner": "ben@bank.example"},
    f"kpis.{PLACE}.name": {"kpis.0.name": "what it earns"},
    f"kpis.{PLACE}.measure": {"kpis.0.measure": "AUC"},
    f"kpis.{PLACE}.from": {"kpis.0.from": 1},
    f"kpis.{PLACE}.target": {"kpis.0.target": 200_000},
    f"kpis.{PLACE}.by": {"kpis.0.by": "2028-12-31"},
    f"kpis.{PLACE}.reported_by": {"kpis.1.reported_by": "ivan@bank.example"},
    "population.who": {"population.who": "everybody"},
    "population.min_rows": {"population.min_rows": 200},
    f"population.columns.{NAME}.between": {"population.columns.age.between": [18, 70]},
    f"population.columns.{NAME}.among": {"population.columns.region.among": ["north"]},
    "it.deliverable": {"it.deliverable": None},
    "it.max_latency_ms": {"it.max_latency_ms": 10},
    "it.max_package_mb": {"it.max_package_mb": 50},
    "it.no_egress": {"it.no_egress": True},
    "timeline.research_by": {"timeline.research_by": "2027-04-30"},
    "timeline.delivery_by": {"timeline.delivery_by": "2027-07-31"},
    "decision.positive": {"decision.positive": "refer"},
    "decision.negative": {"decision.negative": "accept"},
    "data.target": {"data.target": "late_3m"},
    "data.positive": {"data.positive": False},
    "data.entity": {"data.entity": "customer_id"},
    "data.time": {"data.time": "decided_at"},
    f"data.sources.{NAME}.uri": {"data.sources.applications.uri": "others/*.parquet"},
    f"data.sources.{NAME}.query": {"data.sources.ledger.query": "select 2"},
    f"data.sources.{NAME}.join": {"data.sources.ledger.join": "region"},
    f"data.sources.{NAME}.purpose": {"data.sources.bureau.purpose": "research"},
    f"data.sources.{NAME}.available_after_days": {"data.sources.bureau.available_after_days": 3},
    f"data.sources.{NAME}.cost_per_year": {"data.sources.bureau.cost_per_year": 1},
    f"data.sources.{NAME}.delimiter": {"data.sources.survey.delimiter": ";"},
    f"data.sources.{NAME}.quote": {"data.sources.survey.quote": "'"},
    f"data.sources.{NAME}.encoding": {"data.sources.survey.encoding": "cp1252"},
    f"data.sources.{NAME}.decimal": {"data.sources.survey.decimal": ","},
    f"data.sources.{NAME}.thousands": {"data.sources.survey.thousands": ","},
    f"data.sources.{NAME}.header": {"data.sources.survey.header": False},
    f"data.sources.{NAME}.missing": {"data.sources.survey.missing": ["-"]},
    f"data.sources.{NAME}.date_format": {"data.sources.survey.date_format": "%d/%m/%Y"},
    f"data.columns.{NAME}.alias": {"data.columns.income.alias": ["The income"]},
    f"data.columns.{NAME}.kind": {"data.columns.months_since_delinquency.kind": "integer"},
    f"data.columns.{NAME}.between": {"data.columns.income.between": [0, 3_000_000]},
    f"data.columns.{NAME}.categories": {"data.columns.channel.categories": ["web", "branch"]},
    f"data.columns.{NAME}.missing.codes": {"data.columns.bureau_score.missing.codes": [-1, 0]},
    f"data.columns.{NAME}.unit": {"data.columns.income.unit": "EUR"},
    f"data.columns.{NAME}.missing.at_most": {"data.columns.income.missing.at_most": 0.5},
    f"data.columns.{NAME}.missing.severity": {"data.columns.bureau_score.missing.severity": "warning"},
    f"data.columns.{NAME}.role": {"data.columns.region.role": "kept"},
    f"data.columns.{NAME}.permitted": {"data.columns.age.permitted": False},
    f"data.columns.{NAME}.known_at_decision": {"data.columns.age.known_at_decision": False},
    f"data.columns.{NAME}.expect": {"data.columns.age.expect": "increasing"},
    f"data.checks.{PLACE}.expectation": {"data.checks.0": {"expect_column_values_to_be_null": {"column": "income"}}},
    f"data.checks.{PLACE}.arguments": {"data.checks.1.expect_column_mean_to_be_between.min_value": 0.1},
    f"data.checks.{PLACE}.severity": {"data.checks.1.severity": "info"},
    f"data.checks.{PLACE}.where.{PLACE}.column": {"data.checks.2.where.0.column": "region"},
    f"data.checks.{PLACE}.where.{PLACE}.operator": {"data.checks.2.where.0": {"column": "channel", "is_not": "web"}},
    f"data.checks.{PLACE}.where.{PLACE}.value": {"data.checks.2.where.0.is": "branch"},
    f"data.waivers.{PLACE}.check": {"data.waivers.0.check": "DATA-002"},
    f"data.waivers.{PLACE}.column": {"data.waivers.0.column": "age"},
    f"data.waivers.{PLACE}.owner": {"data.waivers.0.owner": "ben@bank.example"},
    f"data.waivers.{PLACE}.reason": {"data.waivers.0.reason": "the new feed begins"},
    f"data.waivers.{PLACE}.until": {"data.waivers.0.until": "2028-03-31"},
    f"features.{NAME}.is": {"features.score_by_month.is": "bureau_score / (months_since_delinquency + 2)"},
    f"features.{NAME}.unit": {"features.score_by_month.unit": "points/year"},
    f"features.{NAME}.expect": {"features.score_by_month.expect": "decreasing"},
    f"features.{NAME}.permitted": {"features.score_by_month.permitted": False},
    "research.split.by": {"research.split": {"by": "random", "validation": 0.2, "test": 0.2}},
    "research.split.validation": {"research.split.validation": "2 months"},
    "research.split.equal_in": {"research.split.equal_in": ["region"]},
    "research.split.test": {"research.split.test": "2 months"},
    "research.budget.trials": {"research.budget.trials": 3},
    "research.budget.minutes": {"research.budget.minutes": 1.5},
    "research.seed": {"research.seed": 99},
    "validation.slices": {"validation.slices": ["region"]},
    "validation.fairness.groups": {"validation.fairness.groups": ["region"]},
    "validation.fairness.measure": {"validation.fairness.measure": "demographic_parity"},
    "validation.fairness.at_most": {"validation.fairness.at_most": 0.05},
    "validation.must_beat.baseline": {"validation.must_beat.baseline": 0.5},
    "validation.must_beat.champion": {"validation.must_beat.champion": 0.5},
    "validation.policy.quorum": {"validation.policy.quorum": {"validator": 2}},
    "validation.policy.agreement": {"validation.policy.agreement": {"it": 2}},
    "validation.policy.final_approver": {
        "validation.policy.final_approver": "business",
        "validation.policy.quorum": {"business": 1},
    },
    "validation.policy.validity_days": {"validation.policy.validity_days": 30},
    "validation.policy.warned_opens": {"validation.policy.warned_opens": False},
    "validation.policy.must_be_reproduced": {"validation.policy.must_be_reproduced": True},
    "validation.policy.required": {"validation.policy.required": ["PERF-002"]},
    "validation.policy.thresholds": {"validation.policy.thresholds": {"PERF-001": {"at_least": 0.2}}},
    "delivery.fallback": {"delivery.fallback": ["rule"]},
    "delivery.rule.column": {"delivery.rule.column": "income"},
    "delivery.rule.at_least": {"delivery.rule.at_least": 700},
    "delivery.rule.at_most": {"delivery.rule.at_most": 700, "delivery.rule.at_least": None},
    "delivery.rule.then": {"delivery.rule.then": "positive"},
    "delivery.rule.otherwise": AMOUNTS,
    "delivery.rule.missing": {"delivery.rule.missing": "negative"},
    "monitoring.every": {"monitoring.every": "1 day"},
    "monitoring.page": {"monitoring.page": ["desk"]},
    f"monitoring.signals.{PLACE}.watch": {"monitoring.signals.0.watch": "parity"},
    f"monitoring.signals.{PLACE}.action": {"monitoring.signals.0.action": "stop"},
    f"monitoring.signals.{PLACE}.columns": {"monitoring.signals.0.columns": ["income"]},
    f"monitoring.signals.{PLACE}.exempt": {"monitoring.signals.0.exempt": ["income"]},
    "retraining.every": {"retraining.every": "2 months"},
}
"""By key, what is written at which place instead; nothing written takes the key away."""


def _put(said: Any, path: str, value: Json) -> None:
    *before, last = (int(part) if part.isdigit() else part for part in path.split("."))
    for part in before:
        said = said[part] if isinstance(part, int) else said.setdefault(part, {})
    if value is None:
        del said[last]
    else:
        said[last] = copy.deepcopy(value)


def _below(hint: object, where: str) -> Iterator[str]:
    deeper = [*((model, where) for model in _models(hint)), *_tables(hint, where)]
    for model, place in deeper:
        yield from keys_of(model, place)
    if not deeper:
        yield where


def _tables(hint: object, where: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Find tables by name and lists of tables."""
    for option in _options(hint):
        origin, arguments = get_origin(option), get_args(option)
        if origin is tuple:
            yield from ((model, f"{where}.{PLACE}") for model in _models(arguments[0]))
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            yield from ((model, f"{where}.{NAME}") for model in _models(arguments[1]))


def _models(hint: object) -> list[type[BaseModel]]:
    return [one for one in _options(hint) if isinstance(one, type) and issubclass(one, BaseModel)]


def _options(hint: object) -> tuple[object, ...]:
    if get_origin(hint) in {Union, types.UnionType}:
        return tuple(option for part in get_args(hint) for option in _options(part))
    return (hint,)
