"""Small flows for the tests of the servers."""

from __future__ import annotations

import time

from prefect import flow, task


@task
def note_time() -> float:
    """Tell when the first task ran."""
    return time.time()


@flow(name="trivial")
def trivial(project: str, size: int = 1) -> float:
    """Run one task.

    Args:
        project: the project's name
        size: how much of it
    """
    del project, size
    return note_time()


@flow(name="endless")
def endless(project: str) -> None:
    """Run until somebody ends it."""
    del project
    while True:
        time.sleep(0.1)


@flow(name="monitoring")
def monitoring(project: str) -> None:
    """Stand in for monitoring."""
    del project


@flow(name="retraining")
def retraining(project: str, reason: str = "scheduled") -> None:
    """Stand in for retraining."""
    del project, reason
