"""Agree: who must say so reads what a charter asks for, and signs it before anything is made by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.input import RunInput
from pydantic import Field, ValidationError

from flywheel.domain.answer_words import FORM
from flywheel.domain.answers import read_answer
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import Stage
from flywheel.errors import InputRefused, Refused, counted
from flywheel.pages.markdown import literal
from flywheel.services.approval import agreements, answer_words
from flywheel.services.dossier.agreement import AgreementText, agreement_text
from flywheel.services.people.authors import commits_since_release
from flywheel.services.standing import agreements as standing
from flywheel.services.walk import stages
from tasks.options import WITHIN_RUN, run_continued
from tasks.question import answers_given, ask
from tasks.shapes import Decision, Ticket, Weighed
from tasks.sign_off import PARAGRAPH, WAIT_SECONDS, YOUR_WORDS, begun, form_with, link_of, one_of, spend_words
from tasks.submit import PROJECT_FILES
from tasks.workbench import workbench

FLOW = "flow:ideation"
"""Who files what is agreed: whoever began the run is one of its authors, and proves nothing by that."""


class AgreementForm(RunInput):
    """A decision on what is agreed. It is bound to a person by a one-time code."""

    decision: Answer = Field(description="Approve it, reject it, or return it for rework")
    reviewer: str = Field(description="Your e-mail address, as you are enrolled", min_length=3, max_length=200)
    code: str = Field(description="The six digits that your authenticator shows now", min_length=6, max_length=12)
    words: str = Field("", description=YOUR_WORDS, max_length=200)
    comment: str = Field("", description="What you looked at, and why you decide so; kept for ever")
    role: Role | None = Field(
        None, description="Your role; empty: the role that is missing next", json_schema_extra=one_of(Role)
    )


@dataclass(frozen=True)
class Agreeing:
    """What people are asked: to sign what, how far it has come, and what is to be told of the last answer."""

    text: AgreementText
    state: str
    note: str
    link: str

    def in_one_line(self) -> str:
        """Say it where there is one line."""
        return "; ".join((f"what is agreed in {self.text.project}: {self.state}", *filter(None, (self.note,))))

    def as_question(self) -> str:
        """Write what a person reads before deciding."""
        noted = (f"**{literal(begun(self.note))}**",) if self.note else ()
        page = f"You sign what is agreed in the charter, all of it: [open it]({self.link})."
        count = len(self.text.changes)
        since = (f"{counted(count, 'key')} changed since people last signed; the page shows each.",) if count else ()
        label = "**Your answer:** approve, reject, or rework (send it back)"
        return PARAGRAPH.join(
            (*noted, f"{page} Now: **{literal(self.state)}**.", literal(self.text.brief), *since, label)
        )

    def as_page(self) -> str:
        """Write the artifact."""
        noted = f"**{literal(begun(self.note))}**\n\n" if self.note else ""
        return (
            f"# {literal(self.text.title)}: what is agreed\n\n{noted}**{literal(begun(self.state))}.** "
            f"[Open what is signed]({self.link}).\n\n{literal(self.text.brief)}\n\nOn the command line: "
            f"`flywheel sign {self.text.project} --show`\n"
        )


def await_agreement(ticket: Ticket) -> Decision:
    """Wait, without a process, until those whom the policy names agree; where it names nobody, go on at once."""
    if not is_asked_for(ticket):
        return Decision(is_open=True, reasons=[])
    note = take_in(ticket)
    digest = file_agreement(ticket)
    weighed = weigh_agreement(ticket)
    is_open = not weighed["is_settled"] and not weighed["is_vain"]
    asks_words = wait_for_people(ticket) if is_open else False
    asked = _asked(ticket, digest, weighed["sentence"], note)
    show_agreement(ticket["project"], asked)
    if is_open:
        form = form_of(asked, asks_words=asks_words)
        ask(
            form,
            run_id=ticket["run_id"],
            message=asked.in_one_line(),
            within_seconds=WAIT_SECONDS,
        )
    return Decision(is_open=weighed["is_granted"], reasons=[] if weighed["is_granted"] else [weighed["sentence"]])


def take_in(ticket: Ticket) -> str:
    """Record what was answered here, and in the run that died and that this one goes on with; tell of the last."""
    note = ""
    for run_id in filter(None, (run_continued(), ticket["run_id"])):
        for number, form in answers_given(run_id).items():
            note = record_word(ticket, form, f"{run_id}:{number}")
    return note


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def is_asked_for(ticket: Ticket) -> bool:
    """Ask the record whether anybody must agree."""
    return standing.agreement_of(workbench().catalog, project=ticket["project"]) is not None


@task(cache_policy=WITHIN_RUN, persist_result=True, retries=2, retry_delay_seconds=1)
def file_agreement(ticket: Ticket) -> str:
    """Put what is agreed before those who sign, with whose work it is; gives its digest."""
    bench, project = workbench(), ticket["project"]
    return agreements.file_agreement(
        bench.catalog,
        project=project,
        project_digest=ticket["project_digest"],
        authors=tuple(ticket["authors"]),
        commits=commits_since_release(bench.catalog, project=project, files=PROJECT_FILES),
        run_id=ticket["run_id"],
        actor=FLOW,
    )


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def wait_for_people(ticket: Ticket) -> bool:
    """Say in the record that ideation waits for people; say whether the form asks for words of theirs."""
    bench = workbench()
    stages.wait_stage(
        bench.catalog,
        project=ticket["project"],
        stage=Stage.IDEATION,
        run_id=ticket["run_id"],
        actor=ticket["actor"],
        why="signatures on what is agreed",
    )
    return answer_words.send_words(bench.catalog, identity=bench.identity, version=ticket["project"])


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def weigh_agreement(ticket: Ticket) -> Weighed:
    """Read the record: who has signed, who is missing, and whether the charter still asks for the same."""
    found = standing.weighed(workbench().catalog, project=ticket["project"], charter=ticket["project_digest"])
    return Weighed(
        is_settled=found.is_settled, is_granted=found.is_granted, is_vain=found.is_vain, sentence=found.sentence
    )


@task(cache_policy=WITHIN_RUN, persist_result=True, retries=2, retry_delay_seconds=1)
def record_word(ticket: Ticket, form: dict[str, Any], key: str) -> str:
    """Take the form's answer to the record; tell why it was refused."""
    log, who = get_run_logger(), str(form.get("reviewer", ""))
    try:
        sign(ticket, form, key)
    except (Refused, InputRefused) as refusal:
        note = f"not accepted: {who}: {refusal.sentence()}"
        spend_words(ticket["project"], form)
        log.warning("%s", note)
        return note
    log.info("%s: %s", who, form["decision"])
    return ""


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def show_agreement(project: str, asked: Agreeing) -> None:
    """Keep how far the signatures have come, and what was refused last, where people look in the UI."""
    create_markdown_artifact(
        key=f"{project}-agreed", markdown=asked.as_page(), description=literal(asked.in_one_line())
    )


