"""Refusals: the last answer about a version that was not taken, so that whoever gave it need not look for it."""

from __future__ import annotations

from flywheel.catalog.engine import UnitOfWork
from flywheel.catalog.event import latest_of
from flywheel.catalog.signoff import SignoffRequest, signoffs_of
from flywheel.domain.answer_words import FORM
from flywheel.domain.events import Verb
from flywheel.domain.payloads.approval import SignoffRefused


def last_refused(work: UnitOfWork, request: SignoffRequest) -> str:
    """Say who gave the last answer to a question that was not taken, when, why and what next.

    Nothing where none was refused since people are asked, or the person has answered since.
    """
    event = latest_of(work.session, verb=Verb.SIGNOFF_REFUSED, subject_id=request.version)
    if event is None or event.happened_at < request.requested_at:
        return ""
    said = event.said(SignoffRefused)
    given = signoffs_of(work.session, request.version)
    if any(one.person == said.person and one.sequence > event.sequence for one in given):
        return ""
    where = "in the form" if said.channel == FORM else "on the command line"
    return f"{request.version}, {where} at {event.happened_at:%H:%M} UTC: {said.person}: {said.reason}"
