"""Says what words seem to be that a charter cannot read yet: amounts with a currency, shares in percent, times."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flywheel.errors import counted, shorten
from flywheel.project.lookalikes import alike_in
from flywheel.project.text_form import plain_signs

MOSTLY, MOST_COMPARED = 0.9, 1_000
_AROUND = re.compile(r"[€$£¥%()]|\b(EUR|USD|CHF|GBP|JPY)\b|\s", flags=re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?\d+([.,']\d{3})*([.,]\d+)?", flags=re.ASCII)
_MONTH = r"(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*"
_DAY = (
    r"(\d{1,2}[./-]\d{1,2}[./-]\d{2}(\d{2})?|\d{4}[./-]\d{1,2}[./-]\d{1,2}"
    rf"|\d{{1,2}}\.?[ -]{_MONTH}[ -]\d{{2,4}})"
)
_TIME = re.compile(rf"(\w+,? )?({_DAY}|{_MONTH} \d{{1,2}},? \d{{2,4}})(\W.*)?", flags=re.IGNORECASE)


def seeming(values: Mapping[str, int]) -> str:
    """Ask about words that seem to be something else, with what would help; nothing where they are words."""
    filled = sum(values.values())
    if not filled:
        return ""
    example = next(iter(values))
    signed = next((value for value in values if _is_amount(value) and _bare(value) != plain_signs(value).strip()), "")
    if signed and sum(count for value, count in values.items() if _is_amount(value)) >= MOSTLY * filled:
        return (
            f"it seems to hold amounts with signs around them ({signed[:40]}), which are read as words: "
            'leave the signs away at the source or in a query, then kind = "number". Is it meant as words?'
        )
    if sum(count for value, count in values.items() if _TIME.fullmatch(value.strip())) >= MOSTLY * filled:
        return (
            f"it seems to hold times ({example[:40]}), which no one format reads: date_format under the source may "
            'list several, such as ["%d.%m.%Y", "%d %B %Y"], and missing the words for none; then kind = "time". '
            "Is it meant as words?"
        )
    if len(values) <= MOST_COMPARED and (groups := alike_in(values)):
        shown = " and ".join(shorten(value, 40) for value in groups[0][:3])
        return f"{counted(len(groups), 'value', 'look')} alike and are kept apart, such as {shown}: is each its own?"
    return ""


def _bare(value: str) -> str:
    return _AROUND.sub("", plain_signs(value))


def _is_amount(value: str) -> bool:
    return bool(_AMOUNT.fullmatch(_bare(value)))
