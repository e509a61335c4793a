"""Prediction logs and the record: chains are sealed, held against what was sealed, and rewritten with the reason told.

A chain tells by itself what was altered in it or under it; that it was not rewritten as a whole, the record tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from flywheel.adapters.predictions.chain import TRIALS, Chain, Place, is_log, log_of, read_chain, strangers
from flywheel.adapters.predictions.journal import unread_in
from flywheel.adapters.predictions.segments import faults
from flywheel.adapters.predictions.windows import words_of
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.event import EventRow, believed, read_head
from flywheel.domain.events import Draft, Event, SubjectKind, Verb
from flywheel.domain.payloads.serving import PredictionsRewritten, PredictionsSealed

ABOUT_LOGS = (Verb.PREDICTIONS_SEALED.value, Verb.PREDICTIONS_REWRITTEN.value, Verb.PREDICTIONS_REPLACED.value)
_ATTEMPTS = 5


@dataclass(frozen=True)
class Examined:
    """A log's chain, and what does not hold in it or against the record."""

    chain: Chain
    problems: tuple[str, ...]


@dataclass(frozen=True)
class LogsProven:
    """What was found when every segment of every log was held against its chain, and each chain against the record."""

    logs: int
    segments: int
    rows: int
    problems: tuple[str, ...]


def check_logs(catalog: Catalog, root: Path) -> LogsProven:
    """Prove all prediction logs, and name what is not as it was written."""
    names, segments, rows, problems = known_logs(catalog, root), 0, 0, list[str]()
    for log in names:
        examined = examine(catalog, root / log)
        segments, rows = segments + len(examined.chain.counting), rows + examined.chain.rows
        found = (*examined.problems, *foreign_in(root / log), *lacking_in(root / log))
        problems += [told_of(log, words) for words in found]
    return LogsProven(len(names), segments, rows, tuple(problems))


def known_logs(catalog: Catalog, root: Path) -> tuple[str, ...]:
    """Name the logs that are there, and those that the record knows."""
    folders = [path for top in (root, root / TRIALS) if top.is_dir() for path in top.iterdir() if is_log(path)]
    with catalog.look() as work:
        known = work.session.scalars(select(EventRow.subject_id).where(EventRow.verb.in_(ABOUT_LOGS)).distinct())
        return tuple(sorted({*map(log_of, folders), *known}))


def lacking_in(folder: Path) -> tuple[str, ...]:
    """Name every segment that is gone or not what was written."""
    return tuple(words_of(folder, line) for line in faults(folder, wanted=lambda _: True))


def foreign_in(folder: Path) -> tuple[str, ...]:
    """Name every segment that somebody put there without a line in the chain, and every journal that was set aside."""
    added = (
        f"segment {name} was added: its chain does not list it, so it does not count" for name in strangers(folder)
    )
    return (*added, *unreadable_in(folder))


def unreadable_in(folder: Path) -> tuple[str, ...]:
    """Name every journal of which something could not be read when it was taken in."""
    return tuple(f"journal {name} holds what nobody can read; it was set aside" for name in unread_in(folder))


def told_of(log: str, words: str) -> str:
    """Say of which log something is said."""
    return f"the prediction log of {log}: {words}"


def examine(catalog: Catalog, folder: Path) -> Examined:
    """Hold a log's chain against what the record sealed of it; what may be a writer at work is looked at again."""
    seen, before = _look(catalog, folder), None
    for _ in range(_ATTEMPTS):
        if not seen.problems or seen.problems == before:
            break
        before, seen = seen.problems, _look(catalog, folder)
    return seen


def _look(catalog: Catalog, folder: Path) -> Examined:
    with catalog.look() as work:
        read_head(work.session)  # from here on the record stands still, and the chain can only be further than it
        chain = read_chain(folder)
        return Examined(chain, (*chain.problems, *_contradictions(chain, _told(work, log_of(folder)))))


def _contradictions(chain: Chain, told: Iterator[Event]) -> Iterator[str]:
    """Compare a chain with what was sealed since it was put in its place, from the newest on."""
    for event in told:
        if event.verb is Verb.PREDICTIONS_SEALED:
            sealed = event.said(PredictionsSealed)
            place, rows = Place(sealed.lines, sealed.digest), f", with {sealed.rows:,} rows before it"
        else:
            rewritten = event.said(PredictionsRewritten)
            if chain.holds(Place(rewritten.lines, rewritten.digest)):
                return
            # it did not come about; what it was to replace must still be there
            place, rows = Place(rewritten.lines_before, rewritten.digest_before), ""
        if not chain.holds(place):
            what = "ends before that" if chain.place.lines < place.lines else "differs there"
            yield f"event {event.sequence} sealed line {place.lines} of its chain{rows}; the chain {what}"
    if chain.follows.lines:
        yield "its chain replaced another, and the record has no event of that"


def _told(work: UnitOfWork, log: str) -> Iterator[Event]:
    about = (EventRow.subject_kind == SubjectKind.ENDPOINT.value, EventRow.subject_id == log)
    wanted = select(EventRow).where(*about, EventRow.verb.in_(ABOUT_LOGS)).order_by(EventRow.sequence.desc())
    return believed(work.session, wanted.execution_options(yield_per=10))


def last_seal(catalog: Catalog, log: str) -> Event | None:
    """Find when a log's chain was sealed last."""
    with catalog.look() as work:
        return next((one for one in _told(work, log) if one.verb is Verb.PREDICTIONS_SEALED), None)


def seal_log(catalog: Catalog, folder: Path, *, generation: int, actor: str) -> bool:
    """Seal the end of a log's chain in the record, unless it was sealed there already.

    False where there is none yet, or it does not hold, which whoever proves it tells.
    """
    examined = examine(catalog, folder)
    chain, log = examined.chain, log_of(folder)
    if examined.problems or not chain.digests:
        return False
    last = last_seal(catalog, log)
    if last is not None and last.said(PredictionsSealed).digest == chain.place.digest:
        return True
    said = PredictionsSealed(
        project_of(log), chain.place.lines, chain.place.digest, len(chain.counting), chain.rows, generation
    )
    with catalog.begin() as work:
        work.append(Draft(Verb.PREDICTIONS_SEALED, actor, SubjectKind.ENDPOINT, log, chain.place.digest, said))
    return True


def project_of(log: str) -> str:
    """Whose log it is."""
    return log.removeprefix(f"{TRIALS}/")
