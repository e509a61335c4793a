"""`flywheel new NAME --from FILE`: a charter proposed from a look at the data, beside a copy of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from flywheel.adapters.sources.look import SeenColumn, look_at
from flywheel.errors import InputRefused, some_of
from flywheel.project.charter.column_names import names_for, plainly
from flywheel.project.charter.fields import LONGEST_WRITTEN, is_written
from flywheel.project.charter.source import DATA_FILES
from flywheel.project.charter.starter import read_template, write_new
from flywheel.project.charter.tasks import TASKS, Task
from flywheel.project.proposing.calendar import with_calendar
from flywheel.project.proposing.charter_text import charter_text
from flywheel.project.proposing.columns import propose
from flywheel.project.proposing.dates import dates_of
from flywheel.project.proposing.keys import keys_of
from flywheel.project.proposing.missing_words import standing
from flywheel.project.proposing.ordinary import apart, as_answers, ordinary_words
from flywheel.project.proposing.presence import as_sign
from flywheel.project.proposing.proposal import Proposal
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.proposing.signs import is_settled
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.missing import SAFE_WORDS, may_be_no_answer
from flywheel.project.reading.text_form import TextForm
from flywheel.project.reading.written_units import bare


@dataclass(frozen=True)
class Asked:
    """What a person asks for: a target by its header or its column's name, a kind of problem."""

    target: str = ""
    task: Task | None = None


def proposal_of(
    file: Path, *, uri: str, today: date, asked: Asked = Asked(), has_header: bool | None = None
) -> Proposal:
    """Look at a file and propose what a charter says of it."""
    look = look_at(file, has_header=has_header)
    named = dict(zip(names_for([column.header for column in look.columns]), look.columns, strict=True))
    left_out, form = {name: why for name, seen in named.items() if (why := _unusable(seen))}, look.form or TextForm()
    settled = is_settled((seen.values for seen in named.values()), form)

    def proposed(form: TextForm) -> tuple[Proposed, ...]:
        return tuple(
            propose(
                name,
                seen.header,
                seen.values,
                given=seen.kind,
                form=form,
                is_whole=look.is_whole,
                codes=seen.codes,
                is_settled=settled,
            )
            for name, seen in named.items()
            if name not in left_out
        )

    def with_answers(columns: tuple[Proposed, ...], form: TextForm) -> tuple[Proposed, ...]:
        read = (
            as_answers(one, values[one.name], ordinary[one.name], form=form, is_whole=look.is_whole)
            if one.name in ordinary
            else apart(one, values[one.name], form)
            for one in columns
        )
        return tuple(as_sign(one, values[one.name], given=named[one.name].kind, is_whole=look.is_whole) for one in read)

    values = {name: seen.values for name, seen in named.items()}
    first = proposed(form)
    ordinary = ordinary_words(first, values)
    form = replace(form, missing=tuple(word for word in form.missing if word not in set().union(*ordinary.values())))
    columns, dates = dates_of(with_answers(first, form), values, today=today)
    wanted = _named(asked.target, named, left_out) if asked.target else None
    keys = keys_of(columns, _as_read(columns, values, ordinary), target=wanted, task=asked.task)
    if look.form is not None and (words := _no_answers(columns, values, target=keys.target)):
        form = replace(form, missing=tuple(sorted({*form.missing, *filter(is_written, words)})))
        columns, dates = dates_of(with_answers(proposed(form), form), values, today=today)
        keys = keys_of(columns, _as_read(columns, values, ordinary), target=wanted, task=asked.task)
    columns = with_calendar(columns, keys, look.some_rows, list(named))
    known = None if look.form is None else replace(form, date_format=dates.formats)
    open_ends = {"asked_encoding": look.asked, "asked_header": look.asked_header, "no_cases": look.no_cases}
    open_ends["missing_seen"] = standing(form, columns, values)
    proposal = Proposal(uri, known, columns, dates, keys, look.rows, look.is_whole, left_out, **open_ends)
    return _without_empty(proposal)


def _without_empty(proposal: Proposal) -> Proposal:
    """Leave out the columns that hold no value, since the data gates close on each that is declared."""
    where = "at all" if proposal.is_whole else "in the part of the file that was read"
    empty = {one.name: f"it holds no value {where}" for one in proposal.columns if one.is_empty}
    if proposal.keys.target in empty:
        raise InputRefused(f"{proposal.keys.target} cannot be the target: {empty[proposal.keys.target]}")
    filled = tuple(one for one in proposal.columns if one.name not in empty)
    return replace(proposal, columns=filled, left_out={**proposal.left_out, **empty})


