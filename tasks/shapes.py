"""The small values that travel between tasks: ids, digests and figures, never frames."""

from __future__ import annotations

from typing import TypedDict

from flywheel.domain.digests import Json


class Decision(TypedDict):
    """Whether the gates of a step opened, and why not."""

    is_open: bool
    reasons: list[str]


class SourceRef(TypedDict):
    """A source as it was read: its table, what the table came from, and the headers that were left out."""

    digest: str
    origins: list[dict[str, str]]
    left_out: list[str]


class DatasetRef(TypedDict):
    """A dataset version."""

    id: str
    digest: str
    rows: int


class Output(TypedDict, total=False):
    """What a stage leaves to the next: each stage fills in its part."""

    estimate: Json
    dataset: DatasetRef
    version: str
    dossier: str
    endpoint: str


class Ticket(TypedDict):
    """A stage's run: what it is about and what came before."""

    project: str
    stage: str
    run_id: str
    actor: str
    authors: list[str]
    cycle: int
    cycle_kind: str
    project_digest: str
    input_digest: str
    fingerprint: str
    inputs: Output
    is_settled: bool


class Trained(TypedDict):
    """A candidate: its recipe, its model folder and its figures."""

    recipe: dict[str, Json]
    model_digest: str
    kpi: dict[str, str]
    metrics: dict[str, float]
    split: dict[str, Json]
    trials: int
    seconds: float


class Board(TypedDict):
    """The leaderboard of one research run on the rows that choose, and what the chosen one met in the test rows."""

    best: str
    met: dict[str, Json]
    ranking: list[dict[str, str]]
    decision: Decision


class Weighed(TypedDict):
    """How far the sign-offs have come."""

    is_settled: bool
    is_granted: bool
    is_vain: bool
    sentence: str


class Filed(TypedDict):
    """A dossier: what people sign, its first words, and what it leaves for them to judge, worst first."""

    digest: str
    brief: str
    questions: list[str]


class Built(TypedDict):
    """A package that can be served."""

    tag: str
    path: str
    digest: str


class Reference(TypedDict):
    """What a version learned from, as a kept profile; without one, why nothing can be held against it."""

    digest: str
    why_not: str


class Window(TypedDict):
    """A stretch of traffic by who answered it, from its start up to but not including its end."""

    version: str
    served_by: str
    start_at: str
    end_at: str
    rows: int
    is_known: bool


class Due(TypedDict):
    """What monitoring has to look at: windows of traffic that nobody has judged."""

    project: str
    project_digest: str
    windows: list[Window]
    waits: str
    left: str


class Alarmed(TypedDict):
    """A signal of the plan that rang."""

    watch: str
    action: str
    reasons: list[str]
    columns: list[str]


class JudgedWindow(TypedDict):
    """What monitoring found in a window, which may have begun before it; what is to be told where nothing rang.

    Where something rang: how many cases the version decided, of how many, and for how many seconds it was to answer.
    """

    start_at: str
    rows: int
    cases: int
    decided: int
    answered_seconds: float
    state: str
    words: str
    telling: str
    clocks: str
    flood: str
    stuck: str
    alarms: list[Alarmed]
    kept_back: list[str]
    waiting: str
    verdicts: dict[str, str]
    columns: dict[str, str]
    evidence: dict[str, str]


class LateRows(TypedDict):
    """Rows that came after their windows were judged: how many more than was known, and what to tell of them."""

    rows: int
    telling: str


class Released(TypedDict):
    """An endpoint that is to serve a version from this generation on."""

    endpoint: str
    generation: int


class Answered(TypedDict):
    """Where an endpoint answers, and whether its answers are right."""

    url: str
    decision: Decision


class Acted(TypedDict):
    """What was done about the alarms, and the money that is at stake each day."""

    actions: list[str]
    at_stake_per_day: str | None
