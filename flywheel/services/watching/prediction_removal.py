"""Rows are taken out of prediction logs by people, with the reason told: those of one entity, or what was altered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flywheel.adapters.predictions.chain import TRIALS, Chain, Line, content_of, draft_of, log_of, strangers
from flywheel.adapters.predictions.chaining import Part, Rewrite, alone, plan_rewrite
from flywheel.adapters.predictions.journal import take_in, unread_in
from flywheel.adapters.predictions.segments import faults, parse, without, write_draft
from flywheel.catalog.engine import Catalog
from flywheel.domain.authority import Permission
from flywheel.errors import Conflict, FlywheelError, NotFound, Refused, Tampered
from flywheel.services.people.authority import permit
from flywheel.services.people.proof import Proof
from flywheel.services.watching.prediction_logs import examine, told_of
from flywheel.services.watching.prediction_rewrites import (
    Asked,
    attest_erasure,
    attest_set_aside,
    complete,
)
from flywheel.settings import Settings

ASIDE = "_aside"
"""Beside the projects' folders, and no project's name: what was altered lies there, and is read by nothing."""


@dataclass(frozen=True)
class Removed:
    """How many rows no longer count, and the segments that held them."""

    rows: int
    segments: tuple[str, ...]


def erase(catalog: Catalog, settings: Settings, *, project: str, entity: str, reason: str, proof: Proof) -> Removed:
    """Write every segment that holds rows of an entity anew without them; the record says why, and not whose."""
    if entity in _given(reason):
        raise Refused("the reason names the entity, and the record keeps it for ever", next_step="give another reason")
    root = settings.predictions_root
    with _only_one(root):
        drafted = [_without(folder, chain, entity) for folder, chain in _whole(catalog, root, project)]
        rewrites = [one for one in drafted if one.replaced]
        if not rewrites:
            permit(catalog, proof, Permission.ERASE, project=project)  # not everybody may know who is there
            raise NotFound(
                f"no logged prediction of {project} is about this entity",
                found=entity,
                next_step="give it as the requests did; what was answered within the last second is not there yet",
            )
        with _nothing_left_behind(rewrites):
            attest_erasure(
                catalog,
                settings=settings,
                proof=proof,
                project=project,
                entity=entity,
                reason=reason,
                asked=tuple(map(Asked.of, rewrites)),
            )
        for one in rewrites:
            complete(one)
    return Removed(
        sum(line.rows for one in rewrites for line in one.replaced)
        - sum(line.rows for one in rewrites for line in one.made),
        tuple(line.name for one in rewrites for line in one.replaced),
    )


def set_aside(catalog: Catalog, settings: Settings, *, project: str, reason: str, proof: Proof) -> Removed:
    """Have nothing count any more that is gone or was altered; the files are kept apart, unreadable journals too."""
    _given(reason)
    root = settings.predictions_root
    with _only_one(root):
        rewrites = [_altered_left_out(folder, chain) for folder, chain in _logs(catalog, root, project)]
        rewrites = [one for one in rewrites if one.replaced or _strange(one.folder)]
        if not rewrites:
            permit(catalog, proof, Permission.SET_ASIDE, project=project)
            raise NotFound(f"nothing was altered in the prediction logs of {project}")
        asked = tuple(map(Asked.of, rewrites))
        attest_set_aside(catalog, settings=settings, proof=proof, project=project, reason=reason, asked=asked)
        for one in rewrites:
            _move_aside(one)
            complete(one)
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


def _altered_left_out(folder: Path, chain: Chain) -> Rewrite:
    altered = _altered(folder)
    return plan_rewrite(folder, chain, parts=[Part(altered)] if altered else [])


def _without(folder: Path, chain: Chain, entity: str) -> Rewrite:
    """Draft the segments of a log anew in which an entity occurs, without it."""
    parts = list[Part]()
    for line in chain.counting.values():
        content = content_of(folder, line)
        assert content is not None, "the log was proven just now, and nobody else rewrites it"
        table = parse(line.name, content)
        left = without(table, entity)
        if left.num_rows == table.num_rows:
            continue
        first, last = line.span
        parts.append(Part((line,), write_draft(left, folder, first=first, last=last) if left.num_rows else None))
    return plan_rewrite(folder, chain, parts=parts)


@contextmanager
def _nothing_left_behind(rewrites: Sequence[Rewrite]) -> Iterator[None]:
    """Take drafts away where the record is not told of them."""
    try:
        yield
    except FlywheelError:
        for line, folder in ((line, one.folder) for one in rewrites for line in one.made):
            draft_of(folder / line.name).unlink(missing_ok=True)
        raise


def _move_aside(rewrite: Rewrite) -> None:
    log = log_of(rewrite.folder)
    root = rewrite.folder.parents[1] if log.startswith(TRIALS) else rewrite.folder.parent
    place = root / ASIDE / log
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (*(line.name for line in rewrite.replaced), *_strange(rewrite.folder)):
        with suppress(FileNotFoundError):  # it is gone, which is how it was altered
            (rewrite.folder / name).replace(place / name)
