"""Sign-offs: a suspended run is only a waiting room; the record alone says who approved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.input import RunInput
from pydantic import Field, ValidationError, create_model

from flywheel.domain.answer_words import FORM
from flywheel.domain.answers import Said, read_answer
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.stages import Stage
from flywheel.errors import InputRefused, Refused, counted
from flywheel.pages.markdown import literal
from flywheel.services.approval import answer_words, signoffs
from flywheel.services.dossier.links import link_to
from flywheel.services.standing import worth_signing
from flywheel.services.walk import stages
from tasks.file_dossier import as_it_stands
from tasks.options import WITHIN_RUN, run_continued
from tasks.question import answers_given, ask
from tasks.shapes import Decision, Filed, Ticket, Weighed
from tasks.workbench import workbench

WAIT_SECONDS = 30 * 24 * 3_600
"""A question unanswered for thirty days ends the run; the version still waits in the record."""
PROVEN = ("decision", "reviewer", "code", "words")
"""The fields that make an answer that of a person."""
SHOWN_LETTERS = len("sha256:") + 12
YOUR_WORDS = (
    "The two words of your answer, from the mail that you were sent; none there: leave it empty, and they are sent"
)
CODE_ALONE = (
    "The six digits that your authenticator shows now. They prove who answers, and not what: who knows Prefect's "
    "password can alter the answer. `flywheel sign` proves both"
)
FORM_LETTERS = 1_200
"""So much of the questions stands in the form; the artifact beside it, the page and the command line show all."""
PARAGRAPH = "\n\n\n"
"""What Prefect's form takes for the end of a paragraph: of two line ends it makes one."""


def one_of(choices: type[StrEnum]) -> Callable[[dict[str, Any]], None]:
    """Have the form offer choices of which nothing is chosen, where a person may leave it so."""

    def write(schema: dict[str, Any]) -> None:
        for key in ("anyOf", "default"):
            schema.pop(key, None)
        schema |= {"type": "string", "enum": [choice.value for choice in choices]}

    return write


class SignoffForm(RunInput):
    """A decision on a version. It is bound to a person by a one-time code.

    What an approval alone carries has no bounds here: somebody who rejects would be sent back for it.
    """

    decision: Answer = Field(description="Approve it, reject it, or return it for rework")
    reviewer: str = Field(description="Your e-mail address, as you are enrolled", min_length=3, max_length=200)
    code: str = Field(description="The six digits that your authenticator shows now", min_length=6, max_length=12)
    words: str = Field("", description=YOUR_WORDS, max_length=200)
    comment: str = Field("", description="What you looked at, and why you decide so; kept for ever")
    role: Role | None = Field(
        None, description="Your role; empty: the role that is missing next", json_schema_extra=one_of(Role)
    )
    feedback: Feedback | None = Field(
        None,
        description="With an approval: minor remarks, or major ones to be settled first; empty: none",
        json_schema_extra=one_of(Feedback),
    )
    until: str = Field("", description="Last day of your approval, such as 2027-06-30; empty: the policy's")
    traffic_share: float = Field(1.0, description="Share of the traffic that the model may answer: above 0, at most 1")
    only: str = Field("", description="Cases that it may answer, such as region=north,west; empty: all")


