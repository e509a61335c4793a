"""The first words of a dossier: what the model decides, what it earns, what the gates said, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flywheel.domain.digests import Json
from flywheel.domain.gates import Verdict
from flywheel.errors import counted, some_of
from flywheel.pages.figures import between, brought, estimated, figure, money, percent

NO_ESTIMATE = "nobody has estimated the return (value.loss_per_year and value.improvement of the charter)"
"""The gap of a charter that says nothing of what may be saved."""

Document = Mapping[str, Json]
BASELINE_GATE = "PERF-001"


def summarise(document: Document) -> str:
    """Say it in business words, from the dossier's own figures alone: the same dossier gives the same words."""
    said = (
        _purpose(document),
        earns(document),
        rests_on(document),
        _return(document),
        _gates(document),
        _gaps(document),
    )
    return "\n\n".join(paragraph for paragraph in said if paragraph)


def _purpose(document: Document) -> str:
    purpose = part(document, "purpose")
    if not purpose.get("objective"):
        return ""
    objective = str(purpose["objective"]).rstrip()
    ended = objective if objective.endswith((".", "!", "?", "…")) else f"{objective}."
    return f"{ended} The model serves the step “{purpose['decision']}”: it predicts {purpose['predicts']}."


def earns(document: Document) -> str:
    """Say what the model earns, and what the baseline brings."""
    measured, purpose = part(document, "measured"), part(document, "purpose")
    kpi = part(measured, "kpi")
    if not kpi:
        return ""
    unit, currency = str(purpose.get("unit", "row")), str(purpose.get("currency", "points"))
    entry = next((row for row in parts(document, "leaderboard") if row.get("is_this_version")), {})
    verb, amount, span = estimated("earns", kpi, currency)
    earned = (
        f"The model ({entry.get('candidate')}) {verb} {amount} per {unit} on {figure(measured.get('rows'))} unseen "
        f"rows, which had no part in training or choosing it (90 % confidence interval: {span})."
    )
    return f"{earned} {_against_naive(document, unit, currency)}".strip()


def rests_on(document: Document) -> str:
    """Say what the money rests on: what each decision brings, the threshold, how it decides, what the data are for."""
    said = (_brings(document), str(part(document, "kind").get("sentence", "")), _uses(document))
    return " ".join(sentence for sentence in said if sentence)


def _brings(document: Document) -> str:
    paid, currency = part(document, "payoff"), str(part(document, "purpose").get("currency", "points"))
    if not paid:
        return ""
    words = [f"{case.get('in_words')} {brought('brings', case.get('each'), currency)}" for case in parts(paid, "cases")]
    stated = "" if paid.get("is_stated") else ", since the charter states no money"
    return f"Each decision counts as follows: {', '.join(words)}{stated}."


def _uses(document: Document) -> str:
    declared = part(document, "purposes")
    said = ", ".join(f"{name}: {f'“{use}”' if use else 'none declared'}" for name, use in declared.items())
    return f"What its data may be used for: {said}." if said else ""


def _against_naive(document: Document, unit: str, currency: str) -> str:
    measured = part(document, "measured")
    naive = part(measured, "naive")
    if not naive:
        return "There is no baseline to compare it with."
    by_rule = _by_rule(document, currency)
    said = f"The baseline {brought('brings', naive.get('value'), currency)} on the same rows"
    gate = next((row for row in parts(document, "gates") if row.get("code") == BASELINE_GATE), {})
    gain = part(gate, "figures")
    if "gain_per_row" not in gain:
        return f"{said}.{by_rule}"
    return (
        f"{said}; against it the model is worth {money(gain['gain_per_row'], currency)} more per {unit} "
        f"({percent(gain.get('confidence'), digits=0)} confidence interval: "
        f"{between(gain.get('gain_per_row_low'), gain.get('gain_per_row_high'))}).{by_rule}"
    )


def _by_rule(document: Document, currency: str) -> str:
    """Say what the business rule brought there, where it is still the same; and where it does worse than no thought."""
    met = part(document, "measured")
    ruled, naive = part(met, "rule"), part(met, "naive")
    if not ruled or ruled.get("says") != part(document, "plan").get("the business rule"):
        return ""
    value = ruled.get("value")
    worse = float(str(value)) < float(str(naive.get("value")))
    ending = ", less than the baseline: is it really the intended fallback?" if worse else "."
    return f" The business rule of the fallback {brought('brings', value, currency)} there{ending}"


