"""First act: the idea, its data and its candidates, up to the question whether to sign."""

from __future__ import annotations

from pathlib import Path

from examples.card_default import generator
from examples.walk.agreeing import agree
from examples.walk.receiver import CHANNEL
from examples.walk.scene import PROJECT, Scene
from flywheel.adapters.deployment_names import deployment_of
from flywheel.catalog.project import ProjectRecord, StageState
from flywheel.catalog.stage_run import OPENED, StageRun
from flywheel.domain.stages import Stage
from flywheel.errors import Refused, counted
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.project.tabular.recipe import recipe_name
from flywheel.services.modelling import experiments, research, versions
from flywheel.services.standing import gates
from flywheel.services.terms.policy_files import read_policy
from flywheel.services.walk import projects


def write_project(scene: Scene) -> None:
    """Lay out the example project with its generated data."""
    scene.screen.step("A data scientist's project")
    scene.folder.mkdir(parents=True, exist_ok=True)
    (scene.folder / "project.toml").write_text(charter_text(), encoding="utf-8")
    if not (scene.folder / "bureau.parquet").exists():
        generator.write_history(scene.folder)
    scene.screen.say(f"{scene.folder}: a charter and 24 months of synthetic card applications")


def charter_text() -> str:
    """Write the example's charter, whose pages go over the demo's own channel."""
    text = (Path(generator.__file__).parent / "project.toml").read_text(encoding="utf-8")
    before, pages, after = text.partition('page = ["on-call"]')
    assert pages, "the example's charter pages somebody"
    return f'{before}page = ["{CHANNEL}"]{after}'


def register(scene: Scene) -> ProjectRecord:
    """Take the charter into the record and wait for its deployments."""
    scene.screen.step("The charter is submitted")
    project = load_project(scene.folder)
    policy = read_policy(scene.bench.settings.home, project.charter.tier)
    owner = scene.cast.logged_in(project.charter.owner)
    record = projects.register_project(scene.bench.catalog, project=project, policy=policy, proof=owner)

    scene.until(
        lambda: scene.prefect.deployment(deployment_of("retraining", PROJECT)),
        "the making of the project's deployments",
    )
    policy = scene.bench.policy_of(PROJECT)
    signers = ", ".join(f"{count} x {role.value}" for role, count in policy.quorum.items())
    scene.screen.good(f"accepted: tier {policy.tier.value}, to be signed by {signers}")
    scene.screen.say(f"flows with forms: {scene.bench.settings.prefect.ui_url}/deployments")
    return record


def walk_to_sign_off(scene: Scene, before: ProjectRecord) -> ProjectRecord:
    """Start the lifecycle and tell each stage as it ends."""
    scene.screen.step("The lifecycle runs")
    scene.take_as_told()
    if before.next_stage_state in {StageState.IDLE, StageState.BLOCKED}:
        run = scene.run("lifecycle", started_by=before.owner, reason="the demo begins")
        scene.screen.say(f"started as from the Prefect UI: {scene.prefect.run_url(run)}")
        scene.wait_for_end(run)
    else:
        scene.screen.say("an earlier cycle was interrupted: it continues by itself")
    halts = frozenset({StageState.WAITING, StageState.BLOCKED})
    now = scene.follow_to(Stage.DELIVERY, halts=halts, told=lambda stage: _tell(scene, stage))
    if (now.stage, now.next_stage_state) == (Stage.IDEATION, StageState.WAITING):
        agree(scene)
        woken = frozenset({StageState.BLOCKED})
        scene.follow_to(Stage.DATA_PREPARATION, halts=woken, told=lambda stage: _tell(scene, stage))
        now = scene.follow_to(Stage.DELIVERY, halts=halts, told=lambda stage: _tell(scene, stage))
    if now.next_stage_state is StageState.BLOCKED:
        raise blocked(now)
    return now


def blocked(now: ProjectRecord) -> Refused:
    """Say why the walk halted, and that another demo goes on from there."""
    again = "remove the cause, then `./run demo` again: it goes on from there"
    return Refused(f"{now.stage.value} is blocked: {now.detail}", next_step=again)


def _tell(scene: Scene, run: StageRun) -> None:
    scene.tell_end(run)
    if run.state.value not in OPENED:
        return
    match run.stage:
        case Stage.DATA_PREPARATION:
            _tell_data(scene, run)
        case Stage.RESEARCH:
            _tell_research(scene)
        case _:
            pass


def _tell_data(scene: Scene, run: StageRun) -> None:
    dataset = run.output["dataset"]
    assert isinstance(dataset, dict)
    scene.screen.say(f"  dataset {dataset['id']}, {counted(int(str(dataset['rows'])), 'row')}")
    for result in gates.results_of(scene.bench.catalog, subject_kind="dataset", subject_id=str(dataset["id"])):
        scene.screen.say(f"  {result.code} {result.title}: {result.verdict.value}")


def _tell_research(scene: Scene) -> None:
    _, loaded = scene.bench.registered(PROJECT)
    unit, headline = research.unit_of(loaded), Framing(loaded.charter).problem.headline
    version = versions.list_versions(scene.bench.catalog, project=PROJECT)[0]
    scene.screen.say("  on the validation rows:")
    for place, one in enumerate(experiments.leaderboard(scene.bench.catalog, beside=version.experiment_id)[:3], 1):
        scene.screen.say(
            f"  {place}. {recipe_name(one.recipe):<22} {one.kpi:>9,.2f} per {unit}, "
            f"90 % confidence interval {one.kpi_low:,.2f} to {one.kpi_high:,.2f}; "
            f"{headline.title} {headline.written(one.metrics)}"
        )
    look = experiments.look_at_test(scene.bench.catalog, experiment=version.experiment_id)
    assert look is not None
    scene.screen.say(
        f"  only the first is tested on {counted(int(str(look.figures['rows'])), 'test row')}: "
        f"{look.money('kpi'):,.2f} per {unit}, "
        f"the baseline {look.money('naive'):,.2f}"
    )
