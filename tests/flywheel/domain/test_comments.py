"""What people write is made plain, and hides nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flywheel.domain.comments import MAX_COMMENT, check_reason, kept_comment, plain_comment
from flywheel.errors import Refused


@pytest.mark.parametrize("comment", ["", "read it\n\tall of it", "größer als früher", "合意", "e\u0301"])
def test_ordinary_words_are_a_comment(comment: str) -> None:
    assert plain_comment(comment) == kept_comment(comment) == comment
    with pytest.raises(Refused, match="control characters"):
        plain_comment(f"{comment}\x00")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("no\r\nbad", "no\nbad"),
        ("page 3\x0c wrong", "page 3\n wrong"),
        ("a\rb\x0bc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("wrong\u200e", "wrong"),
        ("\ufeff\u200fso\u061c", "so"),
    ],
    ids=ascii,
)
def test_what_browsers_and_pasted_pages_put_in_is_made_plain(typed: str, kept: str) -> None:
    assert plain_comment(typed) == kept_comment(typed) == check_reason(f" {typed} ", what="it") == kept


@pytest.mark.parametrize(
    "comment", ["a\x00b", "\x1b[2J", "\x7f", "\x9b2J", "\u202eevorppa", "\u2066x", "\ud800", "x" * 4_001], ids=ascii
)
def test_hidden_or_endless_text_is_no_comment(comment: str) -> None:
    with pytest.raises(Refused):
        plain_comment(comment)


@given(some.text(some.characters(codec=None), max_size=30), some.sampled_from([0, 3_990, 4_001, 9_000]))
def test_of_any_text_a_comment_can_be_kept(text: str, more: int) -> None:
    kept = kept_comment(text + "x" * more)
    assert plain_comment(kept) == kept
    assert len(kept) <= MAX_COMMENT
    kept.encode()
    assert "\x00" not in kept


def test_a_cut_comment_says_so() -> None:
    assert kept_comment("x" * 4_001).endswith("x [cut: 4,001 characters were written]")


def test_a_reason_says_something() -> None:
    with pytest.raises(Refused, match="stopping needs a reason"):
        check_reason(" \r\n", what="stopping")