@dataclass(frozen=True)
class Asked:
    """What people are asked: about what, how far it has come, and what is to be told of the last answer."""

    version: str
    dossier: Filed
    state: str
    note: str
    link: str

    def in_one_line(self) -> str:
        """Say it where there is one line: in the run's state, and where artifacts are listed."""
        return "; ".join((f"sign-off of {self.version}: {self.state}", *filter(None, (self.note,))))

    def as_line(self) -> str:
        """Say the same where the UI reads markdown."""
        return literal(self.in_one_line())

    def as_question(self) -> str:
        """Write what a person reads before deciding, what is asked first: nobody reads a long text to its end."""
        noted = (f"**{literal(begun(self.note))}**",) if self.note else ()
        signed = f"You sign dossier `{self.dossier['digest'][:SHOWN_LETTERS]}`: [open it]({self.link})."
        asked = f"Now: **{literal(self.state)}**."
        shown = self._to_judge()
        fitting = [one for place, one in enumerate(shown) if len("".join(shown[: place + 1])) <= FORM_LETTERS]
        left = len(shown) - len(fitting)
        more = (f"and {counted(left, 'more question')} in the dossier",) if left else ()
        label = "**Your answer:** approve, reject, or rework (send it back)"
        return PARAGRAPH.join((*noted, f"{signed} {asked}", literal(self.dossier["brief"]), *fitting, *more, label))

    def _to_judge(self) -> tuple[str, ...]:
        """List the questions that the dossier's page asks, in its words and order."""
        return tuple(f"- {literal(question)}" for question in self.dossier["questions"])

    def as_page(self) -> str:
        """Write the artifact."""
        noted = f"**{literal(begun(self.note))}**\n\n" if self.note else ""
        now = f"**{literal(begun(self.state))}.** [Open the dossier]({self.link})."
        asked = "".join(f"{question}\n" for question in self._to_judge())
        return f"# Sign-off of {literal(self.version)}\n\n{noted}{now}\n\n{literal(self.dossier['brief'])}\n\n{asked}"


def await_signoffs(ticket: Ticket, version: str, dossier: Filed) -> Decision:
    """Wait, without a process, until the people whom the policy names have decided.

    What people answered is taken to the record before it is weighed: a rejection counts, however the rest stands.
    """
    note = take_in_answers(ticket, version, dossier)
    asks_words = request_signoffs(ticket, version, dossier)
    standing = weigh(version)
    asked = Asked(
        version, as_it_stands(version, dossier), standing["sentence"], note, link_of(version, dossier["digest"])
    )
    show_standing(ticket["project"], asked)
    if not standing["is_settled"] and not standing["is_vain"]:
        form = form_of(asked, asks_words=asks_words)
        ask(form, run_id=ticket["run_id"], message=asked.in_one_line(), within_seconds=WAIT_SECONDS)
    return Decision(is_open=standing["is_granted"], reasons=[] if standing["is_granted"] else [standing["sentence"]])


def take_in_answers(ticket: Ticket, version: str, dossier: Filed) -> str:
    """Record what was answered here, and in the run that died and that this one goes on with; tell of the last."""
    note = ""
    for run_id in filter(None, (run_continued(), ticket["run_id"])):
        for number, form in answers_given(run_id).items():
            note = record_answer(version, dossier, form, f"{run_id}:{number}")
    return note


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def request_signoffs(ticket: Ticket, version: str, dossier: Filed) -> bool:
    """Put the question into the inboxes of those who may answer; say whether the form asks for words of theirs."""
    bench = workbench()
    signoffs.request_signoff(
        bench.catalog,
        version=version,
        dossier_digest=dossier["digest"],
        run_id=ticket["run_id"],
        actor=ticket["actor"],
    )
    stages.wait_stage(
        bench.catalog,
        project=ticket["project"],
        stage=Stage.VALIDATION,
        run_id=ticket["run_id"],
        actor=ticket["actor"],
        why=f"sign-off of {version}",
    )
    return answer_words.send_words(bench.catalog, identity=bench.identity, version=version)


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def weigh(version: str) -> Weighed:
    """Read the record: who has signed, who is missing."""
    catalog = workbench().catalog
    now = signoffs.standing_of(catalog, version=version)
    if not now.is_settled and (vain := worth_signing.vain_for(catalog, version=version)):
        return Weighed(is_settled=False, is_granted=False, is_vain=True, sentence=f"no longer asked: {'; '.join(vain)}")
    barred = () if now.is_settled else worth_signing.hindrances(catalog, version=version)
    sentence = "; an approval would not let it serve yet: ".join((now.sentence(), *barred))
    return Weighed(is_settled=now.is_settled, is_granted=now.is_granted, is_vain=False, sentence=sentence)


