"""Late rows: what came after its window was judged is counted and told; nobody has looked at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flywheel.adapters.predictions.windows import Answerer, answered_by, first_at, written_since
from flywheel.catalog.engine import Catalog
from flywheel.domain.monitoring import WindowState, is_worth_telling
from flywheel.errors import counted
from flywheel.services.watching import health
from flywheel.services.watching.health import Found, HealthRecord, Part
from flywheel.settings import Settings

ACTOR = "flow:monitoring"
LOOKED_BACK = 200
"""Windows, the newest of them."""
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""Before whatever a caller may claim."""
MARGIN = timedelta(days=1)
"""What was written so long before the last window was recorded may have come while it was being judged."""


@dataclass(frozen=True)
class Late:
    """Rows of one window that came after it was judged."""

    part: Part
    rows: int
    judged: int
    more: int
    """How many of them nobody was told of yet."""

    def sentence(self) -> str:
        """Say whose rows, and of when, nobody has looked at."""
        part = self.part
        after = f"after {self.judged:,} of it had been judged" if self.judged else "after that stretch had been judged"
        return (
            f"{counted(self.rows, 'row')} that {part.answerer} answered, of {part.start_at:%Y-%m-%d %H:%M} to "
            f"{part.end_at:%Y-%m-%d %H:%M} UTC, came {after}: they were not judged"
        )

    @property
    def is_worth_telling(self) -> bool:
        """They could hide a fault."""
        return is_worth_telling(self.rows, of=self.judged)


def count_late(catalog: Catalog, *, project: str, settings: Settings, run_id: str) -> tuple[Late, ...]:
    """Find windows with more rows than were judged and keep the counts; gives what is new."""
    judged = health.list_health(catalog, project=project, limit=LOOKED_BACK)
    if not judged:
        return ()
    end_at, seen_at = judged[0].window_end_at, max(one.recorded_at for one in judged)
    fresh = written_since(settings.predictions_root, project, seen_at - MARGIN, before=end_at)
    touched = [one for one in judged if any(_overlap(one.part, first, last) for first, last in fresh)]
    found = [
        *_more_than_judged(touched, settings=settings),
        *_of_nobody_yet(judged, touched, settings=settings),
        *_between(project, judged, fresh, settings=settings),
    ]
    for late in found:
        if late.judged == 0 and not any(one.part == late.part for one in judged):
            nobody = Found(WindowState.UNJUDGEABLE, 0, words="all of its rows came after this stretch was judged")
            health.record_health(catalog, project=project, part=late.part, found=nobody, run_id=run_id, actor=ACTOR)
        health.record_late(catalog, project=project, part=late.part, late_rows=late.rows, actor=ACTOR)
    return tuple(found)


def _more_than_judged(touched: list[HealthRecord], *, settings: Settings) -> list[Late]:
    found = []
    for one in touched:
        if one.state is WindowState.INSUFFICIENT:
            continue  # its rows go on into the next window, and are counted there
        rows = _counted(one.project, one.part, settings).get(Answerer(one.version, one.served_by), 0) - one.rows
        if rows > one.late_rows:
            found.append(Late(one.part, rows, one.rows, rows - one.late_rows))
    return found


def _of_nobody_yet(judged: tuple[HealthRecord, ...], touched: list[HealthRecord], *, settings: Settings) -> list[Late]:
    """Rows of an answerer of whom no window covers that stretch."""
    found: dict[Part, Late] = {}
    for one in touched:
        for by, rows in _counted(one.project, one.part, settings).items():
            part = Part(by.version, by.served_by, one.window_start_at, one.window_end_at)
            if not any(_covers(other, part) for other in judged):
                found.setdefault(part, Late(part, rows, 0, rows))
    return list(found.values())


def _between(
    project: str, judged: tuple[HealthRecord, ...], fresh: Sequence[tuple[datetime, datetime]], *, settings: Settings
) -> list[Late]:
    """Rows of stretches in which nobody had asked when they were passed over, such as that before the first window."""
    found = []
    for start_at, end_at in _gaps(judged):
        if not any(start_at <= last and first < end_at for first, last in fresh):
            continue
        first_row_at = first_at(settings.predictions_root, project, start_at)
        if first_row_at is None or first_row_at >= end_at:
            continue
        part = Part("", "", max(start_at, first_row_at.replace(minute=0, second=0, microsecond=0)), end_at)
        for by, rows in _counted(project, part, settings).items():
            found.append(Late(replace(part, version=by.version, served_by=by.served_by), rows, 0, rows))
    return found


def _gaps(judged: tuple[HealthRecord, ...]) -> Iterator[tuple[datetime, datetime]]:
    """Give the stretches that no judged window covers, up to the end of the last; older ones than are read are left."""
    covered_to = BEGINNING if len(judged) < LOOKED_BACK else min(one.window_start_at for one in judged)
    for one in sorted(judged, key=lambda one: one.window_start_at):
        if one.window_start_at > covered_to:
            yield covered_to, one.window_start_at
        covered_to = max(covered_to, one.window_end_at)


def _counted(project: str, part: Part, settings: Settings) -> dict[Answerer, int]:
    return answered_by(settings.predictions_root, project, part.start_at, part.end_at)


def _covers(one: HealthRecord, part: Part) -> bool:
    is_by_same = (one.version, one.served_by) == (part.version, part.served_by)
    return is_by_same and one.window_start_at < part.end_at and part.start_at < one.window_end_at


def _overlap(part: Part, first: datetime, last: datetime) -> bool:
    return part.start_at <= last and first < part.end_at
