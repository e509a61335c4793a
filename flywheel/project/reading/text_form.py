"""How a text file of rows is to be read: said in the charter, and never guessed while it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

ENCODINGS = (
    "utf-8", "utf-16", "latin-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254",
    "cp437", "cp850", "cp852", "cp866", "koi8-r", "mac-roman", "big5", "euc-jp", "euc-kr", "gb18030", "shift-jis",
)  # fmt: skip
"""How bytes may become text."""
QUOTES = ('"', "'", "")
DECIMALS = (".", ",")
THOUSANDS = ("", ",", ".", " ", "'")


@dataclass(frozen=True)
class TextForm:
    """The keys of a source that say how its text is read."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""
    header: bool = True
    missing: tuple[str, ...] = ()
    date_format: tuple[str, ...] = ()


BLANKS = " \t\u00a0"
"""Around a value of a text file they are no part of it, as where columns are written under one another."""

SAME_SIGNS = {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-"}
"""Signs of numbers that mean another one: spaces that do not break, the curved apostrophe, the minus of print."""
_SAME = str.maketrans(SAME_SIGNS)


NO_CENTS = "([0-9])[.,][-\u2013\u2014]{1,2}$"
"""A dash in the place of cents, as in 298.- and 298,\u2013; in a form that RE2 reads."""


def same_signs(text: str) -> str:
    """Write a text with the signs of a keyboard."""
    return text.translate(_SAME)


def plain_signs(text: str) -> str:
    """Write a number with the signs of a keyboard, and without a dash for no cents."""
    plain = same_signs(text)
    return re.sub(NO_CENTS, r"\1", plain) if plain.endswith(("-", "\u2013", "\u2014")) else plain


INDIAN = r"[1-9][0-9]?(,[0-9]{2})+,[0-9]{3}"
"""Lakhs and crores, such as 1,23,456: no other number looks so."""


def groups_of(form: TextForm) -> str:
    """Say how a number with groups of thousands looks; none begins with a nought."""
    thousands, decimal = re.escape(form.thousands), re.escape(form.decimal)
    whole = rf"[1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+"
    if form.thousands == ",":
        whole = f"({whole}|{INDIAN})"
    return rf"^[+-]?{whole}({decimal}[0-9]+)?$"


def closed(text: str, form: TextForm) -> str:
    """Close up the groups of thousands of a number that has them."""
    plain = plain_signs(text)
    return plain.replace(form.thousands, "") if form.thousands and re.match(groups_of(form), plain) else plain
