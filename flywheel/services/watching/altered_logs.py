"""Altered prediction logs: the steward looks at them in turns, people are paged once for each alteration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from flywheel.adapters.predictions.chain import TRIALS, Chain, Line, fault_of, read_chain
from flywheel.adapters.predictions.windows import words_of
from flywheel.catalog.endpoint import read_endpoints
from flywheel.catalog.engine import Catalog
from flywheel.catalog.incident import find_unresolved
from flywheel.catalog.project import lock_project, read_projects
from flywheel.domain.incidents import group_key
from flywheel.domain.payloads.serving import PredictionsSealed
from flywheel.services.incidents.troubles import Trouble, page
from flywheel.services.watching.prediction_logs import (
    examine,
    foreign_in,
    known_logs,
    last_seal,
    project_of,
    seal_log,
    told_of,
    unreadable_in,
)

SIGNAL = "predictions"
SEALED_EVERY = timedelta(days=1)
AT_ONCE_BYTES = 32_000_000
"""So much of what was written before is read again at each look, in turn."""
AT_ONCE_LOGS = 8
TOLD = 5
MOST_TOLD = 50
"""So many alterations are told while one incident is open: whoever altered all of a log must not page for days."""


@dataclass
class Turn:
    """Where the next look at the logs goes on, and when each was sealed last."""

    log: str = ""
    after: str = ""
    """The last segment of this log that was looked at."""
    seals: dict[str, tuple[datetime, int]] = field(default_factory=dict)


def watch_logs(
    catalog: Catalog, root: Path, turn: Turn, *, actor: str, at_once_bytes: int = AT_ONCE_BYTES
) -> tuple[str, ...]:
    """Prove some of what was logged, in turn, and seal what is due; gives what nobody was told of yet."""
    names = known_logs(catalog, root)
    told = []
    for log, problems in _looked_at(catalog, root, names, turn, at_once_bytes):
        if problems and _tell(catalog, log, problems, actor=actor):
            told.append(told_of(log, problems[0]))
    seal_due(catalog, root, names, turn, actor=actor)
    return tuple(told)


def watch_unreadable(catalog: Catalog, root: Path, *, actor: str) -> tuple[str, ...]:
    """Tell within seconds of journals that were set aside as they were taken in; gives what nobody was told of yet."""
    with catalog.look() as work:
        projects = [record.slug for record in read_projects(work.session)]
    logs = (log for project in projects for log in (project, f"{TRIALS}/{project}"))
    found = ((log, unreadable_in(root / log)) for log in logs)
    return tuple(told_of(log, words[0]) for log, words in found if words and _tell(catalog, log, words, actor=actor))


def seal_due(catalog: Catalog, root: Path, names: tuple[str, ...], turn: Turn, *, actor: str) -> None:
    """Seal each chain that has grown, once a day and whenever its endpoint was told to serve something else."""
    with catalog.look() as work:
        generations = {one.name: one.generation for one in read_endpoints(work.session)}
    for log in names:
        generation = generations.get(project_of(log), 0)
        at, sealed = turn.seals.get(log) or _sealed_before(catalog, log)
        is_due = at is None or sealed != generation or catalog.time() - at >= SEALED_EVERY
        if is_due and seal_log(catalog, root / log, generation=generation, actor=actor):
            at, sealed = catalog.time(), generation
        if at is not None:
            turn.seals[log] = at, sealed


def _sealed_before(catalog: Catalog, log: str) -> tuple[datetime | None, int]:
    event = last_seal(catalog, log)
    return (None, 0) if event is None else (event.happened_at, event.said(PredictionsSealed).generation)


def _looked_at(
    catalog: Catalog, root: Path, names: tuple[str, ...], turn: Turn, at_once_bytes: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    left = at_once_bytes
    ahead = [name for name in names if name >= turn.log] + [name for name in names if name < turn.log]
    for log in ahead[:AT_ONCE_LOGS]:
        folder = root / log
        examined = examine(catalog, folder)
        found = [*examined.problems, *foreign_in(folder)]
        after = turn.after if log == turn.log else ""
        for line in _onward(examined.chain, after):
            if left <= 0:
                turn.log, turn.after = log, after
                yield log, tuple(found)
                return
            left, after = left - line.size, line.name
            found += [words_of(folder, line)] if _is_at_fault(folder, line) else []
        yield log, tuple(found)
        turn.log, turn.after = f"{log}\0", ""


def _onward(chain: Chain, after: str) -> list[Line]:
    return sorted((line for line in chain.counting.values() if line.name > after), key=lambda line: line.name)


def _is_at_fault(folder: Path, line: Line) -> bool:
    """Whether a segment that still counts is not what was written."""
    return bool(fault_of(folder, line)) and read_chain(folder).counting.get(line.name) == line


def _tell(catalog: Catalog, log: str, problems: tuple[str, ...], *, actor: str) -> bool:
    """Page about what an open incident does not say yet."""
    project = project_of(log)
    with catalog.begin() as work:
        if project not in {record.slug for record in read_projects(work.session)}:
            return True  # said in the steward's log, where there is nobody to page
        lock_project(work.session, project)
        known = find_unresolved(work.session, group_key(project, SIGNAL))
        before = known.evidence if known is not None else {}
        fresh = [words for words in problems if words not in before][:TOLD]
        if not fresh or len(before) >= MOST_TOLD:
            return False
        others = f" and {len(problems) - len(fresh)} more" if len(problems) > len(fresh) else ""
        trouble = Trouble(
            SIGNAL,
            "logged predictions were altered or cannot be read",
            f"{told_of(log, '; '.join(fresh))}{others}. No window is judged on them.",
            (
                "find out who could write to the folder of predictions",
                "`flywheel events verify` lists all differences; put the files back from a backup",
                f"without a backup: `flywheel predictions set-aside {project}`, and the rest is judged",
                "resolve this incident when that is done: while they differ, it would open again",
            ),
            dict.fromkeys(fresh, work.now.isoformat()),
            signs=tuple(fresh),
        )
        page(work, project, trouble, actor=actor)
    return True