def sign(ticket: Ticket, form: dict[str, Any], key: str) -> None:
    """Hand an answer over to the record."""
    bench = workbench()
    try:
        signed = AgreementForm.model_validate({name: said for name, said in form.items() if said is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputRefused(f"the form's {first['loc'][0]} cannot be read: {first['msg']}") from error
    said = read_answer(signed.decision, comment=signed.comment)
    text = agreement_text(bench.catalog, project=ticket["project"], project_digest=ticket["project_digest"])
    agreements.sign_agreement(
        bench.catalog,
        identity=bench.identity,
        project=ticket["project"],
        digest=text.digest,
        person=signed.reviewer.strip(),
        role=signed.role,
        answer=signed.decision,
        comment=said.comment,
        code=signed.code.strip(),
        words=signed.words,
        channel=FORM,
        key=key,
    )


def form_of(asked: Agreeing, *, asks_words: bool) -> type[RunInput]:
    """Make the form; what is signed stands above the first field, since a text above them all has no height."""
    question = Field(title=f"What is agreed in {asked.text.project}", description=asked.as_question())
    return form_with(AgreementForm, question, asks_words=asks_words)


def _asked(ticket: Ticket, digest: str, state: str, note: str) -> Agreeing:
    project = ticket["project"]
    text = agreement_text(workbench().catalog, project=project, project_digest=ticket["project_digest"])
    return Agreeing(text, state, note, link_of(project, digest))
