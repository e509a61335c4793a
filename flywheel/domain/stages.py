"""The lifecycle's stages and the one table of moves between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from flywheel.errors import Refused


class Stage(StrEnum):
    """Where a project stands."""

    IDEATION = "ideation"
    DATA_PREPARATION = "data_preparation"
    RESEARCH = "research"
    VALIDATION = "validation"
    DELIVERY = "delivery"
    MONITORING = "monitoring"
    RETIRED = "retired"
    CLOSED_NULL = "closed_null"


class CycleKind(StrEnum):
    """Why a project walks: with everything open, again with its recipe fixed, or with a model made elsewhere."""

    LIFECYCLE = "lifecycle"
    RETRAINING = "retraining"
    EXTERNAL = "external"


class Direction(StrEnum):
    """What a move means."""

    FORWARD = "forward"
    BACK = "back"
    END = "end"


@dataclass(frozen=True)
class Move:
    """One permitted move from a stage to another."""

    source: Stage
    target: Stage
    direction: Direction
    reason: str = ""


ORDER = (
    Stage.IDEATION,
    Stage.DATA_PREPARATION,
    Stage.RESEARCH,
    Stage.VALIDATION,
    Stage.DELIVERY,
    Stage.MONITORING,
)
"""The way forward."""

ENDED_AS = {Stage.RETIRED: "the product was retired", Stage.CLOSED_NULL: "closed without a model"}
ENDS = frozenset(ENDED_AS)


def _table() -> dict[tuple[Stage, Stage], Direction]:
    table = dict.fromkeys(pairwise(ORDER), Direction.FORWARD)
    for position, here in enumerate(ORDER):
        table |= {(here, earlier): Direction.BACK for earlier in ORDER[:position]}
        if here is not Stage.MONITORING:
            table[here, Stage.CLOSED_NULL] = Direction.END
    table[Stage.DELIVERY, Stage.RETIRED] = Direction.END
    table[Stage.MONITORING, Stage.RETIRED] = Direction.END
    return table


TRANSITIONS = _table()
"""Every permitted pair of stages; what is not here is refused."""


def following(stage: Stage) -> Stage | None:
    """Name the stage that comes after this one."""
    return next(
        (there for (here, there), way in TRANSITIONS.items() if here is stage and way is Direction.FORWARD), None
    )


def check_open(stage: Stage, *, name: str) -> None:
    """Refuse to begin or sign anything in what has ended: an end is for good."""
    if stage in ENDS:
        raise Refused(
            f"{name} has ended: {ENDED_AS[stage]}",
            allowed="reading its record",
            next_step="begin a new project: `flywheel new NAME`",
        )


def move(current: Stage, to: Stage, *, reason: str = "", verdict: str = "") -> Move:
    """Permit a move, or refuse it saying where the project is, what was asked and what is allowed."""
    direction = TRANSITIONS.get((current, to))
    if direction is None:
        allowed = ", ".join(there.value for here, there in TRANSITIONS if here is current) or "nothing: it has ended"
        raise Refused(f"the project is in {current.value} and cannot move to {to.value}", allowed=allowed)
    if direction is Direction.BACK and not reason.strip():
        raise Refused(
            f"moving back from {current.value} to {to.value} needs a reason", next_step="say why in one sentence"
        )
    if to is Stage.CLOSED_NULL and not verdict.strip():
        raise Refused(
            f"closing in {current.value} without a model needs a verdict", next_step="say what was tried and learned"
        )
    if to is Stage.RETIRED and not reason.strip():
        raise Refused("retiring a model needs a reason", next_step="say why and what replaces it")
    return Move(current, to, direction, verdict.strip() or reason.strip())
