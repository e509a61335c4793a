"""Proposes a column of times: its formats, from when to when it goes, and the days that stand for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flywheel.errors import counted, some_of
from flywheel.project.proposing.days import far_days, iso_of, meant_by, no_days, spans_of
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.proposing.seeming import DAY_NAME
from flywheel.project.reading.date_forms import IN_DIGITS, formats_of
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.moments import is_iso


def is_time(known: Mapping[str, int], given: Kind | None, name: str) -> bool:
    """Whether all values are read as times, or the file says so; bare digits are, where the header tells of days."""
    if not known or given not in {None, Kind.TIME}:
        return False
    if given is Kind.TIME or all(map(is_iso, known)):
        return True
    formats = formats_of(known)
    return bool(formats) and (not IN_DIGITS.issuperset(formats) or bool(DAY_NAME.search(name)))


def as_time(base: Proposed, known: Mapping[str, int]) -> Proposed:
    """Propose a column of times, with what must be asked about days that stand for none or lie beyond all times."""
    formats = () if all(map(is_iso, known)) else formats_of(known)
    ends = no_days(known, formats)
    far = far_days(known, formats, ends)
    base = replace(base, decide=(*base.decide, far)) if far else base
    seen = replace(base, kind=Kind.TIME, date_formats=formats, spans=spans_of(known, formats))
    if not ends:
        return seen
    rest = {text: count for text, count in known.items() if text not in ends}
    stand = f"{some_of(ends, most=3)} {'stands' if len(ends) == 1 else 'stand'}"
    asked = (
        f"{stand} in {counted(sum(known[text] for text in ends), 'row')}, far from all other days: does that say "
        f"{meant_by(ends, formats)}, and so missing?"
    )
    return replace(
        seen,
        spans=spans_of(rest, formats),
        codes=tuple(dict.fromkeys(way for text in ends for way in (text, iso_of(text, formats)))),
        missing_share=base.missing_share + sum(known[text] for text in ends) / max(base.rows, 1),
        decide=(*base.decide, asked),
        otherwise=seen,
    )
