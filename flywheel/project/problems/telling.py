"""What a dossier tells of a version in the words of its kind: values that the page lays out without knowing which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flywheel.pages.figures import figure, ratio

if TYPE_CHECKING:
    from flywheel.domain.digests import Json


@dataclass(frozen=True)
class Headline:
    """The one figure beside money by which candidates are known."""

    metric: str
    title: str
    is_ratio: bool = False

    def written(self, metrics: Mapping[str, Json]) -> str:
        """Write it as people read it; a gap where it was not measured."""
        value = metrics.get(self.metric)
        return ratio(value) if self.is_ratio else figure(value)


@dataclass(frozen=True)
class Predicted:
    """What a model says: its name, and whether it is a share of one."""

    name: str
    is_share: bool
    happening: str = ""
    """Of what the shares that gates predict and observe are, where it is not the outcome itself."""

    def written(self, value: float, *, signed: bool = False) -> str:
        """Write one, as the sentences of findings do."""
        sign = "+" if signed else ""
        return f"{value:{sign}.1%}" if self.is_share else f"{value:{sign},.4g}"


PROBABILITY = Predicted("probability", is_share=True)


@dataclass(frozen=True)
class Measured:
    """What a model came to on the test rows: its figures, how often it decided which way, and where its cut lies."""

    metrics: Mapping[str, float]
    counts: Mapping[str, int]
    threshold: float | None = None

    @classmethod
    def of(cls, met: Mapping[str, Json]) -> Measured | None:
        """Read it from what research recorded; nothing where the version met no test rows."""
        metrics, counts, cut = met.get("metrics"), met.get("decided"), met.get("threshold")
        if not isinstance(metrics, dict) or not isinstance(counts, dict):
            return None
        return cls(
            {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)},
            {name: int(str(count)) for name, count in counts.items()},
            float(cut) if isinstance(cut, int | float) else None,
        )


@dataclass(frozen=True)
class Case:
    """One way in which a decision turns out: what it brings, how often it was so on the test rows, and together."""

    title: str
    in_words: str
    each: str
    cases: int | None = None
    together: str | None = None


@dataclass(frozen=True)
class Year:
    """What a year is reckoned by."""

    currency: str
    decisions: int
    cost: float
    """What the first year costs."""


@dataclass(frozen=True)
class Telling:
    """What is told of a version that is of one kind."""

    headline: Headline
    tuned: str
    """What was set on the validation rows besides the choice of the candidate."""
    cases: tuple[Case, ...]
    decided: Mapping[str, str]
    """How often it decided which way, each with its name."""
    sentence: str
    """The same as a sentence."""
