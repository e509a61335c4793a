"""What one more point of AUC is worth, and from which AUC on a model pays, by two normal curves of answers."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import NormalDist

from flywheel.domain.value import Payoff

POINT = 0.01
_NORMAL = NormalDist()
_HIGHEST = 0.999
_STEPS = 60


def best_per_case(payoff: Payoff, share: float, auc: float) -> float:
    """Money of one case at the best threshold of a model with this AUC, where this share of the cases is a yes.

    The binormal model: answers to a yes and to a no lie on two normal curves of one width.
    """
    distance = math.sqrt(2) * _NORMAL.inv_cdf(min(max(auc, 0.5), _HIGHEST))
    pays_from = float(payoff.pays_from)
    yes_to_all, no_to_all, _ = (float(one) for one in payoff.per_case(_share(share)))
    if distance <= 0 or not 0 < share < 1 or not 0 < pays_from < 1:
        return max(yes_to_all, no_to_all)
    odds = (1 - share) / share * pays_from / (1 - pays_from)
    cut = distance / 2 + math.log(odds) / distance
    found, alarmed = _NORMAL.cdf(distance - cut), _NORMAL.cdf(-cut)
    hit = float(payoff.true_positive) * found + float(payoff.false_negative) * (1 - found)
    spared = float(payoff.false_positive) * alarmed + float(payoff.true_negative) * (1 - alarmed)
    return share * hit + (1 - share) * spared


def point_of_auc(payoff: Payoff, share: float, auc: float) -> float:
    """What 0.01 more of AUC brings for one case, around this one."""
    above, below = min(auc + POINT / 2, _HIGHEST), max(auc - POINT / 2, 0.5)
    return (best_per_case(payoff, share, above) - best_per_case(payoff, share, below)) * POINT / (above - below)


def pays_from_auc(payoff: Payoff, share: float, *, cases: int, cost: float) -> float | None:
    """The AUC from which on so many cases pay these costs over one answer for all; nothing where none does."""
    naive = best_per_case(payoff, share, 0.5)

    def pays(auc: float) -> bool:
        return (best_per_case(payoff, share, auc) - naive) * cases >= cost

    if not pays(_HIGHEST):
        return None
    low, high = 0.5, _HIGHEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if pays(middle) else (middle, high)
    return high


def _share(share: float) -> Decimal:
    return Decimal(str(share))
