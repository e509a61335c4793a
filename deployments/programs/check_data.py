"""Check a project and its data outside any flow: `flywheel check FOLDER --data` becomes this program."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flywheel.console.commands.projects import report
from flywheel.console.signers_text import policy_of
from flywheel.domain.gate_catalogue import minimum_rows
from flywheel.domain.gates import GateFinding, GateResult, Severity, Verdict
from flywheel.domain.monitoring import judged_columns
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.domain.stages import Stage
from flywheel.errors import FlywheelError, counted
from flywheel.project.charter.column_names import words_of
from flywheel.project.charter.derived import intakes_of
from flywheel.project.charter.idle import watched_columns
from flywheel.project.checking.faults import SHOWN_VALUES, Fault
from flywheel.project.checking.idle_features import idle_features
from flywheel.project.expressions.derivation import NOTHING_DERIVED, Derivation
from flywheel.project.expressions.own_features import OwnFeatures
from flywheel.project.framing import Framing
from flywheel.project.proposing.shared_names import may_name_several
from flywheel.project.tabular.certainty import units_of
from flywheel.project.tabular.split import LANES, Parted
from flywheel.services.data.data_check import JoinedRows, Judged
from flywheel.services.modelling.own_features import own_features
from flywheel.settings import Settings
from validators import leakage, sentinels
from validators.broken_rows import breaks, broken_rows
from validators.calendar_columns import grains_in
from validators.charter_rules import computed_rules, expectations_from_charter, rules_from_charter
from validators.data_gates import Brought, judge_data
from validators.sampling import Sample

if TYPE_CHECKING:
    import pandas as pd

APART_AT_MOST = 0.1
"""A larger share of rows that are in no part is told: what is left may be too little to judge by."""
APART_CURE = 'none needed where time must part; else { by = "entity", validation = 0.2, test = 0.2 } uses every row'
ALONE_CURE = "none needed where the day is right; else correct it at the source"
TEST_CURE = "a larger or longer `test` under research.split, or more rows at the source"
OF_ALL_TIERS = frozenset({"PERF-001", "PERF-003", "PERF-005", "PERF-008"})
"""What every policy of this installation asks of a version."""
ROWS_LOOKED_AT = 20_000
"""Enough to see that one column tells the outcome."""
_OPEN = frozenset({Verdict.PASSED, Verdict.WARNED, Verdict.NOT_APPLICABLE})
_NOTED_ELSEWHERE = frozenset({"columns"})
"""What is not declared or left out, which the reading of each source tells by its file."""
_CURES = {
    "DATA-001": "correct the rows at the source, or what [data.columns] and [[data.checks]] say of them",
    "DATA-002": "correct the rows at the source, or change or delete the column's line under [data.columns]",
    "DATA-003": "correct the rows at the source",
    "DATA-004": "data.columns.NAME.permitted and known_at_decision say what may be used",
}


def main(arguments: list[str]) -> int:
    """Read, join and judge; print all that is wrong, and end with the exit code of the check."""
    wanted, settings = json.loads(arguments[0]), Settings.load()

    def judge(joined: JoinedRows) -> Judged:
        policy = policy_of(joined.project.charter, settings)
        return judge_joined(joined, asked=policy.required_in(Stage.VALIDATION))

    try:
        return report(Path(wanted["path"]), shown=wanted["shown"], as_json=wanted["as_json"], judge=judge)
    except FlywheelError as error:
        sys.stderr.write(f"flywheel: {error}\n")
        return error.exit_code


def judge_joined(joined: JoinedRows, *, asked: Collection[str] = OF_ALL_TIERS) -> Judged:
    """Let the data gates and the split say of joined rows what they will say in data preparation and research.

    `asked` are the gates of validation, which need their rows of the test.
    """
    charter = joined.project.charter
    data = Framing(charter).data
    late = {
        name: joined.brought[name]
        for name, source in data.sources.items()
        if source.join and source.available_after_days
    }
    checked = judge_data(
        joined.table,
        charter=charter,
        brought=Brought(joined.left_out, late),
        known=None,
        now=datetime.now(UTC),
        told=joined.told,
    )
    faults: list[Fault] = []
    rows = _looked_at(joined)
    own, broken = _own_features(joined, rows)
    faults += broken
    notes = [*_of_features(joined, rows, own), *_belonging(joined), *_following(joined)]
    for is_fault, found in _parting(joined, asked):
        (faults if is_fault else notes).append(found)
    for one in checked:
        for finding in _new_in(one.result, joined):
            fault = _fault_of(finding, joined, of=one.result.code, cure=_CURES[one.result.code])
            fault = _with_rows(fault, finding, joined) if one.result.code == "DATA-001" else fault
            (faults if _closes(one.result, finding) else notes).append(fault)
    return Judged(tuple(faults), tuple(notes))


def _parting(joined: JoinedRows, asked: Collection[str]) -> Iterator[tuple[bool, Fault]]:
    """Part the rows as research will: where that cannot be it is a fault, where many rows are in no part a note."""
    framing, place = Framing(joined.project.charter), ("project.toml", "research.split")
    try:
        parted = framing.part(joined.table)
    except FlywheelError as error:
        yield True, Fault(*place, error.sentence(), cure="other parts under research.split")
        return
    rows = parted.units.size
    if parted.lone.size:
        yield False, _standing_alone(parted, joined)
    if parted.apart > APART_AT_MOST * rows:
        sizes = ", ".join(f"{part} {n:,} of {parted.periods[part]:,}" for part, n in parted.split.sizes.items())
        what = (
            f"{parted.apart:,} of {rows:,} rows are in no part, since {framing.data.entity or 'their unit'} has others "
            f"in another period, so that {LANES[0]:.0%} of them stand for the test's and {LANES[1]:.0%} for "
            f"validation's ({sizes})"
        )
        yield False, Fault(*place, what, cure=APART_CURE)
    tested = parted.split.sizes["test"]
    lacking = sorted((minimum_rows(code), code) for code in asked if minimum_rows(code) > tested)
    if lacking:
        needs = ", ".join(f"{code} {least}" for least, code in lacking)
        what = (
            f"the test part has {counted(tested, 'row')} of {rows:,}, and gates of validation need more to judge "
            f"at all: {needs}"
        )
        yield False, Fault(*place, what, cure=TEST_CURE)


def _standing_alone(parted: Parted, joined: JoinedRows) -> Fault:
    """Name the rows whose time lies so far beyond all others that it may be mistyped."""
    data = Framing(joined.project.charter).data
    name, base = str(data.time), next(source.uri for source in data.sources.values() if source.join is None)
    times = joined.table.whole([name])[name]
    alone = times.iloc[parted.lone].sort_values()
    rest = times.drop(times.index[parted.lone]).max()
    what = (
        f"{counted(len(alone), 'row', 'stand')} alone, far beyond {rest:%Y-%m-%d}, the latest day of all others; the "
        "periods of the split are counted back from there"
    )
    days = tuple(dict.fromkeys(f"{day:%Y-%m-%d}" for day in alone))[:SHOWN_VALUES]
    return Fault(base, name, what, len(alone), values=days, row=int(parted.lone[0]) + 1, cure=ALONE_CURE)


def _looked_at(joined: JoinedRows) -> pd.DataFrame:
    """Sample the columns that features may be made of, those that say which rows are one, and the target."""
    framing, some = Framing(joined.project.charter), Sample(whole_at_most=ROWS_LOOKED_AT, sample_rows=ROWS_LOOKED_AT)
    wanted = {column.name for column in framing.columns} | {one.name for one in intakes_of(framing.data)}
    wanted |= {*framing.rule.unit.columns, framing.problem.target, framing.data.entity or ""}
    for part in joined.table.parts([name for name in joined.table.columns if name in wanted]):
        some.see(part)
    return some.frame()


def _own_features(joined: JoinedRows, rows: pd.DataFrame) -> tuple[OwnFeatures | None, list[Fault]]:
    """Ask the project's own code what it adds to these rows, in a cell; what is wrong with it would end research."""
    read = {one.name for one in intakes_of(Framing(joined.project.charter).data)}
    if not joined.project.has_hook(Hook.FEATURES) or rows.empty or not read <= set(map(str, rows.columns)):
        return None, []
    try:
        return own_features(joined.project, rows), []
    except FlywheelError as error:
        return None, [Fault(HOOKS_FILE, "", error.sentence())]


