"""`flywheel check FOLDER --data`: reads the sources as declared and tells all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.sources.sources import Reading
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import Digest
from flywheel.domain.own_code import Hook
from flywheel.errors import FlywheelError, counted
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.data import Data
from flywheel.project.charter.data_schema import declared_kinds, reading_schema
from flywheel.project.charter.headers import alike_header, plain_header
from flywheel.project.charter.source import Source
from flywheel.project.checking.constant_worth import constant_note
from flywheel.project.checking.faults import Fault, faults_in
from flywheel.project.checking.money_words import money_note
from flywheel.project.checking.rule_worth import rule_columns, rule_note
from flywheel.project.checking.seen_column import SeenColumn, seen_columns
from flywheel.project.framing import Framing
from flywheel.project.loader import Project
from flywheel.project.reading.matches import Match
from flywheel.project.reading.table import Table
from flywheel.services.data.preparation import ground_of, join, prepare
from flywheel.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

NAMED_AT_MOST = 20


@dataclass(frozen=True)
class DataCheck:
    """What a reading of all sources found: faults, which stop data preparation or its gates, and what to know."""

    rows: Mapping[str, int]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


@dataclass(frozen=True)
class JoinedRows:
    """The rows as data preparation would keep them, and what was told of their columns already."""

    project: Project
    table: Table
    brought: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]
    told: Collection[str]


@dataclass(frozen=True)
class Judged:
    """What gates and split say of joined rows."""

    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()


Judge = Callable[[JoinedRows], Judged]
"""Gates stand above this package, so that who calls hands them in."""


@dataclass
class _Told:
    """What was found so far: what each source holds, its faults, and what no column speaks of."""

    rows: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    tables: dict[str, Digest] = field(default_factory=dict)
    brought: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    """The columns of which no value could be read."""
    left_out: list[str] = field(default_factory=list)
    strangers: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of which something was told."""
        return frozenset(one.column for one in (*self.faults, *self.notes))

    def match(self, matches: Iterable[Match]) -> None:
        """Tell which keys found no partner."""
        for one in matches:
            if one.sentence:
                fault = Fault(one.where, one.key, one.sentence.rstrip("."), one.unmatched, cure=one.cure)
                (self.faults if one.is_empty else self.notes).append(fault)

    def take(self, judged: Judged) -> None:
        """Tell what the gates said."""
        self.faults += judged.faults
        self.notes += judged.notes


def check_data(
    project: Project, *, settings: Settings, judge: Judge | None = None, catalog: Catalog | None = None
) -> DataCheck:
    """Read every source to its end and join them as data preparation does; then `judge` looks at the joined rows.

    Hooks are not run, so columns that one makes are not looked for, and the rows that one would shape are not judged.
    """
    told, framing = _Told(), Framing(project.charter)
    with TemporaryDirectory(prefix="flywheel-check-") as scratch:
        kept = Artifacts(Path(scratch))
        for name, source in framing.data.sources.items():
            with ground_of(project, source, settings, Artifacts(settings.artifacts_root), catalog) as ground:
                _read(told, Reading(name, source, ground), framing, kept, settings)
        if told.unread:
            what = "joins, gates and split are checked once every column can be read"
            told.notes.append(Fault("project.toml", "", what, values=tuple(sorted(told.unread)), cure="as shown above"))
        elif told.tables.keys() == framing.data.sources.keys() and all(told.rows.values()):
            _join(told, project, kept, settings, judge)
    return DataCheck(told.rows, tuple(told.faults), tuple(told.notes))


def check_readable(project: Project, *, settings: Settings) -> DataCheck:
    """Read the sources of a charter with mistakes, and tell the faults of the columns that are rightly declared."""
    told = _Told()
    if project.charter.data is not None:
        framing = Framing(project.charter)
        with TemporaryDirectory(prefix="flywheel-check-") as scratch:
            kept = Artifacts(Path(scratch))
            for name, source in framing.data.sources.items():
                if source.form != "dataset":  # whose rows the record holds, under a charter that is whole
                    with ground_of(project, source, settings, kept, None) as ground:
                        _read(told, Reading(name, source, ground), framing, kept, settings)
        there = {name for some in told.brought.values() for name in some}
        if told.brought.keys() == framing.data.sources.keys():
            told.faults += _absent(framing.data, there, told.strangers)
    return DataCheck(told.rows, tuple(told.faults), ())


