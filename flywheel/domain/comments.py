"""What people write with an act: kept for ever, so it is made plain first, and hides nothing from who reads it."""

from __future__ import annotations

import re
import unicodedata

from flywheel.errors import Refused, counted

MAX_COMMENT = 4_000
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_LINE_ENDS = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
"""As browsers, other systems and pasted pages end a line."""
_WITHOUT_FORM = dict.fromkeys(map(ord, "\u200e\u200f\u061c\ufeff"))
"""Marks that come along with pasted text and turn nothing by themselves."""


def plain_comment(comment: str) -> str:
    """Give a comment with plain line ends; refuse one that is too long or holds control characters."""
    plain = _plain(comment)
    if len(plain) > MAX_COMMENT:
        raise Refused("the comment is too long", found=counted(len(plain), "character"), allowed=f"{MAX_COMMENT}")
    if any(map(_is_hidden, plain)):
        raise Refused("the comment holds control characters", allowed="text, line breaks and tabs")
    return plain


def kept_comment(comment: str) -> str:
    """Give what can be kept of any text: without hidden characters, and cut at the limit with a mark."""
    shown = "".join(character for character in _plain(comment) if not _is_hidden(character))
    if len(shown) <= MAX_COMMENT:
        return shown
    mark = f" [cut: {counted(len(shown), 'character')} were written]"
    return shown[: MAX_COMMENT - len(mark)] + mark


def check_reason(reason: str, *, what: str) -> str:
    """Give the reason without margins; refuse one that says nothing, or that is no comment."""
    plain = plain_comment(reason).strip()
    if not plain:
        raise Refused(f"{what} needs a reason", next_step="say why in one sentence")
    return plain


def _plain(comment: str) -> str:
    return _LINE_ENDS.sub("\n", comment).translate(_WITHOUT_FORM)


def _is_hidden(character: str) -> bool:
    """Control characters, halves of characters, and those that turn the direction of reading."""
    is_control = unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t"
    return is_control or unicodedata.bidirectional(character) in _TURNING
