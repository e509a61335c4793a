"""Fit a recipe once more and hold its answers against a kept model's: the program of a clean interpreter."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from flywheel.adapters.artifacts import Artifacts
from flywheel.domain.digests import Digest, Json
from flywheel.project.hooks import look_at_hooks
from flywheel.project.loader import Project, charter_from, digest_of_files
from flywheel.project.problems.kind import Judged
from flywheel.project.scorer import apart
from flywheel.project.tabular.recipe import Recipe
from flywheel.services.modelling import research


@dataclass(frozen=True)
class RefitRequest:
    """What is fitted, from what, and what it is held against."""

    charter: str
    """The digest of the charter as it was submitted; its folder may hold another one by now."""
    artifacts: str
    dataset: str
    recipe: dict[str, Json]
    model: str
    hooks: str
    """The digest of the project's own code, where it has some."""
    tolerance: float
    """How far answers may lie apart and still decide the same."""


@dataclass(frozen=True)
class Refitted:
    """The model that came out, and how its answers to the test rows differ."""

    model: str
    rows: int
    largest_difference: float
    decisions_differing: int


def refit(wanted: RefitRequest) -> Refitted:
    """Fit, keep, and let both models answer the same rows."""
    artifacts, dataset = Artifacts(Path(wanted.artifacts)), Digest(wanted.dataset)
    hooks = artifacts.get_bytes(Digest(wanted.hooks)).decode() if wanted.hooks else None
    project = _project(json.loads(artifacts.get_bytes(Digest(wanted.charter))), hooks)
    again = research.fit_candidate(
        project, artifacts=artifacts, dataset=dataset, recipe=Recipe.from_json(wanted.recipe)
    ).model_digest
    ours, theirs = (
        research.judge(project, artifacts=artifacts, dataset=dataset, model=model)
        for model in (again, Digest(wanted.model))
    )
    return Refitted(
        model=again,
        rows=len(ours.frame),
        largest_difference=float(apart(ours.said, theirs.said).max()),
        decisions_differing=int((apart(_numbers(ours), _numbers(theirs)) > wanted.tolerance).sum()),
    )


def _numbers(judged: Judged) -> NDArray[np.float64]:
    """Give decisions as numbers: of yes and no, one and nought."""
    return judged.decided.astype(np.float64)


def _project(document: dict[str, Json], hooks: str | None) -> Project:
    """What fitting reads of a project: its charter and its own code; the rows are prepared already."""
    source = look_at_hooks(hooks)[0] if hooks is not None else None
    return Project(Path(), charter_from(document), source, digest_of_files(document, source), document)


def main(arguments: list[str]) -> int:
    """Read one JSON argument, print one JSON line."""
    sys.stdout.write(json.dumps(asdict(refit(RefitRequest(**json.loads(arguments[0]))))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
