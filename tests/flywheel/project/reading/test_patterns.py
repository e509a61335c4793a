"""A pattern on which one value could take for ever is told; those that people write are not."""

import pytest

from flywheel.project.charter.expectations import misfits
from flywheel.project.reading.patterns import may_never_end


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"^(\w+\s?)*$",
        r"(\d{1,3})+x",
        r"([a-z]+[a-z0-9]*)*@",
        r"(?:a|a+)+$",
        r"(a|aa)*c",
        r"((ab)*|b)*c",
        r"^(\w+a)+$",
        r"(x(?:a*)*)y",
        r"(?:a?){30}b",
    ],
)
def test_a_pattern_that_can_take_for_ever_is_told(pattern: str) -> None:
    assert may_never_end(pattern)
    (misfit,) = misfits("expect_column_values_to_match_regex", {"column": "x", "regex": pattern})
    assert "takes the same letters" in misfit.allowed


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        r"^[A-Z]{2}\d{6}$",
        r"^([a-z0-9-]+\.)+[a-z]{2,}$",
        r"^[^@\s]+@[^@\s]+\.[a-z]+$",
        r"^(\d{1,3},)*\d{1,3}$",
        r"^(web|shop|phone)(;(web|shop|phone))*$",
        r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$",
        r"^(?=.*\d)(?i:abc)+$",
        r"(\+49|0)[ /-]?\d+",
    ],
)
def test_what_people_write_is_taken(pattern: str) -> None:
    assert not may_never_end(pattern)
