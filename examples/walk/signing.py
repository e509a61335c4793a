"""Second act: a run waits for people; the author is refused, others sign, the version goes into business."""

from __future__ import annotations

import uuid

from examples.card_default import generator
from examples.walk.beginning import blocked
from examples.walk.scene import PROJECT, Scene
from flywheel.adapters.prefect_answers import RunFacts
from flywheel.catalog.project import StageState
from flywheel.domain.events import Verb
from flywheel.domain.signoffs import Answer, Role
from flywheel.domain.stages import Stage
from flywheel.services.approval import signoffs
from flywheel.services.modelling import versions
from flywheel.services.record import record
from flywheel.services.serving import serving
from flywheel.services.standing import gates
from flywheel.services.walk import stages

ANA, VERA = "ana@bank.example", "vera@bank.example"
BY_COMMAND = (
    ("viktor@bank.example", Role.VALIDATOR, "I repeated Vera's checks."),
    ("ivan@bank.example", Role.IT, "It runs on what we have."),
    ("iris@bank.example", Role.IT, "It does."),
    ("ben@bank.example", Role.BUSINESS, "The money makes sense."),
    ("bea@bank.example", Role.BUSINESS, "To me too."),
)


def sign_off(scene: Scene) -> None:
    """Answer the waiting run as the people would."""
    scene.screen.step("A run waits for people")
    cast = scene.cast
    waiting = next(
        run for run in stages.list_runs(scene.bench.catalog, project=PROJECT) if run.stage is Stage.VALIDATION
    )
    version = str(stages.inputs_of(scene.bench.catalog, project=PROJECT, stage=Stage.VALIDATION)["version"])
    for result in gates.results_of(scene.bench.catalog, subject_kind="version", subject_id=version):
        scene.screen.say(f"{result.code} {result.title}: {result.verdict.value}")
    _wait_until_asked(scene, waiting.run_id, after="")
    scene.screen.say(f"waiting, without a process: {scene.prefect.run_url(waiting.run_id)}")
    _answer_in_prefect(scene, waiting.run_id, ANA, Role.VALIDATOR, cast.code_of(ANA))
    refusal = _wait_until_asked(scene, waiting.run_id, after="sign-0")
    scene.screen.refused(f"the author tried: {refusal}")
    _answer_in_prefect(scene, waiting.run_id, VERA, Role.VALIDATOR, cast.code_of(VERA))
    _wait_until_asked(scene, waiting.run_id, after="sign-1")
    scene.screen.good(f"{VERA} signed as validator, in the Prefect UI's form with her one-time code")
    scene.screen.say("everybody's secret is new here, so at high risk two of a role sign where one would do later")
    for person, role, comment in BY_COMMAND:
        _sign_by_command(scene, version, person, role, cast.code_of(person), comment)
    scene.screen.good(
        "five others signed as by `flywheel sign`, business last, as the policy asks; the run wakes by itself"
    )


def deliver(scene: Scene) -> None:
    """Follow the version into business and ask it something."""
    scene.screen.step("The signed version goes into production")
    end = scene.follow_to(
        Stage.MONITORING,
        halts=frozenset({StageState.BLOCKED}),
        told=lambda run: scene.tell_end(run) if run.stage is Stage.DELIVERY else None,
    )
    if end.stage is not Stage.MONITORING:
        raise blocked(end)
    served = versions.champion(scene.bench.catalog, project=PROJECT)
    assert served is not None
    url = scene.endpoint_url()
    standing = signoffs.standing_of(scene.bench.catalog, version=served.id)
    scene.screen.say(f"{served.id}, {standing.sentence()}")
    rows = serving.as_rows(generator.as_seen(generator.week(11, 1, 0))[serving.asked_for(url)])
    answer = serving.ask(url, rows, version=served.id, is_trial=True)
    first = answer["predictions"][0]
    scene.screen.good(f"POST {url}/predict: score {first['score']:.3f}, {first['decision']}, by {answer['version']}")
    scene.facts["version in production"] = f"{served.id} at {url}"


def _sign_by_command(scene: Scene, version: str, person: str, role: Role, code: str, comment: str) -> None:
    signoffs.sign(
        scene.bench.catalog,
        identity=scene.bench.identity,
        version=version,
        dossier_digest=str(versions.get_version(scene.bench.catalog, version=version).dossier_digest),
        person=person,
        role=role,
        answer=Answer.APPROVE,
        comment=comment,
        code=code,
        channel="cli",
        key=str(uuid.uuid4()),
    )


def _answer_in_prefect(scene: Scene, run_id: str, person: str, role: Role, code: str) -> None:
    form = {"reviewer": person, "role": role.value, "decision": "approve", "comment": "", "code": code}
    scene.prefect.answer_run(run_id, form=form)


def _wait_until_asked(scene: Scene, run_id: str, *, after: str) -> str:
    """Wait until the run asks again; give what it says of the last answer."""

    def look() -> str | None:
        run: RunFacts = scene.prefect.run_state(run_id)
        is_asked = run.is_waiting and run.pause_key != after and scene.prefect.has_form(run)
        return run.pause_key if is_asked else None

    scene.until(look, "the question")
    return _last_refusal(scene) if after else ""


def _last_refusal(scene: Scene) -> str:
    events = record.list_events(scene.bench.catalog, project=PROJECT)
    refused = next((event for event in events if event.verb is Verb.SIGNOFF_REFUSED), None)
    return str(refused.payload["reason"]) if refused else ""
