"""Alarms carried out: the safest action that the monitoring plan asks for, and a retraining where it asks for one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from flywheel.catalog.endpoint import find_endpoint
from flywheel.catalog.engine import Catalog
from flywheel.domain.endpoints import EndpointMode
from flywheel.domain.monitoring import Action
from flywheel.services.modelling import experiments, versions
from flywheel.services.serving import endpoints, releases
from flywheel.services.serving.stand_ins import doubt
from flywheel.services.terms import charters

DRIFT_EVENT = "flywheel.drift.detected"
ACTOR = "flow:monitoring"
CENT = Decimal("0.01")
DAYS_A_YEAR = 365


def carry_out(
    catalog: Catalog,
    *,
    project: str,
    version: str,
    served_by: str,
    wanted: Collection[Action],
    reason: str,
    window: str,
    broken: Collection[str] = (),
) -> tuple[str, ...]:
    """Make the endpoint as safe as the plan wants; say what was done, and where what stands in decides by what broke.

    Only what answered the judged traffic is taken back: a repeated step, or the next window of the same traffic, finds
    another one in its place and leaves it.
    """
    done = []
    safer = {Action.STOP, Action.FALLBACK, Action.ROLLBACK} & set(wanted)
    if safer and (instead := _answers_instead(catalog, project, version, served_by)):
        done.append(instead)
    elif Action.STOP in wanted:
        releases.stop(catalog, project=project, reason=reason, incident=None, actor=ACTOR)
        done.append("the endpoint was stopped")
    elif safer:
        done.append(_fall_back(catalog, project, version, served_by, reason, broken))
    if safer:
        done += _doubts(catalog, project, broken)
    if Action.RETRAIN in wanted:
        with catalog.begin() as work:
            work.enqueue(
                "emit_event",
                f"drift:{project}:{window}",
                {"event": DRIFT_EVENT, "project": project, "key": f"{project}:{window}", "payload": {"reason": reason}},
            )
        done.append("a retraining was asked for")
    return tuple(done)


@dataclass(frozen=True)
class Decided:
    """What a version decided in a window: so many cases, of all that came, in the time in which it was to answer.

    A case that is asked again is decided once; what an approval leaves to the rule is not decided by the version.
    """

    cases: int
    of: int
    over: timedelta


def at_stake_per_day(
    catalog: Catalog, *, project: str, version: str, served_by: str, decided: Decided
) -> Decimal | None:
    """What the version that answered earns in a day over the baseline: that much is at stake.

    Nothing is where the rule answered, and where the version gains nothing.
    """
    if served_by != EndpointMode.MODEL:
        return None
    look = experiments.look_at_test(catalog, experiment=versions.get_version(catalog, version=version).experiment_id)
    if look is None:
        return None
    with catalog.look() as work:
        value = charters.submitted(work, project).charter.value
    cases = cases_per_day(decided, planned_per_year=value.volume_per_year if value else None)
    gain = look.money("kpi") - look.money("naive")
    return None if cases is None or gain <= 0 else (gain * cases).quantize(CENT)


def cases_per_day(decided: Decided, *, planned_per_year: int | None) -> Decimal | None:
    """Say how many cases a day brings the version: a day or more of answers tells, of less the charter's volume.

    Of that volume the version has the share that it had of what came.
    """
    days = Decimal(str(decided.over / timedelta(days=1)))
    if days >= 1:
        return decided.cases / days
    if planned_per_year is None or not decided.of:
        return None
    return Decimal(planned_per_year) / DAYS_A_YEAR * decided.cases / decided.of


def _answers_instead(catalog: Catalog, project: str, version: str, served_by: str) -> str:
    """Say what is there in place of what answered the judged traffic; nothing where that still answers."""
    now = endpoints.find(catalog, name=project)
    if now is None or now.mode is EndpointMode.STOPPED:
        return "the endpoint is stopped"
    if served_by == EndpointMode.RULE:
        return "" if now.mode is EndpointMode.RULE else f"the business rule answered then; {now.version} answers now"
    if now.mode is EndpointMode.RULE:
        return "the business rule already answers"
    return "" if now.version == version else f"{now.version} answers in place of {version} already"


def _fall_back(
    catalog: Catalog, project: str, version: str, served_by: str, reason: str, broken: Collection[str]
) -> str:
    if served_by == EndpointMode.RULE:
        return "the business rule already answers"
    now = releases.fall_back(
        catalog, project=project, version=version, reason=reason, incident=None, actor=ACTOR, broken=broken
    )
    return _told(now)


def _doubts(catalog: Catalog, project: str, broken: Collection[str]) -> tuple[str, ...]:
    with catalog.look() as work:
        now = find_endpoint(work.session, project)
        said = doubt(work, now, broken=broken) if now else ""
    return (said,) if said else ()


def _told(now: endpoints.EndpointRecord) -> str:
    if now.mode is EndpointMode.STOPPED:
        return f"the endpoint was stopped: {releases.NOTHING_STANDS_IN}"
    return f"the endpoint fell back to {now.version if now.mode is EndpointMode.MODEL else 'its business rule'}"
