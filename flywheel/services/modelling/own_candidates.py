"""A project's hook `candidates`: fitted in a cell beside the rungs of the ladder, and kept in files without code."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from flywheel.adapters.cell.fitting import CANDIDATES, FittingCell, TimeIsUp
from flywheel.adapters.cell.guards import enough
from flywheel.adapters.cell.lasting import Allowance
from flywheel.domain.digests import canonical_json
from flywheel.domain.own_code import Hook
from flywheel.domain.policy import Tier
from flywheel.errors import InputRefused
from flywheel.project.external.onnx_graph import look_through
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.reading.kinds import Kind
from flywheel.project.tabular.encoding import ColumnEncoding, Encoding
from flywheel.project.tabular.external.estimator import External, read_external
from flywheel.project.tabular.external.terms import Form, Terms
from flywheel.project.tabular.model import Fitted, Ready, ready_to_fit
from flywheel.project.tabular.own import PARITY, terms_of
from flywheel.project.tabular.race import Trial
from flywheel.project.tabular.recipe import UNKEPT, Recipe
from flywheel.project.tabular.unkept import Unkept
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from flywheel.project.tabular.estimators import Estimator

WRITTEN_AS = {"xgboost": Form.XGBOOST, "onnx, single": Form.ONNX, "onnx, double": Form.ONNX}
"""The cell's word for a form, in the order in which they are tried, and what it is kept as."""


def offered(project: Project) -> Mapping[str, int | None]:
    """Name the candidates, each with how many ways of its parameters there are; whatever is wrong is told here."""
    assert project.hook_source is not None, "whoever asks has looked"
    cell = _cell(project)
    enough(cell.guards, is_high_risk=project.charter.tier is Tier.HIGH)
    return _offered(cell.text, cell.allowed, says_amounts=cell.says_amounts)


@lru_cache(maxsize=8)
def _offered(text: str, allowed: Allowance, *, says_amounts: bool) -> Mapping[str, int | None]:
    with FittingCell(text, allowed, says_amounts) as cell:
        return cell.listed()


def _cell(project: Project) -> FittingCell:
    assert project.hook_source is not None, "whoever asks has looked"
    limits = Settings.load().cell
    allowed = Allowance(limits.seconds, limits.memory_bytes, limits.user)
    return FittingCell(project.hook_source.text, allowed, not project.charter.asks.has_positive)


def fit_own(project: Project, framing: Framing, recipe: Recipe, parts: tuple[pd.DataFrame, pd.DataFrame]) -> Fitted:
    """Try a candidate's parameters within the budget, keep the best in a form without code, or say that none holds it.

    The cell is never told what was true of the rows that choose.
    """
    if project.hook_source is None or not project.hook_source.has(Hook.CANDIDATES):
        raise InputRefused("this recipe needs the hook candidates", found=recipe.settings.get("candidate"))
    goal = framing.problem
    ready = ready_to_fit(recipe, *parts, columns=framing.columns, goal=goal, derivation=framing.derivation)
    with _cell(project) as cell:
        enough(cell.guards, is_high_risk=project.charter.tier is Tier.HIGH)
        cell.take_rows(ready.learn.matrix, ready.learn.truth, ready.check.matrix)
        search = _Search(cell, framing, ready, str(recipe.settings["candidate"]))
        best = search.run(recipe)
        form, estimator = _kept(cell, ready.encoding, ready.check.matrix, (search.name, best.output))
    told = {key: recipe.settings[key] for key in ("candidate", "code")}
    fixed = ready.recipe.with_params(told | {"chosen": canonical_json(best.params), "form": form})
    return ready.fitted(fixed, estimator, goal=goal, trials=tuple(search.trials), is_cut_short=search.is_cut_short)


@dataclass(frozen=True)
class _Tried:
    params: dict[str, Any]
    output: NDArray[np.float64]
    loss: float


