"""Writes a commented project to start from, which passes its own check."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from flywheel.errors import Refused, Unavailable
from flywheel.project.charter.fields import SLUG
from flywheel.project.charter.marks import MARK

FILE = "project.toml"
TEMPLATES = Path(__file__).resolve().parents[3] / "config" / "templates"


def write_starter(name: str, folder: Path, *, templates: Path = TEMPLATES) -> Path:
    """Write the starting project called `name` into a new or empty folder: an example to edit, with nothing marked."""
    return write_new(name, folder, read_template(templates).replace(MARK.strip(), "#"))


def read_template(templates: Path = TEMPLATES) -> str:
    """Read the commented charter that every project begins with."""
    template = templates / "project" / FILE
    if not template.is_file():
        raise Unavailable("the template of a project is missing", found=str(template), next_step="check out config/")
    return template.read_text(encoding="utf-8")


def write_new(
    name: str, folder: Path, text: str, *, data: tuple[Path, str] | None = None, has_data: bool = False
) -> Path:
    """Write a charter into a folder that is new, or empty, or holds nothing but its data (`has_data`).

    `data` are a file and the place in the folder that it is copied to. All of it is written, or nothing.
    """
    if not SLUG.fullmatch(name):
        raise Refused(
            "a project's name must be short and plain",
            found=name,
            allowed="a to z, 0 to 9 and hyphens, 2 to 63 long, beginning with a letter",
            next_step="a path goes behind `--folder`" if "/" in name else "",
        )
    path, content = folder / FILE, text.replace("{name}", name)
    is_taken = path.exists() if has_data else folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if folder.is_symlink() or is_taken:
        raise Refused("there is something already", found=folder, allowed="a new or an empty folder")
    if has_data:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
        return path
    if folder.parent.exists() and not folder.parent.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder if folder.exists() else folder.parent) as aside:
        made = Path(aside) / name
        made.mkdir()
        (made / FILE).write_text(content, encoding="utf-8")
        if data is not None:
            (made / data[1]).parent.mkdir()
            shutil.copyfile(data[0], made / data[1])
        if not folder.exists():
            made.replace(folder)
        for one in sorted(made.iterdir()) if made.exists() else ():  # an empty folder may be where somebody stands
            one.replace(folder / one.name)
    return path
