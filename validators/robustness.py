"""PERF-011: small noise and a missing input change few decisions, and what they cost is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import InputRefused
from flywheel.pages.charts import Span, interval_chart
from flywheel.project.reading.kinds import Kind
from flywheel.project.scorer import Scorer
from flywheel.project.tabular.certainty import ALONE, Units
from validators.columns import Floats, frame_problems, missing_mask, numbers
from validators.protocol import Figure, Judgement, Report, gate
from validators.rendering import evidence
from validators.specs import POINTS, ColumnRole, ColumnRule, Worth, moved_by
from validators.statistics import Interval, mean_interval, wilson


@dataclass(frozen=True)
class RobustnessLimits:
    """How strongly inputs are shaken, and how many decisions may turn then."""

    noise: float = 0.1
    noise_flips_at_most: float = 0.1
    all_noise_flips_at_most: float = 0.2
    rows_at_most: int = 2_000
    rows_at_least: int = minimum_rows("PERF-011")


@dataclass(frozen=True)
class Answers:
    """What was true of rows, and what decisions bring, by what is true."""

    truth: npt.NDArray[Any]
    worth: Callable[[npt.NDArray[Any], npt.NDArray[Any]], Floats]
    naive_money: Floats
    noticeable: float = 0.0
    """By how much a decision must move to be another one: no and yes are 0 and 1."""

    def money(self, decided: npt.NDArray[Any], chosen: npt.NDArray[np.intp]) -> Floats:
        """Money of each chosen row under these decisions."""
        return self.worth(self.truth[chosen], decided)


@gate("PERF-011")
def check(
    frame: pd.DataFrame,
    scorer: Scorer,
    answers: Answers,
    *,
    rules: tuple[ColumnRule, ...],
    worth: Worth = POINTS,
    limits: RobustnessLimits = RobustnessLimits(),
    seed: int = 0,
    units: Units = ALONE,
) -> Judgement:
    """Shake one feature at a time, then all; take one feature away at a time; count decisions and money."""
    features = tuple(rule for rule in rules if rule.role is ColumnRole.FEATURE and rule.kind is not Kind.TEXT)
    problems = frame_problems(frame, features, at_least_rows=limits.rows_at_least)
    if len(answers.truth) != len(frame) or len(answers.naive_money) != len(frame):
        problems.append(GateFinding("The rows and their outcomes do not match.", allowed="one outcome a row"))
    if not features:
        problems.append(GateFinding("The model uses no feature that could be shaken.", Severity.WARNING))
    if problems:
        return Judgement(tuple(problems), figures={"rows": len(frame)})
    draw = np.random.default_rng(seed)
    chosen = np.sort(draw.permutation(len(frame))[: limits.rows_at_most])
    sample = frame.iloc[chosen].reset_index(drop=True)
    as_it_is = _AsItIs.of(sample, scorer, answers, chosen, units)
    noisy = {rule.name: _shaken(sample[rule.name], rule, limits.noise, draw) for rule in features}
    trials = [
        *(as_it_is.tried(f"{name} with noise", {name: column}, "noise") for name, column in noisy.items()),
        as_it_is.tried("all features with noise", noisy, "all noise"),
        *(
            as_it_is.tried(f"{rule.name} missing", {rule.name: _absent(rule, len(sample))}, "missing")
            for rule in features
        ),
    ]
    found = (*_too_nervous(trials, limits), *_too_dependent(trials, as_it_is, worth))
    judged = [trial for trial in trials if not trial.is_refused]
    worst = max(judged, key=lambda trial: trial.flips.estimate, default=None)
    figures: dict[str, Figure] = {"rows": len(sample), "trials": len(trials), "noise": limits.noise}
    figures |= {"refused": len(trials) - len(judged)}
    if worst is not None:
        figures |= {"worst": worst.name, "worst_flips": worst.flips.estimate, "worst_loss": worst.lost.estimate}
    return Judgement(found, evaluated=len(judged), figures=figures, reports=_reports(trials, worth, limits))


@dataclass(frozen=True)
class Trial:
    """One change of the inputs: how many decisions flipped, and what that cost per row."""

    name: str
    kind: str
    flips: Interval
    lost: Interval
    is_refused: bool = False


@dataclass(frozen=True)
class _AsItIs:
    """Untouched rows and the decisions on them, against which each change is counted."""

    sample: pd.DataFrame
    scorer: Scorer
    answers: Answers
    chosen: npt.NDArray[np.intp]
    decided: npt.NDArray[Any]
    units: Units

    @classmethod
    def of(
        cls, sample: pd.DataFrame, scorer: Scorer, answers: Answers, chosen: npt.NDArray[np.intp], units: Units
    ) -> _AsItIs:
        """Decide on the rows as they are."""
        return cls(sample, scorer, answers, chosen, _decide(scorer, sample), units.only(chosen))

    @property
    def money(self) -> Floats:
        """What the decisions bring, row by row."""
        return self.answers.money(self.decided, self.chosen)

    @property
    def over_naive(self) -> float:
        """What they bring over the baseline on average."""
        return float((self.money - self.answers.naive_money[self.chosen]).mean())

    def tried(self, name: str, columns: dict[str, Any], kind: str) -> Trial:
        """Ask again with these columns in place of the frame's."""
        try:
            decided = _decide(self.scorer, self.sample.assign(**columns))
        except InputRefused:
            nothing = Interval(0.0, 0.0, 0.0)
            return Trial(name, kind, nothing, nothing, is_refused=True)
        turned = moved_by(decided, self.decided) > self.answers.noticeable
        effect, lost = self.units.effect(turned), self.money - self.answers.money(decided, self.chosen)
        flips = wilson(int(turned.sum()) / effect, turned.size / effect)
        return Trial(name, kind, flips, mean_interval(lost, effect=self.units.effect(lost)))


