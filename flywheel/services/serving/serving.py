"""Serving, as a caller sees it: an endpoint that answers, and answers what it should."""

from __future__ import annotations

import ssl
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from flywheel.adapters.predictions.log import OUTSIDE
from flywheel.catalog.engine import Catalog
from flywheel.errors import Unavailable, counted, ending_of
from flywheel.project.answer import said_in
from flywheel.services.serving import endpoints
from flywheel.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LOOK_EVERY_SECONDS = 0.2
REQUEST_SECONDS = 30.0
SCORE_TOLERANCE = 1e-6


def await_ready(catalog: Catalog, *, endpoint: str, generation: int, settings: Settings) -> str:
    """Wait until the keeper reports that this generation answers; give the address."""
    deadline = time.monotonic() + settings.serving.ready_within_seconds
    while time.monotonic() < deadline:
        seen = endpoints.observation(catalog, name=endpoint)
        if seen is not None and seen.is_ready and seen.generation >= generation:
            return f"http://{settings.serving.host}:{seen.port}"
        time.sleep(LOOK_EVERY_SECONDS)
    seen = endpoints.observation(catalog, name=endpoint)
    raise Unavailable(
        f"endpoint {endpoint} was not ready within {settings.serving.ready_within_seconds:.0f} s",
        found=seen.detail if seen else "no steward keeps it up: is the steward running?",
        next_step="see `flywheel status` and the endpoint's log",
    )


def ask(url: str, rows: list[dict[str, Any]], *, version: str | None = None, is_trial: bool = False) -> dict[str, Any]:
    """Send rows to an endpoint and give its answer; what it refuses is refused here with its words."""
    headers = ({"X-Model-Version": version} if version else {}) | ({"X-Flywheel-Trial": "true"} if is_trial else {})
    return _answer_of("POST", f"{url}/predict", json={"rows": rows}, headers=headers)


def asked_for(url: str) -> list[str]:
    """Name what an endpoint wants to be told of each row, from the contract that it travels with."""
    contract = _answer_of("GET", f"{url}/contract")
    keys = [contract[key] for key in ("entity", "time") if contract[key]]
    return [*keys, *(feature["name"] for feature in contract["features"])]


def differences(
    url: str, frame: pd.DataFrame, said: NDArray[np.float64], version: str, *, is_limited: bool = False
) -> tuple[str, ...]:
    """Hold what an endpoint says against what is known; each difference in a sentence, and no row is a difference too.

    Where the approvals limit the traffic, rows that are marked as left to the rule are not compared.
    """
    if frame.empty:
        return ("no row was tried, so the endpoint is untested",)
    answer = ask(url, as_rows(frame[asked_for(url)]), version=version, is_trial=True)
    predictions = answer["predictions"]
    scores = [said_in(prediction) for prediction in predictions]
    if answer["served_by"] != "model":
        return (f"the endpoint answers by its {answer['served_by']} and not by the model",)
    if len(scores) != len(said):
        return (f"the endpoint gave {counted(len(scores), 'answer')} to {counted(len(said), 'row')}",)
    left = [is_limited and OUTSIDE in prediction.get("flags", ()) for prediction in predictions]
    if all(left):
        return (
            f"the approvals leave all {counted(len(left), 'row')} that were tried to the rule, so nothing was compared",
        )
    far = [
        f"row {i}: {got} instead of {known}"
        for i, (got, known) in enumerate(zip(scores, said, strict=True))
        if not left[i] and not _is_near(got, known)
    ]
    return (
        (f"{len(far)} of {counted(len(scores), 'answer', 'differ')} from the trained model: {far[0]}",) if far else ()
    )


def _is_near(got: float | None, known: float) -> bool:
    """Whether it is the same to the sixth digit; what is no number never is."""
    return got is not None and abs(got - known) <= SCORE_TOLERANCE * max(1.0, abs(known))


def as_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Write a frame's rows as the endpoint reads them: plain values, null where missing, times with their zone."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(name): value.isoformat() if hasattr(value, "isoformat") else _scalar(value) for name, value in row.items()}
        for row in plain.to_dict("records")
    ]


def _answer_of(method: str, url: str, **request: Any) -> dict[str, Any]:
    try:
        answer = httpx.request(method, url, timeout=REQUEST_SECONDS, verify=_authorities(), **request)
    except httpx.TransportError as error:
        raise Unavailable(f"the endpoint does not answer at {url}: {error}") from error
    if answer.status_code != httpx.codes.OK:
        raise Unavailable(f"the endpoint refused the request to {url}: {ending_of(answer.text)}")
    body: dict[str, Any] = answer.json()
    return body


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    """Read the machine's certificate authorities once: httpx does so for every request, in 30 ms."""
    return httpx.create_ssl_context()


def _scalar(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
