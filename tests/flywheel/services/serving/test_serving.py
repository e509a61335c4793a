"""An endpoint as a caller sees it: awaited, asked, and held against what is known; nothing tried is nothing proven."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flywheel.adapters.predictions.log import OUTSIDE
from flywheel.catalog.engine import Catalog
from flywheel.errors import Unavailable
from flywheel.services.serving import endpoints, serving
from flywheel.settings import Settings
from tests.fakes.json_server import JsonServer, json_server

CONTRACT = {"entity": "id", "time": None, "features": [{"name": "age"}, {"name": "channel"}]}
ROWS = pd.DataFrame({"id": ["A", "B"], "age": [41, 52], "channel": ["web", None], "unasked": [1, 2]})
KNOWN = np.array([0.25, 0.75])


def answer_of(*scores: float | None, by: str = "model") -> dict[str, Any]:
    return {"served_by": by, "predictions": [{"score": score} for score in scores]}


@pytest.fixture
def endpoint() -> Iterator[JsonServer]:
    with json_server(contract=(200, CONTRACT), predict=(200, answer_of(0.25, 0.75))) as server:
        yield server


def test_equal_scores_are_no_difference_and_only_what_the_contract_names_is_sent(endpoint: JsonServer) -> None:
    assert serving.differences(endpoint.url, ROWS, KNOWN, "card:1") == ()
    headers, body = endpoint.sent[-1]
    assert body == {"rows": [{"id": "A", "age": 41, "channel": "web"}, {"id": "B", "age": 52, "channel": None}]}
    assert (headers["X-Model-Version"], headers["X-Flywheel-Trial"]) == ("card:1", "true")


@pytest.mark.parametrize(
    ("answer", "known", "said"),
    [
        (answer_of(0.25, 0.5), KNOWN, "1 of 2 answers differ from the trained model: row 1: 0.5 instead of 0.75"),
        (answer_of(None, 0.75), KNOWN, "1 of 2 answers differ"),
        (answer_of(0.25, 0.75), np.array([0.25, np.nan]), "1 of 2 answers differ"),
        (answer_of(0.25), KNOWN, "gave 1 answer to 2 rows"),
        (answer_of(None, None, by="rule"), KNOWN, "answers by its rule and not by the model"),
    ],
    ids=["another score", "no score", "not a number", "a row short", "the rule"],
)
def test_every_other_answer_is_a_difference(endpoint: JsonServer, answer: Any, known: Any, said: str) -> None:
    endpoint.answers["/predict"] = (200, answer)
    assert said in serving.differences(endpoint.url, ROWS, known, "card:1")[0]


def test_no_row_tried_is_no_proof(endpoint: JsonServer) -> None:
    assert serving.differences(endpoint.url, ROWS.iloc[:0], KNOWN[:0], "card:1") != ()
    assert endpoint.sent == []


@pytest.mark.parametrize("path", ["/contract", "/predict"])
def test_what_an_endpoint_refuses_is_told_in_its_words(endpoint: JsonServer, path: str) -> None:
    endpoint.answers[path] = (503, {"what": "not ready yet"})
    with pytest.raises(Unavailable, match="not ready yet"):
        serving.differences(endpoint.url, ROWS, KNOWN, "card:1")


def test_an_endpoint_that_is_gone_is_unavailable() -> None:
    with json_server() as server:
        url = server.url
    for question in (lambda: serving.ask(url, []), lambda: serving.asked_for(url)):
        with pytest.raises(Unavailable, match="does not answer"):
            question()


def test_rows_are_plain_values_with_times_in_their_zone() -> None:
    frame = pd.DataFrame(
        {
            "n": np.array([1, 2], dtype="int32"),
            "at": pd.to_datetime(pd.Series(["2026-01-05T10:00:00Z", None])),
            "x": [np.nan, 0.5],
        }
    )
    rows = serving.as_rows(frame)
    assert rows == [{"n": 1, "at": "2026-01-05T10:00:00+00:00", "x": None}, {"n": 2, "at": None, "x": 0.5}]
    assert type(rows[0]["n"]) is int


def test_an_endpoint_is_ready_once_its_generation_was_seen_to_answer(catalog: Catalog, settings: Settings) -> None:
    endpoints.observe(catalog, name="card", generation=3, port=3_105, pid=1, is_ready=True)
    url = serving.await_ready(catalog, endpoint="card", generation=2, settings=settings)
    assert url == f"http://{settings.serving.host}:3105"


@pytest.mark.parametrize(("generation", "is_ready"), [(1, True), (2, False)], ids=["an older one", "not ready"])
def test_an_endpoint_that_does_not_become_ready_says_what_was_seen(
    catalog: Catalog, settings: Settings, generation: int, is_ready: bool
) -> None:
    quick = settings.serving.model_copy(update={"ready_within_seconds": 0.01})
    endpoints.observe(
        catalog, name="card", generation=generation, port=1, pid=1, is_ready=is_ready, detail="loading the model"
    )
    with pytest.raises(Unavailable, match="loading the model"):
        serving.await_ready(
            catalog, endpoint="card", generation=2, settings=settings.model_copy(update={"serving": quick})
        )


def test_an_endpoint_that_nobody_keeps_says_so(catalog: Catalog, settings: Settings) -> None:
    quick = settings.serving.model_copy(update={"ready_within_seconds": 0.01})
    with pytest.raises(Unavailable, match="is the steward running"):
        serving.await_ready(
            catalog, endpoint="card", generation=1, settings=settings.model_copy(update={"serving": quick})
        )


def test_rows_left_to_the_rule_are_not_compared_where_traffic_is_limited(endpoint: JsonServer) -> None:
    left = {"score": None, "flags": [OUTSIDE]}
    endpoint.answers["/predict"] = (200, {"served_by": "model", "predictions": [left, {"score": 0.75, "flags": []}]})
    assert serving.differences(endpoint.url, ROWS, KNOWN, "card:1", is_limited=True) == ()
    assert "1 of 2 answers differ" in serving.differences(endpoint.url, ROWS, KNOWN, "card:1")[0]
    endpoint.answers["/predict"] = (200, {"served_by": "model", "predictions": [left, left]})
    assert "nothing was compared" in serving.differences(endpoint.url, ROWS, KNOWN, "card:1", is_limited=True)[0]


def test_amounts_are_compared_by_their_digits(endpoint: JsonServer) -> None:
    said = [{"amount": amount, "low": 0.0, "high": 1e9} for amount in (40_000.000_1, -3.0)]
    endpoint.answers["/predict"] = (200, {"served_by": "model", "predictions": said})
    assert serving.differences(endpoint.url, ROWS, np.array([40_000.0, -3.0]), "card:1") == ()
    assert (
        "row 0: 40000.0001 instead of 40001.0"
        in (serving.differences(endpoint.url, ROWS, np.array([40_001.0, -3.0]), "card:1")[0])
    )
