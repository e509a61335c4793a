"""Requests: read strictly by the contract, refused with every problem."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deployments.service.body import BadRequest
from deployments.service.requests import RequestReader, Row
from tests.factories.serving import body_of, make_contract, make_row

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def read(body: bytes) -> list[Row]:
    return RequestReader(make_contract()).read(body, NOW)


def refused(body: bytes) -> str:
    with pytest.raises(BadRequest) as error:
        read(body)
    return json.dumps(error.value.problems)


def with_value(text: str) -> bytes:
    return body_of(make_row(bureau="@")).replace(b'"@"', text.encode())


def test_a_good_row_is_read_by_name_whatever_the_order_of_its_keys() -> None:
    row = dict(reversed(make_row().items()))
    assert read(body_of(row)) == read(body_of(make_row()))
    assert read(body_of(row))[0].values == {"bureau": 640.5, "age": 41, "channel": "web"}


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5_000, "9" * 40])
def test_a_number_that_json_or_a_float_lacks_is_refused(text: str) -> None:
    assert "number" in refused(with_value(text))


@pytest.mark.parametrize("value", ["640", True, [1], {"a": 1}])
def test_a_value_of_another_type_is_refused_naming_the_feature(value: object) -> None:
    assert '"feature": "bureau"' in refused(body_of(make_row(bureau=value)))


@pytest.mark.parametrize("text", ["1e300", "-1e19", "9007199254740994.0"])
def test_a_whole_number_is_held_to_its_bounds_however_it_is_written(text: str) -> None:
    assert "too large" in refused(body_of(make_row(age="@")).replace(b'"@"', text.encode()))
    assert read(body_of(make_row(age="@")).replace(b'"@"', b"41.0"))[0].values["age"] == 41


def test_a_missing_feature_is_named() -> None:
    row = make_row()
    del row["age"]
    assert '"missing feature", "feature": "age"' in refused(body_of(row))


def test_an_unknown_feature_is_named() -> None:
    assert '"feature": "approved"' in refused(body_of(make_row(approved=True)))


def test_every_problem_of_a_row_is_told_whatever_its_names_are() -> None:
    row = make_row(approved=True, age="old", channel=7.5)
    del row["bureau"]
    told = refused(body_of(row))
    assert [problem["feature"] for problem in json.loads(told)] == ["bureau", "approved", "age", "channel"]
    assert "\"'" not in told.replace('"found": "\'', "")


def test_null_is_taken_where_the_contract_allows_it_and_nowhere_else() -> None:
    assert read(body_of(make_row(bureau=None)))[0].values["bureau"] is None
    assert "null is not allowed" in refused(body_of(make_row(age=None)))


def test_a_key_given_twice_is_refused() -> None:
    assert "twice" in refused(b'{"rows":[{"age":1,"age":2}]}')


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udc00x"'])
def test_half_a_surrogate_pair_is_refused(text: str) -> None:
    body = body_of(make_row(channel="@")).replace(b'"@"', text.encode())
    assert "surrogate" in refused(body)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"\xef\xbb\xbf{}", b"[" * 20_000, b"[]", b'"rows"', b'{"rows":{}}', b'{"rows":[]}'),
        *(b'{"rows":[[1]]}', b'{"rows":["a"]}', b'{"rows":[],"x":1}', b'{"rows":[null]}'),
    ],
)
def test_a_body_of_another_shape_is_refused(body: bytes) -> None:
    assert refused(body)


def test_more_rows_than_the_limit_are_refused_with_the_limit() -> None:
    assert "1 to 2000" in refused(body_of(*[make_row()] * 2_001))


def test_every_problem_of_a_request_is_told_at_once_up_to_twenty() -> None:
    problems = json.loads(refused(body_of(make_row(age="x", bureau="y"), *[{}] * 50)))
    assert len(problems) == 20
    assert {problem["feature"] for problem in problems[:2]} == {"age", "bureau"}


def test_a_value_outside_the_training_range_is_scored_and_flagged() -> None:
    assert read(body_of(make_row(bureau=1e12)))[0].flags == ["out_of_range:bureau"]


def test_an_unseen_category_is_scored_and_flagged_and_a_huge_one_refused() -> None:
    assert read(body_of(make_row(channel="fax")))[0].flags == ["unseen_category:channel"]
    assert read(body_of(make_row(channel="")))[0].flags == ["unseen_category:channel"]
    assert "not a category" in refused(body_of(make_row(channel="x" * 1_000)))


def test_a_declared_missing_code_is_flagged_as_one() -> None:
    assert read(body_of(make_row(bureau=-1)))[0].flags == ["missing_code:bureau"]


def test_a_row_without_a_time_happened_now_and_a_time_without_a_zone_is_utc() -> None:
    row = make_row()
    del row["at"]
    assert read(body_of(row))[0].event_at == NOW
    assert read(body_of(make_row(at="2026-01-05T10:00:00")))[0].event_at == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_taken"),
    [
        ("2026-03-02T00:00:00Z", True),
        ("2026-03-02T00:00:01Z", False),
        ("2027-03-01", False),
        ("9999-12-31T23:59:59Z", False),
        ("1970-01-01", True),
        ("1969-12-31T23:59:59Z", False),
        ("0001-01-01", False),
    ],
)
def test_a_time_that_cannot_be_is_flagged_and_the_row_kept_as_of_now(at: str, is_taken: bool) -> None:
    (row,) = read(body_of(make_row(at=at)))
    assert row.flags == ([] if is_taken else ["implausible_time:at"])
    assert (row.event_at == NOW) is not is_taken


@pytest.mark.parametrize("at", ["yesterday", 5, "0001-01-01T00:00:00+23:00"])
def test_a_time_that_is_none_is_refused(at: object) -> None:
    assert "not a time" in refused(body_of(make_row(at=at)))


def test_a_header_of_the_source_is_refused_with_the_name_that_it_has_here() -> None:
    row = make_row()
    row["Score (Auskunft)"] = row.pop("bureau")
    reader = RequestReader(make_contract(headers={"Score (Auskunft)": "bureau"}))
    with pytest.raises(BadRequest) as refused:
        reader.read(body_of(row), NOW)
    unknown = refused.value.problems[0]
    assert (unknown["feature"], unknown["allowed"]) == ("Score (Auskunft)", "bureau, its name here")


def test_a_name_that_is_only_written_otherwise_is_refused_with_the_one_that_is_meant() -> None:
    row = make_row()
    row[" Bureau-"] = row.pop("bureau")
    row["nothing like it"] = 1
    with pytest.raises(BadRequest) as refused:
        RequestReader(make_contract()).read(body_of(row), NOW)
    told = {one["feature"]: one.get("allowed") for one in refused.value.problems}
    assert told == {"bureau": None, " Bureau-": "did you mean bureau", "nothing like it": None}


def test_a_header_that_two_columns_share_is_refused_with_the_names_of_both_and_first_of_all() -> None:
    first, *others = make_contract().features
    features = (*others, *(replace(first, name=name) for name in ("Kod_1", "Kod_2")))
    reader = RequestReader(make_contract(features=features))
    with pytest.raises(BadRequest) as refused:
        reader.read(body_of({"age": 41, "channel": "web", "id": "A1", "Kod": 5}), NOW)
    assert [one["feature"] for one in refused.value.problems] == ["Kod", "Kod_1", "Kod_2"]
    assert refused.value.problems[0]["allowed"] == "did you mean Kod_1 or Kod_2"
