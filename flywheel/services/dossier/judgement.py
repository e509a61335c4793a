"""What a person must judge before signing, worst first: no check can decide it, or one has decided against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flywheel.domain.digests import Json
from flywheel.domain.gates import Verdict
from flywheel.errors import counted, some_of
from flywheel.pages.figures import between, money, percent
from flywheel.services.dossier.summary import NO_ESTIMATE, Document, earns, in_a_year, looked_at, part, parts, rests_on

FEW_ROWS = 1_000
SIMPLE_GATE = "PERF-006"
"""Asks itself whether the complexity pays, with the paired figures; where it ran, the board is not asked too."""

RISKY_CHANCE = 0.25
CHANGES_TOLD = 6
"""Of the keys that say otherwise since people signed; all are in the dossier."""
CHANGE_LETTERS = 60


class Weight(StrEnum):
    """How pressing a question is."""

    CHANGED = "changed"
    GAP = "gap"
    WRONG = "wrong"
    QUESTION = "question"


@dataclass(frozen=True)
class Question:
    """Something for the people who sign."""

    weight: Weight
    text: str
    section: str


def to_judge(document: Document) -> tuple[Question, ...]:
    """Gather the questions of a dossier, from its own figures alone."""
    order = list(Weight)
    return tuple(sorted(_all(document), key=lambda one: order.index(one.weight)))


def questions_of(document: Document) -> list[str]:
    """Write the same questions where there is no layout: on a terminal and in a form."""
    return [f"[{one.weight.value}] {one.text}" for one in to_judge(document)]


def brief(document: Document) -> str:
    """Say what a signer needs first: the money, what it rests on, and how much waits for judgement."""
    results, questions = looked_at(document), len(to_judge(document))
    passed = sum(row.get("verdict") == Verdict.PASSED.value for row in results)
    waits = counted(questions, "question", "wait") if questions else "nothing waits"
    judged = f"{passed} of {counted(len(results), 'gate')} passed; {waits} for your judgement."
    return " ".join(text for text in (earns(document), rests_on(document), judged) if text)


def _all(document: Document) -> Iterator[Question]:
    yield from _of_changes(document)
    gaps = document.get("gaps")
    known = gaps if isinstance(gaps, list) else []
    for gap in known:
        if gap != NO_ESTIMATE:
            yield Question(Weight.GAP, f"Missing: {gap}.", "gaps")
    for section in ("gates", "data_gates"):
        for gate in parts(document, section):
            yield from _of_gate(gate, section)
    yield from _of_money(document)
    yield from _of_records(document)
    if NO_ESTIMATE in known:  # says nothing against the model, so it comes last
        yield Question(Weight.QUESTION, f"Missing: {NO_ESTIMATE}.", "return")


def _of_changes(document: Document) -> Iterator[Question]:
    """Tell whoever has signed before what they have not signed yet."""
    told = [
        f"{one.get('key')}: {_cut(one.get('before'))} → {_cut(one.get('now'))}" for one in parts(document, "changes")
    ]
    if told:
        words = f"The charter has changed since it was last signed. {some_of(told, most=CHANGES_TOLD, between='; ')}."
        yield Question(Weight.CHANGED, words, "changes")


def _cut(said: Json) -> str:
    text = str(said)
    return text if len(text) <= CHANGE_LETTERS else f"{text[: CHANGE_LETTERS - 1]}…"


def _of_gate(gate: Document, section: str) -> Iterator[Question]:
    verdict = str(gate.get("verdict"))
    asked = gate.get("questions")
    questions = [str(one) for one in asked] if isinstance(asked, list) else []
    for question in questions:
        yield Question(Weight.QUESTION, f"{gate.get('code')}: {question}", section)
    if verdict in {"passed", "not_applicable"} or (verdict == "warned" and questions):
        return
    found = gate.get("findings")
    first = str(found[0]) if isinstance(found, list) and found else "no reason was given"
    weight = Weight.QUESTION if verdict == "warned" else Weight.WRONG
    yield Question(weight, f"{gate.get('code')} {gate.get('title')}: {verdict.replace('_', ' ')}. {first}", section)


def _of_money(document: Document) -> Iterator[Question]:
    measured = part(document, "measured")
    earned, unit = part(measured, "kpi"), str(part(document, "purpose").get("unit", "row"))
    if earned and _number(earned.get("low"), 0.0) < 0 < _number(earned.get("high"), 0.0):
        interval = between(earned.get("low"), earned.get("high"))
        yield Question(Weight.QUESTION, f"It may lose money: per {unit} the interval is {interval}.", "measured")
    yield from _of_rule(document)
    yield from _of_looks(measured)
    board = parts(document, "leaderboard")
    chosen = next((row for row in board if row.get("is_this_version")), None)
    if chosen is not None and not any(gate.get("code") == SIMPLE_GATE for gate in parts(document, "gates")):
        yield from _of_simpler(board, chosen)
    chance = part(document, "return").get("chance_of_loss")
    if _number(chance, 0.0) > RISKY_CHANCE:
        share = percent(chance, digits=0)
        words = f"By the charter's own estimate the chance of losing money in the first year is {share}."
        yield Question(Weight.QUESTION, words, "return")
    yield from _of_expectation(document)
    rows = next(
        (part(gate, "figures").get("rows") for gate in parts(document, "gates") if gate.get("code") == "PERF-001"), None
    )
    if isinstance(rows, int | float) and rows < FEW_ROWS:
        yield Question(Weight.QUESTION, f"All figures rest on {counted(round(rows), 'unseen row')}.", "gates")


def _of_rule(document: Document) -> Iterator[Question]:
    """Ask where the rule that stands in earns as much on the same rows: it needs no model."""
    measured = part(document, "measured")
    ruled, earned = part(measured, "rule").get("value"), part(measured, "kpi").get("value")
    if ruled is None or earned is None or _number(ruled, 0.0) < _number(earned, 0.0):
        return
    said = part(document, "purpose")
    currency, unit = str(said.get("currency", "points")), said.get("unit", "row")
    words = (
        f"The business rule earns {money(ruled, currency)} per {unit} on the same rows, and the model "
        f"{money(earned, currency)}: what is the model needed for?"
    )
    yield Question(Weight.QUESTION, words, "measured")


def _of_expectation(document: Document) -> Iterator[Question]:
    """Ask where what the charter expects of a year is not what was measured."""
    measured = in_a_year(document)
    if measured is not None and not measured.is_as_expected:
        currency = str(part(document, "purpose").get("currency", ""))
        expected, found = money(measured.expected, currency), between(measured.low, measured.high)
        words = (
            f"The charter expects {expected} in the first year, and the measured gain comes to {found}. Which is "
            "wrong: today's loss, the share of it to be saved, the money per case, or the number of cases?"
        )
        yield Question(Weight.QUESTION, words, "return")


def _of_looks(measured: Document) -> Iterator[Question]:
    """Ask about test rows that were used up: seen in training, or met by others before, the best of which is shown."""
    before, seen = _number(measured.get("others_before"), 0.0), _number(measured.get("rows_left_out_as_seen"), 0.0)
    otherwise, elsewhere = (_number(measured.get(f"{where}_before"), 0.0) for where in ("otherwise", "elsewhere"))
    if before:
        words = (
            f"{counted(round(before), 'other model', 'were')} tested on exactly these test rows before it: the more "
            "models were tried on them, the more optimistic the best figure is. Was this one chosen by it?"
        )
        yield Question(Weight.QUESTION, words, "measured")
    if otherwise:
        lately = round(_number(measured.get("since_release"), 0.0))
        words = (
            f"{counted(round(otherwise), 'earlier test')} in this project, {lately:,} since its last release, used "
            "another split, other rows or other money: their test rows overlap. What was changed between them, and "
            "was it changed until a model passed?"
        )
        yield Question(Weight.QUESTION, words, "measured")
    if elsewhere:
        words = (
            f"{counted(round(elsewhere), 'test')} by other projects used test rows of the same table before it: a "
            "new project does not make them unseen. What was learned from them?"
        )
        yield Question(Weight.QUESTION, words, "measured")
    if seen:
        words = f"It had seen {seen:,.0f} of its test rows; they are left out of every figure. How did that happen?"
        yield Question(Weight.WRONG, words, "measured")


def _of_simpler(board: list[dict[str, Json]], chosen: Mapping[str, Json]) -> Iterator[Question]:
    """Ask whether what is complicated pays, where something simpler is as good as far as can be told."""
    if part(chosen, "recipe").get("kind") != "boosted":
        return
    allowed = (row for row in board if not row.get("forbidden"))
    simpler = next((row for row in allowed if part(row, "recipe").get("kind") == "linear"), None)
    if simpler is not None and _number(simpler.get("kpi"), 0.0) >= _number(chosen.get("low"), 0.0):
        name = simpler.get("candidate")
        words = f"The simpler {name} earns an amount within this model's interval: is the complexity worth it?"
        yield Question(Weight.QUESTION, words, "leaderboard")


def _of_records(document: Document) -> Iterator[Question]:
    for finding in parts(document, "findings"):
        if finding.get("state") != "closed":
            said = f"{finding.get('severity')} {finding.get('kind')}, {finding.get('state')}: {finding.get('title')}"
            yield Question(Weight.QUESTION, f"Finding of {said}", "findings")
    for waiver in parts(document, "waivers"):
        if waiver.get("ended by"):
            continue
        words = (
            f"{waiver.get('code')} is waived until {waiver.get('until')}, {waiver.get('owner')} is accountable: "
            f"{waiver.get('reason')}"
        )
        yield Question(Weight.QUESTION, words, "waivers")
    if part(document, "reproduction").get("state") == "failed":
        stage = part(document, "reproduction").get("first_differing_stage")
        yield Question(Weight.WRONG, f"It could not be reproduced: {stage} differs.", "reproduction")


def _number(value: Json, otherwise: float) -> float:
    try:
        return float(str(value))
    except ValueError:
        return otherwise
