"""Loads a data scientist's project from its folder, or says everything that is wrong with it at once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from flywheel.domain.digests import Digest, Json, digest_of, digest_tree, plain
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.errors import CharterError, InputRefused, Problem, Tampered, counted, some_of
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.marks import open_marks
from flywheel.project.charter.mistakes import mistakes_of
from flywheel.project.charter.preflight import FILE, contradictions
from flywheel.project.charter.salvage import spoken_columns, without
from flywheel.project.charter.toml_text import MAX_BYTES, key_lines, line_of, parse, read_text, senseless
from flywheel.project.charter.toml_text import Path as Key
from flywheel.project.hooks import HookSource, look_at_hooks, read_hooks


@dataclass(frozen=True)
class ProjectLimits:
    """How much of a project's own text is read."""

    charter_bytes: int = MAX_BYTES


@dataclass(frozen=True)
class Project:
    """A project as it was read: its charter, its hooks as text, and the digest of both."""

    path: Path
    charter: Charter
    hook_source: HookSource | None
    digest: Digest
    document: Mapping[str, Json]
    undecided: tuple[Problem, ...] = ()
    """What its author has still to decide, before it can be registered."""

    def has_hook(self, hook: Hook) -> bool:
        """Whether its own code defines a hook."""
        return self.hook_source is not None and self.hook_source.has(hook)

    @property
    def charter_digest(self) -> Digest:
        """The digest of what the charter says, whatever its layout and comments."""
        return digest_of(self.document)


def load_project(path: Path, *, limits: ProjectLimits | None = None) -> Project:
    """Read `project.toml` and look at `hooks.py` without executing it; raise with every problem found."""
    folder = _folder(path)
    text = read_text(_plain_file(folder / FILE), max_bytes=(limits or ProjectLimits()).charter_bytes)
    charter, document, problems, _ = _read_charter(text)
    source: HookSource | None = None
    hook_problems: tuple[Problem, ...] = ()
    if (folder / HOOKS_FILE).is_symlink() or (folder / HOOKS_FILE).exists():
        source, hook_problems = read_hooks(_plain_file(folder / HOOKS_FILE))
    if problems or hook_problems or charter is None:
        raise CharterError((*problems, *hook_problems))
    undecided = tuple(mark.problem(FILE) for mark in open_marks(text))
    return Project(folder, charter, source, digest_of_files(document, source), document, undecided)


def readable_part(path: Path, *, limits: ProjectLimits | None = None) -> Project:
    """Read what of a charter with mistakes can be read, so that whatever hangs on the rest can be told with them."""
    folder = _folder(path)
    text = read_text(_plain_file(folder / FILE), max_bytes=(limits or ProjectLimits()).charter_bytes)
    _, _, problems, partial = _read_charter(text)
    if partial is None:
        raise CharterError(problems)
    return Project(folder, partial, None, digest_of({}), {})


def recorded_project(path: Path, document: Mapping[str, Json], hooks: str | None, *, digest: str) -> Project:
    """Make a project from what the record holds of it, whatever its folder holds by now."""
    source, problems = look_at_hooks(hooks) if hooks is not None else (None, ())
    if problems:
        raise CharterError(problems)
    if (found := digest_of_files(document, source)) != digest:
        raise Tampered("a recorded charter differs from the submitted one", found=found, allowed=digest)
    return Project(path, charter_from(document), source, found, document)


def charter_from(document: Mapping[str, Json]) -> Charter:
    """Read a charter back from the record, where it is plain JSON."""
    try:
        return Charter.model_validate(document)
    except ValidationError as error:
        raise CharterError(tuple(problem for _, problem in mistakes_of(error, file=FILE))) from error


def require_decided(project: Project) -> None:
    """Refuse a charter that leaves anything to its author, in one line: `check` lists, and `decide` asks for each."""
    if project.undecided:
        keys = some_of([one.key for one in project.undecided], most=3)
        what = f"the charter leaves {counted(len(project.undecided), 'decision')} to you: {keys}"
        raise InputRefused(what, next_step=f"`flywheel decide {shlex.quote(str(project.path))}` asks for each")


def problems_in(text: str) -> tuple[Problem, ...]:
    """List the mistakes of a charter's text; what is still to be decided is none."""
    return _read_charter(text)[2]


def digest_of_files(document: Mapping[str, Json], source: HookSource | None = None) -> Digest:
    """Digest what a project's files say: its charter, and its own code where it has some."""
    return digest_tree({FILE: digest_of(document)} | ({HOOKS_FILE: source.digest} if source else {}))


def _folder(path: Path) -> Path:
    if path.suffix in {".yaml", ".yml", ".json"}:
        allowed = "a folder with project.toml, or that file"
        raise CharterError((Problem(path.name, "", "a charter is not read from this format", path.suffix, allowed),))
    folder = path.parent if path.name == FILE else path
    if folder.is_symlink() or not folder.is_dir():
        what = "is a link" if folder.is_symlink() else "is not a folder"
        raise CharterError((Problem(str(path), "", what, allowed="a folder with project.toml"),))
    if not os.path.lexists(folder / FILE):
        strangers = sorted(entry.name for entry in folder.iterdir() if entry.suffix in {".yaml", ".yml"})
        found = f"{strangers[0]}, which is not read" if strangers else ""
        raise CharterError((Problem(str(path), "", f"holds no {FILE}", found, "`flywheel new NAME` writes one"),))
    return folder.resolve()


def _plain_file(path: Path) -> Path:
    if path.is_symlink() or not path.is_file():
        what = "is a link" if path.is_symlink() else "is not a plain file"
        raise CharterError((Problem(path.name, "", what, allowed="a plain file inside the project"),))
    return path


def _read_charter(text: str) -> tuple[Charter | None, dict[str, Json], tuple[Problem, ...], Charter | None]:
    """Read a charter's text: the charter where it loads, its document, what is wrong, and what can be read of it."""
    values = parse(text, file=FILE)
    found = dict(senseless(values, (), file=FILE))
    charter = None
    try:
        charter = Charter.model_validate(values)
    except ValidationError as error:
        found = dict(mistakes_of(error, file=FILE)) | found
    spoken = spoken_columns(values) if found else frozenset[str]()
    partial, unread = (charter, frozenset[Key]()) if charter else without(values, found)
    everything = (*found.items(), *(contradictions(partial, unread=unread, spoken=spoken) if partial else ()))
    document = {} if everything else cast("dict[str, Json]", plain(values))
    return charter, document, _placed(everything, text), partial


def _placed(found: Iterable[tuple[Key, Problem]], text: str) -> tuple[Problem, ...]:
    problems = tuple(found)
    lines = key_lines(text) if problems else {}
    placed = (replace(problem, line=line_of(path, lines)) for path, problem in problems)
    return tuple(sorted(placed, key=lambda problem: (problem.line or 0, problem.key)))
