"""Keeps a gate that closed, and what was refused to a person, from being logged as a crash: the run's state says it."""

from __future__ import annotations

import logging

from flywheel.errors import FlywheelError

LOGGERS = ("prefect.flow_runs", "prefect.engine")


def log_ends_plainly() -> None:
    """Have Prefect log an end that was meant in one line; of what was not, the traceback stays."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_plainly)


def _plainly(record: logging.LogRecord) -> bool:
    """Take the traceback off; what Prefect says of a run that returned its end as a state was said already."""
    # a second, and only a run's own process needs it
    from prefect.exceptions import FailedRun

    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, FailedRun):
        return False
    if isinstance(error, FlywheelError):
        record.exc_info = record.exc_text = None
    return True
