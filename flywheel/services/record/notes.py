"""Notes: written by whoever works on a thing, in threads, and settled by another word."""

from __future__ import annotations

import uuid

from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.note import Note, read_note, read_notes
from flywheel.catalog.project import lock_project, read_project
from flywheel.catalog.version import read_version
from flywheel.domain.authority import Permission
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.notes import NoteKind, check_locator, check_text
from flywheel.domain.payloads.serving import NoteResolved, NoteWritten
from flywheel.errors import Refused
from flywheel.services.people.authority import perform
from flywheel.services.people.notary import notarised
from flywheel.services.people.proof import Proof

MARK = ":"
"""A version's id has it, a project's does not."""


@notarised
def write_note(
    catalog: Catalog,
    *,
    subject: str,
    text: str,
    kind: NoteKind = NoteKind.COMMENT,
    locator: str = "",
    reply_to: str = "",
    proof: Proof,
) -> Note:
    """Pin words to a version or a project, and to a place in it: a gate, a column, a figure; once for each key."""
    words, place = check_text(text), check_locator(locator)
    request = ["write_note", subject, words, kind, place, reply_to, proof.who]

    def act(work: UnitOfWork) -> Note:
        subject_kind, project = _subject(work, subject)
        first = work.recall(proof.once("write_note"), request)
        if first is not None:
            return read_note(work.session, str(first.value))
        if reply_to and read_note(work.session, reply_to).subject_id != subject:
            raise Refused(f"{reply_to} is about something else", next_step=f"`flywheel notes list {subject}`")
        version = subject if subject_kind is SubjectKind.VERSION else ""
        said = NoteWritten(f"note-{uuid.uuid4().hex[:12]}", project, version, place, kind, words, reply_to)
        work.append(Draft(Verb.NOTE_WRITTEN, proof.who, subject_kind, subject, "", said))
        work.remember(proof.once("write_note"), request, said.id)
        return read_note(work.session, said.id)

    return perform(catalog, proof, Permission.NOTE, act, project=_project_of(catalog, subject))


@notarised
def resolve_note(catalog: Catalog, *, note: str, proof: Proof) -> Note:
    """Say that what a note asks or claims is settled; settling it twice changes nothing."""

    def act(work: UnitOfWork) -> Note:
        present = read_note(work.session, note)
        lock_project(work.session, present.project)
        present = read_note(work.session, note)
        if not present.resolved_by:
            kind = SubjectKind(present.subject_kind)
            version = present.subject_id if kind is SubjectKind.VERSION else ""
            said = NoteResolved(note, present.project, version)
            work.append(Draft(Verb.NOTE_RESOLVED, proof.who, kind, present.subject_id, "", said))
        return read_note(work.session, note)

    with catalog.look() as work:
        project = read_note(work.session, note).project
    return perform(catalog, proof, Permission.NOTE, act, project=project)


def notes_about(catalog: Catalog, *, subject: str) -> tuple[Note, ...]:
    """List what was said about a version or a project, oldest first."""
    with catalog.begin() as work:
        _subject(work, subject)
        return read_notes(work.session, subject_id=subject)


def _project_of(catalog: Catalog, subject: str) -> str:
    with catalog.look() as work:
        if MARK in subject:
            return read_version(work.session, subject).project
        return read_project(work.session, subject).slug


def _subject(work: UnitOfWork, subject: str) -> tuple[SubjectKind, str]:
    if MARK in subject:
        return SubjectKind.VERSION, read_version(work.session, subject).project
    lock_project(work.session, subject)
    return SubjectKind.PROJECT, subject
