"""In a run's log an end that was meant is a line, and only a crash is a traceback."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from prefect.exceptions import FailedRun

from deployments.warm_runner.plain_ends import LOGGERS, log_ends_plainly
from flywheel.errors import Refused


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a run's loggers write."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(one, one.handlers[:], one.filters[:], one.propagate, one.disabled) for one in loggers]
    log_ends_plainly()
    for logger in loggers:  # Prefect's own handlers, where a test before has set its logging up, send to a server
        logger.handlers, logger.propagate, logger.disabled = [handler], False, False
    yield written
    for logger, handlers, filters, propagates, is_disabled in before:
        logger.handlers, logger.filters = handlers, filters
        logger.propagate, logger.disabled = propagates, is_disabled


@pytest.mark.parametrize("name", LOGGERS)
@pytest.mark.parametrize(
    ("error", "lines"), [(FailedRun("Gate closed"), 0), (Refused("no"), 1), (ZeroDivisionError("crash"), 5)]
)
def test_a_closed_gate_and_a_refusal_are_no_tracebacks(
    logged: io.StringIO, name: str, error: Exception, lines: int
) -> None:
    try:
        raise error
    except Exception:
        logging.getLogger(name).exception("Engine execution exited")
    said = logged.getvalue()
    assert ("Traceback" in said) == (lines > 1)
    assert bool(said) == (lines > 0)