def _of_features(joined: JoinedRows, rows: pd.DataFrame, own: OwnFeatures | None) -> Iterator[Fault]:
    """Name derived features that tell nothing, and columns and features of which one alone tells the outcome."""
    computed = Framing(joined.project.charter, own).derivation
    if not set(computed.inputs) <= set(map(str, rows.columns)):
        computed = NOTHING_DERIVED  # a column that is not there is told where its source is read
    idle = tuple(idle_features(computed, rows))
    yield from idle
    computed = computed.only({*computed.wanted} - {one.column.removeprefix("features.") for one in idle})
    yield from _given_away(joined, computed.widen(rows), computed)


def _given_away(joined: JoinedRows, rows: pd.DataFrame, computed: Derivation) -> Iterator[Fault]:
    """Name what alone tells the outcome, as PERF-005 will of the test rows."""
    framing = Framing(joined.project.charter, computed.own)
    learned = {column.name for column in framing.columns}
    rules = tuple(rule for rule in rules_from_charter(framing.charter) if rule.name in learned)
    rules = (*rules, *computed_rules(computed))
    try:
        labels = framing.problem.truth(rows)
    except FlywheelError:
        return  # what is wrong with the target is told where its source is read
    units = units_of(framing.rule.unit.hashes(rows))
    for finding in leakage.check(rows, labels, rules=rules, units=units).result.findings:
        if finding.column in learned and finding.severity in {Severity.CRITICAL, Severity.QUESTION}:
            cure = f"data.columns.{finding.column}.known_at_decision = false where it comes after the decision"
            fault = _fault_of(finding, joined, of="PERF-005", cure=cure)
            if finding.column in computed.wanted:
                cure = "leave it out where it holds what comes after the decision"
                fault = replace(fault, where="project.toml", column=f"features.{finding.column}", cure=cure)
            ends = finding.severity is Severity.CRITICAL
            yield replace(fault, what=f"{fault.what}; a run would end at this gate") if ends else fault


