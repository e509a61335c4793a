"""What a dossier tells of yes or no: four ways in which a decision turns out, and what a point of AUC is worth."""

from __future__ import annotations

from flywheel.domain.metric_worth import pays_from_auc, point_of_auc
from flywheel.domain.value import Payoff
from flywheel.errors import counted
from flywheel.pages.figures import figure, money, ratio
from flywheel.project.answer import Decisions
from flywheel.project.problems.telling import Case, Headline, Measured, Telling, Year

AUC = Headline("auc", "AUC", is_ratio=True)
BINORMAL = "where its answers to a yes and to a no lie on two normal curves of one width"


def told_of(words: Decisions, payoff: Payoff, met: Measured | None) -> Telling:
    """Tell what each decision brings, right or wrong, and how often it was made at the threshold."""
    act, leave = words.positive, words.negative
    ways = (
        (act, "right", payoff.true_positive, "tp"),
        (act, "wrong", payoff.false_positive, "fp"),
        (leave, "right", payoff.true_negative, "tn"),
        (leave, "wrong", payoff.false_negative, "fn"),
    )
    counts = met.counts if met else {}
    cases = tuple(
        Case(
            f"“{word}” and {how}",
            f"“{word}” {how}",
            str(each),
            counts.get(key),
            str(each * counts[key]) if key in counts else None,
        )
        for word, how, each, key in ways
    )
    if met is None:
        return Telling(AUC, "its threshold", cases, {}, "")
    sides = ((act, counts["tp"], counts["fp"]), (leave, counts["tn"], counts["fn"]))
    decided = {f"decided “{word}”": f"{right + wrong:,}, {wrong:,} wrong" for word, right, wrong in sides}
    (_, _, called), (_, spared, missed) = sides
    sentence = (
        f"From its threshold of {figure(met.threshold)} on it decides “{act}” for {counts['tp'] + called:,} of "
        f"{counted(sum(counts.values()), 'test row')} ({called:,} wrong) and “{leave}” for {spared + missed:,} "
        f"({missed:,} wrong)."
    )
    return Telling(AUC, "its threshold", cases, {"threshold": figure(met.threshold), **decided}, sentence)


def worth_of(payoff: Payoff, met: Measured, year: Year) -> dict[str, str]:
    """Say what one more point of AUC is worth here, and from which AUC on a model pays its costs."""
    counts, auc = met.counts, met.metrics.get(AUC.metric)
    if auc is None:
        return {}
    share = (counts["tp"] + counts["fn"]) / sum(counts.values())
    more = point_of_auc(payoff, share, auc) * year.decisions
    shown = {"0.01 more of AUC, a year": f"{money(more, year.currency)}, {BINORMAL}"}
    if year.cost:
        least = pays_from_auc(payoff, share, cases=year.decisions, cost=year.cost)
        shown["pays its costs from an AUC of"] = ratio(least) if least else "none: no model brings as much"
    return shown
