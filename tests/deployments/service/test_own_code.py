"""The cell of an endpoint: while it cannot answer the rule stands in, and another comes up behind the callers."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from deployments.service.own_code import OwnCodeKeeper, stood_in_for
from deployments.service.respondent import Respondent
from deployments.service.scorers import model_scorer
from flywheel.adapters.predictions.log import STOOD_IN
from flywheel.errors import Refused
from flywheel.project.contract import Mode, OwnTerms
from flywheel.project.expressions.derivation import Derivation
from flywheel.project.expressions.intake import Intake
from flywheel.project.expressions.own_features import OwnFeatures
from flywheel.project.reading.kinds import Kind
from tests.deployments.waiting import eventually
from tests.factories.serving import RULE, body_of, make_contract, make_model, make_row

TERMS = OwnTerms(0.5, 2_000_000_000, 65_533, is_high_risk=False)
TEXT = """
import os, time
def features(frame):
    if frame.bureau[0] == 301: time.sleep(30)
    if frame.bureau[0] == 302: os._exit(1)
    if frame.bureau[0] == 303: return frame.assign(doubled="many")
    if frame.bureau[0] == 304: raise ValueError(str(frame.bureau[0]))
    return frame.assign(doubled=2 * frame.bureau)
"""


@pytest.fixture
def keeper() -> Iterator[OwnCodeKeeper]:
    made = OwnCodeKeeper(TERMS, TEXT)
    made.open()
    yield made
    made.close()


def respondent(keeper: OwnCodeKeeper, **changes: Any) -> Respondent:
    contract, model = make_contract(**changes), make_model("naive")
    own = OwnFeatures(TEXT, (Intake("bureau", Kind.NUMBER),), (("doubled", Kind.NUMBER),), keeper)
    derivation = Derivation().beside(own)
    model = replace(model, encoding=replace(model.encoding, derivation=derivation))
    return Respondent(
        contract, Mode.MODEL, stood_in_for(contract, model_scorer(contract, model)), lambda _: b"", keeper
    )


def asked(by: Respondent, bureau: float) -> tuple[int, dict[str, Any]]:
    answer, _ = by.answer(body_of(make_row(bureau=bureau)))
    return answer.status, json.loads(answer.body)


def test_a_request_is_answered_and_what_it_cost_is_told(keeper: OwnCodeKeeper) -> None:
    by = respondent(keeper)
    status, said = asked(by, 700)
    assert status == 200
    assert said["predictions"][0]["score"] is not None
    assert keeper.facts()["calls"] == 1
    assert keeper.facts()["milliseconds"]["median"] > 0  # type: ignore[index]


@pytest.mark.parametrize("bureau", [301, 302])
def test_while_it_hangs_or_is_gone_the_rule_stands_in_and_then_the_model_answers_again(
    keeper: OwnCodeKeeper, bureau: int
) -> None:
    by = respondent(keeper, rule=RULE)
    status, said = asked(by, bureau)
    assert status == 200
    assert said["predictions"][0] == {"id": "A1", "score": None, "decision": "decline", "flags": [f"{STOOD_IN}"]}
    assert keeper.trouble
    eventually(lambda: asked(by, 700)[1]["predictions"][0]["score"] is not None, "the model answers again")
    assert keeper.trouble == ""
    assert keeper.facts()["failures"] == 1


def test_one_that_is_killed_while_it_rests_is_followed_by_another(keeper: OwnCodeKeeper) -> None:
    by = respondent(keeper, rule=RULE)
    asked(by, 700)
    assert keeper._cell._program is not None
    os.kill(keeper._cell._program.pid, signal.SIGKILL)
    assert asked(by, 700)[1]["predictions"][0]["flags"] == [STOOD_IN]
    eventually(lambda: asked(by, 700)[1]["predictions"][0]["flags"] == [], "the model answers again")


def test_without_a_rule_callers_are_asked_to_come_again(keeper: OwnCodeKeeper) -> None:
    status, said = asked(respondent(keeper, rule=None), 302)
    assert status == 503
    assert "ended" in said["error"]


@pytest.mark.parametrize(
    ("bureau", "what"), [(303, "gave a column of another kind: doubled"), (304, "could not compute its columns")]
)
def test_what_is_no_feature_is_refused_in_one_sentence_without_the_codes_words(
    keeper: OwnCodeKeeper, bureau: int, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = asked(respondent(keeper, rule=RULE), bureau)
    assert status == 422
    assert what in said["error"]
    assert str(bureau) not in said["error"], "what the code says of a row is not told to callers"
    assert keeper.failures == 0
    logged = capsys.readouterr().err
    assert what.partition(":")[0] in logged, "its author reads it in the endpoint's log"
    assert asked(respondent(keeper, rule=RULE), bureau)[0] == 422
    assert capsys.readouterr().err == "", "a flood of refusals fills no log"


def test_code_that_does_not_start_keeps_the_endpoint_from_opening() -> None:
    broken = OwnCodeKeeper(TERMS, "raise ImportError('no such library')\n")
    with pytest.raises(Exception, match="could not compute its columns"):
        broken.open()


def test_at_high_risk_a_cell_that_lacks_a_guard_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from flywheel.adapters.cell import lasting
    from flywheel.adapters.cell.guards import Guards

    monkeypatch.setattr(lasting, "_guards", lambda _: Guards(0, has_seccomp=True, user=None, is_root=False))
    with pytest.raises(Refused, match="only in a complete cell"):
        OwnCodeKeeper(replace(TERMS, is_high_risk=True), TEXT)
