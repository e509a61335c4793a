"""Writes a commented project to start from, which passes its own check."""

from __future__ import annotations

from pathlib import Path

from flywheel.errors import Refused, Unavailable
from flywheel.project.fields import SLUG

TEMPLATES = Path(__file__).resolve().parents[2] / "config" / "templates"


def write_starter(name: str, folder: Path, *, templates: Path = TEMPLATES) -> Path:
    """Write the starting project called `name` into a new or empty folder; nothing is ever overwritten."""
    if not SLUG.fullmatch(name):
        raise Refused(
            "a project's name must be short and plain",
            found=name,
            allowed="a to z, 0 to 9 and hyphens, 2 to 63 long, beginning with a letter",
        )
    template = templates / "project" / "project.toml"
    if not template.is_file():
        raise Unavailable("the template of a project is missing", found=str(template), next_step="check out config/")
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise Refused("there is something already", found=str(folder), allowed="a new or an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "project.toml"
    with path.open("x", encoding="utf-8") as file:
        file.write(template.read_text(encoding="utf-8").replace("{name}", name))
    return path
