"""scikit-learn's models of others: known types, sound trees, the names that were signed."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from flywheel.errors import InputRefused
from flywheel.project.tabular import estimators
from flywheel.project.tabular.external.skops_model import read_scikit
from flywheel.project.tabular.external.terms import Form, Terms

DRAW = np.random.default_rng(4)
X = DRAW.normal(size=(120, 2)).astype(np.float32)
ASKED = X.astype(np.float64)
Y = (X[:, 0] > 0).astype(int)
TERMS = Terms(Form.SKOPS, "Scores Ltd", "1", "", ("a", "b"), "probabilities", None, 1e-5, ())


def dumped(model: Any) -> bytes:
    return bytes(skops.io.dumps(model))


@pytest.mark.parametrize(
    "model",
    [RandomForestClassifier(3, random_state=1), make_pipeline(StandardScaler(), LogisticRegression())],
    ids=["forest", "pipeline"],
)
def test_a_known_model_answers_as_it_did(model: Any) -> None:
    model.fit(X, Y)
    np.testing.assert_allclose(read_scikit(dumped(model), TERMS)(ASKED), model.predict_proba(X)[:, 1], atol=1e-6)


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(FunctionTransformer(np.abs), LogisticRegression()),
        HistGradientBoostingClassifier(max_iter=2),
    ],
    ids=["a function of the maker's", "an unlisted type"],
)
def test_types_that_are_not_listed_are_refused(model: Any) -> None:
    with pytest.raises(InputRefused, match="types that are not trusted"):
        read_scikit(dumped(model.fit(X, Y)), TERMS)


@pytest.mark.parametrize(("part", "value"), [("children_left", 0), ("children_left", 10_000), ("feature", 77)])
def test_a_tree_that_leads_elsewhere_than_down_is_refused(part: str, value: int) -> None:
    forest = RandomForestClassifier(2, random_state=1).fit(X, Y)
    getattr(forest.estimators_[1].tree_, part)[0] = value
    with pytest.raises(InputRefused, match="a tree of the model is broken"):
        read_scikit(dumped(forest), TERMS)


def zipped(**files: bytes) -> bytes:
    """A zip that claims to be a model."""
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name.replace("_", "."), content)
        return out.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(schema_json=b"{}"))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def with_more_outputs_than_classes() -> bytes:
    model = DecisionTreeClassifier(max_depth=2, random_state=1).fit(X, Y)
    with zipfile.ZipFile(io.BytesIO(dumped(model))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    schema["content"]["content"]["tree_"]["__reduce__"]["args"]["content"][2] |= {"content": "50", "__id__": 1}
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w") as archive:
            for name, content in (files | {"schema.json": json.dumps(schema).encode()}).items():
                archive.writestr(name, content)
        return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        zipped(other_json=b"{}"),
        zipped(schema_json=b"["),
        zipped(schema_json=b"[" * 100_000),
        encrypted(),
        with_more_outputs_than_classes(),
    ],
    ids=["nothing", "no zip", "no schema", "no JSON", "deep JSON", "encrypted", "outputs without classes"],
)
def test_what_is_no_whole_file_is_refused(content: bytes) -> None:
    with pytest.raises(InputRefused, match="not a whole skops file"):
        read_scikit(content, TERMS)


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimators, "MAX_BYTES", 1_000)
    with pytest.raises(InputRefused, match="unpacks to too much"):
        read_scikit(zipped(schema_json=b"{}", big_npy=bytes(2_000)), TERMS)


@pytest.mark.parametrize("says", [{}, {"n_features_in_": 1_000_000}], ids=["the tree alone", "model and tree"])
def test_a_tree_over_more_columns_than_the_rows_have_is_never_walked(says: dict[str, int]) -> None:
    forest = RandomForestClassifier(2, random_state=1).fit(X, Y)
    part = forest.estimators_[1]
    state = part.tree_.__getstate__()
    state["nodes"]["feature"][0] = 999_999
    part.tree_ = Tree(1_000_000, np.array([2], dtype=np.intp), 1)
    part.tree_.__setstate__(state)
    vars(part).update(says)
    with pytest.raises(InputRefused, match=r"tree of the model is broken|cannot answer these rows"):
        read_scikit(dumped(forest), TERMS)(ASKED)


def test_rows_that_the_model_cannot_take_are_refused_with_its_words() -> None:
    model = read_scikit(dumped(LogisticRegression().fit(X, Y)), TERMS)
    with pytest.raises(InputRefused, match="cannot answer these rows: Input X contains NaN"):
        model(np.full((1, 2), np.nan, dtype=np.float32))


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(InputRefused, match=r"not trusted|no classifier"):
        read_scikit(dumped(LinearRegression().fit(X, Y)), TERMS)
    with pytest.raises(InputRefused, match="no classifier"):
        read_scikit(dumped(StandardScaler().fit(X)), TERMS)


def test_names_that_the_model_knows_must_be_those_signed_in_order() -> None:
    model = RandomForestClassifier(2, random_state=1).fit(pd.DataFrame(X, columns=["a", "b"]), Y)
    assert read_scikit(dumped(model), TERMS)(ASKED).shape == (120,)
    with pytest.raises(InputRefused, match="another order"):
        read_scikit(dumped(model), replace(TERMS, asked_as=("b", "a")))


def test_another_number_of_inputs_is_refused() -> None:
    model = RandomForestClassifier(2, random_state=1).fit(X, Y)
    with pytest.raises(InputRefused, match="another number of inputs"):
        read_scikit(dumped(model), replace(TERMS, asked_as=("a", "b", "c")))


def test_a_part_of_a_kind_that_does_not_belong_there_is_refused() -> None:
    forest = RandomForestClassifier(3, random_state=1).fit(X, Y)
    forest.estimators_ = None
    with pytest.raises(InputRefused, match="a part of the model is broken"):
        read_scikit(dumped(forest), TERMS)
