"""Recipes: what to fit on which columns, from the baseline up to boosted trees, or what was made elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from flywheel.domain.digests import Json, plain
from flywheel.errors import InputRefused
from flywheel.project.reading.kinds import Kind

Param = float | int | str
Scalar = bool | int | float | str


class RecipeKind(StrEnum):
    """The rungs of the ladder, each a reason to be more complex than the one before; made elsewhere; by own code."""

    NAIVE = "naive"
    LINEAR = "linear"
    BOOSTED = "boosted"
    EXTERNAL = "external"
    OWN = "own"


KIND_NAMES: Mapping[str, str] = MappingProxyType(
    {
        RecipeKind.NAIVE: "baseline",
        RecipeKind.LINEAR: "linear model",
        RecipeKind.BOOSTED: "boosted trees",
        RecipeKind.EXTERNAL: "model from elsewhere",
        RecipeKind.OWN: "candidate of its own",
    }
)
"""Each rung in words."""


UNKEPT = "none"
"""The form of a candidate that no file without code holds."""


@dataclass(frozen=True)
class ColumnFacts:
    """What the charter says of a column, as far as a model is concerned."""

    name: str
    kind: Kind
    role: str = "feature"
    is_permitted: bool = True
    is_known_at_decision: bool = True
    missing_codes: tuple[Scalar, ...] = ()

    @property
    def is_usable(self) -> bool:
        """A model may and can use it: a permitted feature, known in time, that is not free text."""
        may = self.role == "feature" and self.is_permitted and self.is_known_at_decision
        return may and self.kind is not Kind.TEXT


@dataclass(frozen=True)
class Budget:
    """How much search is worth: candidates and minutes, whichever ends first."""

    trials: int = 8
    minutes: float = 10.0


@dataclass(frozen=True)
class Recipe:
    """All that is needed, with the data, to fit the same model again."""

    kind: RecipeKind
    features: tuple[str, ...]
    params: tuple[tuple[str, Param], ...]
    seed: int
    derived: tuple[tuple[str, str], ...] = ()
    """The definitions of features that are computed, those that others need among them, as they were fitted."""
    reads: tuple[str, ...] = ()
    """The columns that they are computed from."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Name the columns of the data that the model reads."""
        computed = dict(self.derived)
        return tuple(dict.fromkeys([*(name for name in self.features if name not in computed), *self.reads]))

    @property
    def settings(self) -> dict[str, Param]:
        """The parameters by name."""
        return dict(self.params)

    def with_params(self, params: Mapping[str, Param]) -> Recipe:
        """The same recipe with other parameters, in one order whatever order they come in."""
        return replace(self, params=tuple(sorted(params.items())))

    def to_json(self) -> dict[str, Json]:
        """Write it as plain JSON."""
        return {
            "kind": self.kind.value,
            "features": list(self.features),
            "params": plain(self.settings),
            "seed": self.seed,
            **({"derived": dict(self.derived), "reads": list(self.reads)} if self.derived else {}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> Self:
        """Read what `to_json` wrote."""
        features, params = document["features"], document["params"]
        if not isinstance(features, list) or not isinstance(params, dict):
            raise InputRefused("a recipe needs a list of features and a table of parameters", found=document)
        derived, reads = document.get("derived", {}), document.get("reads", [])
        if not isinstance(derived, dict) or not isinstance(reads, list):
            raise InputRefused("a recipe's derived features are a table of texts", found=document)
        numbers_and_names = {k: v for k, v in params.items() if isinstance(v, int | float | str)}
        return cls(
            RecipeKind(str(document["kind"])),
            tuple(str(name) for name in features),
            tuple(sorted(numbers_and_names.items())),
            int(str(document["seed"])),
            tuple(sorted((name, str(text)) for name, text in derived.items())),
            tuple(map(str, reads)),
        )


def columns_of(document: Mapping[str, Json]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the columns that a written recipe reads for themselves, and those from which it derives features."""
    features, derived, reads = (_names(document.get(key)) for key in ("features", "derived", "reads"))
    return tuple(name for name in features if name not in derived), reads


def _names(said: Json) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list | dict) else ()


def may_be_promoted(document: Mapping[str, Json]) -> bool:
    """Whether the model of a written recipe is kept, so that it can become a version."""
    params = document.get("params")
    return not (isinstance(params, dict) and document["kind"] == RecipeKind.OWN and params.get("form") == UNKEPT)


def recipe_name(document: Mapping[str, Json]) -> str:
    """Name a written recipe as a leaderboard shows it."""
    kind, params = str(document["kind"]), document.get("params")
    if kind == RecipeKind.EXTERNAL and isinstance(params, dict):
        return f"{params.get('release')} of {params.get('maker')}"
    if kind == RecipeKind.OWN and isinstance(params, dict):
        why_not = "" if may_be_promoted(document) else " (cannot be promoted: no form without code holds it)"
        return f"{params.get('candidate')} of hooks.py{why_not}"
    depth = params.get("max_depth") if isinstance(params, dict) else None
    return KIND_NAMES.get(kind, kind) + (f", depth {depth}" if depth else "")


def usable_columns(columns: Iterable[ColumnFacts], *, besides: Iterable[str] = ()) -> tuple[ColumnFacts, ...]:
    """Choose the columns that a model may use, in name order; `besides` names target, entity and time."""
    taken = set(besides)
    usable = sorted((c for c in columns if c.is_usable and c.name not in taken), key=lambda c: c.name)
    if not usable:
        raise InputRefused(
            "no column may be used as a feature",
            allowed="columns with role feature, permitted, known at the time of the decision, of a kind but text",
            next_step="declare the columns under [data.columns]",
        )
    return tuple(usable)


def ladder(features: Iterable[str], *, seed: int, budget: Budget) -> tuple[Recipe, ...]:
    """Plan the rungs: the boosted one carries its search budget and is raced when it is fitted."""
    names = tuple(features)
    search: dict[str, Param] = {"trials": budget.trials, "minutes": budget.minutes}
    return (
        Recipe(RecipeKind.NAIVE, (), (), seed),
        Recipe(RecipeKind.LINEAR, names, (("c", 1.0), ("max_iter", 300)), seed),
        Recipe(RecipeKind.BOOSTED, names, (), seed).with_params(search),
    )
