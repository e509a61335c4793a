"""Gives headers names of columns, in plain letters, and says what words a header holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from flywheel.project.charter.fields import COLUMN

_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae"}
_LETTERS |= {"œ": "oe", "ħ": "h", "ŧ": "t", "ŋ": "ng", "ə": "e"}
_PLAIN = str.maketrans(
    _LETTERS | {one.upper(): plain.capitalize() for one, plain in _LETTERS.items() if one != "ß"} | {"ı": "i"}
)
"""Letters that are no plain letter with a mark, so that taking marks away would take them too."""
_CYRILLIC = dict(zip("абвгґдезиіјклмнопрстуфцыэѕ", "abvggdeziijklmnoprstufcyes", strict=True))
_CYRILLIC |= {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "х": "kh", "ю": "yu", "я": "ya", "є": "ye"}
_CYRILLIC |= {"й": "y", "ї": "yi", "ё": "e", "ъ": "a", "ь": "", "љ": "lj", "њ": "nj", "џ": "dz", "ђ": "dj", "ћ": "c"}
_GREEK = dict(zip("αβγδεζηικλμνοπρσςτυφω", "avgdeziiklmnoprsstyfo", strict=True))
_GREEK |= {"θ": "th", "ξ": "x", "χ": "ch", "ψ": "ps"}
_OTHER_ALPHABETS = str.maketrans(
    {letter: plain for one in (_CYRILLIC, _GREEK) for letter, plain in one.items()}
    | {
        letter.upper(): plain.capitalize()
        for one in (_CYRILLIC, _GREEK)
        for letter, plain in one.items()
        if letter != "ς"
    }
)
"""Cyrillic and Greek in plain letters, so that such headers have words too."""


def names_for(headers: Sequence[str]) -> tuple[str, ...]:
    """Give each header a column's name: itself where that may be one, else what of it can be written plainly."""
    taken: set[str] = set()
    names = []
    for place, header in enumerate(headers, start=1):
        plain = header if COLUMN.fullmatch(header) else plainly(header) or f"column_{place}"
        name, again = plain, 2
        while name.casefold() in taken:
            name, again = f"{plain[:58]}_{again}", again + 1
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def plainly(text: str, *, between: str = "_") -> str:
    """Write a text in plain letters and digits, as far as it can be; nothing where it is a number alone."""
    # й and ї are letters of their own; the accents of Greek are marks
    folded = unicodedata.normalize("NFKD", text.translate(_PLAIN).translate(_OTHER_ALPHABETS))
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign)).translate(_OTHER_ALPHABETS)
    ascii_only = folded.encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", between, ascii_only).strip(between)
    if not words or words.isdigit():
        return ""
    return (words if words[0].isalpha() else f"c{between}{words}")[:60].rstrip(between)


def words_of(name: str) -> str:
    """Give the words of a header, small and plain, with `_` between: `PolicyNo.` is policy_no, `N° lot` is nr_lot.

    The soft sign, which a name goes without, is told here: Ukrainian for sex is no `stat`.
    """
    name = re.sub("[ьЬ]", "j", name)
    numbered = re.sub(r"\b[Nn]\s?[\u00b0\u00ba]|\u2116", "nr ", name)
    return plainly(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", numbered)).lower()