def _return(document: Document) -> str:
    estimate, currency = part(document, "return"), str(part(document, "purpose").get("currency", ""))
    if "likely" not in estimate:
        return ""
    costs = "" if float(str(estimate.get("cost", 0))) else ", with no costs stated"
    said = (
        f"Before any model was trained, the charter expected {money(estimate['likely'], currency)} in the first year; "
        f"chance of losing money {percent(estimate.get('chance_of_loss'), digits=0)}{costs}."
    )
    measured = in_a_year(document)
    return f"{said} {measured.sentence(currency)}" if measured else said


@dataclass(frozen=True)
class InAYear:
    """What was measured against the baseline, for as many decisions as a year has, less what the year costs."""

    decisions: int
    likely: float
    low: float
    high: float
    expected: float

    @property
    def is_as_expected(self) -> bool:
        """Whether what the charter expects lies within what was measured."""
        return self.low <= self.expected <= self.high

    def sentence(self, currency: str) -> str:
        """Hold it against what the charter expects."""
        span, held = (
            between(self.low, self.high),
            "which includes the expectation" if self.is_as_expected else "which excludes the expectation",
        )
        return (
            f"The measured gain comes to {money(self.likely, currency)} for {counted(self.decisions, 'decision')} a "
            f"year more than the baseline, costs paid: {span}, {held}."
        )


def in_a_year(document: Document) -> InAYear | None:
    """Reckon what was measured to a year; nothing where nobody expects anything or nothing was measured."""
    estimate = part(document, "return")
    gate = next((row for row in parts(document, "gates") if row.get("code") == BASELINE_GATE), {})
    gain, decisions = part(gate, "figures"), estimate.get("decisions")
    ends = [gain.get(key) for key in ("gain_per_row", "gain_per_row_low", "gain_per_row_high")]
    if not isinstance(decisions, int) or "likely" not in estimate:
        return None
    cost, known = float(str(estimate.get("cost", 0))), [float(end) for end in ends if isinstance(end, int | float)]
    if len(known) < len(ends):
        return None
    likely, low, high = (end * decisions - cost for end in known)
    return InAYear(decisions, likely, low, high, float(str(estimate["likely"])))


def _gates(document: Document) -> str:
    looked = looked_at(document)
    if not looked:
        return "No gate has judged this version."
    closed = [row for row in looked if row.get("verdict") != Verdict.PASSED.value]
    if not closed:
        empty = len(parts(document, "data_gates")) + len(parts(document, "gates")) - len(looked)
        apart = f" {counted(empty, 'other')} did not apply." if empty else ""
        return f"All {counted(len(looked), 'gate')} passed.{apart}"
    if any(row.get("code") == BASELINE_GATE and row.get("verdict") == Verdict.FAILED.value for row in closed):
        others = (
            f" What {counted(len(closed) - 1, 'other gate')} found matters only once one does."
            if len(closed) > 1
            else ""
        )
        return f"No model is shown to earn more than the baseline ({BASELINE_GATE}): nothing to release.{others}"
    named = "; ".join(f"{row['code']} {row['title']}: {str(row['verdict']).replace('_', ' ')}" for row in closed)
    return f"{len(looked) - len(closed)} of {counted(len(looked), 'gate')} passed. Not passed: {named}."


def looked_at(document: Document) -> list[dict[str, Json]]:
    """Give the results of the gates that had something to look at."""
    results = [*parts(document, "data_gates"), *parts(document, "gates")]
    return [row for row in results if row.get("verdict") != Verdict.NOT_APPLICABLE.value]


def _gaps(document: Document) -> str:
    gaps = document.get("gaps")
    if not isinstance(gaps, list) or not gaps:
        return "Nothing is missing from this dossier."
    return f"Missing: {'; '.join(map(str, gaps))}."


def part(document: Document, key: str) -> Document:
    """Read a part that should be a table; anything else is an empty one."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def parts(document: Document, key: str) -> list[dict[str, Json]]:
    """Read a part that should be a list of tables."""
    value = document.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def barred(entry: Document) -> str:
    """Say of a candidate that it was no choice, since this charter forbids what it decides by."""
    names = entry.get("forbidden")
    columns = some_of(map(str, names), most=3) if isinstance(names, list) else ""
    return f", not eligible: this charter forbids {columns}" if columns else ""
