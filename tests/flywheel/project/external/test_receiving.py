"""A model from elsewhere is taken in if it is what its signature says, and refused before it could run anything."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from flywheel.errors import CharterError, FlywheelError, InputRefused
from flywheel.project.charter.commitments import ItTerms
from flywheel.project.charter.features import DerivedFeature
from flywheel.project.external.receiving import receive
from flywheel.project.framing import Framing
from flywheel.project.tabular.model import load_verified, save
from tests.factories.examples import Ground, card_default
from tests.factories.external import CODES, UNKNOWN, hand_over, inputs, sign, write_golden

FORMS = ("xgboost", "skops", "onnx", "onnx by column")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return card_default(tmp_path_factory.mktemp("bank"), rows=600)


@pytest.fixture(scope="module")
def frame(ground: Ground) -> pd.DataFrame:
    return ground.artifacts.get_frame(ground.prepared().digest)


@pytest.fixture(scope="module")
def framing(ground: Ground) -> Framing:
    return Framing(ground.project.charter)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_answers_as_at_its_makers_also_after_it_was_kept(
    form: str, framing: Framing, frame: pd.DataFrame, tmp_path: Path
) -> None:
    signature = hand_over(form, tmp_path, frame)
    expected = pd.read_csv(tmp_path / "golden.csv")
    model = receive(signature, framing)
    digest = save(model, tmp_path / "kept")
    kept = load_verified(tmp_path / "kept", digest)
    for one in (model, kept):
        np.testing.assert_allclose(one.said(expected), expected["expected"], atol=1e-4)
    assert len(set(kept.said(frame.head(100)).round(6))) > 5


@pytest.mark.parametrize("form", FORMS)
def test_single_rows_are_answered_as_a_whole_frame_is(
    form: str, framing: Framing, frame: pd.DataFrame, tmp_path: Path
) -> None:
    model = receive(hand_over(form, tmp_path, frame), framing)
    rows = frame[["bureau_score", "age", "channel"]].head(40)
    rows = rows.assign(channel=pd.Series(["web", None, "unheard", "branch"] * 10, index=rows.index))
    records: list[dict[str, Any]] = rows.astype(object).where(rows.notna(), None).to_dict("records")  # type: ignore[assignment]
    one_by_one = [float(model.said_of(model.encoding.rows([record]))[0]) for record in records]
    np.testing.assert_allclose(one_by_one, model.said(rows), atol=1e-6)


def test_codes_the_unknown_and_the_missing_are_written_as_the_maker_wants(
    framing: Framing, frame: pd.DataFrame, tmp_path: Path
) -> None:
    model = receive(hand_over("xgboost", tmp_path, frame), framing)
    rows = pd.DataFrame(
        {"bureau_score": [700.0, None, -1.0], "age": [30, 40, 50], "channel": ["partner", "unheard", None]}
    )
    assert model.encoding.matrix(rows).tolist() == [[700, 30, CODES["partner"]], [-1, 40, UNKNOWN], [-1, 50, UNKNOWN]]


def test_codes_of_the_missing_are_kept_where_the_maker_knows_them(
    framing: Framing, frame: pd.DataFrame, tmp_path: Path
) -> None:
    kept = [{"column": "bureau_score", "keep_codes": True, "missing": -1}, *inputs()[1:]]
    model = receive(hand_over("xgboost", tmp_path, frame, inputs=kept), framing)
    assert model.encoding.columns[0].missing_codes == ()


def test_a_threshold_of_the_makers_stands(framing: Framing, frame: pd.DataFrame, tmp_path: Path) -> None:
    model = receive(hand_over("skops", tmp_path, frame, threshold=0.21), framing)
    assert (model.threshold, model.recipe.settings["threshold"]) == (0.21, "given")


def test_a_model_that_answers_otherwise_than_its_maker_says_is_refused(
    framing: Framing, frame: pd.DataFrame, tmp_path: Path
) -> None:
    swapped = [inputs()[1], inputs()[0], inputs()[2]]
    with pytest.raises(InputRefused, match="golden rows differently from its maker"):
        receive(hand_over("xgboost", tmp_path, frame, inputs=swapped), framing)


SIGNATURES: list[tuple[dict[str, Any], str]] = [
    ({"file": "model.pkl"}, "runs its maker's code"),
    ({"file": "model.joblib"}, "runs its maker's code"),
    ({"file": "../score.json"}, "does not name a file beside"),
    ({"file": "score.onnx"}, "has a file and no url"),
    ({"url": "http://scores.example/x"}, "has a file and no url"),
    ({"form": "pmml"}, "is not one of the choices"),
    ({"form": "http", "url": "https://me:secret@scores.example/"}, "is not a plain address"),
    ({"threshold": 2}, "threshold: is not allowed"),
    ({"tolerance": 0.5}, "tolerance: is not allowed"),
    ({"colour": "red"}, "there is no key 'colour' here"),
    ({"inputs": []}, "inputs: is missing"),
    ({"inputs": [{"column": "age"}, {"column": "age"}]}, "name age twice"),
    ({"inputs": [{"column": "postcode", "codes": {"a": 1}}]}, "may use; found postcode"),
    ({"inputs": [{"column": "gender", "codes": {"a": 1}}]}, "may use; found gender"),
    ({"inputs": [{"column": "heaven"}]}, "may use; found heaven"),
    ({"inputs": [{"column": "channel"}]}, "this form takes numbers only"),
    ({"inputs": [{"column": "age", "codes": {"a": 1}}]}, "only a category has codes"),
    ({"inputs": [{"column": "age", "unknown": 1}]}, "an unknown code and no codes"),
    ({"inputs": [{"column": "age", "missing": 1e300}]}, "missing: is not allowed"),
]


@pytest.mark.parametrize(("changes", "words"), SIGNATURES)
def test_a_signature_with_a_mistake_is_refused_by_name(
    changes: dict[str, Any], words: str, framing: Framing, tmp_path: Path
) -> None:
    good = {"form": "xgboost", "file": "score.json", "inputs": inputs()}
    with pytest.raises(CharterError) as refused:
        receive(sign(tmp_path, good | changes), framing)
    assert words in str(refused.value)


def test_a_derived_feature_is_no_input_of_a_model_from_elsewhere(ground: Ground, tmp_path: Path) -> None:
    share = {"share": DerivedFeature.model_validate({"is": "requested_limit / income"})}
    deriving = Framing(ground.chartered(features=share).project.charter)
    asked = [*inputs(), {"column": "share"}]
    with pytest.raises(CharterError, match="no column of the charter that a model may use; found share"):
        receive(sign(tmp_path, {"form": "xgboost", "file": "score.json", "inputs": asked}), deriving)


def test_where_it_lets_no_row_leave_no_model_behind_an_address_is_even_asked(ground: Ground, tmp_path: Path) -> None:
    kept_inside = Framing(ground.chartered(it=ItTerms(no_egress=True)).project.charter)
    address = {"form": "http", "url": "https://scores.example/v2", "output": {"name": "scores"}, "inputs": inputs()}

    def ask(*_: object, **__: object) -> None:
        raise AssertionError("a row has left")

    with pytest.raises(CharterError, match="no_egress of the charter lets no row leave"):
        receive(sign(tmp_path, address), kept_inside, ask=ask)


def test_all_mistakes_of_a_signature_are_told_at_once(framing: Framing, tmp_path: Path) -> None:
    wrong = [{"column": "heaven"}, {"column": "channel"}]
    with pytest.raises(CharterError) as refused:
        receive(sign(tmp_path, {"form": "xgboost", "file": "score.json", "inputs": wrong}), framing)
    assert len(refused.value.problems) == 2


class Gadget:
    """Unpickling this runs a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["score.json", "score.onnx", "score.skops", "golden.csv", "signature.toml"])
