"""Derived features of traffic: the log holds what callers sent, so what the model computed is computed again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flywheel.project.expressions.derivation import Derivation
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from validators import drift_own
from validators.profiles import Profile
from validators.repeats import Cases

if TYPE_CHECKING:
    import pandas as pd


def watched_features(project: Project, features: Collection[str]) -> Derivation:
    """The derived features that traffic is held by; one made of the time alone says what the calendar says."""
    computed = Framing(project.charter).derived.derivation
    time = {project.charter.data.time} if project.charter.data else set()
    return computed.only([name for name in features if not set(computed.only([name]).inputs) <= time])


def sent_alone(project: Project, profile: Profile) -> Profile:
    """The reference of the columns that callers send; by these alone a case is known."""
    return _without(profile, frozenset(project.charter.features))


def with_derived(project: Project, cases: Cases, profile: Profile, moments: pd.Series[Any]) -> Cases:
    """Put beside the rows the derived features that the reference knows; when a row was asked for is its time."""
    computed = Framing(project.charter).derived.derivation.only({column.name for column in profile.columns})
    return replace(cases, rows=widened(project, computed, cases.rows, moments)) if computed else cases


def widened(project: Project, computed: Derivation, rows: pd.DataFrame, moments: pd.Series[Any]) -> pd.DataFrame:
    """Put derived features beside logged rows, whose time is when each was asked for."""
    time = project.charter.data.time if project.charter.data else None
    asked = {time: moments.to_numpy()} if time in computed.inputs else {}
    return rows.assign(**computed.columns(rows.assign(**asked))) if computed else rows


def judged_by(project: Project, profile: Profile, code: str) -> Profile:
    """The columns that a gate judges: derived features drift, and break by what they are made of."""
    return profile if code == drift_own.check.code else sent_alone(project, profile)


def _without(profile: Profile, names: frozenset[str]) -> Profile:
    return replace(profile, columns=tuple(column for column in profile.columns if column.name not in names))
