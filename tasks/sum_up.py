"""Sum up: what a monitoring run found, in the one sentence that its state, its log and people show."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flywheel.domain.monitoring import WindowState
from flywheel.domain.monitoring import sum_up as in_words
from tasks.shapes import Acted, Due, JudgedWindow, LateRows


@task(cache_policy=NO_CACHE)
def sum_up(due: Due, judged: list[JudgedWindow], acted: list[Acted], late: LateRows) -> str:
    """Say it, and write it to the run's log."""
    told = dict.fromkeys(one["words"] for one in judged if one["words"] and not _is_well(one))
    waiting = dict.fromkeys(
        one["waiting"] for one in judged if one["waiting"]
    )  # behind what was done, which is not for it
    paged = [said for one in judged for said in (one["clocks"], one["flood"], one["stuck"]) if said]
    done = dict.fromkeys(action for one in acted for action in one["actions"])
    sentence = in_words(
        [WindowState(one["state"]) for one in judged],
        told=(*told, *done, *waiting),
        late=late["rows"],
        waits=due["waits"],
        pages=len(paged),
        left=due["left"],
    )
    get_run_logger().info(sentence)
    return sentence


def _is_well(one: JudgedWindow) -> bool:
    return one["state"] == WindowState.GOOD.value and not (one["clocks"] or one["flood"] or one["stuck"])