def _as_read(
    columns: tuple[Proposed, ...], values: Mapping[str, Mapping[str, int]], ordinary: Mapping[str, frozenset[str]]
) -> dict[str, Mapping[str, int]]:
    """Take the words for missing and the units off the numbers, as they are read."""

    def there(name: str) -> dict[str, int]:
        missing = SAFE_WORDS - ordinary.get(name, frozenset())
        return {value: count for value, count in values[name].items() if value.strip() and value not in missing}

    return {one.name: bare(there(one.name), one.unit) if one.unit else there(one.name) for one in columns}


def _no_answers(
    columns: tuple[Proposed, ...], values: Mapping[str, Mapping[str, int]], *, target: str | None
) -> tuple[str, ...]:
    """Find the words that may mean missing in several columns: by what people write, or as a code among numbers."""
    coded = Counter(code for one in columns for code in one.codes if isinstance(code, str))
    of_words = [values[one.name] for one in columns if one.kind in {Kind.TEXT, Kind.CATEGORY} and one.name != target]
    found = {word for held in of_words for word in held if word in coded or may_be_no_answer(word, held)}
    found = (found | {word for word, columns_of in coded.items() if columns_of > 1}) - SAFE_WORDS
    return tuple(sorted(found - values.get(target or "", {}).keys()))


def write_proposed(
    name: str,
    folder: Path,
    file: Path,
    *,
    target: str = "",
    task: Task | None = None,
    owner: str = "",
    today: date | None = None,
    has_header: bool | None = None,
) -> Proposal:
    """Write the project: `project.toml` with everything proposed, and the data under `data/`."""
    inside = file.resolve().is_relative_to(folder.resolve()) if folder.exists() else False
    uri = file.resolve().relative_to(folder.resolve()).as_posix() if inside else f"data/{_plain_name(file)}"
    today = today or datetime.now(UTC).date()
    proposal = proposal_of(file, uri=uri, asked=Asked(target, task), today=today, has_header=has_header)
    text = charter_text(read_template(), proposal, owner=owner)
    write_new(name, folder, text, data=None if inside else (file, uri), has_data=inside)
    return proposal


def decisions(proposal: Proposal) -> Iterator[str]:
    """Say what a person must decide about the keys, before anything else, and what is watched."""
    keys = proposal.keys
    yield f"task: {keys.task}, {TASKS[keys.task].question}"
    yield f"target: {keys.target or 'none was found'}" + _others(keys.other_targets)
    yield f"entity: {keys.entity or 'none was found; without one, rows have no identifier'}" + _others(
        keys.other_entities
    )
    yield f"time: {keys.time or 'none was found'}" + _others(keys.other_times)
    if proposal.asked_header:
        yield f"header: {proposal.asked_header}; answer with `--header` or `--no-header`"
    if proposal.asked_encoding:
        yield f"encoding: {proposal.asked_encoding}"
    if proposal.missing_seen:
        yield f"missing, as proposed: {proposal.missing_seen}"
    acts = (
        "hand the decision to the business rule"
        if proposal.may_be_ruled
        else "page, since there is no rule to decide instead"
    )
    yield f"monitoring: another unit, a new code such as 999, or values that disappear {acts}; drift pages"


def _others(names: tuple[str, ...]) -> str:
    return f" (or {some_of(names, most=6)})" if names else ""


def _unusable(seen: SeenColumn) -> str:
    """Say why a charter cannot speak of a column, where that is so."""
    if len(seen.header) > LONGEST_WRITTEN:
        return f"its header is longer than {LONGEST_WRITTEN} characters, so no alias can name it"
    if not is_written(seen.header):
        return "its header holds invisible characters, so no alias can name it: rename it at the source"
    return seen.unusable


def _named(target: str, columns: Mapping[str, SeenColumn], left_out: Mapping[str, str]) -> str:
    usable = ", ".join([name for name in columns if name not in left_out][:30])
    for name, seen in columns.items():
        if target in {name, seen.header} and name in left_out:
            raise InputRefused(f"{name} cannot be the target: {left_out[name]}", found=target, allowed=usable)
        if target in {name, seen.header}:
            return name
    raise InputRefused("the data have no such column", found=target, allowed=usable)


def _plain_name(file: Path) -> str:
    """Give the copy a name that a charter may hold; text by whatever ending is CSV."""
    ending = next((end for end in sorted(DATA_FILES, key=len, reverse=True) if file.name.lower().endswith(end)), ".csv")
    stem = file.name[: -len(ending)] if file.name.lower().endswith(ending) else file.stem
    return (plainly(stem, between="-") or "data") + ending
