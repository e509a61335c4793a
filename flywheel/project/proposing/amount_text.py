"""What of the template speaks of yes and no is written for amounts."""

from __future__ import annotations

import re

from flywheel.project.charter.marks import MARK
from flywheel.project.proposing.keys import Keys

_ASKED = (
    "what does each unit cost you by which {target} is decided too high (over), and by which it is too low (under)? "
    "Two sums, such as `0.5; 2`, in that order; with the second twice as dear, one amount of three exceeds what is "
    "decided"
)


def for_amounts(head: str, tail: str, keys: Keys) -> tuple[str, str]:
    """Ask for the price of errors in the place of a pay-off; no two answers have words, and the task says so."""
    target = keys.target if keys.target and keys.target.isprintable() else "the target"
    line = f"error_cost = {{ over = 1, under = 1 }}{MARK}{_ASKED.format(target=target)}"
    head = re.sub(r"^payoff = .*$", lambda _: line, head, flags=re.MULTILINE)
    head = re.sub(r"^\[decision\].*\n(?:[^\[\n].*\n)*\n?", "", head, flags=re.MULTILINE)
    head = head.replace("by what the model said and what was true", "by how far what is decided lies from what comes")
    tail = re.sub(
        r'^task = "binary".*$', 'task = "regression"                                # an amount', tail, flags=re.M
    )
    return head, tail
