"""Writes a commented project to start from, which passes its own check."""

from __future__ import annotations

from pathlib import Path

from flywheel.errors import Refused, Unavailable
from flywheel.project.fields import SLUG
from flywheel.project.marks import MARK

TEMPLATES = Path(__file__).resolve().parents[2] / "config" / "templates"


def write_starter(name: str, folder: Path, *, templates: Path = TEMPLATES) -> Path:
    """Write the starting project called `name` into a new or empty folder: an example to edit, with nothing marked."""
    return write_new(name, folder, read_template(templates).replace(MARK.strip(), "#"))


def read_template(templates: Path = TEMPLATES) -> str:
    """Read the commented charter that every project begins with."""
    template = templates / "project" / "project.toml"
    if not template.is_file():
        raise Unavailable("the template of a project is missing", found=str(template), next_step="check out config/")
    return template.read_text(encoding="utf-8")


def write_new(name: str, folder: Path, text: str, *, may_hold: Path | None = None) -> Path:
    """Write a charter into a folder that is new, or empty, or holds nothing but its data."""
    if not SLUG.fullmatch(name):
        raise Refused(
            "a project's name must be short and plain",
            found=name,
            allowed="a to z, 0 to 9 and hyphens, 2 to 63 long, beginning with a letter",
        )
    path = folder / "project.toml"
    is_taken = path.exists() if may_hold else folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if folder.is_symlink() or is_taken:
        raise Refused("there is something already", found=str(folder), allowed="a new or an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text.replace("{name}", name))
    return path
