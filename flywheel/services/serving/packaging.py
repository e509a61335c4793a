"""Packaging: a version and its contract as one Bento, and what a packaged model answers."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.adapters import bentoml
from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.remote_model import ask_address
from flywheel.domain.digests import Digest
from flywheel.domain.policy import Tier
from flywheel.project.charter.data_schema import missing_codes
from flywheel.project.contract import Contract, Feature, Limits, Mode, OwnTerms
from flywheel.project.framing import Framing
from flywheel.project.hooks import libraries_of
from flywheel.project.loader import Project
from flywheel.project.rule import rule_of
from flywheel.project.tabular.external.estimator import External
from flywheel.project.tabular.external.terms import Form
from flywheel.project.tabular.model import FittedModel, load_verified, needs_of
from flywheel.services.modelling.own_cells import cell_of
from flywheel.services.modelling.versions import VersionRecord
from flywheel.services.record.sealing import Seal
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

ALONE_AT_MOST, PART_ROWS = 2_000, 97
"""Rows that own code is asked for one by one, and how many it is asked for at once among others."""
PART_SIZES, IN_PARTS_AT_MOST = (1, 2, 1, 3, 1, 5), 3_000
"""The sizes of the parts, and up to which row they are so small."""
WARM_UP = 20
"""Answers that are not timed: the first ones fill caches."""
MODEL_IN_PACKAGE = Path("src") / "model"


def package(project: Project, version: VersionRecord, *, settings: Settings, artifacts: Artifacts) -> bentoml.Package:
    """Build the package of a version under the charter that was signed; the same gives the same package."""
    folder = artifacts.path_of(Digest(version.model_digest))
    model = _load(folder, Digest(version.model_digest))
    own = model.encoding.derivation.own
    return bentoml.package(
        model_folder=folder,
        model_digest=Digest(version.model_digest),
        contract=contract_of(project, version, model, settings=settings),
        signer=Seal.of(settings),
        target=settings.data_root / "packages",
        logs=settings.logs_root,
        home=settings.home,
        needs=(*needs_of(model.recipe), *(libraries_of(own.text) if own else ())),
    )


def answers(
    package_path: Path, digest: Digest, frame: pd.DataFrame, *, public_key: str, package: str
) -> NDArray[np.float64]:
    """Let the model inside a package answer, after the whole package, and the model's own bytes, are proven."""
    bentoml.verify_package(package_path, public_key=public_key, digest=package)
    return _load(package_path / MODEL_IN_PACKAGE, digest).said(frame)


def answer_milliseconds(package_path: Path, digest: Digest, frame: pd.DataFrame, *, answers: int = 300) -> list[float]:
    """Time single answers of the model inside a package, row after row, once it has warmed up."""
    model = _load(package_path / MODEL_IN_PACKAGE, digest)
    records = records_of(frame.head(answers), model.encoding.inputs) or [{}]
    taken = []
    for place in range(answers + WARM_UP):
        row = [records[place % len(records)]]
        started = time.perf_counter()
        model.said_of(model.encoding.rows(row))
        taken.append((time.perf_counter() - started) * 1_000)
    return taken[WARM_UP:]


@dataclass(frozen=True)
class BothWays:
    """The same rows as the model inside a package reads them: in columns, and one by one as an endpoint does."""

    names: tuple[str, ...]
    columns: NDArray[np.float64]
    rows: NDArray[np.float64]
    said_of_columns: NDArray[np.float64]
    said_of_rows: NDArray[np.float64]
    among_others: NDArray[np.float64] | None = None
    """By own code: the same rows shuffled and in parts, put back in their order."""
    said_in_parts: NDArray[np.float64] | None = None
    """By an estimator that others made: the same rows scored alone, by twos and more, as they come to an endpoint."""