def test_a_pickle_under_any_name_runs_nothing(name: str, protocol: int, framing: Framing, tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    form = {"score.onnx": "onnx", "score.skops": "skops"}.get(name, "xgboost")
    file = {"onnx": "score.onnx", "skops": "score.skops"}.get(form, "score.json")
    signature = sign(tmp_path, {"form": form, "file": file, "inputs": inputs()})
    (tmp_path / "golden.csv").write_text(
        "bureau_score,age,channel,expected\n" + "".join(f"600,{a},web,0.{a}\n" for a in range(20, 30))
    )
    (tmp_path / "score.json").write_text(json.dumps({}))
    (tmp_path / name).write_bytes(pickle.dumps(Gadget(marker), protocol=protocol))
    with pytest.raises(FlywheelError):
        receive(signature, framing)
    assert not marker.exists()


def test_a_signature_that_is_a_pickle_by_name_says_what_is_taken(framing: Framing, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(InputRefused, match=r"ONNX \(\.onnx\)"):
        receive(tmp_path / "model.pkl", framing)


def test_a_link_beside_the_signature_is_not_followed(framing: Framing, frame: pd.DataFrame, tmp_path: Path) -> None:
    signature = hand_over("xgboost", tmp_path / "there", frame)
    (tmp_path / "there" / "score.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "there" / "score.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(InputRefused, match="no such plain file"):
        receive(signature, framing)


GOLDEN: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    (lambda g: g.head(4), "golden rows"),
    (lambda g: g.drop(columns="age"), "lacks columns"),
    (lambda g: g.drop(columns="expected"), "lacks columns"),
    (lambda g: g.assign(age2=g["age"]).rename(columns={"age2": "age"}), "names a column twice"),
    (lambda g: g.assign(expected=0.3), "which any constant would give"),
    (lambda g: g.assign(expected=g["expected"] + 2), "is no probability"),
    (lambda g: g.assign(age="old"), "not a finite number"),
    (lambda g: g.assign(expected="inf"), "not a finite number"),
]


@pytest.mark.parametrize(("spoil", "words"), GOLDEN)
def test_golden_rows_that_prove_nothing_are_refused(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], words: str, framing: Framing, frame: pd.DataFrame, tmp_path: Path
) -> None:
    signature = hand_over("xgboost", tmp_path, frame)
    golden = tmp_path / "golden.csv"
    spoil(pd.read_csv(golden)).to_csv(golden, index=False)
    with pytest.raises(InputRefused, match=words):
        receive(signature, framing)


def test_golden_rows_are_read_in_the_charters_units(framing: Framing, frame: pd.DataFrame, tmp_path: Path) -> None:
    signature = hand_over("xgboost", tmp_path, frame)
    golden = pd.read_csv(tmp_path / "golden.csv")
    write_golden(
        tmp_path / "golden.csv", golden.assign(bureau_score=golden["bureau_score"].fillna(-1)), golden["expected"]
    )
    assert receive(signature, framing).recipe.features == ("bureau_score", "age", "channel")
