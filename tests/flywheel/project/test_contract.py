"""The contract of an endpoint: written, read back, refused when it contradicts itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from flywheel.errors import InputRefused
from flywheel.project.contract import Feature, read_contract
from flywheel.project.reading.kinds import Kind
from tests.factories.serving import RULE, make_contract


def test_a_contract_reads_back_as_it_was_written() -> None:
    contract = make_contract()
    assert read_contract(contract.to_json()) == contract
    assert read_contract(contract.to_json()).digest == contract.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"project": "../etc"},
        {"mode": "shadow"},
        {"mode": "rule", "rule": None},
        {"model_digest": None},
        {"answer": None},
        {"threshold": 0.5},
        {"features": []},
        {"entity": "age"},
        {"features": [{"name": "age", "kind": "pickle"}]},
        {"limits": {"max_rows": 0}},
        {"limits": {"workers": 4}},
        {"surprise": 1},
        {"rule": RULE | {"column": "income"}},
        {"rule": RULE | {"at_most": 3}},
        {"rule": RULE | {"missing": "os.system"}},
        {"rule": RULE | {"then": 120.0, "otherwise": 80.0, "missing": 100.0}},
    ],
)
def test_a_contract_that_is_unknown_or_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    document = {**json.loads(make_contract().to_json()), **changes}
    with pytest.raises(InputRefused, match=r"contract|rule"):
        read_contract(document)


def test_an_example_shows_no_word_that_means_missing() -> None:
    """The class: whoever copies an example sends what training learned from."""
    contract = make_contract()
    words = (
        Feature("job", Kind.CATEGORY, categories=("-", "k.A.", "Koch")),
        Feature("no", Kind.CATEGORY, categories=("-",)),
    )
    (row,) = replace(contract, features=words).example()["rows"]
    assert (row["job"], row["no"]) == ("Koch", None)
