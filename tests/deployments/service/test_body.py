"""Bodies: strict JSON, read one row after another, at a cost that an honest body of as many rows would have too."""

from __future__ import annotations

import json
import time
from itertools import islice
from typing import Any

import pytest

from deployments.service.body import LEAST_WINDOW, BadRequest, rows_of
from tests.factories.serving import body_of, make_row

MEGABYTES = 2_000_000


def refused(body: bytes) -> str:
    with pytest.raises(BadRequest) as error:
        list(rows_of(body))
    return json.dumps(error.value.problems)


@pytest.mark.parametrize("indent", [None, 0, 4])
@pytest.mark.parametrize("count", [0, 1, 2, 700])
def test_rows_are_those_of_the_document_however_it_is_spaced(indent: int | None, count: int) -> None:
    rows = [make_row(id=f"A{index}", note='} ], "\\ é \u2028') for index in range(count)]
    assert list(rows_of(json.dumps({"rows": rows}, indent=indent).encode())) == rows


@pytest.mark.parametrize("padding", range(40))
def test_rows_are_read_wherever_a_window_ends(padding: int) -> None:
    row: dict[str, Any] = {"a": "x" * 1_000, "b": [True, False, None, 1.5e10, -12345], "c": "\u00e9\n"}
    rows = [{"first": "y" * (LEAST_WINDOW - 700 - padding)}, *[row] * 40]
    assert list(rows_of(body_of(*rows))) == rows


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"\xff",
            b"\xef\xbb\xbf{}",
            b"[]",
            b"null",
            b'"rows"',
            b'{"rows":{}}',
            b'{"rows":[}',
            b'{"rows":[,]}',
        ),
        *(b'{"rows":[],"x":1}', b'{"x":1,"rows":[]}', b'{"rows":[]} x', b'{"rows":[]', b'{"rows":[{}', b'{"rows":[{}]'),
        *(b'{"rows":[{},]}', b'{"rows":[{} {}]}', b'{"rows":[tru]}', b'{"rows":[{"a":01}]}', b'{"rows":[],"rows":[]}'),
    ],
)
def test_body_of_another_shape_is_refused(body: bytes) -> None:
    assert refused(body)


def test_row_that_ends_in_no_window_is_refused_with_the_limit() -> None:
    assert f"{LEAST_WINDOW} characters" in refused(body_of({"a": "x" * LEAST_WINDOW}))
    assert f"{LEAST_WINDOW} characters" in refused(body_of({"a": [1] * LEAST_WINDOW}))
    assert list(rows_of(body_of({"a": "x" * LEAST_WINDOW}), longest_row=2 * LEAST_WINDOW))


def test_key_given_twice_among_very_many_is_refused_in_linear_time() -> None:
    keys = ",".join(f'"k{i}":1' for i in range(100_000))
    with pytest.raises(BadRequest, match="twice"):
        list(rows_of(f'{{"rows":[{{{keys},"k99999":1}}]}}'.encode(), longest_row=MEGABYTES))


HOSTILE = {
    "one object of many keys": b'{"rows":[{' + b",".join(b'"%d":1' % i for i in range(200_000)) + b"}]}",
    "one key very often": b'{"rows":[{' + b'"a":1,' * 300_000 + b'"a":1}]}',
    "a list of numbers": b'{"rows":[[' + b"1.5," * 500_000 + b"1]]}",
    "nesting": b'{"rows":[' + b"[" * MEGABYTES,
    "nesting of objects": b'{"rows":[' + b'{"a":' * 400_000,
    "one long text": b'{"rows":["' + b"\\u0041" * 300_000 + b'"]}',
    "one long number": b'{"rows":[0.' + b"1" * MEGABYTES + b"]}",
    "spaces": b'{"rows":[' + b" " * MEGABYTES + b"x]}",
    "something before": b"[" * MEGABYTES,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_body_costs_no_more_than_its_first_window(body: bytes) -> None:
    honest = body_of(*[make_row()] * 2_000)
    began = time.process_time()
    assert len(list(rows_of(honest))) == 2_000
    honest_seconds = time.process_time() - began
    began = time.process_time()
    with pytest.raises(BadRequest):
        list(rows_of(body))
    assert time.process_time() - began < 3 * honest_seconds


@pytest.mark.parametrize("junk", [b"1,", b"{},", b"1.5,"])
def test_what_follows_a_row_is_not_read_before_it_is_asked_for(junk: bytes) -> None:
    began = time.process_time()
    assert len(list(islice(rows_of(b'{"rows":[' + junk * (MEGABYTES // len(junk))), 20))) == 20
    assert time.process_time() - began < 0.05
