"""Text that people can see: what may stand in a name, a title or an e-mail address, wherever it is written."""

from __future__ import annotations

import re
import unicodedata

EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,4}")
LONGEST_LINE = 200
BREAKS = "\n\t"
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of signs that steer what is shown, or are not shown at all."""


def unseen_in(text: str) -> str:
    """Name the first sign that nobody sees, and its place; nothing where there is none."""
    for position, character in enumerate(text):
        if character not in BREAKS and unicodedata.category(character) in UNSEEN:
            return f"the control character U+{ord(character):04X} at position {position}"
    return ""


def is_line(text: str) -> bool:
    """Whether a text stands on one line, is seen whole and is not too long."""
    return 0 < len(text) <= LONGEST_LINE and not unseen_in(text) and not any(sign in text for sign in BREAKS)


def spelled(text: str) -> str:
    """Write a text so that nothing in it hides."""
    return text.encode("ascii", "backslashreplace").decode()
