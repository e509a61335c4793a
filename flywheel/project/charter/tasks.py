"""What a kind of problem asks of a charter: how its money is said, what its target can be, and what says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from flywheel.project.charter.toml_text import Path
from flywheel.project.reading.kinds import Kind

Task = Literal["binary", "regression"]


@dataclass(frozen=True)
class TaskKeys:
    """One kind, as far as `project.toml` is concerned."""

    question: str
    money: str
    """The key under `[value]` that says what decisions bring."""
    money_words: Mapping[str, str]
    """By key below it what it stands for, of one unit."""
    money_example: str
    rule_example: str
    target_kinds: frozenset[Kind]
    idle: Mapping[Path, str]
    """Keys that do nothing for it, with the reason."""
    measures: frozenset[str]
    """What a target can be measured by."""
    has_positive: bool = False


_ANSWERS = "there are no two answers: what is decided is an amount"

TASKS: Mapping[Task, TaskKeys] = MappingProxyType(
    {
        "binary": TaskKeys(
            "yes or no",
            "payoff",
            {
                "true_positive": "one {unit} acted on, rightly",
                "false_positive": "one {unit} acted on, wrongly",
                "true_negative": "one {unit} left, rightly",
                "false_negative": "one {unit} left, wrongly",
            },
            "payoff = { true_positive = 30, false_positive = -8, true_negative = 0, false_negative = -60 }",
            '"positive" or "negative"',
            frozenset(Kind),
            {},
            frozenset({"value per year", "AUC", "hit rate", "share acted on"}),
            has_positive=True,
        ),
        "regression": TaskKeys(
            "an amount",
            "error_cost",
            {
                "over": "cost of each unit by which one {unit} is decided too high",
                "under": "cost of each unit by which one {unit} is decided too low",
            },
            "error_cost = { over = 0.5, under = 2.0 }",
            "amounts: then = 120.0, otherwise = 80.0 and missing = 100.0",
            frozenset({Kind.NUMBER, Kind.INTEGER}),
            {
                ("data", "positive"): _ANSWERS,
                ("decision",): _ANSWERS,
                ("validation", "fairness"): "its measures compare shares of yes; name the groups under "
                "validation.slices, and what each gets is judged there",
            },
            frozenset({"value per year", "mean absolute error"}),
        ),
    }
)
"""Every kind, by the word under `[research] task`."""