def read_both_ways(package_path: Path, digest: Digest, frame: pd.DataFrame, *, at_most: int = 50_000) -> BothWays:
    """Let the model inside a package read rows in both ways, evenly chosen where there are very many."""
    model = _load(package_path / MODEL_IN_PACKAGE, digest)
    has_own_code = model.encoding.derivation.own is not None
    at_most = min(at_most, ALONE_AT_MOST) if has_own_code else at_most
    some = frame.iloc[:: max(1, -(-len(frame) // at_most))]
    columns = model.encoding.matrix(some)
    records = records_of(some, model.encoding.inputs)
    parts = [[record] for record in records] if has_own_code else [records]
    rows = np.concatenate([model.encoding.rows(part) for part in parts]).reshape(columns.shape)
    said = model.said_of(columns)
    is_remote = model.recipe.settings.get("form") == Form.HTTP.value
    others = _among_others(model, some) if has_own_code else None
    by_rows = said if is_remote else model.said_of(rows)
    in_parts = _said_in_parts(model, rows) if isinstance(model.estimator, External) and not is_remote else None
    return BothWays(model.encoding.names, columns, rows, said, by_rows, others, in_parts)


def _said_in_parts(model: FittedModel, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score rows in parts as small as requests are: what others made may answer a row alone otherwise than in many."""
    said, first, sizes = np.empty(len(rows)), 0, itertools.cycle(PART_SIZES)
    while first < len(rows):
        last = first + next(sizes) if first < IN_PARTS_AT_MOST else len(rows)
        said[first:last] = model.said_of(rows[first:last])
        first = last
    return said


def _among_others(model: FittedModel, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Read rows in another order and in parts of odd sizes; whatever follows from a row alone comes out the same."""
    order = np.random.default_rng(0).permutation(len(frame))
    parts = [order[first : first + PART_ROWS] for first in range(0, len(order), PART_ROWS)]
    found = [model.encoding.matrix(frame.iloc[part]) for part in parts]
    whole = np.empty((len(frame), len(model.encoding.names)))
    whole[order] = np.concatenate(found) if found else whole
    return whole


def records_of(frame: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Write rows down as an endpoint reads them: plain values, and nothing where one is missing."""
    columns = {name: _plain_values(frame[name]) for name in names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)] or [{}] * len(frame)


def _plain_values(series: pd.Series[Any]) -> list[Any]:
    values = series.astype(object).where(series.notna(), None).tolist()
    return [value.to_pydatetime() if hasattr(value, "to_pydatetime") else value for value in values]


def size_of(package_path: Path) -> int:
    """Count a package's bytes."""
    return sum(path.stat().st_size for path in package_path.rglob("*") if path.is_file())


def contract_of(project: Project, version: VersionRecord, model: FittedModel, *, settings: Settings) -> Contract:
    """What the endpoint takes in and gives out, from the charter and what the model has seen."""
    framing = Framing(project.charter)
    data, rule = framing.data, rule_of(project.charter)
    return Contract(
        project=project.charter.name,
        version=version.id,
        mode=Mode.MODEL,
        features=tuple(_feature(project, model, name) for name in _asked_for(project, model)),
        answer=framing.problem.answer(model),
        model_digest=Digest(version.model_digest),
        entity=data.entity,
        time=data.time,
        rule=rule.to_json() if rule else None,
        headers={header: name for name, column in sorted(data.columns.items()) for header in column.alias},
        derived=model.encoding.derivation.texts,
        own_code=_own_terms(project, settings) if model.encoding.derivation.own else None,
        date_forms=tuple(dict.fromkeys(source.date_format for source in data.sources.values())),
        limits=Limits(max_rows=settings.serving.max_rows, max_body_bytes=settings.serving.max_body_bytes),
    )


def _own_terms(project: Project, settings: Settings) -> OwnTerms:
    cell = settings.cell
    is_high_risk = project.charter.tier is Tier.HIGH
    return OwnTerms(cell.call_seconds, cell.call_memory_bytes, cell.user, is_high_risk)


def _load(folder: Path, digest: Digest) -> FittedModel:
    return load_verified(folder, digest, ask=ask_address, runs=cell_of)


def _asked_for(project: Project, model: FittedModel) -> tuple[str, ...]:
    """The columns that the model reads, and the rule's where the model does not; its time each request names anyway."""
    rule = rule_of(project.charter)
    extra = [rule.column] if rule else []
    time = Framing(project.charter).data.time
    return tuple(name for name in dict.fromkeys([*model.encoding.inputs, *extra]) if name != time)


def _feature(project: Project, model: FittedModel, name: str) -> Feature:
    data = project.charter.held_data
    assert data is not None, "a model was made of them"
    column = data.columns[name]
    learned = next((known for known in model.encoding.columns if known.name == name and known.is_category), None)
    low_high = column.between if column.between and all(isinstance(b, float) for b in column.between) else None
    return Feature(
        name=name,
        kind=column.kind,
        between=(float(low_high[0]), float(low_high[1])) if low_high else None,  # type: ignore[arg-type]
        categories=column.categories or (learned.levels if learned else ()),
        rare=model.encoding.rare.get(name, ()),
        missing_codes=missing_codes(Framing(project.charter).data, name),
    )
