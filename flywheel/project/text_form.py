"""How a text file of rows is to be read: said in the charter, and never guessed while it is read."""

from __future__ import annotations

from dataclasses import dataclass

ENCODINGS = (
    "utf-8", "utf-16", "latin-1", "iso-8859-2", "iso-8859-15", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254",
    "cp437", "cp850", "koi8-r", "big5", "euc-jp", "euc-kr", "gb18030", "shift-jis",
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
