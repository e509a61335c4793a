"""What is told of a charter with mistakes beside them, so that they come in one round."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.console.signers_text import policy_of
from flywheel.errors import CharterError, Problem

if TYPE_CHECKING:
    from flywheel.project.charter.charter import Charter
    from flywheel.services.data.data_check import DataCheck
    from flywheel.settings import Settings


def asked_of_installation(charter: Charter, settings: Settings) -> tuple[Problem, ...]:
    """Name what a charter asks for that this installation's policies and channels do not allow."""
    # pydantic, which `--help` does without
    from flywheel.services.incidents.paging import unreachable

    found = unreachable(charter, settings.paging.channels)
    try:
        policy_of(charter, settings)
    except CharterError as error:
        return (*error.problems, *found)
    return found


def read_readable(path: Path, settings: Settings) -> DataCheck | None:
    """Read the data of a charter with mistakes, as far as it speaks of them; nothing where none of it can be read."""
    # what reads data, which a check of the charter alone does without
    from flywheel.project.loader import ProjectLimits, readable_part
    from flywheel.services.data.data_check import check_readable

    try:
        part = readable_part(path, limits=ProjectLimits(charter_bytes=settings.limits.charter_bytes))
    except CharterError:
        return None  # whose mistakes are told by whoever loads it
    return check_readable(part, settings=settings)
