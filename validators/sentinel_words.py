"""What the sentinel guard says of each kind of corruption, for a business person, with the figures before and now."""

from __future__ import annotations

from collections.abc import Sequence

from flywheel.domain.amounts import written_out
from flywheel.domain.gates import GateFinding, Severity
from flywheel.errors import counted, shorten
from validators.averages import Averages
from validators.batches import ColumnState
from validators.profiles import ColumnProfile
from validators.unit_changes import Unit, told

Value = float | str


def nulls_became(column: ColumnProfile, value: Value, nulls: tuple[float, float], share: float) -> GateFinding:
    """A code stands where nothing stood."""
    old, new = nulls
    what = (
        f"What was missing in {column.name} now arrives as {_shown(value)}: {old:.1%} were missing before, "
        f"{new:.1%} are now, and {share:.1%} are exactly {_shown(value)}."
    )
    return _finding(column, what, f"{old:.2%} missing", f"{new:.2%} missing, {share:.2%} are {_shown(value)}")


def became_missing(column: ColumnProfile, value: Value, nulls: tuple[float, float], share: float) -> GateFinding:
    """Nothing stands where a code stood."""
    old, new = nulls
    what = (
        f"{_shown(value)} in {column.name}, {share:.1%} of the rows before, now arrives as missing: "
        f"{old:.1%} were missing before, {new:.1%} are now."
    )
    return _finding(column, what, f"{share:.2%} were {_shown(value)}", f"{new:.2%} missing")


def has_other_unit(column: ColumnProfile, units: Sequence[Unit], mean: Averages) -> GateFinding:
    """All amounts are as if a change of unit had been applied to them."""
    went, first = f"went from {mean.before:.4g} to {mean.now:.4g} on average", units[0]
    if len(units) == 1 and first.before is None:
        times, word = (first.times, "larger") if first.times > 1 else (1 / first.times, "smaller")
        went = f"is about {counted(round(times), 'time')} {word} than before"
    what = f"{column.name} {went}, as if {told(units)}; its unit seems to have changed."
    return _finding(column, what, f"{mean.before:.4g} on average", f"{mean.now:.4g} on average")


def holds_new_value(column: ColumnProfile, value: Value, shares: tuple[float, float], *, more: int) -> GateFinding:
    """One value makes up more rows than ever."""
    old, new = shares
    rest = f" {counted(more, 'further value')} did the same." if more else ""
    what = (
        f"{new:.1%} of the values of {column.name} are now exactly {_shown(value)}; before it was at most {old:.1%}. "
        f"Is it a code or a default?{rest}"
    )
    return _finding(column, what, f"at most {old:.2%}", f"{new:.2%}")


def renamed(column: ColumnProfile, value: Value, name: Value, share: float, now: float) -> GateFinding:
    """Rows of one category arrive under a name that nobody knew."""
    what = (
        f"{_shown(value)}, {share:.1%} of the values of {column.name} before, is gone, "
        f"and {_shown(name)} has come with {now:.1%}: {_shown(value)} seems to be called {_shown(name)} now."
    )
    return _finding(column, what, f"{share:.2%} {_shown(value)}", f"{now:.2%} {_shown(name)}")


def merged_into(
    column: ColumnProfile, value: Value, name: Value, share: float, shares: tuple[float, float]
) -> GateFinding:
    """Rows of one category arrive under another's name."""
    old, new = shares
    what = (
        f"{_shown(value)}, {share:.1%} of the values of {column.name} before, is gone, "
        f"and {_shown(name)} grew from {old:.1%} to {new:.1%}: the two categories seem to have been merged."
    )
    return _finding(column, what, f"{share:.2%} and {old:.2%}", f"0 % and {new:.2%}")


def lost_value(column: ColumnProfile, value: Value, share: float) -> GateFinding:
    """A value that was common no longer comes."""
    what = f"{_shown(value)}, {share:.1%} of the values of {column.name} before, no longer occurs."
    return _finding(column, what, f"{share:.2%}", "none")


def became_constant(column: ColumnProfile, value: Value, share: float) -> GateFinding:
    """Every row holds one value."""
    what = (
        f"{column.name} is now {_shown(value)} wherever it holds a value; before it held "
        f"{counted(column.distinct, 'different value')} and {_shown(value)} in {share:.1%} of its values. "
        "The feed seems to be stuck."
    )
    return _finding(column, what, counted(column.distinct, "different value"), "one value")


def became_empty(column: ColumnProfile) -> GateFinding:
    """No row holds a value."""
    share = column.present / column.rows
    what = f"{column.name} arrived without a single value; before, {share:.1%} of rows held one. The feed seems dead."
    return _finding(column, what, f"{share:.2%} filled", "none filled")


def became_alive(column: ColumnProfile, now: ColumnState) -> GateFinding:
    """A column that said nothing begins to vary: what was learned knows nothing of it."""
    was = f"always {_shown(column.levels[0][0])}" if column.present else "always missing"
    what = (
        f"{column.name} was {was} in the reference and now holds about "
        f"{counted(round(now.distinct), 'different value')} in {now.present / now.rows:.1%} of the rows. "
        "The model learned nothing about it; a person must look into it."
    )
    return _finding(column, what, was, f"about {counted(round(now.distinct), 'different value')}", Severity.WARNING)


def _finding(
    column: ColumnProfile, what: str, before: str, now: str, severity: Severity = Severity.CRITICAL
) -> GateFinding:
    return GateFinding(what, severity, column.name, seen=now, allowed=before)


def _shown(value: Value) -> str:
    return written_out(value) if isinstance(value, float) else shorten(value, 40)
