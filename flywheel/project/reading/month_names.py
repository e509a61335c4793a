"""Names of months as Western Europe writes them, in full or shortened: read alike whatever the machine's language is.

English, German, French, Spanish, Italian, Portuguese, Dutch and the Scandinavian ones, of which none names one month
as another does; listopad is October in Croatia and November in Poland, so that Slavic names are not read.
"""

from __future__ import annotations

import re
import unicodedata

_ENGLISH = "January February March April May June July August September October November December"
_FULL = (
    "january januar jänner janvier enero gennaio janeiro januari",
    "february februar février fevrier febrero febbraio fevereiro februari",
    "march märz maerz mars marzo março marco maart marts",
    "april avril abril aprile",
    "may mai mayo maggio maio mei maj",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august août aout agosto augustus augusti",
    "september septembre septiembre setiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember décembre decembre diciembre dicembre dezembro desember",
)
_SHORT = (
    "jan jän janv ene gen",
    "feb febr fév fev févr fevr",
    "mar mär mrz mrt",
    "apr avr abr",
    "mag",
    "jun giu",
    "jul juil lug",
    "aug ago",
    "sep sept set sett",
    "oct okt ott out",
    "nov",
    "dec dez déc dic des",
)
_BY_FULL = {word: month for month, words in enumerate(_FULL, 1) for word in words.split()}
_BY_ANY = {**_BY_FULL, **{word: month for month, words in enumerate(_SHORT, 1) for word in words.split()}}
_IN_ENGLISH = tuple(f" {_ENGLISH}".split(" "))
_WORD = re.compile(r"(?P<word>[^\W\d_]{3,})(?P<point>\.?)")
MAY_BE_MONTH = (
    r"(?:jan|j\u00e4n|ene|gen|feb|f\u00e9v|fev|m[a\u00e4]r|maa|mrt|a[pbv]r|ma[iyjg]|mei|ju[nil]|giu|lug|a[ug][go]|ao[u\u00fb]|"
    r"se[pt]|o[ck]t|ott|out|nov|d[e\u00e9i][czs])[^\W\d_]{0,8}"
)
"""What begins as a month does."""
MONTH = r"[^\W\d_]{3,10}"


def with_english_months(text: str, form: str) -> str:
    """Write names of months as the format takes them: `%B` those in full, `%b` all, with a point behind or without."""
    is_full, is_short = "%B" in form, "%b" in form
    if not (is_full or is_short):
        return text
    months, keeps_point = _BY_FULL if is_full else _BY_ANY, "%b." in form or "%B." in form

    def in_english(match: re.Match[str]) -> str:
        month = months.get(match["word"].casefold())
        if month is None:
            return match[0]
        name = _IN_ENGLISH[month]
        return (name if is_full else name[:3]) + (match["point"] if is_full or keeps_point else "")

    return _WORD.sub(in_english, unicodedata.normalize("NFC", text))