class _Search:
    """Trials of one candidate; that which is nearest to the truth of the rows that choose wins, of equals the first."""

    def __init__(self, cell: FittingCell, framing: Framing, ready: Ready, name: str) -> None:
        self.cell, self.goal, self.ready, self.name = cell, framing.problem, ready, name
        self.trials: list[Trial] = []
        self.is_cut_short = False

    def run(self, recipe: Recipe) -> _Tried:
        """Try what the recipe asks for, and leave the best as the one that was fitted last."""
        settings, seed = recipe.settings, recipe.seed
        if "chosen" in settings:
            return self._fit(0, seed, json.loads(str(settings["chosen"])), self.cell.allowed.seconds)
        ways = self.cell.listed().get(self.name)
        wanted = int(settings["trials"])
        until = time.monotonic() + float(settings["minutes"]) * 60
        tried: list[_Tried] = []
        for trial in range(wanted if ways is None else min(wanted, ways)):
            left = until - time.monotonic()
            if tried and left <= 0:
                self.is_cut_short = True
                break
            try:
                tried.append(self._fit(trial, seed, None, min(max(left, 0.0), self.cell.allowed.seconds)))
            except TimeIsUp:
                self.is_cut_short = True
                break
        if not tried:
            raise InputRefused(
                f"{CANDIDATES}: one fit of {self.name} takes longer than the whole budget",
                allowed=f"research.budget.minutes ({settings['minutes']})",
                next_step="raise it, or take a smaller estimator",
            )
        best = min(tried, key=lambda one: one.loss)
        is_last = best is tried[-1] and not self.is_cut_short
        return best if is_last else self._fit(0, seed, best.params, self.cell.allowed.seconds)

    def _fit(self, trial: int, seed: int, chosen: Mapping[str, Any] | None, seconds: float) -> _Tried:
        began_at = time.monotonic()
        try:
            params, output = self.cell.tried(self.name, trial=trial, seed=seed, chosen=chosen, seconds=seconds)
        except TimeIsUp:
            if chosen is None:
                raise
            raise InputRefused(f"{CANDIDATES}: {self.name} took too long", allowed=f"{seconds:g} s") from None
        loss = self.goal.loss(self.ready.check.truth, output)
        took = round(time.monotonic() - began_at, 4)
        if chosen is None:
            self.trials.append(Trial((("chosen", canonical_json(params)),), 0, loss, took))
        return _Tried(params, output, loss)


def _kept(
    cell: FittingCell,
    encoding: Encoding,
    matrix: NDArray[np.float64],
    answered: tuple[str, NDArray[np.float64]],
) -> tuple[str, Estimator]:
    """Find the first form whose file answers as the fitted estimator did; where there is none, say why."""
    name, output = answered
    says_amounts = cell.says_amounts
    whys = []
    for word, form in WRITTEN_AS.items():
        content, why = cell.written(word)
        if not why:
            try:
                read = _read(content, form, encoding, terms_of(form, name, encoding.names, says_amounts=says_amounts))
                far = float((np.abs(read.output(matrix) - output) / np.maximum(1.0, np.abs(output))).max())
                if far <= PARITY:
                    return form.value, read
                why = f"its answers differ by {far:.2g}, where {PARITY:g} is allowed"
            except InputRefused as refused:
                why = refused.sentence()
        whys.append(f"{word}: {why}")
    return UNKEPT, Unkept("; ".join(whys), output)


def _read(content: bytes, form: Form, encoding: Encoding, terms: Terms) -> External:
    """Read a file that came out of a cell, as one from a stranger."""
    if form is Form.ONNX:
        look_through(content)
    return read_external(content, terms, encoding)


TRIAL_ROWS = 50


def rehearsed(project: Project) -> tuple[str, ...]:
    """Fit each candidate once on made-up rows, and say of which no file without code holds what was fitted."""
    if project.hook_source is None or not project.hook_source.has(Hook.CANDIDATES):
        return ()
    names, draw = tuple(offered(project)), np.random.default_rng(0)
    columns = [column.name for column in Framing(project.charter).columns]
    matrix = draw.normal(size=(TRIAL_ROWS, len(columns)))
    truth = (np.arange(TRIAL_ROWS) % 2).astype(np.float64)
    encoding = Encoding(tuple(ColumnEncoding(name, Kind.NUMBER) for name in columns))
    told = []
    with _cell(project) as cell:
        cell.take_rows(matrix, truth, matrix)
        for name in names:
            try:
                _, output = cell.tried(name, trial=0, seed=0, chosen=None, seconds=cell.allowed.seconds)
            except InputRefused as refused:
                told.append(f"{refused.sentence()} (tried on {TRIAL_ROWS} rows of chance)")
                continue
            form, estimator = _kept(cell, encoding, matrix, (name, output))
            if form == UNKEPT and isinstance(estimator, Unkept):
                told.append(f"{CANDIDATES}: {name} can be tried and cannot be promoted: {estimator.why}")
    return tuple(told)
