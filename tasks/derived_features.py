"""Derived features of traffic: the log holds what callers sent, so what the model computed is computed again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flywheel.domain.digests import Digest
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.loader import Project
from flywheel.services.modelling import versions
from flywheel.services.modelling.scorers import derivation_of
from tasks.workbench import workbench
from validators import drift_own
from validators.profiles import Profile
from validators.repeats import Cases

if TYPE_CHECKING:
    import pandas as pd


def computed_by(version: str) -> Derivation:
    """What a version computes of raw columns on the way in, by expressions and by its own code as it stands in it."""
    bench = workbench()
    record = versions.get_version(bench.catalog, version=version)
    return derivation_of(Digest(record.model_digest), artifacts=bench.artifacts)


def watched_features(project: Project, computed: Derivation) -> Derivation:
    """The derived features that traffic is held by; one made of the time alone says what the calendar says."""
    time = {project.charter.data.time} if project.charter.data else set()
    return computed.only([name for name in computed.wanted if not set(computed.only([name]).inputs) <= time])


def sent_alone(project: Project, profile: Profile) -> Profile:
    """The reference of the columns that callers send; by these alone a case is known."""
    sent = frozenset(project.charter.data.declared) if project.charter.data else frozenset[str]()
    return replace(profile, columns=tuple(column for column in profile.columns if column.name in sent))


def with_derived(project: Project, version: str, cases: Cases, profile: Profile, moments: pd.Series[Any]) -> Cases:
    """Put beside the rows the derived features that the reference knows; when a row was asked for is its time."""
    computed = computed_by(version).only({column.name for column in profile.columns})
    return replace(cases, rows=widened(project, computed, cases.rows, moments)) if computed else cases


def widened(project: Project, computed: Derivation, rows: pd.DataFrame, moments: pd.Series[Any]) -> pd.DataFrame:
    """Put derived features beside logged rows, whose time is when each was asked for."""
    time = project.charter.data.time if project.charter.data else None
    asked = {time: moments.to_numpy()} if time in computed.inputs else {}
    return rows.assign(**computed.columns(rows.assign(**asked))) if computed else rows


def judged_by(project: Project, profile: Profile, code: str) -> Profile:
    """The columns that a gate judges: derived features drift, and break by what they are made of."""
    return profile if code == drift_own.check.code else sent_alone(project, profile)
