"""Outages: what should serve or run cannot; people are paged, and told who answers meanwhile."""

from __future__ import annotations

from flywheel.catalog.endpoint import EndpointRecord, find_endpoint
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Json
from flywheel.domain.own_code import AMISS
from flywheel.errors import counted
from flywheel.services.incidents.troubles import Trouble, page

SIGNAL, RUNS, LOG, OWN_CODE = "endpoint", "runs", "prediction_log", "own_code"


def report_outage(catalog: Catalog, *, endpoint: str, generation: int, what: str, answered_by: str, actor: str) -> str:
    """Open an incident about what cannot be started, or let it recur; gives what is told, nothing of what is past."""
    with catalog.begin() as work:
        present = find_endpoint(work.session, endpoint)
        if present is None or present.generation != generation:
            return ""  # something else should answer by now
        served = present.version or f"the {present.mode.value}"
        evidence: dict[str, Json] = {
            "version": present.version,
            "mode": present.mode.value,
            "generation": generation,
            "package": present.package.get("digest"),
            "answered_by": answered_by,
        }
        trouble = Trouble(
            SIGNAL,
            f"the endpoint cannot be started with {served}",
            f"{what}. Until it can, {answered_by}.",
            (
                f"it is tried again at least every minute; `flywheel status {present.project}` shows whether it serves",
                f"read its log, `endpoints/{endpoint}-{generation}.log` among the logs",
                "resolve this incident when it serves, or withdraw the version",
            ),
            evidence,
            version=present.version,
            recurs=True,
        )
        page(work, present.project, trouble, actor=actor)
    return f"{endpoint} cannot be started with {served}: {answered_by}"


def report_complaint(catalog: Catalog, *, endpoint: str, generation: int, what: str, actor: str) -> str:
    """Open an incident about what a server says is amiss with it, or let it recur; gives what is told."""
    with catalog.begin() as work:
        present = find_endpoint(work.session, endpoint)
        if present is None or present.generation != generation:
            return ""
        if what.startswith(AMISS):
            page(work, present.project, _own_code_amiss(present, what.removeprefix(AMISS)), actor=actor)
            return f"{endpoint}: {what}"
        trouble = Trouble(
            LOG,
            "predictions cannot be logged",
            f"{what}. What cannot be logged is not answered: callers get 503 until it can.",
            (
                "make room where predictions are written, or the folder writable: it continues by itself",
                f"`flywheel status {present.project}` shows whether it does; resolve this incident then",
            ),
            {"version": present.version, "generation": generation},
            version=present.version,
            recurs=True,
        )
        page(work, present.project, trouble, actor=actor)
    return f"{endpoint}: {what}"


def _own_code_amiss(present: EndpointRecord, what: str) -> Trouble:
    """Tell that the rule stands in, row by row, for a model whose own code cannot compute its features."""
    return Trouble(
        OWN_CODE,
        "features are not computed",
        f"{what}. Until they are, the rule decides, and where there is none callers get 503.",
        (
            "another cell is started at once, and again until one answers; /ready counts calls and failures",
            f"its log says more; `flywheel withdraw {present.version}` where the code itself is at fault",
            "resolve this incident when the model answers again",
        ),
        {"version": present.version, "generation": present.generation},
        version=present.version,
        recurs=True,
    )


def report_never_begun(
    catalog: Catalog, *, project: str, what: str, times: int, run_id: str, words: str, actor: str
) -> None:
    """Open an incident about a run that was started again and again and died each time; told once for each such run."""
    with catalog.begin() as work:
        trouble = Trouble(
            RUNS,
            f"{what} cannot be started",
            f"Its run was started {counted(times, 'time')} and died each time. The last: {words}",
            (
                "`flywheel doctor` says what this machine lacks; the worker's log says what it met",
                f"`flywheel run {project}` starts it again once that is fixed",
            ),
            {"what": what, "times": times},
            run_id=run_id,
        )
        page(work, project, trouble, actor=actor)
