"""What somebody wrote stands in Markdown as it was written, and does nothing there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flywheel.pages.markdown import literal
from tests.factories.evil_words import alive

SIGNS = st.text(alphabet="[]()<>!#|~:@.&*_`\\ax/w 1\n-+=\u200b\u202e", max_size=60)


@given(SIGNS)
def test_whatever_is_written_is_one_text(said: str) -> None:
    shown = " ".join("".join(c for c in " ".join(said.split()) if c.isprintable()).split())
    (inline,) = [token for token in MarkdownIt("commonmark").parse(f"x{literal(said)}x") if token.type == "inline"]
    assert {token.type for token in inline.children or []} <= {"text", "text_special"}
    assert " ".join("".join(token.content for token in inline.children or []).split()) == f"x{shown}x"


@pytest.mark.parametrize(
    "said", ["[a](//b)", "![a](//b)", "<img src=x>", "https://b.example", "www.b.example", "e@b.c"]
)
def test_what_is_alive_is_seen(said: str) -> None:
    assert alive(said) != []
    assert alive(literal(said)) == []
