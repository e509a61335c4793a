"""Markdown: what somebody wrote stands in it as text, and becomes no link, picture, heading, table or tag."""

from __future__ import annotations

import re

MARKUP = re.compile(r"([\\`*_\[\]()<>!#|~:@.&])")


def literal(text: object) -> str:
    """Write a text of somebody's into Markdown, on one line and without signs that nobody sees."""
    shown = "".join(character for character in " ".join(str(text).split()) if character.isprintable())
    return MARKUP.sub(r"\\\1", " ".join(shown.split()))
