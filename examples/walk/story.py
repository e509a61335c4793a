"""The story that the walk tells: one idea, from the charter to the page that wakes its owner."""

from __future__ import annotations

from deployments.servers.web_door import prefect_door
from examples.walk import beginning, signing, watching
from examples.walk.people import Cast
from examples.walk.receiver import Receiver
from examples.walk.scene import PROJECT, Scene
from examples.walk.screen import Screen
from flywheel.adapters.prefect import Prefect
from flywheel.catalog.project import StageState
from flywheel.errors import counted
from flywheel.services.incidents import incidents
from flywheel.services.modelling import experiments, versions
from flywheel.services.record import record
from flywheel.services.workbench import Workbench
from flywheel.settings import Settings


def tell(settings: Settings, screen: Screen, receiver: Receiver) -> None:
    """Tell it all; every figure is read back from the running system."""
    with Prefect(settings) as prefect:
        bench = Workbench.open(settings)
        cast = Cast.gather(bench, project=PROJECT, file=settings.data_root / "people.json")
        scene = Scene(bench, prefect, screen, receiver, cast)
        beginning.write_project(scene)
        before = beginning.register(scene)
        repair(scene)
        now = beginning.walk_to_sign_off(scene, before)
        if now.next_stage_state is StageState.WAITING:
            signing.sign_off(scene)
        signing.deliver(scene)
        week = watching.watch_clean_weeks(scene)
        watching.break_the_bureau(scene, week)
        sum_up(scene)


def repair(scene: Scene) -> None:
    """End what an earlier walk left open: its owner says that the bureau is repaired."""
    found = incidents.list_incidents(scene.bench.catalog, project=PROJECT, is_unresolved=True)
    owner = scene.cast.logged_in(scene.project().owner) if found else None
    for incident in found:
        assert owner is not None, "somebody is logged in where there is something to resolve"
        resolution = "the bureau sends null again"
        told = incidents.faults_of(scene.bench.catalog, incident=incident.id)
        standing = tuple(one.number for one in told if not one.is_over)
        incidents.resolve(
            scene.bench.catalog, incident=incident.id, resolution=resolution, proof=owner, faults=standing
        )
        scene.screen.good(f"incident {incident.id} of the last walk resolved: the bureau sends null again")


def sum_up(scene: Scene) -> None:
    """Put it on one screen."""
    scene.screen.close_step()
    version = versions.list_versions(scene.bench.catalog, project=PROJECT)[0]
    look = experiments.look_at_test(scene.bench.catalog, experiment=version.experiment_id)
    assert look is not None
    chain = record.verify_events(scene.bench.catalog)
    settings = scene.bench.settings
    scene.screen.table("Times", [(name, f"{seconds:5.1f} s") for name, seconds in scene.screen.times.items()])
    scene.screen.table(
        "In short",
        [
            ("whole cycle", f"{scene.screen.elapsed():.1f} s"),
            ("business KPI", f"{look.money('kpi'):,.2f} EUR per application on rows it has never seen"),
            *scene.facts.items(),
            ("record", f"{counted(chain.count, 'event')}, chain {'intact' if chain.first_bad is None else 'BROKEN'}"),
            ("Prefect UI", prefect_door(settings)),
            ("files", str(settings.data_root)),
        ],
    )
