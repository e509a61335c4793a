"""Texts that a reader cannot tell apart look the same; others do not."""

import pytest

from flywheel.project.reading.lookalikes import alike_in, looks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("act", "\u0430ct"),
        ("caf\u00e9", "cafe\u0301"),
        ("A", "\uff21"),
        ("A", "A "),
        ("ab", "a\u200bb"),
        ("Act", "act"),
    ],
)
def test_texts_that_look_alike_look_the_same(one: str, other: str) -> None:
    assert looks(one) == looks(other)


def test_only_what_differs_in_more_than_case_is_grouped() -> None:
    assert alike_in(["A", "\u0410", "a", "b", "B"]) == (("A", "\u0410", "a"),)
    assert alike_in(["a", "A", "b"]) == ()
