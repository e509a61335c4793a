"""What counts as missing: one reading of declared codes, for training, checks, batches and endpoints alike."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from flywheel.project.reading.levels import level_of
from flywheel.project.reading.moments import moment_of

Code = bool | int | float | str

SAFE_WORDS = frozenset(
    {
        "?",
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "NULL",
        "Null",
        "null",
        "NaN",
        "nan",
        "\\N",
        "<NA>",
        *("#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#NV", "#BEZUG!", "#WERT!", "#ZAHL!"),
        *("1.#QNAN", "-1.#QNAN", "1.#IND", "-1.#IND"),
        "0000-00-00",
        "0000-00-00 00:00:00",
    }
)
"""Words that hardly ever mean anything but missing, in whichever column."""
USUAL_WORDS = SAFE_WORDS | {"-", "--", ".", "none", "None", "NONE", "na", "nil", "missing", "unknown", "Unknown"}
"""Words that mean missing where all else is numbers or times."""
MAY_BE_NOUGHT = frozenset({"-", "--", "---", "nil", "Nil", "none", "None", "NONE", "keine", "null", "Null", "NULL"})
"""What people write among numbers for nought too, so that only they can say which it is."""

_NO_ANSWER = re.compile(
    r"k\.\s?a\.?|n\.\s?[nva]\.?|-{1,3}|unbekannt|unknown|keine angabe|nicht bekannt|missing|fehlt|"
    r"not available|no answer|empty|leer|ohne angabe|n[./]\s?[acdrs]\.?|"
    r"non (renseign|communiqu|précis|sp[ée]cifi)[ée]e?|sans réponse|ne sait pas|inconnue?|aucune réponse|"
    r"no (consta|disponible|informado|especificado)|sin (datos?|respuesta)|desconocid[oa]|desconhecid[oa]|"
    r"n[ãa]o (informad[oa]|dispon[íi]vel)|sem resposta|sconosciut[oa]|non (disponibile|indicato|specificato|pervenuto)|"
    r"onbekend|niet (bekend|ingevuld)|okänd|(uppgift )?saknas|ukendt|ukjent|uoplyst|ikke oppgitt|ei tietoa|tuntematon|"
    r"brak( danych)?|nie podano|nieznan[yea]|neznám[ýáeé]|neuvedeno|nezjištěno|neuvedené|neznano|nepoznato|ismeretlen|"
    r"nincs adat|necunoscut[ăa]?|bilinmiyor|belirtilmemiş|teadmata|нет данных|неизвестно|не указано|невідомо|"
    r"няма данни|н/д|άγνωστο|δ/α",
    flags=re.IGNORECASE,
)
"""What people write among words where they have no answer."""
INFINITE = ("inf", "-inf")
"""How a charter writes the numbers that TOML can say and JSON cannot."""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", flags=re.ASCII)


def may_be_no_answer(word: str, others: Collection[str]) -> bool:
    """Whether a word among others may mean missing, so that people must say; a minus beside a plus is a sign."""
    return bool(_NO_ANSWER.fullmatch(word.strip())) and not (word.strip() == "-" and "+" in others)


@dataclass(frozen=True)
class Codes:
    """Declared codes in every form that a value may come in: as text, as number, as time."""

    texts: frozenset[str] = frozenset()
    numbers: frozenset[float] = frozenset()
    times: frozenset[datetime] = frozenset()

    @classmethod
    def of(cls, codes: Iterable[Code]) -> Codes:
        """Read codes: -1 means the text "-1" too, and "-1" the number."""
        declared = tuple(codes)
        texts = {code if isinstance(code, str) else written(code) for code in declared}
        texts |= {level_of(text) for text in texts}  # as a column of categories holds them
        numbers = {_number(code) for code in declared}
        times = {moment_of(code) for code in declared if isinstance(code, str)}
        return cls(
            frozenset(texts),
            frozenset(number for number in numbers if number is not None),
            frozenset(moment for moment in times if moment is not None),
        )

    def __bool__(self) -> bool:
        return bool(self.texts)

    def holds(self, value: object) -> bool:
        """Whether a value is one of the codes, in whatever form it came; truth values never are."""
        if isinstance(value, str):
            return value in self.texts
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)) in self.times
        if value is None or isinstance(value, bool):
            return False
        try:
            return value in self.numbers
        except TypeError:  # cannot be compared, so it is none of them
            return False


def is_missing(value: object, codes: Codes) -> bool:
    """Whether a value is not there: nothing, no number, or a declared code."""
    return value is None or value != value or codes.holds(value)


def written(value: float | int) -> str:
    """Write a number as a file would: whole ones without a point."""
    return str(int(value)) if float(value).is_integer() else repr(value)


def _number(code: Code) -> float | None:
    if isinstance(code, bool):
        return None
    if isinstance(code, str):
        is_written = _NUMBER.fullmatch(code) and not re.match(r"[+-]?0\d", code)  # 0000 is no nought
        is_number = code in INFINITE or (is_written and math.isfinite(float(code)))
        return float(code) if is_number else None
    return float(code)
