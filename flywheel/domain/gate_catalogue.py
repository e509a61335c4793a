"""What is known of each gate, by its permanent code; registry, policies, waivers and docs/gates.md are made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flywheel.domain.signoffs import Role
from flywheel.domain.stages import Stage

_DATA, _VALIDATION, _DELIVERY, _WATCH = Stage.DATA_PREPARATION, Stage.VALIDATION, Stage.DELIVERY, Stage.MONITORING


@dataclass(frozen=True)
class GateFacts:
    """One gate: what it asks, where, of how many rows, how often it may be wrong, what it cannot see, whose it is.

    `wrong_at_most` is promised: the share of sound subjects that get a word (of models that gain nothing, a pass).
    None stands where no rate is promised. `minimum_rows` is 0 where a gate needs none of its own.
    """

    code: str
    title: str
    question: str
    asked: str
    looks_at: str
    can_miss: str
    stages: tuple[Stage, ...]
    owner: Role
    minimum_rows: int = 0
    wrong_at_most: float | None = None
    may_not_apply: bool = False
    can_close: bool = True
    can_be_waived: bool = True


_KNOWN = (
    GateFacts(
        "DATA-001", "The data keeps to what the charter declares", "Is the table what was declared?",
        "data_preparation, retraining",
        "ranges, missing values, categories and the charter's own checks, by our pre-check and Great Expectations",
        "what nobody declared", (_DATA,), Role.OWNER,
    ),
    GateFacts(
        "DATA-002", "The table has the declared shape", "Can anything be learned from this table?",
        "data_preparation, retraining",
        "rows, columns, kinds, repeated names, empty and constant columns, single-class target, too many categories; "
        "rows that repeat another, and cases with a twin far nearer than chance, are a question",
        "wrong values of the right kind", (_DATA,), Role.OWNER, 50,
    ),
    GateFacts(
        "DATA-003", "No sudden codes, units or dead columns against the reference", "Did the feed change its meaning?",
        "data_preparation and retraining, where a model is in use; monitoring, every window",
        "new point masses, null turned into a code (or back), units, merged and lost categories, constant columns, "
        "columns with values for the first time",
        "changes of under half a per cent of the rows; units no people use; codes hidden by a season",
        (_DATA, _WATCH), Role.IT, 200, 0.001,
        may_not_apply=True,
    ),
    GateFacts(
        "DATA-004", "Only permitted features that are known in time are used", "May the model use what it uses?",
        "data_preparation, retraining",
        "features against columns that are not permitted, not known at the decision or for fairness only, and "
        "their copies; "
        "rows younger than their source allows",
        "a forbidden column hidden in a mix of several", (_DATA,), Role.LEGAL, 50,
        may_not_apply=True, can_be_waived=False,
    ),
    GateFacts(
        "DIFF-001", "What changes against the model in use", "Whose decisions change, and what is it worth?",
        "validation, wherever a version is in use",
        "both versions' decisions, probabilities and money on rows that neither has seen; segments that lose "
        "are a question",
        "segments of three columns and more", (_VALIDATION,), Role.BUSINESS, 50, 0.05,
        may_not_apply=True, can_close=False,
    ),
    GateFacts(
        "DRIFT-001", "Nothing moved against the reference (own examiner)", "Is traffic still like the reference?",
        "monitoring, every window",
        "every row against the frozen profile: spread, missing share, single values, variety",
        "shifts of less than a third of a standard deviation; changes only between columns; shifts of times",
        (_WATCH,), Role.IT, 200, 0.001,
    ),
    GateFacts(
        "DRIFT-002", "Nothing moved against the reference (Evidently)", "Does a second examiner agree?",
        "monitoring: the first window of each week, when another gate does not pass, or a run is asked to be thorough",
        "a cleaned sample of at most 50,000 rows a side, by Evidently",
        "what a sample does not contain; changes only between columns", (_WATCH,), Role.IT, 200, 0.005,
    ),
    GateFacts(
        "DRIFT-003", "The test rows resemble the training rows (Evidently)", "Was it judged on rows like its own?",
        "validation: medium, high",
        "a seeded sample of 5,000 rows a side; what moved is a question, with Evidently's own page",
        "as DRIFT-002", (_VALIDATION,), Role.VALIDATOR, 200, 0.005, can_close=False,
    ),
    GateFacts(
        "DRIFT-004", "The training rows resemble the champion's (Evidently)", "Did the world change since then?",
        "validation: medium, high; where a champion learned from other rows", "as DRIFT-003",
        "as DRIFT-002", (_VALIDATION,), Role.VALIDATOR, 200, 0.005, may_not_apply=True, can_close=False,
    ),
    GateFacts(
        "INPUT-001", "Live traffic keeps to the declared contract", "Do callers send what was agreed?",
        "monitoring, every window", "kinds, ranges, missing share and categories of live inputs, how names are written",
        "fewer than three odd rows; shares that chance, or a list that grows as it grew, explains",
        (_WATCH,), Role.IT, 20, 0.001,
    ),
    GateFacts(
        "PARITY-001", "The packaged model answers as the trained one", "Is the package the model?",
        "delivery", "scores of the trained and of the packaged model, row by row",
        "inputs unlike all test rows", (_DELIVERY,), Role.IT, can_be_waived=False,
    ),
    GateFacts(
        "PARITY-002", "The model behind an address answers as when it was approved", "Is it still the same model?",
        "monitoring",
        "its maker's golden rows, asked again with every window; a failure pages and falls back whatever the plan says",
        "a change that no golden row shows", (_WATCH,), Role.IT,
    ),
    GateFacts(
        "PERF-001", "Earns more than the baseline", "Is it worth anything?",
        "validation", "money per row against the baseline",
        "a pay-off that is not the business's", (_VALIDATION,), Role.BUSINESS, 50, 0.025,
    ),
    GateFacts(
        "PERF-002", "Earns at least as much as the champion", "Is it better than what is in use?",
        "validation, where a champion exists", "money per row against the model in use, on rows that neither has seen",
        "a gain smaller than chance", (_VALIDATION,), Role.BUSINESS, 50, 0.025,
    ),
    GateFacts(
        "PERF-003", "Figures are finite and within bounds", "Are its figures figures?",
        "validation", "figures are finite and within declared bounds",
        "a wrong figure within its bounds", (_VALIDATION,), Role.OWNER,
    ),
    GateFacts(
        "PERF-004", "Probabilities mean what they say", "Does 20 % happen in 20 % of cases?",
        "validation", "probabilities against what happened",
        "errors that so few rows cannot tell from chance", (_VALIDATION,), Role.VALIDATOR, 100, 0.02,
        may_not_apply=True,
    ),
    GateFacts(
        "PERF-005", "No feature gives the outcome away", "Does a column know the answer already?",
        "validation",
        "each feature alone against the outcome: by rank, level, neighbourhood, being missing; rows it makes certain",
        "two columns that only together give it away; a certain range", (_VALIDATION,), Role.VALIDATOR, 50, 0.01,
    ),
    GateFacts(
        "PERF-006", "What the complexity buys", "Would a simple model do?",
        "validation: medium, high; a model that is not the simple one, and no renewal",
        "money per row against the ladder's linear model: less, beyond chance, closes; not clearly more is a question",
        "another simple model that nobody fitted", (_VALIDATION,), Role.VALIDATOR, 50, 0.025, may_not_apply=True,
    ),
    GateFacts(
        "PERF-007", "No feature comes from after the decision", "Is everything known in time?",
        "validation: medium, high; where `data.time` is declared",
        "times recorded after the decision close, ones that may have been agreed are asked; a value that newest rows "
        "lack, or that knows the outcome of its own row far better than one step earlier of the same `data.entity`, is "
        "a question",
        "late values without a time or an entity", (_VALIDATION,), Role.VALIDATOR, 200, may_not_apply=True,
    ),
    GateFacts(
        "PERF-008", "No feature identifies single rows", "Can the model memorise single rows?",
        "validation", "values that hardly repeat (a question), or only count the rows (a warning)",
        "identifiers composed of two columns", (_VALIDATION,), Role.VALIDATOR, 100,
    ),
    GateFacts(
        "PERF-009", "Performs in every slice", "For whom does it fail?",
        "validation: medium, high, and wherever `validation.slices` are declared",
        "each part of the declared slices, and segments of one or two columns that a search finds",
        "segments of three columns and more, or of few rows", (_VALIDATION,), Role.VALIDATOR, 120, 0.05,
    ),
    GateFacts(
        "PERF-010", "Holds over time", "Did it get worse lately?",
        "validation: medium, high; where `data.time` is declared",
        "gain over the baseline and power to rank, period by period; the last third against the time before",
        "a fall within one period", (_VALIDATION,), Role.VALIDATOR, 200, 0.05, may_not_apply=True,
    ),
    GateFacts(
        "PERF-011", "Robust to noise and missing inputs", "What if an input is a little off, or missing?",
        "validation: high",
        "each feature with noise of a tenth of its spread, and missing: decisions flipped, money lost",
        "faults of several inputs at once", (_VALIDATION,), Role.IT, 100,
    ),
    GateFacts(
        "PERF-012", "Moves as people expect", "Does it agree with domain experts?",
        "validation: medium, high, and wherever a column says `expect`",
        "the mean answer while one feature moves and all else stays; a contradiction is a question",
        "expectations that nobody wrote down", (_VALIDATION,), Role.BUSINESS, 50, may_not_apply=True, can_close=False,
    ),
    GateFacts(
        "PERF-013", "Groups are treated alike", "Is anybody treated worse?",
        "validation: medium, high, and wherever `[validation.fairness]` is declared",
        "the declared rates by group, every two groups, against `at_most`",
        "groups of fewer than 30 cases; groups nobody declared", (_VALIDATION,), Role.LEGAL, 60, 0.05,
        may_not_apply=True,
    ),
    GateFacts(
        "PERF-014", "Answers in time and fits", "Is it fast and small enough?",
        "delivery: medium, high", "95 % point of single answers in process, size of the package",
        "delays outside the model", (_DELIVERY,), Role.IT,
    ),
    GateFacts(
        "PERF-015", "Intervals hold what they promise", "Does the true amount lie within its interval?",
        "validation, where amounts are predicted",
        "the share of true amounts within their interval of 90 %, on the whole and by declared slice: below 85 % "
        "beyond chance is a question, below 80 % closes",
        "intervals wider than they need be; a shortfall of under 5 percentage points",
        (_VALIDATION,), Role.VALIDATOR, 100, may_not_apply=True,
    ),
    GateFacts(
        "PERF-016", "Reaches the targets of its charter", "Does it bring what people agreed on?",
        "validation, wherever `[[kpis]]` say what is measured",
        "the gain over the baseline in a year, AUC, hit rate, share acted on, mean error, on the test rows; before its "
        "day what is not reached is a question",
        "what people report themselves; chance in few test rows", (_VALIDATION,), Role.BUSINESS, may_not_apply=True,
    ),
    GateFacts(
        "SKEW-001", "Rows are read as columns were in training", "Does the endpoint compute what training computed?",
        "delivery",
        "the test rows read in columns and one by one (own code: shuffled and in parts too), to the bit; what "
        "others made is scored alone and by few too",
        "values that callers send otherwise than the table holds them", (_DELIVERY,), Role.IT, can_be_waived=False,
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, GateFacts] = MappingProxyType({facts.code: facts for facts in _KNOWN})
"""Every code that was ever given out; a retired check's code is never given to another."""

BY_CHARTER = ("DATA-001", "DATA-002", "DATA-003")
"""Gates whose findings about one column an author may waive in the charter itself."""


def minimum_rows(code: str) -> int:
    """Say how many rows a gate needs before it judges at all."""
    return CATALOGUE[code].minimum_rows


def rows_to_judge(codes: Iterable[str]) -> int:
    """Say from how many rows on each of these gates judges."""
    return max((minimum_rows(code) for code in codes), default=0)


def codes_in(stage: Stage) -> frozenset[str]:
    """Name the gates that can be asked for in a stage."""
    return frozenset(code for code, facts in CATALOGUE.items() if stage in facts.stages)