def _decide(scorer: Scorer, frame: pd.DataFrame) -> npt.NDArray[Any]:
    said = np.asarray(scorer.said(frame), dtype=np.float64)
    if said.shape != (len(frame),) or not np.isfinite(said).all():
        raise ValueError("the model did not answer every row with a number")
    return scorer.decided(said)


def _shaken(series: pd.Series[Any], rule: ColumnRule, noise: float, draw: np.random.Generator) -> Any:
    """Move amounts by a share of their spread; give as large a share of names another row's name."""
    gaps = missing_mask(series, rule.missing_codes)
    if rule.kind in {Kind.NUMBER, Kind.INTEGER}:
        values = numbers(series)
        low, high = np.quantile(values[~gaps], [0.05, 0.95]) if (~gaps).any() else (0.0, 0.0)
        moved = values + draw.normal(size=values.size) * noise * (high - low) / 3.29
        if rule.kind is Kind.INTEGER:
            moved = np.round(moved)
        least, most = (side if isinstance(side, float) else None for side in rule.between or (None, None))
        moved = np.clip(moved, -np.inf if least is None else least, np.inf if most is None else most)
        return np.where(gaps, values, moved)
    if rule.kind is Kind.TIME:
        spread = series.max() - series.min()
        return series + pd.to_timedelta(draw.normal(size=len(series)) * noise * spread.total_seconds() / 3.29, unit="s")
    is_moved = draw.random(len(series)) < noise
    places = np.where(is_moved, draw.permutation(len(series)), np.arange(len(series)))
    return series.iloc[places].to_numpy()


def _absent(rule: ColumnRule, rows: int) -> Any:
    if rule.kind is Kind.TIME:
        return pd.Series(pd.NaT, index=range(rows)).astype("datetime64[us, UTC]")
    return np.full(rows, np.nan) if rule.kind in {Kind.NUMBER, Kind.INTEGER} else np.full(rows, None, dtype=object)


def _too_nervous(trials: list[Trial], limits: RobustnessLimits) -> Iterator[GateFinding]:
    for trial in trials:
        at_most = {"noise": limits.noise_flips_at_most, "all noise": limits.all_noise_flips_at_most}.get(
            trial.kind, 1.0
        )
        if trial.flips.low > at_most:
            what = f"{trial.name} ({limits.noise:.0%} of the spread) flips {trial.flips.estimate:.1%} of decisions."
            yield GateFinding(what, Severity.WARNING, trial.name, f"{trial.flips.low:.1%} at least", f"{at_most:.0%}")


def _too_dependent(trials: list[Trial], as_it_is: _AsItIs, worth: Worth) -> Iterator[GateFinding]:
    """An input without which the model does worse than the baseline must be watched, and the fallback be ready."""
    for trial in trials:
        if trial.kind == "missing" and trial.lost.low > max(as_it_is.over_naive, 0.0):
            what = (
                f"With {trial.name} the model earns {worth.said(trial.lost.estimate)} less and falls behind the "
                "baseline: is that input monitored, and is the fallback ready?"
            )
            yield GateFinding(what, Severity.QUESTION, trial.name, f"{trial.flips.estimate:.1%} of decisions flip")
    if refused := [trial.name for trial in trials if trial.is_refused]:
        yield GateFinding(f"The model gives no answer with {', '.join(refused[:10])}.", Severity.INFO)


def _reports(trials: list[Trial], worth: Worth, limits: RobustnessLimits) -> tuple[Report, ...]:
    ranked = sorted(trials, key=lambda trial: -trial.lost.estimate)
    rows = [
        (t.name, "refused" if t.is_refused else "answered", t.flips.estimate, t.lost.estimate, t.lost.low, t.lost.high)
        for t in ranked
    ]
    return evidence(
        "robustness",
        "What noise and missing inputs cost",
        ("change", "model", "decisions flipped", "lost", "lost_low", "lost_high"),
        rows,
        note=f"Noise: {limits.noise:.0%} of a feature's spread. Lost: {worth.currency} per {worth.unit}.",
        shares=("decisions flipped",),
        amounts=("lost",),
        picture=interval_chart(
            [Span(t.name, t.lost.estimate, t.lost.low, t.lost.high, is_bad=t.lost.low > 0) for t in ranked],
            mark=0.0,
            title="money lost by change",
        ),
    )
