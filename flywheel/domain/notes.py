"""Notes: what people say about a thing while they work on it and judge it."""

from __future__ import annotations

import re
from enum import StrEnum

from flywheel.domain.comments import plain_comment
from flywheel.errors import InputRefused

_LOCATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,99}|")


class NoteKind(StrEnum):
    """What a note is."""

    COMMENT = "comment"
    INSIGHT = "insight"
    DECISION = "decision"
    NULL_RESULT = "null result"
    DATA_REQUEST = "data request"


def check_text(text: str) -> str:
    """Give the words without margins; refuse none, too many, or hidden characters."""
    plain = plain_comment(text).strip()
    if not plain:
        raise InputRefused("a note needs a text", allowed="1 to 4,000 characters")
    return plain


def check_locator(locator: str) -> str:
    """Refuse what does not name a place: a gate's code, a column, a figure, a section."""
    if not _LOCATOR.fullmatch(locator.strip()):
        raise InputRefused(
            "a note is pinned to a place by a short name",
            found=locator[:60],
            allowed="a gate's code, a column, a figure or a section, such as PERF-012 or income",
        )
    return locator.strip()
