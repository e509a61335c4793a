"""What a run goes on without: sources that hold something else by now than data preparation read."""

from __future__ import annotations

from flywheel.adapters.sources.sources import origins
from flywheel.catalog.event import latest_of
from flywheel.catalog.stage_run import latest_opened
from flywheel.domain.digests import plain
from flywheel.domain.events import Verb
from flywheel.domain.payloads.making import DatasetRecorded
from flywheel.domain.stages import ORDER, Stage
from flywheel.errors import InputRefused
from flywheel.project.charter.source import SourceForm
from flywheel.project.framing import Framing
from flywheel.services.data.preparation import ground_of, listed
from flywheel.services.workbench import Workbench

AFTER = ORDER[ORDER.index(Stage.RESEARCH) : ORDER.index(Stage.MONITORING)]
"""The stages that go on with what data preparation read."""


def not_read(bench: Workbench, *, project: str, stage: Stage) -> str:
    """Say which sources changed since they were read, where a stage goes on without reading them; else nothing.

    A database is not asked again: its query may cost much.
    """
    if stage not in AFTER:
        return ""
    names = _changed(bench, project)
    if not names:
        return ""
    back = f'flywheel move-back {project} {Stage.DATA_PREPARATION.value} --reason "the data changed"'
    return (
        f"changed after data preparation read them, and not read again by this run: {', '.join(names)}; "
        f"to read them again: `{back}`, then `flywheel run {project}`"
    )


def _changed(bench: Workbench, project: str) -> tuple[str, ...]:
    with bench.catalog.begin() as work:
        run = latest_opened(work.session, project=project, stage=Stage.DATA_PREPARATION)
        dataset = run.output.get("dataset") if run else None
        if not isinstance(dataset, dict):
            return ()
        recorded = latest_of(work.session, verb=Verb.DATASET_RECORDED, subject_id=str(dataset["id"]))
        if recorded is None:
            return ()
        read = plain(recorded.said(DatasetRecorded).origins)
    assert isinstance(read, dict)
    _, loaded = bench.registered(project)
    changed = []
    for name, source in Framing(loaded.charter).data.sources.items():
        if source.form is SourceForm.SQL or name not in read:
            continue
        with ground_of(loaded, source, bench.settings, bench.artifacts, bench.catalog) as ground:
            try:
                held = listed(origins(source, ground), bench.artifacts)
            except InputRefused as gone:
                changed.append(f"{name} ({gone})")
                continue
        if held != read[name]:
            changed.append(f"{name} ({source.uri})")
    return tuple(changed)
