"""What is left of a broken charter is still a charter."""

import tomllib

from flywheel.project.charter.salvage import spoken_columns, without
from tests.factories.charters import whole


def test_only_the_wrong_place_is_cut_out() -> None:
    values = tomllib.loads(whole())
    values["research"]["budget"]["trials"] = -1
    charter, cut = without(values, [("research", "budget", "trials")])
    assert charter is not None
    assert charter.research.budget.minutes == 5
    assert cut == {("research", "budget", "trials")}


def test_a_table_goes_with_the_key_that_it_cannot_be_without() -> None:
    values = tomllib.loads(whole())
    del values["monitoring"]["signals"][1]["watch"]
    charter, _ = without(values, [("monitoring", "signals", 1, "watch")])
    assert charter is not None
    assert charter.monitoring is not None
    assert len(charter.monitoring.signals) == 3


def test_a_missing_name_does_not_hide_the_rest() -> None:
    values = tomllib.loads(whole())
    del values["name"]
    charter, _ = without(values, [("name",)])
    assert charter is not None
    assert charter.data is not None


def test_what_was_given_is_left_as_it_was() -> None:
    values = tomllib.loads(whole())
    without(values, [("data", "target")])
    assert values == tomllib.loads(whole())


def test_columns_are_heard_even_where_the_data_are_otherwise_wrong() -> None:
    values = {"data": {"columns": {"x": 7}, "target": "y", "time": 3, "sources": {"more": {"join": "key"}, "odd": 1}}}
    assert spoken_columns(values) == {"x", "y", "key"}
    assert spoken_columns({"data": 5}) == frozenset()
