"""Compare two versions outside any flow: `flywheel diff` becomes this program, whose one argument is JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from flywheel.console.opening import opened
from flywheel.console.rendering import print_json
from flywheel.domain.digests import Digest
from flywheel.domain.gates import Severity
from flywheel.errors import FlywheelError, Refused
from flywheel.project.framing import Framing
from flywheel.services.modelling import examinations, experiments, versions
from flywheel.services.modelling.unseen import unseen_test_rows
from flywheel.services.workbench import Workbench
from validators import behaviour
from validators.charter_rules import features_from_charter
from validators.protocol import Checked
from validators.specs import Worth


@dataclass(frozen=True)
class DiffRequest:
    """What a person asks for."""

    version: str
    against: str
    out: str = ""
    as_json: bool = False


def main(arguments: list[str]) -> int:
    """Compare and print."""
    wanted = DiffRequest(**json.loads(arguments[0]))
    try:
        with opened() as bench:
            checked = compare(bench, wanted)
    except FlywheelError as error:
        sys.stderr.write(f"flywheel: {error}\n")
        return error.exit_code
    if wanted.out:
        _write(Path(wanted.out), checked)
    if wanted.as_json:
        print_json(checked.result)
    else:
        _say(checked, wanted)
    return 0


def compare(bench: Workbench, wanted: DiffRequest) -> Checked:
    """Let both versions answer those test rows of the first one's dataset that neither has seen."""
    ours, theirs = (versions.get_version(bench.catalog, version=one) for one in (wanted.version, wanted.against))
    if ours.project != theirs.project:
        raise Refused("two versions of one project can be compared", found=f"{ours.project} and {theirs.project}")
    _, project = bench.registered(ours.project, ours.project_digest)
    framing, frame = Framing(project.charter), bench.artifacts.get_frame(Digest(ours.dataset_digest))
    parted = framing.part(frame)
    rows = frame.iloc[parted.split.test]
    learned = [experiments.get_experiment(bench.catalog, experiment=one.experiment_id).split for one in (ours, theirs)]
    unseen = unseen_test_rows(framing, frame, parted, learned, artifacts=bench.artifacts)
    said = [examinations.answers_of(framing, one, rows, bench.artifacts) for one in (ours, theirs)]
    rules = features_from_charter(project.charter, ours.recipe_inputs)
    problem = framing.problem
    noticeable = problem.noticeable(problem.truth(rows), said[0].decided)
    ground = behaviour.Ground(problem.swing, noticeable, Worth(framing.unit, framing.currency, *problem.ways))
    return behaviour.check(rows, said[0], said[1], rules=rules, ground=ground, unseen=unseen)


def _write(folder: Path, checked: Checked) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for report in checked.reports:
        (folder / report.name).write_bytes(report.content)


def _say(checked: Checked, wanted: DiffRequest) -> None:
    for finding in checked.result.findings:
        mark = "" if finding.severity is Severity.INFO else "to judge: "
        sys.stdout.write(f"{mark}{finding.what}\n")
    for name, value in checked.result.figures.items():
        shown = f"{value:,.4g}" if isinstance(value, float) else value
        sys.stdout.write(f"  {name.replace('_', ' '):<22} {shown}\n")
    sys.stdout.write(
        f"reports in {wanted.out}\n" if wanted.out else "with --out DIR: segments and twenty example rows\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
