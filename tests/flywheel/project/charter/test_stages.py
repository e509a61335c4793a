"""The blocks of the later stages hold together."""

from pathlib import Path

import pytest

from flywheel.domain.monitoring import Action, Signal, Watch
from flywheel.errors import CharterError
from flywheel.project.charter.charter import Charter
from flywheel.project.loader import load_project
from tests.factories.charters import changed, whole, write

SPLIT = 'split = { by = "time", validation = "3 months", test = "3 months" }'
FALLBACK = 'fallback = ["previous", "rule"]'


def read(folder: Path, text: str) -> Charter:
    return load_project(write(folder, text)).charter


def test_the_plan_is_read_as_the_domain_reads_it(tmp_path: Path) -> None:
    monitoring = read(tmp_path, whole()).monitoring
    assert monitoring is not None
    assert monitoring.plan == (
        Signal(Watch.INPUT, Action.FALLBACK),
        Signal(Watch.SENTINELS, Action.FALLBACK),
        Signal(Watch.SENTINELS, Action.PAGE),
        Signal(Watch.DRIFT, Action.PAGE),
    )


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        (SPLIT, 'split = { by = "time", validation = 0.2, test = 0.2 }', "research.split"),
        (SPLIT, 'split = { by = "random", validation = "3 months", test = "3 months" }', "research.split"),
        (SPLIT, 'split = { by = "random", validation = 0.5, test = 0.5 }', "research.split"),
        (SPLIT, 'split = { by = "random", validation = 0.0, test = 0.5 }', "research.split"),
        (FALLBACK, 'fallback = ["previous"]', "delivery"),
        (FALLBACK, 'fallback = ["previous", "previous"]', "delivery.fallback"),
        (FALLBACK, 'fallback = ["prayer"]', "delivery.fallback[1]"),
        (FALLBACK, "fallback = []", "delivery.fallback"),
        ("at_least = 640", "at_least = 640\nat_most = 700", "delivery.rule"),
        ("at_least = 640\n", "", "delivery.rule"),
        ('column = "bureau_score"\nat_least', 'column = "postcode"\nat_least', "delivery.rule.column"),
        ('then = "negative"', 'then = "approve"', "delivery.rule.then"),
        ('then = "negative"', "then = true", "delivery.rule.then"),
        ('then = "negative"', "then = 120.0", "delivery.rule"),
        ('missing = "positive"', "missing = 100", "delivery.rule"),
        ('then = "negative"', 'then = "negative"\notherwise = 80', "delivery.rule"),
        ('then = "negative"', 'then = "negative"\notherwise = "positive"', "delivery.rule"),
        ('negative = "approve"', 'negative = "Decline"', "decision"),
        ('every = "1 week"', 'every = "weekly"', "monitoring.every"),
        ('page = ["on-call"]', "page = []", "monitoring.page"),
        ('page = ["on-call"]', 'page = ["http://127.0.0.1:4200"]', "monitoring.page[1]"),
        ('every = "1 month"', 'every = "0 months"', "retraining.every"),
    ],
)
def test_a_block_that_contradicts_itself_is_refused_at_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(CharterError) as caught:
        read(tmp_path, changed(old, new))
    assert [problem.key for problem in caught.value.problems] == [key]
