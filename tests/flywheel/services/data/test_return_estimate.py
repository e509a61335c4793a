"""The return that a charter promises: there with all its figures, and not made up where one is missing."""

import pytest

from flywheel.project.loader import load_project
from flywheel.services.data.return_estimate import return_of
from tests.factories.charters import ROOT

CHARTER = load_project(ROOT / "examples" / "card_default").charter


def test_the_same_charter_gives_the_same_return() -> None:
    first = return_of(CHARTER)
    assert first is not None
    assert first == return_of(CHARTER)


@pytest.mark.parametrize("figure", ["loss_per_year", "improvement"])
def test_without_the_loss_of_today_or_a_guess_there_is_no_return(figure: str) -> None:
    assert CHARTER.value is not None
    value = CHARTER.value.model_copy(update={figure: None})
    assert return_of(CHARTER.model_copy(update={"value": value})) is None


def test_without_money_there_is_no_return() -> None:
    assert return_of(CHARTER.model_copy(update={"value": None})) is None
