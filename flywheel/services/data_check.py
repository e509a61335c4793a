"""`flywheel check FOLDER --data`: reads the sources as declared and tells all that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from flywheel.adapters.artifacts import Artifacts
from flywheel.adapters.sources import Reading
from flywheel.catalog.engine import Catalog
from flywheel.errors import FlywheelError, counted
from flywheel.project.charter import Charter
from flywheel.project.charter_data import ColumnUse, Data
from flywheel.project.charter_source import Source
from flywheel.project.data_schema import declared_kinds, reading_schema
from flywheel.project.faults import Fault
from flywheel.project.framing import Framing
from flywheel.project.headers import plain_header
from flywheel.project.levels import level_of
from flywheel.project.loader import Project
from flywheel.project.money_words import money_note
from flywheel.project.proposing.columns import plainly
from flywheel.project.seen_column import SeenColumn, seen_columns
from flywheel.project.tabular.alike import CURE, TWINS_CURE, Alike
from flywheel.services.preparation import ground_of
from flywheel.settings import Settings

NAMED_AT_MOST = 20


@dataclass(frozen=True)
class DataCheck:
    """What a reading of all sources found: faults, which stop data preparation or its gates, and what to know."""

    rows: Mapping[str, int]
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def check_data(project: Project, *, settings: Settings, catalog: Catalog | None = None) -> DataCheck:
    """Read every source to its end; hooks are not run, so columns that one makes are not looked for."""
    framing, artifacts = Framing(project.charter), Artifacts(settings.artifacts_root)
    data = framing.data
    faults: list[Fault] = []
    notes: list[Fault] = []
    rows: dict[str, int] = {}
    there: set[str] = set()
    strangers: dict[str, str] = {}
    for name, source in data.sources.items():
        with ground_of(project, source, settings, artifacts, catalog) as ground:
            reading, columns = Reading(name, source, ground), dict[str, SeenColumn]()
            alike = _alike(data) if source.join is None else None
            try:
                rows[name] = 0
                for batch in reading.look(reading_schema(data), settings.limits):
                    columns = columns or seen_columns(data, batch.schema, trained_share=framing.trained_share)
                    for column in columns.values():
                        column.see(batch, first_row=rows[name] + 1)
                    if alike is not None:
                        alike.see(batch.to_pandas())
                    rows[name] += batch.num_rows
            except FlywheelError as error:
                faults.append(Fault(source.uri, "", error.sentence()))
        faults += reading.faults.listed()
        faults += [fault for column in columns.values() for fault in column.faults(source.uri)]
        notes += [note for column in columns.values() for note in column.notes(source.uri)]
        notes += _repeated(source, alike)
        notes += _money(project.charter, columns.values())
        there |= set(columns)
        own = {name: header for header, name in zip(reading.headers.own, reading.headers.names, strict=True) if name}
        undeclared = [name for name in columns if name not in declared_kinds(data)]
        strangers |= {own.get(name, name): name for name in undeclared}
        strangers |= dict.fromkeys(reading.headers.left_out, "")
        notes += _undeclared(source, undeclared, reading.headers.left_out)
    if rows and all(rows.values()) and not project.hook_source:
        faults += _absent(data, there, strangers)
    return DataCheck(rows, tuple(faults), tuple(notes))


def _alike(data: Data) -> Alike:
    """Count rows of the main source that repeat another: in its features, and in what brings features to them."""
    features = [name for name, column in data.columns.items() if column.role is ColumnUse.FEATURE]
    keys = [source.join for source in data.sources.values() if source.join]
    there = sorted({*features, *keys} - {data.target, data.time, data.entity})
    besides = tuple(name for name in (data.target, data.time) if name)
    return Alike(tuple(there), besides=besides, entity=data.entity)


def _repeated(source: Source, alike: Alike | None) -> Iterator[Fault]:
    found = alike.repeated() if alike is not None else None
    if found is not None and found.sentence:
        yield Fault(source.uri, "", found.sentence, found.repeats, cure=CURE)
    twins = alike.twins() if alike is not None else None
    if twins is not None and twins.sentence:
        yield Fault(source.uri, "", twins.sentence, cure=TWINS_CURE)


def _money(charter: Charter, columns: Iterable[SeenColumn]) -> Iterator[Fault]:
    """Hold the charter's money against the balance of the target."""
    for column in columns:
        if column.target is not None:
            yes = column.levels[level_of(column.target)]
            if note := money_note(charter, yes=yes, rows=column.levels.total()):
                yield note


def _undeclared(source: Source, undeclared: list[str], left_out: tuple[str, ...]) -> Iterator[Fault]:
    if undeclared:
        what = (
            f"{counted(len(undeclared), 'column', 'are')} not declared: stored, and no model and no check looks there"
        )
        yield _named(source, what, undeclared, "declare them under [data.columns], or leave them out at the source")
    if left_out:
        what = f"{counted(len(left_out), 'column', 'have')} headers that are no names, and are left out"
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
        alike = {plainly(header).casefold(): header for header in strangers}
        close = get_close_matches(name.casefold(), alike, n=1, cutoff=0.7)
        wanted = [plain_header(alias) for alias in (data.columns[name].alias if name in data.columns else ())]
        found = f"no source has the header {' or '.join(wanted or [name])}"
        cure = (
            f'data.columns.{name}.alias = "{alike[close[0]]}"' if close else "name its header by `alias`, or remove it"
        )
        yield Fault("project.toml", name, found, cure=cure)
