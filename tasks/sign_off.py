"""Sign-offs: a suspended run is only a waiting room; the record alone says who approved."""

from __future__ import annotations

import re
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from flywheel.domain.conditions import conditions_in_words
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.domain.stages import Stage
from flywheel.errors import InputRefused, Refused
from flywheel.services import signoffs, stages
from tasks.options import WITHIN_RUN
from tasks.shapes import Decision, Filed, Ticket, Weighed
from tasks.workbench import workbench

WAIT_SECONDS = 30 * 24 * 3_600
"""A question unanswered for thirty days ends the run; the version still waits in the record."""
MARKUP = re.compile(r"([\\`*_\[\]()<>!#|~:@.&])")
SHOWN_LETTERS = len("sha256:") + 12


class SignoffForm(RunInput):
    """Your decision on this version. It is bound to you by your one-time code."""

    reviewer: str = Field("", description="Your e-mail address, as you are enrolled", max_length=200)
    role: Role = Field(Role.VALIDATOR, description="In what capacity you sign; you need to hold this role here")
    decision: Answer = Field(Answer.APPROVE, description="Approve it, reject it, or return it for rework")
    feedback: Feedback = Field(
        Feedback.APPROVED, description="With an approval: as it is, minor remarks, or major ones to be worked in first"
    )
    comment: str = Field("", description="What you looked at, and why you decide so; kept for ever", max_length=4_000)
    until: str = Field(
        "", description="Last day of your approval, such as 2027-06-30; empty: the policy's", max_length=10
    )
    traffic_share: float = Field(1.0, description="Share of the traffic that the model may answer", gt=0, le=1)
    only: str = Field("", description="Cases that it may answer, such as region=north,west; empty: all", max_length=500)
    code: str = Field("", description="The six digits that your authenticator shows now", max_length=12)


def await_signoffs(ticket: Ticket, version: str, dossier: Filed) -> Decision:
    """Wait, without a process, until the people whom the policy names have decided."""
    request_signoffs(ticket, version, dossier)
    note, attempt = "", 0
    while not (standing := weigh(version))["is_settled"]:
        question = _question(version, dossier, standing["sentence"], note)
        form = suspend_flow_run(
            wait_for_input=SignoffForm.with_initial_data(description=question),
            key=f"sign-{attempt}",
            timeout=WAIT_SECONDS,
        )
        note = record_answer(version, dossier, form.model_dump(mode="json"), f"{ticket['run_id']}:{attempt}")
        attempt += 1
    return Decision(is_open=standing["is_granted"], reasons=[] if standing["is_granted"] else [standing["sentence"]])


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def request_signoffs(ticket: Ticket, version: str, dossier: Filed) -> None:
    """Put the question into the inboxes of those who may answer."""
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


@task(cache_policy=NO_CACHE, retries=2, retry_delay_seconds=1)
def weigh(version: str) -> Weighed:
    """Read the record: who has signed, who is missing."""
    now = signoffs.standing_of(workbench().catalog, version=version)
    return Weighed(is_settled=now.is_settled, is_granted=now.is_granted, sentence=now.sentence())


@task(cache_policy=WITHIN_RUN, persist_result=True, retries=2, retry_delay_seconds=1)
def record_answer(version: str, dossier: Filed, form: dict[str, Any], key: str) -> str:
    """Take the form's answer to the record; a refusal is returned as words and the question asked again."""
    if not form["reviewer"]:
        return ""
    bench = workbench()
    try:
        signoffs.sign(
            bench.catalog,
            identity=bench.identity,
            version=version,
            dossier_digest=dossier["digest"],
            person=form["reviewer"].strip(),
            role=Role(form["role"]),
            answer=Answer(form["decision"]),
            feedback=Feedback(form["feedback"]),
            conditions=conditions_in_words(
                until=form["until"],
                traffic_share=form["traffic_share"],
                only=[entry for entry in form["only"].split(";") if entry.strip()],
            ),
            comment=form["comment"],
            code=form["code"].strip(),
            channel="prefect",
            key=key,
        )
    except (Refused, InputRefused) as refusal:
        return f"{form['reviewer']}: {refusal.sentence()}"
    return ""


def _question(version: str, dossier: Filed, state: str, note: str) -> str:
    """Write the form's text; long words such as whole digests would be cut off in it."""
    refused = f"> **Not accepted.** {_literal(note)}\n\n" if note else ""
    return f"""### Sign-off of {version}

{refused}**Now:** {state}. You sign dossier `{dossier["digest"][:SHOWN_LETTERS]}…`: it is among this run's artifacts,
and under `flywheel sign {version} --show`.

{dossier["summary"]}"""


def _literal(text: str) -> str:
    """Keep what a person typed from becoming a link or a picture in another person's form."""
    shown = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return MARKUP.sub(r"\\\1", shown)
