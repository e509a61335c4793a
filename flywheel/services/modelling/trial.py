"""Try a model from elsewhere: the program of a clean interpreter, which ends where a broken model would end ours."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from flywheel.adapters.clean_python import run_clean
from flywheel.errors import FlywheelError, InputRefused, Unavailable
from flywheel.project.external.receiving import receive
from flywheel.project.framing import Framing
from flywheel.project.loader import Project, ProjectLimits, load_project
from flywheel.settings import Settings

SECONDS = 120.0
BYTES = 16 * 1024**3
"""What opening a model and asking it its golden rows may take of time and of address space."""


@dataclass(frozen=True)
class TrialRequest:
    """Which signature is read under which charter."""

    project: str
    charter_bytes: int
    signature: str


def try_model(project: Project, signature: Path, *, settings: Settings) -> None:
    """Refuse a model that ends the process that opens it, or never lets it end."""
    wanted = TrialRequest(str(project.path), settings.limits.charter_bytes, str(signature.absolute()))
    try:
        run_clean(
            "flywheel.services.modelling.trial",
            json.dumps(asdict(wanted)),
            home=settings.home,
            logs=settings.logs_root,
            seconds=SECONDS,
        )
    except Unavailable as error:
        raise InputRefused(
            f"opening this model and scoring its golden rows kills the process: {error.what}",
            allowed=f"a model that answers within {SECONDS:.0f} s and {BYTES // 1024**3} GiB",
            next_step="ask its maker to export it again",
        ) from error


def main(arguments: list[str]) -> int:
    """Open what the one JSON argument names; whoever asked opens it again, and is told what is refused in words."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    wanted = TrialRequest(**json.loads(arguments[0]))
    project = load_project(Path(wanted.project), limits=ProjectLimits(wanted.charter_bytes))
    try:
        receive(Path(wanted.signature), Framing(project.charter))
    except FlywheelError as error:
        sys.stdout.write(error.sentence())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