def _read(told: _Told, reading: Reading, framing: Framing, kept: Artifacts, settings: Settings) -> None:
    """Read a source to its end, look at every column, and keep what was read."""
    name, source, data = reading.name, reading.source, framing.data
    columns: dict[str, SeenColumn] = {}
    told.rows[name] = 0

    def seen() -> Iterator[pa.RecordBatch]:
        for batch in reading.look(reading_schema(data), settings.limits):
            columns.update(columns or seen_columns(data, batch.schema, trained_share=framing.trained_share))
            for column in columns.values():
                column.see(batch, first_row=told.rows[name] + 1)
            told.rows[name] += batch.num_rows
            yield batch

    try:
        told.tables[name] = kept.put_batches(seen())
    except FlywheelError as error:
        told.faults.append(Fault(source.uri, "", error.sentence()))
    told.faults += reading.faults.listed()
    unread = {one.column: one.count for one in reading.faults.listed()}
    told.unread |= {one.name for one in columns.values() if unread.get(one.name) and one.missing == one.rows}
    if below := reading.faults.totals:
        is_no_case = data.target in columns and bool(columns[data.target].missing)
        (told.faults if is_no_case else told.notes).append(below)
    for column in columns.values():
        told.faults += column.faults(source.uri, unread=unread.get(column.name, 0))
    if source.join is None:  # how often a joined value comes is seen in the joined rows alone
        told.notes += [note for column in columns.values() for note in column.notes(source.uri)]
    if not any(note.column == "value.payoff" for note in told.notes):
        told.notes += _money(framing.charter, columns.values())
    own = {name: header for header, name in zip(reading.headers.own, reading.headers.names, strict=True) if name}
    undeclared = [name for name in columns if name not in declared_kinds(data)]
    told.strangers |= {own.get(name, name): name for name in undeclared}
    told.strangers |= dict.fromkeys(reading.headers.left_out, "")
    told.left_out += reading.headers.left_out
    told.brought[name] = tuple(columns)
    told.notes += _undeclared(source, undeclared, reading.headers.left_out)


def _join(told: _Told, project: Project, kept: Artifacts, settings: Settings, judge: Judge | None) -> None:
    """Join what was read and let the joined rows be judged, by what data preparation runs."""
    there = {name for some in told.brought.values() for name in some}
    absent = (
        () if project.has_hook(Hook.PREPARE) else tuple(_absent(Framing(project.charter).data, there, told.strangers))
    )
    told.faults += absent
    try:
        if project.has_hook(Hook.PREPARE) or absent:
            batches, lookups = join(project, artifacts=kept, tables=told.tables, limits=settings.limits)
            for _ in batches:
                continue
            told.match(one.meeting.match for one in lookups)
        else:
            prepared = prepare(project, artifacts=kept, tables=told.tables, settings=settings)
            told.match(prepared.matches)
            with kept.table(prepared.digest) as table:
                framing = Framing(project.charter)
                if not any(one.column == framing.data.target for one in told.faults):  # else it has no outcomes yet
                    told.notes += [*_money_of_rows(told, framing, table), *_rule(framing, table)]
                if judge is not None:
                    told.take(judge(JoinedRows(project, table, told.brought, tuple(told.left_out), told.columns)))
    except FlywheelError as error:
        told.faults += faults_in(error) or [Fault("project.toml", "data.sources", error.sentence())]
    if project.has_hook(Hook.PREPARE) and judge is not None:
        what = "is not run by this check: only data preparation judges the rows that it returns"
        told.notes.append(Fault("hooks.py", "", what, cure="none needed"))


def _money(charter: Charter, columns: Iterable[SeenColumn]) -> Iterator[Fault]:
    """Hold the charter's money against the balance of the target."""
    for column in columns:
        if column.yes is not None:
            yes = column.levels[column.yes]
            if note := money_note(charter, yes=yes, rows=column.levels.total()):
                yield note


def _money_of_rows(told: _Told, framing: Framing, table: Table) -> Iterator[Fault]:
    """Say what could be won where no balance of two answers has said it."""
    key, target = f"value.{framing.charter.asks.money}", framing.problem.target
    if any(note.column == key for note in told.notes):
        return
    if note := constant_note(framing.charter, framing.problem, table.parts((target,))):
        yield note


def _rule(framing: Framing, table: Table) -> Iterator[Fault]:
    """Let the business rule decide the joined rows, and say what that brings."""
    columns = rule_columns(framing.charter)
    if columns and (note := rule_note(framing.charter, framing.problem, table.parts(columns))):
        yield note


def _undeclared(source: Source, undeclared: list[str], left_out: tuple[str, ...]) -> Iterator[Fault]:
    if undeclared:
        what = f"{counted(len(undeclared), 'column', 'are')} not declared: stored, but not used by any model or check"
        yield _named(source, what, undeclared, "declare them under [data.columns], or leave them out at the source")
    if left_out:
        what = f"{counted(len(left_out), 'column', 'have')} headers that are not valid names, and are left out"
        cure = 'data.columns.NAME = { kind = "...", alias = "<header>" } brings one in'
        yield _named(source, what, left_out, cure)


def _named(source: Source, what: str, names: list[str] | tuple[str, ...], cure: str) -> Fault:
    some = tuple(names[:NAMED_AT_MOST])
    return Fault(source.uri, "", what, len(names), some, None, cure)


def _absent(data: Data, there: set[str], strangers: Mapping[str, str]) -> Iterator[Fault]:
    """Name declared columns that no source has, with the header that may be meant."""
    for name in declared_kinds(data):
        if name in there:
            continue
        meant = alike_header(name, strangers)
        wanted = [plain_header(alias) for alias in (data.columns[name].alias if name in data.columns else ())]
        found = f"no source has the header {' or '.join(wanted or [name])}"
        cure = f'data.columns.{name}.alias = "{meant}"' if meant else "give its header as `alias`, or remove it"
        yield Fault("project.toml", name, found, cure=cure)
