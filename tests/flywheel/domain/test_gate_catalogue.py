"""The catalogue of gates: codes are permanent, stages and waivers come from it, and strange codes are refused."""

from __future__ import annotations

from flywheel.domain.gate_catalogue import BY_CHARTER, CATALOGUE, codes_in, minimum_rows, rows_to_judge
from flywheel.domain.gates import CODE
from flywheel.domain.monitoring import GATES_OF
from flywheel.domain.stages import Stage

EVER_GIVEN = {
    *(f"DATA-00{n}" for n in range(1, 5)),
    *(f"DRIFT-00{n}" for n in range(1, 5)),
    *(f"PERF-0{n:02}" for n in range(1, 17)),
    *("DIFF-001", "INPUT-001", "PARITY-001", "PARITY-002", "SKEW-001"),
}


def test_the_codes_are_those_that_were_ever_given_out() -> None:
    assert set(CATALOGUE) == EVER_GIVEN
    assert all(CODE.fullmatch(code) for code in CATALOGUE)


def test_every_gate_says_what_it_asks_and_what_it_can_miss() -> None:
    dumb = [
        f.code for f in CATALOGUE.values() if not (f.title and f.question.endswith("?") and f.can_miss and f.stages)
    ]
    assert dumb == []


def test_a_promised_rate_is_a_small_share_and_comes_with_a_least_number_of_rows() -> None:
    rates = {code: facts.wrong_at_most for code, facts in CATALOGUE.items() if facts.wrong_at_most is not None}
    assert all(0 < rate <= 0.05 and minimum_rows(code) > 0 for code, rate in rates.items())


def test_signals_are_spoken_for_by_known_gates() -> None:
    assert frozenset().union(*GATES_OF.values()) <= set(CATALOGUE)


def test_a_set_of_gates_judges_from_the_most_rows_that_one_of_them_needs() -> None:
    assert rows_to_judge({"INPUT-001", "DRIFT-001"}) == minimum_rows("DRIFT-001") > minimum_rows("INPUT-001")
    assert rows_to_judge(()) == 0


def test_what_an_author_may_waive_is_about_data() -> None:
    assert set(BY_CHARTER) <= codes_in(Stage.DATA_PREPARATION)
    assert all(CATALOGUE[code].can_be_waived for code in BY_CHARTER)
