"""A record that somebody holds locked: nothing is decided meanwhile, and people are told as soon as one can write."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flywheel.catalog.engine import Catalog
from flywheel.catalog.turn import LOCKED
from flywheel.errors import Unavailable
from flywheel.services.incidents.troubles import Trouble, page, under_way

SIGNAL = "locked"


@dataclass
class Waiting:
    """Since when the steward could not write, by its own clock, and who held the record."""

    clock: Callable[[], float] = time.monotonic
    since: float | None = None
    holder: str = ""


def watch_turn(catalog: Catalog, waiting: Waiting, *, actor: str) -> tuple[str, ...]:
    """Try to have the turn; once it can be had again, open an incident in every project that is under way."""
    began = waiting.clock()
    try:
        with catalog.begin() as work:
            assert work.now, "the time is read under the turn"
    except Unavailable as error:
        if error.what.startswith(LOCKED):
            waiting.since = began if waiting.since is None else waiting.since
            waiting.holder = error.what.removeprefix(LOCKED)
        raise
    if waiting.since is None:
        return ()
    seconds = waiting.clock() - waiting.since
    for project in under_way(catalog):
        with catalog.begin() as work:
            page(work, project, _told(seconds, waiting.holder), actor=actor)
    waiting.since = None
    return (f"nothing could be written for {seconds:.0f} s: {waiting.holder}",)


def _told(seconds: float, holder: str) -> Trouble:
    return Trouble(
        SIGNAL,
        "the record was locked",
        f"Nothing could be decided or reported for {seconds:.0f} s: {holder}.",
        (
            "find out who uses that login: its password is for our programs alone",
            "resolve this incident when that is clear; decisions that were refused meanwhile can be repeated",
        ),
        {"seconds": round(seconds), "holder": holder},
        recurs=True,
    )
