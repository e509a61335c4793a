"""A model behind an address is asked in plain JSON and held to its golden rows each time it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flywheel.domain.digests import Json
from flywheel.errors import InputRefused, Unavailable
from flywheel.project.external.receiving import receive
from flywheel.project.framing import Framing
from flywheel.project.loader import load_project
from flywheel.project.tabular.model import load_verified, save
from tests.factories.charters import ROOT
from tests.factories.external import sign

ROWS = pd.DataFrame(
    {
        "bureau_score": [700.25, None, 512.1, 0.1, 640.0, 333.3],
        "age": [30, 41, 52, 19, 77, 64],
        "channel": ["web", "branch", None, "partner", "web", "web"],
    }
)


def vendor(question: Json, *, shift: float = 0.0) -> dict[str, Any]:
    """A scorecard of somebody's."""
    assert isinstance(question, dict)
    rows: Any = question["rows"]
    points = [((r["score"] or 400) / 1000) + (0.05 if r["channel"] == "web" else 0.0) for r in rows]
    return {"scores": [{"score": min(1.0, p + shift)} for p in points]}


@pytest.fixture
def framing() -> Framing:
    return Framing(load_project(ROOT / "examples" / "card_default").charter)


@pytest.fixture
def signature(tmp_path: Path) -> Path:
    expected = vendor(
        {
            "rows": [
                {"score": None if pd.isna(s) else s, "channel": c}
                for s, c in zip(ROWS["bureau_score"], ROWS["channel"], strict=True)
            ]
        }
    )
    ROWS.assign(expected=[one["score"] for one in expected["scores"]]).to_csv(tmp_path / "golden.csv", index=False)
    asked = [{"column": "bureau_score", "name": "score"}, {"column": "age"}, {"column": "channel"}]
    url = {"form": "http", "url": "https://scores.example/v2", "output": {"name": "scores"}, "inputs": asked}
    return sign(tmp_path, url)


def asking(answer: Callable[[Json], Any], seen: list[Json] | None = None) -> Callable[[str, Json], Any]:
    def ask(url: str, question: Json) -> Any:
        assert url == "https://scores.example/v2"
        if seen is not None:
            seen.append(question)
        return answer(question)

    return ask


def test_rows_go_out_as_they_stand_in_the_charters_columns(framing: Framing, signature: Path) -> None:
    seen: list[Json] = []
    receive(signature, framing, ask=asking(vendor, seen))
    (question,) = seen
    assert isinstance(question, dict)
    assert question["rows"][:4] == [  # type: ignore[index]
        {"score": 700.25, "age": 30.0, "channel": "web"},
        {"score": None, "age": 41.0, "channel": "branch"},
        {"score": 512.1, "age": 52.0, "channel": None},
        {"score": 0.1, "age": 19.0, "channel": "partner"},
    ]


def test_a_model_that_was_changed_behind_its_address_is_not_loaded(
    framing: Framing, signature: Path, tmp_path: Path
) -> None:
    digest = save(receive(signature, framing, ask=asking(vendor)), tmp_path / "kept")
    load_verified(tmp_path / "kept", digest, ask=asking(vendor))
    with pytest.raises(InputRefused, match="answers 6 of 6 golden rows differently"):
        load_verified(tmp_path / "kept", digest, ask=asking(lambda question: vendor(question, shift=0.02)))


def test_without_a_way_there_it_is_not_loaded(framing: Framing, signature: Path, tmp_path: Path) -> None:
    digest = save(receive(signature, framing, ask=asking(vendor)), tmp_path / "kept")
    with pytest.raises(Unavailable, match="needs a network"):
        load_verified(tmp_path / "kept", digest)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"scores": "many"},
        {"scores": [True] * 6},
        {"scores": [{}] * 6},
        {"scores": [0.1]},
        {"scores": [10**400] * 6},
    ],
)
def test_an_answer_in_another_form_is_refused(answer: Any, framing: Framing, signature: Path) -> None:
    with pytest.raises(InputRefused):
        receive(signature, framing, ask=asking(lambda _: answer))


def test_many_rows_are_asked_some_at_a_time_and_come_back_in_order(framing: Framing, signature: Path) -> None:
    seen: list[Json] = []
    model = receive(signature, framing, ask=asking(vendor, seen))
    frame = pd.concat([ROWS] * 200, ignore_index=True)
    chances = model.said(frame)
    assert len(seen) == 1 + 3
    assert chances[:6].tolist() == chances[-6:].tolist()
