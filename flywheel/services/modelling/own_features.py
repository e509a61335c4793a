"""A project's hook `features`: what it adds on the rows that are learned from, and whether it goes by the row alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.cell.guards import enough
from flywheel.domain.digests import Digest
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.domain.policy import Tier
from flywheel.errors import InputRefused
from flywheel.project.charter.derived import intakes_of
from flywheel.project.expressions.own_features import Adds, OwnFeatures
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.services.modelling.own_candidates import offered
from flywheel.services.modelling.own_cells import cell_of

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
TRIED_ROWS = 40
"""Rows that are computed alone as well, before anything is learned; SKEW-001 proves it on the test rows."""
_FEATURES = f"{Hook.FEATURES.value}() of {HOOKS_FILE}"


def framing_of(project: Project, *, artifacts: Artifacts, dataset: Digest) -> Framing:
    """Read a charter as a modelling problem, with the features that the project's own code adds to this dataset."""
    source = project.hook_source
    own = _own(project, artifacts, dataset) if project.has_hook(Hook.FEATURES) else None
    if source is None or not source.has(Hook.CANDIDATES):
        return Framing(project.charter, own)
    return Framing(project.charter, own, tuple(offered(project)), source.digest)


def _own(project: Project, artifacts: Artifacts, dataset: Digest) -> OwnFeatures:
    """Ask once in a process: the text, the columns and the rows that are learned from say the rest."""
    key = (project.digest, dataset)
    if key not in _KNOWN:
        while len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)))
        train = Framing(project.charter).split(artifacts.get_frame(dataset))[0]
        _KNOWN[key] = own_features(project, train)
    return _KNOWN[key]


MOST_KNOWN = 8
_KNOWN: dict[tuple[Digest, Digest], OwnFeatures] = {}


def own_features(project: Project, train: pd.DataFrame) -> OwnFeatures:
    """Let the hook say what it adds to the rows that are learned from, and hold it to one row at a time."""
    assert project.hook_source is not None, "whoever asks has looked"
    framing = Framing(project.charter)
    cell = cell_of(project.hook_source.text)
    enough(cell.guards, is_high_risk=project.charter.tier is Tier.HIGH)
    asked = OwnFeatures(project.hook_source.text, intakes_of(framing.data), code=cell)
    adds = cell.added(asked.given(train), len(train))
    _must_be_new(adds, framing)
    own = OwnFeatures(asked.text, asked.reads, adds, cell)
    _must_go_by_row(own, train.iloc[:: max(1, len(train) // TRIED_ROWS)])
    return own


def _must_be_new(adds: Adds, framing: Framing) -> None:
    if not adds:
        raise InputRefused(f"{_FEATURES} adds no column", next_step="return frame.assign(NAME=...), or leave it out")
    data = framing.data
    taken = {one.casefold() for one in (*data.columns, *data.declared, *framing.charter.features)}
    taken |= {one.casefold() for one in (data.target, data.entity, data.time) if one}
    for name, _ in adds:
        if not NAME.fullmatch(name):
            what = f"{_FEATURES} adds a column whose name is none"
            raise InputRefused(what, found=name, allowed="letters, digits and _, beginning with a letter, at most 63")
        if name.casefold() in taken:
            raise InputRefused(f"{_FEATURES} adds {name}, which there is already", allowed="a name of its own")
        taken.add(name.casefold())


def _must_go_by_row(own: OwnFeatures, rows: pd.DataFrame) -> None:
    """Compute some rows together, turned round and one by one: each value must be the same to the bit."""
    together = own.columns(rows)
    turned = {name: values[::-1] for name, values in own.columns(rows.iloc[::-1]).items()}
    alone = [own.columns(rows.iloc[[place]]) for place in range(len(rows))]
    for name, values in together.items():
        exactly = list(map(_exactly, values))
        ways = (list(map(_exactly, turned[name])), [_exactly(one[name][0]) for one in alone])
        if any(way != exactly for way in ways):
            raise InputRefused(
                f"{_FEATURES} does not compute {name} row by row: it is another where other rows stand beside",
                allowed="a value that follows from the row alone",
                next_step="means, ranks, shifts and groups of all rows belong into prepare() or the source's query",
            )


def _exactly(value: object) -> bytes | str:
    """Write a value down to the bit; what is missing is one and the same."""
    if isinstance(value, str):
        return value
    number = np.float64(value)  # type: ignore[arg-type]  # the rest are floats
    return b"" if np.isnan(number) else number.tobytes()
