"""Our three estimators and their files: plain JSON, skops with our own list of types, xgboost's JSON; never pickle."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from flywheel.domain.digests import canonical_json
from flywheel.errors import InputRefused
from flywheel.project.tabular.folder import MAX_BYTES
from flywheel.project.tabular.race import raw_output
from flywheel.project.tabular.recipe import Recipe, RecipeKind
from flywheel.project.tabular.unkept import Unkept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from flywheel.project.tabular.encoding import Encoding

ESTIMATOR_FILE = {
    RecipeKind.NAIVE: "naive.json",
    RecipeKind.LINEAR: "model.skops",
    RecipeKind.BOOSTED: "model.json",
}
TRUSTED = frozenset(
    {
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._ridge.Ridge",
        "numpy.float64",
        "numpy.ndarray",
        "builtins.dict",
        "builtins.list",
        "builtins.str",
    }
)
"""All types that a linear model's file may name."""
TRUSTED_NODES = frozenset({"ObjectNode", "DictNode", "ListNode", "JsonNode", "TypeNode", "NdArrayNode"})
FIXED_TIME = (2000, 1, 1, 0, 0, 0)


class Estimator(Protocol):
    """What turns an encoded matrix into one output for each row: a chance, an amount."""

    def output(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The output for each row."""
        ...

    def content(self) -> bytes:
        """The file's bytes; the same model gives the same bytes."""
        ...


@dataclass(frozen=True)
class Naive:
    """The one output that fitted the training rows best, for everyone."""

    constant: float

    def output(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same for each row."""
        return np.full(len(matrix), self.constant)

    def content(self) -> bytes:
        """A number in JSON."""
        return canonical_json({"constant": self.constant}).encode()


@dataclass(frozen=True)
class Linear:
    """Logistic or linear regression over the linear design."""

    model: Any
    encoding: Encoding

    def output(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """One product, and a sigmoid for classes: the fitted coefficients are all that scikit-learn's object gives."""
        coefficients, intercept = self._weights
        sums = self.encoding.design(matrix) @ coefficients + intercept
        if not hasattr(self.model, "classes_"):
            return np.asarray(sums, dtype=np.float64)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(sums, -500, 500))), dtype=np.float64)

    def content(self) -> bytes:
        """A skops file without what differs from one dump to the next."""
        # skops costs a second to import and only linear models need it
        import skops.io

        return _steady_skops(skops.io.dumps(self.model))

    @cached_property
    def _weights(self) -> tuple[NDArray[np.float64], float]:
        return np.asarray(self.model.coef_, dtype=np.float64).ravel(), float(np.ravel(self.model.intercept_)[0])


@dataclass(frozen=True)
class Boosted:
    """Boosted trees; the booster is an xgboost.Booster."""

    booster: Any
    encoding: Encoding

    def output(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Trees read single precision."""
        return raw_output(self.booster, self.encoding.single(matrix))

    def content(self) -> bytes:
        """The booster in xgboost's JSON."""
        return bytes(self.booster.save_raw(raw_format="json"))


def read_estimator(recipe: Recipe, content: bytes, encoding: Encoding, *, threads: int = 1) -> Estimator:
    """Parse an estimator's file. The bytes must be verified: this is the parser that verification guards."""
    match recipe.kind:
        case RecipeKind.NAIVE:
            return Naive(float(json.loads(content)["constant"]))
        case RecipeKind.LINEAR:
            return Linear(read_skops(content), encoding)
        case RecipeKind.BOOSTED:
            return Boosted(read_booster(content, threads), encoding)
        case RecipeKind.OWN:
            return Unkept(str(json.loads(content)["why"]))
        case RecipeKind.EXTERNAL:
            raise InputRefused("a model from elsewhere is read by its terms", found=recipe.kind.value)


def read_booster(content: bytes, threads: int) -> Any:
    """Parse boosted trees in xgboost's JSON."""
    if not content.startswith(b'{"'):
        raise InputRefused("not an xgboost model in JSON", found=content[:8], allowed='text that begins with {"')
    # xgboost costs seconds to import and only boosted models need it
    import xgboost

    booster = xgboost.Booster({"nthread": threads})
    booster.load_model(bytearray(content))
    return booster


def read_skops(content: bytes, *, known: frozenset[str] = TRUSTED | TRUSTED_NODES) -> Any:
    """Parse a skops file that names known types only; what the file itself says of trust is not asked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if (size := sum(one.file_size for one in archive.infolist())) > MAX_BYTES:
            raise InputRefused("a model's file unpacks to too much", found=size, allowed=f"{MAX_BYTES} bytes")
        named = _types_in(json.loads(archive.read("schema.json")))
    if foreign := sorted(named - known):
        raise InputRefused("a model's file names types that are not trusted", found=foreign[:5])
    # skops costs a second to import and only scikit-learn's models need it
    import skops.io

    return skops.io.loads(content, trusted=sorted(known - TRUSTED - TRUSTED_NODES))


def _types_in(node: object) -> set[str]:
    found: set[str] = set()
    if isinstance(node, Mapping):
        if "__loader__" in node:
            found |= {f"{node.get('__module__')}.{node.get('__class__')}", str(node["__loader__"])}
        for inner in node.values():
            found |= _types_in(inner)
    elif isinstance(node, list):
        for inner in node:
            found |= _types_in(inner)
    return found


def _steady_skops(content: bytes) -> bytes:
    out = io.BytesIO()
    names: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        schema = _renumber(json.loads(source.read("schema.json")), names, iter(range(1, 1_000_000)))
        for old, new in names.items():
            target.writestr(zipfile.ZipInfo(new, FIXED_TIME), source.read(old))
        target.writestr(zipfile.ZipInfo("schema.json", FIXED_TIME), canonical_json(schema))
    return out.getvalue()


def _renumber(node: Any, names: dict[str, str], numbers: Any) -> Any:
    """Replace memory addresses by places in the file."""
    if isinstance(node, list):
        return [_renumber(inner, names, numbers) for inner in node]
    if not isinstance(node, dict):
        return node
    steady = {key: _renumber(inner, names, numbers) for key, inner in sorted(node.items())}
    if "__id__" in steady:
        steady["__id__"] = next(numbers)
    if "file" in steady:
        steady["file"] = names.setdefault(str(node["file"]), f"array_{len(names)}.npy")
    return steady
