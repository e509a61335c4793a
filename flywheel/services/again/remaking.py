"""Making a version again from what the record names: its data, its code, its environment, its recipe, its answers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.clean_python import build_environment, run_clean
from flywheel.catalog.dataset import dataset_by_digest
from flywheel.catalog.experiment import read_experiment
from flywheel.domain.digests import Digest, Json, canonical_json
from flywheel.domain.reproduction import TOLERANCE, Compared, Outcome, Reproduction, Step, judge
from flywheel.errors import FlywheelError, InputRefused, Refused, counted
from flywheel.project.loader import Project
from flywheel.project.tabular.folder import read_verified
from flywheel.project.tabular.model import OWN_FILE
from flywheel.project.tabular.recipe import RecipeKind
from flywheel.services.again.refit import RefitRequest, Refitted
from flywheel.services.again.tracking import made_with
from flywheel.services.data import preparation
from flywheel.services.modelling import versions
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.workbench import Workbench

PRESENT = "the present environment, in a fresh process"
_SAYS_NOTHING = "nothing was recorded to compare with"


@dataclass(frozen=True)
class Asked:
    """How close answers must be, and whether the environment is built anew from the recorded lock."""

    tolerance: float = TOLERANCE
    clean_environment: bool = False


def reproduce(bench: Workbench, *, version: str, asked: Asked = Asked()) -> Reproduction:
    """Go through every step in order; a decisive one that differs ends the attempt."""
    if not 0 <= asked.tolerance < 1:
        raise InputRefused("a tolerance is a share of what is predicted", found=asked.tolerance, allowed="0 up to 1")
    record = versions.get_version(bench.catalog, version=version)
    if record.recipe.get("kind") not in set(RecipeKind):
        raise Refused(
            "the recipe of this version is unknown here",
            found=record.recipe.get("kind"),
            allowed=", ".join(RecipeKind),
        )
    steps: list[Compared] = []
    try:
        _, project = bench.registered(record.project, record.project_digest)
    except FlywheelError as error:
        steps.append(Compared(Step.CHARTER, Outcome.DIFFERS, error.sentence()))
        return _judged(steps, asked)
    steps.append(Compared(Step.CHARTER, Outcome.SAME))
    return _judged(steps, asked) if _data_differs(bench, project, record, steps) else _made(bench, record, steps, asked)


def _judged(
    steps: list[Compared], asked: Asked, again: Refitted | None = None, environment: str = "none was needed"
) -> Reproduction:
    return judge(
        steps,
        tolerance=asked.tolerance,
        rows=again.rows if again else 0,
        largest_difference=again.largest_difference if again else None,
        environment=environment,
    )


def _data_differs(bench: Workbench, project: Project, record: VersionRecord, steps: list[Compared]) -> bool:
    with bench.catalog.begin() as work:
        data = dataset_by_digest(work.session, project=record.project, digest=record.dataset_digest)
    tables = {name: Digest(str(digest)) for name, digest in data.sources.items()}
    steps.append(_sources(bench, project, tables))
    for step in (_kept(bench.artifacts, tables, data.digest), _prepared):
        compared = step if isinstance(step, Compared) else step(bench, project, tables, data.digest)
        steps.append(compared)
        if compared.outcome is not Outcome.SAME:
            return True
    return False


def _sources(bench: Workbench, project: Project, tables: Mapping[str, Digest]) -> Compared:
    """Read the sources once more, into a store of their own; what changed or went since is told, and no failure."""
    if not tables:
        return Compared(Step.SOURCES, Outcome.UNKNOWN, _SAYS_NOTHING)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            read = preparation.ingest(
                project,
                settings=bench.settings,
                artifacts=Artifacts(Path(scratch)),
                catalog=bench.catalog,
                shared_from=bench.artifacts,
            )
        except (FlywheelError, OSError) as error:
            said = error.sentence() if isinstance(error, FlywheelError) else type(error).__name__
            return Compared(Step.SOURCES, Outcome.UNKNOWN, f"they cannot be read any more: {said}")
    changed = sorted(name for name in tables if name not in read or read[name].digest != tables[name])
    if changed:
        what = f"{', '.join(changed)} has changed since this version was made"
        return Compared(Step.SOURCES, Outcome.DIFFERS, what)
    return Compared(Step.SOURCES, Outcome.SAME)


def _kept(artifacts: Artifacts, tables: Mapping[str, Digest], dataset: Digest) -> Compared:
    """Whether the tables that were read, and the dataset, are still those whose digests were recorded."""
    if not tables:
        return Compared(Step.INGEST, Outcome.UNKNOWN, _SAYS_NOTHING)
    for name, digest in {**tables, "the dataset": dataset}.items():
        try:
            for _ in artifacts.batches_of(digest):
                break
        except (FlywheelError, OSError) as error:
            said = error.sentence() if isinstance(error, FlywheelError) else type(error).__name__
            return Compared(Step.INGEST, Outcome.DIFFERS, f"{name} as it was kept: {said}")
    return Compared(Step.INGEST, Outcome.SAME)


def _prepared(bench: Workbench, project: Project, tables: Mapping[str, Digest], dataset: Digest) -> Compared:
    try:
        made = preparation.prepare(project, artifacts=bench.artifacts, tables=tables, settings=bench.settings)
    except FlywheelError as error:
        return Compared(Step.PREPARE, Outcome.DIFFERS, error.sentence())
    if made.digest != dataset:
        what = f"the same tables give another dataset now: {made.digest[:19]}, recorded {dataset[:19]}"
        return Compared(Step.PREPARE, Outcome.DIFFERS, what)
    return Compared(Step.PREPARE, Outcome.SAME)


def _made(bench: Workbench, record: VersionRecord, steps: list[Compared], asked: Asked) -> Reproduction:
    with bench.catalog.begin() as work:
        recorded = read_experiment(work.session, record.experiment_id).made_with
    now = made_with(bench)
    steps.append(_beside(Step.CODE, recorded, now, ("code",)))
    steps.append(_beside(Step.ENVIRONMENT, recorded, now, ("lock", "python")))
    try:
        kept = read_verified(bench.artifacts.path_of(record.model_digest), record.model_digest)
    except FlywheelError as error:
        steps.append(Compared(Step.RECIPE, Outcome.UNKNOWN, "the kept model cannot be read"))
        steps.append(Compared(Step.TRAINING, Outcome.DIFFERS, f"the kept model: {error.sentence()}"))
        return _judged(steps, asked)
    own = json.loads(kept[OWN_FILE])
    if own["recipe"] != dict(record.recipe):
        names = sorted({*own["recipe"], *record.recipe})
        other = ", ".join(name for name in names if own["recipe"].get(name) != record.recipe.get(name))
        steps.append(Compared(Step.RECIPE, Outcome.DIFFERS, f"the model was made with another {other} than recorded"))
        return _judged(steps, asked)
    steps.append(Compared(Step.RECIPE, Outcome.SAME))
    return _refitted(bench, record, kept, steps, asked, lock=recorded.get("lock"))


def _beside(step: Step, recorded: Mapping[str, Json], now: Mapping[str, Json], names: tuple[str, ...]) -> Compared:
    if any(name not in recorded for name in names):
        return Compared(step, Outcome.UNKNOWN, _SAYS_NOTHING)
    other = [name for name in names if recorded[name] != now.get(name)]
    if not other:
        return Compared(step, Outcome.SAME)
    said = "; ".join(f"{name} is {str(now.get(name))[:19]}, recorded {str(recorded[name])[:19]}" for name in other)
    return Compared(step, Outcome.DIFFERS, said)


def _refitted(
    bench: Workbench,
    record: VersionRecord,
    kept: Mapping[str, bytes],
    steps: list[Compared],
    asked: Asked,
    *,
    lock: Json,
) -> Reproduction:
    _, project = bench.registered(record.project, record.project_digest)
    wanted = RefitRequest(
        charter=bench.artifacts.put_bytes(canonical_json(project.document).encode()),
        artifacts=str(bench.artifacts.root),
        dataset=record.dataset_digest,
        recipe=dict(record.recipe),
        model=record.model_digest,
        hooks=bench.artifacts.put_bytes(project.hook_source.text.encode()) if project.hook_source else "",
        tolerance=asked.tolerance,
    )
    is_other_lock = any(one.step is Step.ENVIRONMENT and one.outcome is Outcome.DIFFERS for one in steps)
    with tempfile.TemporaryDirectory() as scratch:
        python, environment = _interpreter(
            bench, lock, Path(scratch), is_asked=asked.clean_environment, is_needed=is_other_lock
        )
        try:
            words = run_clean(
                "flywheel.services.again.refit",
                json.dumps(asdict(wanted)),
                home=bench.settings.home,
                logs=bench.settings.logs_root,
                python=python,
            )
        except FlywheelError as error:
            steps.append(Compared(Step.TRAINING, Outcome.DIFFERS, error.sentence()))
            return _judged(steps, asked, environment=environment)
    again = Refitted(**json.loads(words))
    steps += _compared(bench, again, kept, asked)
    return _judged(steps, asked, again, environment)


def _interpreter(
    bench: Workbench, lock: Json, folder: Path, *, is_asked: bool, is_needed: bool
) -> tuple[Path | None, str]:
    """The interpreter to fit in: one built from the recorded lock where that is asked for, or where the lock changed.

    Where somebody asked for it and it cannot be had, that is an error; elsewhere the badge says so.
    """
    if not (is_asked or is_needed):
        return None, PRESENT
    try:
        if not isinstance(lock, str) or not lock.startswith("sha256:"):
            raise Refused("the lock of this version was not recorded", next_step="go without --clean-environment")
        content = bench.artifacts.get_bytes(Digest(lock))
        python = build_environment(content, folder=folder, logs=bench.settings.logs_root)
    except FlywheelError as error:
        if is_asked:
            raise
        return None, f"{PRESENT}, since the environment of the recorded lock cannot be built: {error.sentence()}"
    return python, f"built from the recorded lock {lock[:19]}"


def _compared(bench: Workbench, again: Refitted, kept: Mapping[str, bytes], asked: Asked) -> list[Compared]:
    digest = Digest(again.model)
    made = read_verified(bench.artifacts.path_of(digest), digest)
    own, theirs = json.loads(made[OWN_FILE]), json.loads(kept[OWN_FILE])
    files = sorted(name for name in {*made, *kept} if name != OWN_FILE and made.get(name) != kept.get(name))
    other = files + [name for name in sorted(theirs) if name != "encoding" and own.get(name) != theirs[name]]
    is_close = again.largest_difference <= asked.tolerance and not again.decisions_differing
    said = (
        f"predictions differ by up to {again.largest_difference:.3g}, "
        f"{again.decisions_differing} of {counted(again.rows, 'decision', 'differ')}"
    )
    return [
        _same(Step.ENCODING, is_same=own["encoding"] == theirs["encoding"], detail="columns are encoded differently"),
        _trained(own["recipe"], other),
        _same(Step.PREDICTIONS, is_same=is_close, detail=said),
    ]


def _trained(recipe: Mapping[str, Json], other: list[str]) -> Compared:
    if not other and recipe["kind"] == RecipeKind.EXTERNAL:
        return Compared(
            Step.TRAINING, Outcome.UNKNOWN, "it was trained elsewhere: here it was only read and scored again"
        )
    return _same(Step.TRAINING, is_same=not other, detail=f"different from the stored ones: {', '.join(other)}")


def _same(step: Step, *, is_same: bool, detail: str) -> Compared:
    return Compared(step, Outcome.SAME) if is_same else Compared(step, Outcome.DIFFERS, detail)