def _belonging(joined: JoinedRows) -> Iterator[Fault]:
    """Name columns that may say which rows belong together, where no entity does."""
    data = Framing(joined.project.charter).data
    for name, column in data.columns.items():
        if data.entity is not None or name in {data.target, data.time} or name not in joined.table.columns:
            continue
        values = Counter[str]()
        for part in joined.table.parts([name]):
            values.update({str(value): int(count) for value, count in part[name].value_counts().items()})
        words = map(words_of, (name, *column.alias))
        if may_name_several(words, column.kind, values, rows=joined.table.rows):
            each = (
                f"{counted(len(values), 'different value', 'stand')} in {joined.table.rows / len(values):.1f} rows each"
            )
            what = f"{each}: where they name what several rows are about, rows of one lie in training and in the test"
            source = next(uri for uri, held in _held(joined) if name in held)
            yield Fault(source, name, what, cure=f'data.entity = "{name}"; none where each row is its own case')


def _following(joined: JoinedRows) -> Iterator[Fault]:
    """Name watched columns that say nothing but when a row came, of which no window of traffic is like the table."""
    charter = joined.project.charter
    data, monitoring = Framing(charter).data, charter.monitoring
    watched = frozenset(watched_columns(data)) & {str(name) for name in joined.table.columns}
    if monitoring is None or not watched:
        return
    watched = judged_columns(monitoring.plan, sentinels.check.code, watched)
    rules = tuple(rule for rule in rules_from_charter(charter) if rule.name in watched)
    for name, grain in grains_in(joined.table, rules, data.time).items():
        if grain.takes > monitoring.every.length:
            source = next((uri for uri, held in _held(joined) if name in held), "the joined rows")
            what = (
                f"it says no more than the {grain.name} of {data.time}, of which {monitoring.every} of traffic "
                "holds a part: what the table lacks at the same time of year raises an alarm in monitoring"
            )
            cure = f'exempt = ["{name}"] under the signals sentinels and drift; none where it is to be watched'
            yield Fault(source, name, what, cure=cure)


def _held(joined: JoinedRows) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Say of each source which columns it brought; what none of them did is of the joined rows."""
    sources = Framing(joined.project.charter).data.sources
    yield from ((sources[name].uri, held) for name, held in joined.brought.items())
    yield "the joined rows", tuple(map(str, joined.table.columns))


def _new_in(result: GateResult, joined: JoinedRows) -> Iterator[GateFinding]:
    """Leave out what was told already, row by row, when the sources were read."""
    for finding in result.findings:
        is_told = result.code == "DATA-002" and finding.column in {*joined.told, *_NOTED_ELSEWHERE}
        is_mere_word = result.code != "DATA-002" and finding.severity is Severity.INFO
        if not is_told and not is_mere_word and result.verdict is not Verdict.NOT_APPLICABLE:
            yield finding


def _closes(result: GateResult, finding: GateFinding) -> bool:
    """Whether a finding is why a gate does not open."""
    if any(one.severity is Severity.CRITICAL for one in result.findings):
        return finding.severity is Severity.CRITICAL
    return result.verdict not in _OPEN and finding.severity is not Severity.INFO


def _fault_of(finding: GateFinding, joined: JoinedRows, *, of: str, cure: str) -> Fault:
    names = finding.column.split(" and ")
    where = next((uri for uri, held in _held(joined) if names[0] in held), "the joined rows")
    seen = "; ".join(filter(None, (finding.seen, finding.allowed and f"allowed: {finding.allowed}")))
    what = f"{of}: {finding.what.rstrip('.')}" + (f" ({seen})" if seen else "")
    column = finding.column if where != "the joined rows" else ""
    return Fault(where, column, what, cure=cure)


def _with_rows(fault: Fault, finding: GateFinding, joined: JoinedRows) -> Fault:
    """Add the first rows that break a check of the charter's own, as other faults show theirs."""
    charter = joined.project.charter
    broken = next((one for one in expectations_from_charter(charter) if breaks(finding, one)), None)
    rules = rules_from_charter(charter)
    rows = broken_rows(joined.table, broken, rules=rules, at_most=SHOWN_VALUES) if broken is not None else ()
    if not rows:
        return fault
    values = tuple(dict.fromkeys(one.shown for one in rows))
    base = {source.uri for source in Framing(charter).data.sources.values() if source.join is None}
    return replace(fault, values=values, row=rows[0].row if fault.where in base else None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
