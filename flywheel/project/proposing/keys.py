"""Proposes target, entity and time among columns, each with the others that a person might have meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flywheel.project.charter.column_names import words_of
from flywheel.project.charter.fields import is_code
from flywheel.project.charter.tasks import Task
from flywheel.project.proposing.centuries import BORN
from flywheel.project.proposing.days import BEYOND
from flywheel.project.proposing.proposed import Proposed
from flywheel.project.proposing.shared_names import may_name_several
from flywheel.project.reading.kinds import Kind
from flywheel.project.reading.moments import EPOCH

_TARGET = re.compile(
    r"(^|_)(target|label|y|class|outcome|churn\w*|default\w*|fraud\w*|income|survived|response|converted|deposit|bad|good|"
    r"risk\w*|approved|cancel\w*|performance|is_\w+|zielgroesse|kuendigung|ausfall)(_|$)"
)
_AMOUNT_TARGET = re.compile(
    r"(^|_)(target|label|y|outcome|price\w*|amount|count|cnt|demand|sales|sold|cost\w*|value|minutes|duration|consumption|"
    r"usage|load|revenue|turnover|rent|quantity|yield|score|preis|menge|umsatz|verbrauch|dauer|kosten)(_|$)"
)
_ENTITY = re.compile(r"(^|_)(id|ids|key|uuid|nr|no|number|code|kunde\w*|customer\w*|account|ref|index)(_|$)")
_TIME = re.compile(r"(^|_)(date|day|time|at|timestamp|created|when|applied|datum|seit)(_|$)")
_AHEAD = re.compile(
    r"(^|_)(rdv\w*|rendez_vous|appointment\w*|termin|due|deadline|planned|scheduled|booked_for|checkin|check_in|arrival|"
    r"departure|delivery|expected|valid_until|expir\w*|faellig\w*|lieferdatum|echeance|cita|appuntamento|scadenza|afspraak|"
    r"wizyta|vencimiento|vencimento)(_|$)"
)
"""Words for what lies ahead when a case is decided on, so that another column of times comes first."""
_YES = ("true", "yes", "y", "1", "ja", "oui", "si", "bad", "default", "churn", "fraud", "positive", "t", "j")


@dataclass(frozen=True)
class Keys:
    """What the model is about: the proposed columns, and the other candidates."""

    target: str | None
    positive: str | None
    other_targets: tuple[str, ...]
    entity: str | None
    other_entities: tuple[str, ...]
    time: str | None
    other_times: tuple[str, ...]
    repeated: tuple[Proposed, ...] = ()
    """Columns that name what several rows are about, such as a customer with several contracts."""
    answers: tuple[tuple[str, int], ...] = ()
    """What the target says, and in how many rows; the most frequent first."""
    task: Task = "binary"

    @property
    def yes(self) -> str | None:
        """The positive answer, where a charter can name it."""
        return self.positive if self.positive and is_code(self.positive) else None

    @property
    def labelled(self) -> int:
        """In how many rows the target is known."""
        return sum(count for _, count in self.answers)

    @property
    def positive_share(self) -> float | None:
        """How many of the rows whose target is known are a yes."""
        return dict(self.answers)[self.positive] / self.labelled if self.positive else None


def keys_of(
    columns: Sequence[Proposed],
    values: Mapping[str, Mapping[str, int]],
    *,
    target: str | None,
    task: Task | None = None,
) -> Keys:
    """Choose among columns; `values` holds how often each stands in them, `target` and `task` are a person's choice.

    Who names a column of many numbers as the target, and no task, asks for an amount.
    """
    asks = task or (
        "regression" if target and _is_amount(next(one for one in columns if one.name == target)) else "binary"
    )
    ranked = sorted(filter(_CANDIDATES[asks], columns), key=lambda one: -_target_rank(one, columns, asks))
    chosen = target or (ranked[0].name if ranked else None)
    entities = sorted((one for one in columns if one.is_unique and _may_name(one)), key=_entity_rank)
    repeated = tuple(one for one in columns if one.name != chosen and _name_several(one, values.get(one.name, {})))
    times = [one for one in columns if one.kind is Kind.TIME and one.missing_share == 0]
    times.sort(key=lambda one: (bool(_AHEAD.search(words_of(one.name))), not _TIME.search(words_of(one.name))))
    when = next(filter(_may_tell_when, times), None)
    entity = entities[0] if entities else _coarsest(repeated) if when is None else None
    answers = values.get(chosen or "", {})
    positive = _positive(answers) if asks == "binary" else None
    return Keys(
        chosen,
        positive,
        tuple(one.name for one in ranked if one.name != chosen),
        entity.name if entity else None,
        tuple(one.name for one in (*entities, *repeated) if one is not entity and one.name != chosen),
        when.name if when else None,
        tuple(one.name for one in times if one is not when),
        repeated,
        tuple(sorted(answers.items(), key=lambda one: -one[1])),
        asks,
    )


def _has_two_answers(one: Proposed) -> bool:
    return one.distinct == 2 and not one.is_old_split and one.kind is not Kind.TIME and not one.codes


def _is_amount(one: Proposed) -> bool:
    return one.kind in {Kind.NUMBER, Kind.INTEGER} and one.distinct >= _FEWEST_AMOUNTS and not one.is_name


_FEWEST_AMOUNTS = 11
"""Of fewer different numbers each may be a class."""
_CANDIDATES: Mapping[Task, Callable[[Proposed], bool]] = {"binary": _has_two_answers, "regression": _is_amount}
_WORDS: Mapping[Task, re.Pattern[str]] = {"binary": _TARGET, "regression": _AMOUNT_TARGET}


def _may_tell_when(one: Proposed) -> bool:
    """Whether cases may have come at these days: none was decided at a birth, or before or beyond all our times."""
    is_ours = one.span is None or EPOCH.date() <= one.span[0] <= one.span[1] < BEYOND
    return is_ours and not BORN.search(words_of(one.name))


def _coarsest(repeated: Sequence[Proposed]) -> Proposed | None:
    """Take what is called a name and stands in the most rows each, so that no row of one is told of by another.

    By time an entity counts in one period alone, so that whether its rows belong together is not taken for granted.
    """
    named = [one for one in repeated if one.names_several_rows and not one.missing_share]
    return min(named, key=lambda one: one.distinct, default=None)


def _target_rank(one: Proposed, columns: Sequence[Proposed], task: Task) -> float:
    place = [other.name for other in columns].index(one.name)
    is_last, is_first = place == len(columns) - 1, place == 0
    return (
        3.0 * bool(_WORDS[task].search(words_of(one.name)))
        + 1.5 * is_last
        + 1.0 * is_first
        - 2.0 * (one.missing_share > 0)
    )


def _entity_rank(one: Proposed) -> tuple[bool, bool]:
    return not _ENTITY.search(words_of(one.name)), one.kind is not Kind.TEXT


def _may_name(one: Proposed) -> bool:
    return one.kind in {Kind.TEXT, Kind.INTEGER} and _is_no_measure(one)


def _is_no_measure(one: Proposed) -> bool:
    """Whether its values are neither moments nor amounts, which may differ in each row and still name nothing."""
    return not (one.tells_when or one.unit or one.is_amount)


def _name_several(one: Proposed, values: Mapping[str, int]) -> bool:
    """Whether a column may name whom several rows are about, by its header or by what stands in it."""
    words = (words_of(one.name), words_of(one.header))
    return one.names_several_rows or (_is_no_measure(one) and may_name_several(words, one.kind, values, rows=one.rows))


def _positive(known: Mapping[str, int]) -> str | None:
    """Take what reads like a yes, else the rarer answer; of 1 and 2 neither reads so."""
    reads = {value.strip().lower(): value for value in known}
    yes = _YES if set(reads) != {"1", "2"} else ()
    said = next((reads[word] for word in yes if word in reads), None)
    return said or (min(known, key=lambda value: (known[value], value)) if known else None)
