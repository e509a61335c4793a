"""Rows are taken out of prediction logs by people, with the reason told: those of one entity, or what was altered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.predictions.chain import TRIALS, Chain, Line, content_of, draft_of, log_of, strangers
from flywheel.adapters.predictions.chaining import Rewrite, alone, plan_rewrite
from flywheel.adapters.predictions.journal import take_in, unread_in
from flywheel.adapters.predictions.segments import faults, parse, write_draft
from flywheel.catalog.engine import Catalog
from flywheel.domain.authority import Permission
from flywheel.errors import Conflict, FlywheelError, NotFound, Refused, Tampered
from flywheel.services.people.authority import permit
from flywheel.services.people.proof import Proof
from flywheel.services.watching.prediction_logs import announce, complete, examine, told_of

ASIDE = "_aside"
"""Beside the projects' folders, and no project's name: what was altered lies there, and is read by nothing."""


@dataclass(frozen=True)
class Removed:
    """How many rows no longer count, and the segments that held them."""

    rows: int
    segments: tuple[str, ...]


def erase(catalog: Catalog, root: Path, *, project: str, entity: str, reason: str, proof: Proof) -> Removed:
    """Write every segment that holds rows of an entity anew without them; the record says why, and not whose."""
    if entity in _given(reason):
        raise Refused("the reason names the entity, and the record keeps it for ever", next_step="give another reason")
    with _only_one(root):
        who = permit(catalog, proof, Permission.ERASE, project=project)  # not everybody may know who is there
        drafted = [_without(folder, chain, entity) for folder, chain in _whole(catalog, root, project)]
        rewrites = [one for one in drafted if one.replaced]
        if not rewrites:
            raise NotFound(
                f"no logged prediction of {project} is about this entity",
                found=entity,
                next_step="give it as the requests did; what was answered within the last second is not there yet",
            )
        _carry_out(catalog, rewrites, Permission.ERASE, reason=f"erasure: {reason.strip()}", who=who)
    return Removed(
        sum(line.rows for one in rewrites for line in one.replaced)
        - sum(line.rows for one in rewrites for line in one.made),
        tuple(line.name for one in rewrites for line in one.replaced),
    )


def set_aside(catalog: Catalog, root: Path, *, project: str, reason: str, proof: Proof) -> Removed:
    """Have nothing count any more that is gone or was altered; the files are kept apart, unreadable journals too."""
    _given(reason)
    with _only_one(root):
        who = permit(catalog, proof, Permission.SET_ASIDE, project=project)
        logs = list(_logs(catalog, root, project))
        rewrites = [plan_rewrite(folder, chain, replaced=_altered(folder), made=()) for folder, chain in logs]
        rewrites = [one for one in rewrites if one.replaced or _strange(one.folder)]
        if not rewrites:
            raise NotFound(f"nothing was altered in the prediction logs of {project}")
        _carry_out(catalog, rewrites, Permission.SET_ASIDE, reason=f"altered: {reason.strip()}", who=who)
    gone = [line for one in rewrites for line in one.replaced]
    return Removed(sum(line.rows for line in gone), tuple(line.name for line in gone))


def _given(reason: str) -> str:
    if not reason.strip():
        raise Refused("taking rows out of a prediction log needs a reason", next_step="give the reason for the auditor")
    return reason


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    with alone(root) as is_free:
        if not is_free:
            raise Conflict("the prediction logs are being put together or copied", next_step="try again in a minute")
        yield


def _logs(catalog: Catalog, root: Path, project: str) -> Iterator[tuple[Path, Chain]]:
    """Give the project's logs that are there: of traffic and of trials; a chain that was itself altered is refused."""
    for folder in (root / project, root / TRIALS / project):
        take_in(folder)
        examined = examine(catalog, folder) if folder.is_dir() else None
        if examined is not None and examined.problems:
            raise Tampered(told_of(log_of(folder), examined.problems[0]), next_step="put the folder back from a backup")
        if examined is not None and (examined.chain.digests or unread_in(folder)):
            yield folder, examined.chain


def _whole(catalog: Catalog, root: Path, project: str) -> Iterator[tuple[Path, Chain]]:
    """Give the project's logs, unless some of their rows cannot be read."""
    for folder, chain in _logs(catalog, root, project):
        if altered := _altered(folder):
            raise Tampered(
                told_of(log_of(folder), f"segment {altered[0].name} is gone or was altered"),
                next_step=f"put it back from a backup, or `flywheel predictions set-aside {project}`",
            )
        yield folder, chain


def _strange(folder: Path) -> tuple[str, ...]:
    """Name the segments and journals that no server of ours put there, or of which nobody can read all."""
    return (*strangers(folder), *unread_in(folder))


def _altered(folder: Path) -> tuple[Line, ...]:
    return faults(folder, wanted=lambda _: True)


def _without(folder: Path, chain: Chain, entity: str) -> Rewrite:
    """Draft the segments of a log anew in which an entity occurs, without it."""
    replaced, made = list[Line](), list[Line]()
    for line in chain.counting.values():
        content = content_of(folder, line)
        assert content is not None, "the log was proven just now, and nobody else rewrites it"
        table = parse(line.name, content)
        others = [number for number, one in enumerate(table["entity"].to_pylist()) if one != entity]
        if len(others) == table.num_rows:
            continue
        replaced.append(line)
        if others:
            first, last = line.span
            made.append(write_draft(table.take(others), folder, first=first, last=last))
    return plan_rewrite(folder, chain, replaced=replaced, made=made)


def _carry_out(catalog: Catalog, rewrites: Sequence[Rewrite], action: Permission, *, reason: str, who: str) -> None:
    """First the record says so, then it is done; where it cannot be said, nothing is left behind."""
    try:
        with catalog.begin() as work:
            for one in rewrites:
                announce(work, one, reason=reason, actor=who)
    except FlywheelError:
        for line, folder in ((line, one.folder) for one in rewrites for line in one.made):
            draft_of(folder / line.name).unlink(missing_ok=True)
        raise
    for one in rewrites:
        if action is Permission.SET_ASIDE:
            _move_aside(one)
        complete(one)


def _move_aside(rewrite: Rewrite) -> None:
    log = log_of(rewrite.folder)
    root = rewrite.folder.parents[1] if log.startswith(TRIALS) else rewrite.folder.parent
    place = root / ASIDE / log
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (*(line.name for line in rewrite.replaced), *_strange(rewrite.folder)):
        with suppress(FileNotFoundError):  # it is gone, which is how it was altered
            (rewrite.folder / name).replace(place / name)
