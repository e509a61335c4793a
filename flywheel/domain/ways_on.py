"""What a person can do where a stage was blocked: each way with its command."""

from __future__ import annotations

from collections.abc import Collection

from flywheel.domain.stages import TRANSITIONS, Direction, Stage


def ways_on(project: str, stage: Stage, *, version: str = "") -> tuple[str, ...]:
    """Name the ways on from a stage that is blocked; `version` is what validation has judged."""
    edited = f"with another charter: edit project.toml, then `flywheel run {project} --register`"
    again = f"once the cause is gone: `flywheel run {project}` repeats {stage.value}, and nothing before it"
    match stage:
        case Stage.IDEATION:
            return (edited, again)
        case Stage.DATA_PREPARATION:
            every = (
                "every fault that the table shows by itself: `flywheel check FOLDER --data`, with the project's folder"
            )
            other = f"with other data under its sources: `flywheel run {project}` reads them again"
            meant = (
                "where the finding is intended, such as a unit that was changed on purpose: waive it, with an "
                "accountable person, under [[data.waivers]] of project.toml, or exempt a column that is not to be "
                f"watched for it from the signal sentinels; then `flywheel run {project} --register`"
            )
            return (every, edited, other, meant)
        case Stage.RESEARCH | Stage.VALIDATION:
            back = f'flywheel move-back {project} {Stage.DATA_PREPARATION.value} --reason "more rows"'
            more = f"with more rows, or others, under its sources: `{back}`, then `flywheel run {project}`"
            read = (f"what was found, and the candidates: `flywheel sign {version} --show`",) if version else ()
            return (*read, more, edited, again)
    return (again,)


def way_back(project: str, version: str, *, incidents: Collection[str]) -> str:
    """Name the commands by which a version that was taken back serves again, and those for a world that has changed."""
    ends = [f'`flywheel incidents resolve {incident} --resolution "..."`' for incident in incidents]
    back = ", ".join([*ends, f'`flywheel restore {version} --reason "..."`'])
    return (
        f"once the cause is gone: {back}; where the world has changed for good: newer rows under "
        f"its sources, then `flywheel run {project} retraining`"
    )


def blocked(project: str, stage: Stage, reasons: list[str], *, version: str = "") -> str:
    """Say why a gate closed and what to do, where there is one text for both."""
    ways = "\n".join(f"- {way}" for way in ways_on(project, stage, version=version))
    return f"{'; '.join(reasons)}\nnext:\n{ways}"


def way_to(project: str, *, here: Stage, there: Stage) -> str:
    """Name the commands that lead to a stage from where the project stands."""
    on = f"`flywheel run {project}`"
    if TRANSITIONS.get((here, there)) is Direction.BACK:
        return f'`flywheel move-back {project} {there.value} --reason "..."`, then {on}'
    return f"{on}; each stage that succeeds starts the next"
