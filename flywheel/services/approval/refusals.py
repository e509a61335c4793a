"""Refusals: the last answer about a version that was not taken, so that whoever gave it need not look for it."""

from __future__ import annotations

from datetime import datetime

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.signoff import SignoffRequest, signoffs_of
from flywheel.domain.answer_words import FORM
from flywheel.domain.events import Verb
from flywheel.domain.payloads.approval import SignoffRefused
from flywheel.services.standing.agreements import waiting_in


def last_refused(work: UnitOfWork, request: SignoffRequest) -> str:
    """Say who gave the last answer to a question that was not taken, when, why and what next.

    Nothing where none was refused since people are asked, or the person has answered since.
    """
    return _last(work, request.version, since_at=request.requested_at)


def last_refused_agreement(work: UnitOfWork, project: str) -> str:
    """Say the same of what is agreed in a project, while its run waits for people."""
    waiting = waiting_in(work, project)
    return _last(work, project, since_at=waiting.filed_at) if waiting else ""


def _last(work: UnitOfWork, about: str, *, since_at: datetime) -> str:
    event = latest_of(work.session, verb=Verb.SIGNOFF_REFUSED, subject_id=about)
    if event is None or event.happened_at < since_at:
        return ""
    said = event.said(SignoffRefused)
    given = signoffs_of(work.session, about)
    if any(one.person == said.person and one.sequence > event.sequence for one in given):
        return ""
    where = "in the form" if said.channel == FORM else "on the command line"
    return f"{about}, {where} at {event.happened_at:%H:%M} UTC: {said.person}: {said.reason}"
