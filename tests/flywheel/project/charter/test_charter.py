"""The charter gives the domain its values, and is frozen."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from flywheel.domain.policy import Tier
from flywheel.domain.signoffs import Role
from flywheel.errors import CharterError
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.fields import Block
from flywheel.project.loader import load_project
from tests.factories.charters import MINIMAL, ROOT, changed, whole, write


def read(folder: Path, text: str) -> Charter:
    return load_project(write(folder, text)).charter


def test_three_lines_are_a_charter(tmp_path: Path) -> None:
    charter = read(tmp_path, MINIMAL)
    assert (charter.name, charter.deliver_as, charter.data) == ("tiny", ("api",), None)


def test_an_unanswered_risk_counts_as_the_highest(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL).tier is Tier.HIGH


def test_the_tier_follows_from_the_answers(tmp_path: Path) -> None:
    text = changed('exposure = "high"', 'exposure = "low"').replace("regulated = true", "regulated = false")
    assert read(tmp_path, text).tier is Tier.MEDIUM


def test_money_reaches_the_domain_exactly(tmp_path: Path) -> None:
    charter = read(tmp_path, whole())
    assert charter.value is not None
    assert charter.value.money is not None
    assert charter.value.money.money(tp=1, fp=1, tn=0, fn=1) == Decimal("-340.00")
    assert charter.value.spending.first_year == Decimal("64200.00")
    assert charter.value.guesses is not None


def test_people_are_listed_by_role(tmp_path: Path) -> None:
    people = read(tmp_path, whole()).stakeholders.by_role
    assert people[Role.VALIDATOR] == ("vera@bank.example", "viktor@bank.example")


def test_a_charter_is_frozen(tmp_path: Path) -> None:
    charter = read(tmp_path, MINIMAL)
    with pytest.raises(ValidationError, match="frozen"):
        charter.name = "other"  # type: ignore[misc]  # the mistake under test


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('decision  = "decide"', 'decision  = "dance"', "problem"),
        ("low = 0.03, likely = 0.08", "low = 0.09, likely = 0.08", "value.improvement"),
        ("confidence = 0.6", "confidence = 1.6", "value.confidence"),
        ("loss_per_year = ", "loss_per_year = -", "value.loss_per_year"),
        ('currency = "EUR"', 'currency = "euro"', "value.currency"),
        ('deliver_as = ["api"]', "deliver_as = []", "deliver_as"),
        ('purpose  = "automated decision about people"', 'purpose  = "fun"', "risk.purpose"),
    ],
)
def test_a_senseless_answer_is_refused_at_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(CharterError) as caught:
        read(tmp_path, changed(old, new))
    assert [problem.key for problem in caught.value.problems] == [key]
    assert caught.value.problems[0].allowed


def test_every_key_is_explained_in_the_documentation() -> None:
    page = (ROOT / "docs" / "charter.md").read_text(encoding="utf-8")
    keys = {name for block in blocks(Block) for name in block.model_fields}
    written_otherwise = {"expectation", "arguments", "operator", "value"}
    explained = {key for key in keys if f"`{key}`" in page or f"`[{key}]`" in page}
    assert sorted(keys - explained - written_otherwise) == []


def blocks(base: type[Block]) -> list[type[Block]]:
    return [model for model in base.__subclasses__() if model.__module__.startswith("flywheel.project.charter")]
