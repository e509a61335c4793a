"""Who answers instead of what was taken back: of what the charter names, first what does not decide by what broke."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flywheel.catalog.endpoint import EndpointRecord, read_releases
from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.health import read_windows
from flywheel.catalog.project import read_charter
from flywheel.catalog.version import VersionRecord, VersionState, read_version
from flywheel.domain.conditions import NONE, Conditions
from flywheel.domain.digests import Json
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.events import Verb
from flywheel.domain.monitoring import broken_columns
from flywheel.domain.payloads.serving import EndpointLed
from flywheel.project.charter.stages import DEFAULT_FALLBACK
from flywheel.services.standing.weighing import reasons_against, standing_in
from flywheel.services.terms.charters import in_force

ANSWERERS_AT_ONCE = 20
"""More than this do not answer within one window."""


@dataclass(frozen=True)
class StandIn:
    """Who answers instead."""

    mode: EndpointMode
    package: Mapping[str, Json]
    version: VersionRecord | None = None
    conditions: Conditions = NONE


def stand_in(work: UnitOfWork, present: EndpointRecord, *, broken: Collection[str]) -> StandIn | None:
    """Find who answers instead of what serves, in the charter's order, but what decides by a broken column last."""
    found = (STAND_INS[name](work, present) for name in _fallback_of(work, present))
    there = [one for one in found if one is not None]
    return min(there, key=lambda one: bool(_decides_by(work, present.project, one, broken)), default=None)


def doubt(work: UnitOfWork, present: EndpointRecord, *, broken: Collection[str]) -> str:
    """Say that what stands in decides by what broke as well; nothing where it does not, or nothing stands in."""
    if not _stands_in(work, present):
        return ""
    columns = _decides_by(work, present.project, _as_it_is(work, present), broken)
    if not columns:
        return ""
    who = "the business rule" if present.mode is EndpointMode.RULE else present.version
    what = "the column that broke" if len(columns) == 1 else "the columns that broke"
    way = f'`flywheel stop {present.project} --reason "..."` stops the endpoint until it is fixed'
    return f"{who} decides by {', '.join(columns)} too, {what}: its answers are in doubt; {way}"


def doubt_of_present(work: UnitOfWork, present: EndpointRecord) -> str:
    """Say it of what stands in now, by the columns that were bad or silent in the newest window."""
    windows = read_windows(work.session, project=present.project, limit=ANSWERERS_AT_ONCE)
    newest = [one for one in windows if one.window_end_at == windows[0].window_end_at]
    return doubt(work, present, broken={name for one in newest for name in broken_columns(one.columns)})


def _stands_in(work: UnitOfWork, present: EndpointRecord) -> bool:
    """Whether a rule answers, or a version that came back by a fallback and through no door."""
    if present.mode is not EndpointMode.MODEL:
        return present.mode is EndpointMode.RULE
    fell = latest_of(work.session, verb=Verb.ENDPOINT_FELL_BACK, subject_id=present.name)
    released = max((one.sequence for one in read_releases(work.session, present.project)), default=0)
    return fell is not None and fell.sequence > released


def _decides_by(work: UnitOfWork, project: str, one: StandIn, columns: Collection[str]) -> tuple[str, ...]:
    """Name those of the columns that it decides by."""
    if one.version is not None:
        used = {*one.version.recipe_inputs, *one.version.recipe_features}
    else:
        used = {_column_of_rule(work, project)} if one.mode is EndpointMode.RULE else set()
    return tuple(sorted(used.intersection(columns)))


def _as_it_is(work: UnitOfWork, present: EndpointRecord) -> StandIn:
    version = read_version(work.session, present.version) if present.version else None
    return StandIn(present.mode, present.package, version)


def _column_of_rule(work: UnitOfWork, project: str) -> str:
    rule = _delivery_of(work, project).get("rule")
    return str(rule.get("column", "")) if isinstance(rule, dict) else ""


def _delivery_of(work: UnitOfWork, project: str) -> Mapping[str, Json]:
    """Read what the charter says of delivery that was signed for what serves."""
    signed = in_force(work, project)
    assert signed is not None, "what serves was released"
    said = read_charter(work.session, project, project_digest=signed).get("delivery")
    return said if isinstance(said, dict) else {}


def _fallback_of(work: UnitOfWork, present: EndpointRecord) -> tuple[str, ...]:
    named = _delivery_of(work, present.project).get("fallback")
    return tuple(map(str, named)) if isinstance(named, list) else DEFAULT_FALLBACK


def _previous(work: UnitOfWork, present: EndpointRecord) -> StandIn | None:
    """The last other version that is still approved; none where the tables are not what the record says."""
    if not work.holds(present.project):
        return None
    for release in read_releases(work.session, present.project):
        record = read_version(work.session, release.version)
        is_candidate = record.id != present.version and record.state is VersionState.SUPERSEDED
        if is_candidate and not reasons_against(work, record):
            return StandIn(EndpointMode.MODEL, release.package, record, standing_in(work, record.id).conditions)
    return None


def _rule(work: UnitOfWork, present: EndpointRecord) -> StandIn | None:
    """The business rule in the package that serves, where its charter wrote one."""
    if not _delivery_of(work, present.project).get("rule"):
        return None
    return StandIn(EndpointMode.RULE, present.package)


STAND_INS: Mapping[str, Callable[[UnitOfWork, EndpointRecord], StandIn | None]] = {
    "previous": _previous,
    "rule": _rule,
}
"""What a charter may name under `[delivery] fallback`, and where it is found; nothing where it is not there."""


def stopped_by(work: UnitOfWork, present: EndpointRecord) -> str:
    """Say by whom an endpoint was stopped, and why; nothing where somebody is to answer."""
    if present.mode is not EndpointMode.STOPPED:
        return ""
    led = latest_of(work.session, verb=Verb.ENDPOINT_STOPPED, subject_id=present.name)
    return f"{led.actor} ({led.said(EndpointLed).reason})" if led else ""