@task(cache_policy=WITHIN_RUN, persist_result=True, retries=2, retry_delay_seconds=1)
def record_answer(version: str, dossier: Filed, form: dict[str, Any], key: str) -> str:
    """Take the form's answer to the record; tell why it was refused, or without what it was taken."""
    log, who = get_run_logger(), str(form.get("reviewer", ""))
    try:
        left_out = sign(version, dossier, form, key)
    except (Refused, InputRefused) as refusal:
        note = f"not accepted: {who}: {refusal.sentence()}"
        spend_words(version, form)
        log.warning("%s", note)
        return note
    log.info("%s: %s", who, ", ".join(filter(None, (form["decision"], left_out))))
    return f"from {who}: {form['decision']}, {left_out}" if left_out else ""


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def show_standing(project: str, asked: Asked) -> None:
    """Keep how far the signatures have come, and what was refused last, where people look in the UI."""
    create_markdown_artifact(
        key=f"{project}-sign-off",
        markdown=asked.as_page(),
        description=asked.as_line(),
    )


def sign(version: str, dossier: Filed, form: dict[str, Any], key: str) -> str:
    """Hand an answer over to the record; say what of it was left out."""
    bench, (signed, said) = workbench(), read_form(form)
    signoffs.sign(
        bench.catalog,
        identity=bench.identity,
        version=version,
        dossier_digest=dossier["digest"],
        person=signed.reviewer.strip(),
        role=signed.role,
        answer=signed.decision,
        feedback=said.feedback,
        conditions=said.conditions,
        comment=said.comment,
        code=signed.code.strip(),
        words=signed.words,
        channel=FORM,
        key=key,
    )
    return said.told


def spend_words(signed: str, form: Mapping[str, Any]) -> None:
    """Use the words of a refused answer up: they lie in Prefect, also where the answer never came to be judged."""
    bench, words = workbench(), str(form.get("words", ""))
    answer_words.spend_words(bench.catalog, identity=bench.identity, version=signed, words=words)


def link_of(signed: str, digest: str) -> str:
    """Make the link that opens in the browser what is signed: a version's dossier, or what is agreed in a project."""
    return link_to(workbench().settings, version=signed, dossier=digest, now=datetime.now(UTC))


def form_of(asked: Asked, *, asks_words: bool) -> type[RunInput]:
    """Make the form; what is signed stands above the first field, since a text above them all has no height."""
    question = Field(title=f"Sign-off of {asked.version}", description=asked.as_question())
    return form_with(SignoffForm, question, asks_words=asks_words)


def form_with(form: type[RunInput], question: Any, *, asks_words: bool) -> type[RunInput]:
    """Put a question above a form's fields, and take away the words where nobody is sent any."""
    fields: dict[str, Any] = {name: (one.annotation, one) for name, one in form.model_fields.items()}
    fields["decision"] = (Answer, question)
    if not asks_words:
        del fields["words"]
        fields["code"] = (str, Field(description=CODE_ALONE, min_length=6, max_length=12))
    made: type[RunInput] = create_model(form.__name__, __base__=RunInput, **fields)
    return made


def read_form(form: Mapping[str, Any]) -> tuple[SignoffForm, Said]:
    """Read who decided what; only of an approval must the other fields be readable."""
    is_approval = form.get("decision") == Answer.APPROVE
    signed = _signed(form if is_approval else {name: form[name] for name in PROVEN if form.get(name) is not None})
    if is_approval:
        beside: Mapping[str, Any] = signed.model_dump()
    else:
        beside = {name: "" if form.get(name) is None else str(form[name]) for name in SignoffForm.model_fields}
        role = next((role for role in Role if role == beside["role"]), None)
        signed = signed.model_copy(update={"role": role})
    said = read_answer(
        signed.decision,
        feedback=beside["feedback"] or Feedback.APPROVED,
        until=beside["until"],
        traffic_share=beside["traffic_share"],
        only=[entry for entry in beside["only"].split(";") if entry.strip()],
        comment=beside["comment"],
    )
    return signed, said


def _signed(form: Mapping[str, Any]) -> SignoffForm:
    try:
        return SignoffForm.model_validate(form)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputRefused(f"the form's {first['loc'][0]} cannot be read: {first['msg']}") from error


def begun(text: str) -> str:
    """Begin a text as a sentence begins."""
    return text[:1].upper() + text[1:]
