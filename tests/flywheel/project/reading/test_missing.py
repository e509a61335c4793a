"""Words by which people say that they have no answer are known in the languages of Europe, and asked about once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flywheel.project.charter.marks import open_marks
from flywheel.project.reading.missing import Codes, may_be_no_answer
from flywheel.services.data.proposals import write_proposed

WORDS: tuple[str, ...] = (
    "k.A.",
    "keine Angabe",
    "non renseigné",
    "Non renseignée",
    "inconnu",
    "sans réponse",
    "sin datos",
    "desconocido",
)
WORDS += ("não informado", "sconosciuto", "non disponibile", "onbekend", "niet ingevuld", "okänd", "uppgift saknas")
WORDS += ("ukendt", "ukjent", "ei tietoa", "brak danych", "nie podano", "neznámý", "neuvedeno", "nincs adat", "n.c.")
WORDS += ("bilinmiyor", "necunoscut", "нет данных", "n/d")


@pytest.mark.parametrize("word", WORDS)
def test_no_answer_is_known_in_many_languages(word: str) -> None:
    assert may_be_no_answer(word, ("red", "green"))


def test_a_code_of_noughts_is_a_text_and_no_nought() -> None:
    codes = Codes.of(["0000", "-1", "0.5"])
    assert [codes.holds(value) for value in ("0000", 0, 0.0, -1, 0.5)] == [True, False, False, True, True]
    assert Codes.of(["0"]).holds(0)


@pytest.mark.parametrize("word", ["NC", "ND", "Nantes", "non", "oui", "no", "inconnus célèbres", "sin", "brakuje"])
def test_states_and_answers_are_none(word: str) -> None:
    assert not may_be_no_answer(word, ("red", "green"))


@pytest.mark.parametrize("word", ["non renseigné", "p.i."])
def test_a_word_among_the_numbers_of_several_columns_is_one_question(tmp_path: Path, word: str) -> None:
    cases = "".join(
        f"K{n};{n % 60 if n % 11 else word};{n % 37 if n % 13 else word};{n % 23 if n % 7 else word};{n % 5 == 0:d}\n"
        for n in range(400)
    )
    (tmp_path / "x.csv").write_text(f"id;visits;calls;delay;churn\n{cases}", encoding="utf-8")
    write_proposed("churn", tmp_path / "churn", tmp_path / "x.csv", target="churn")
    asking = [one for one in open_marks((tmp_path / "churn/project.toml").read_text()) if word in one.proposed]

    assert [one.key for one in asking] == ["data.sources.main.missing"]
