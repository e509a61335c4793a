"""Tags of the run at work: what it is about, so that people in the Prefect UI find every run of a version."""

from __future__ import annotations

from uuid import UUID

from prefect.context import SyncClientContext
from prefect.runtime import flow_run

DIGEST_LETTERS = 12


def tag_run(**about: str) -> None:
    """Add `name:value` tags to this run; what is empty is left out, and what is there stays."""
    run_id = flow_run.get_id()
    wanted = {f"{name}:{_short(value)}" for name, value in about.items() if value}
    if run_id is None or not wanted:
        return
    present = set(flow_run.get_tags())
    if not wanted <= present:
        with SyncClientContext.get_or_create() as prefect:
            prefect.client.update_flow_run(UUID(run_id), tags=sorted(present | wanted))


def _short(value: str) -> str:
    name, mark, digest = value.rpartition("sha256:")
    return f"{name}{digest[:DIGEST_LETTERS]}" if mark else value
