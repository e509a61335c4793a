"""Prediction logs of tests: put together without a record, and killed at each step on the disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flywheel.adapters.predictions.chain import read_chain
from flywheel.adapters.predictions.chaining import carry_out
from flywheel.adapters.predictions.segments import put_together

STEPS = ((Path, "unlink"), (Path, "replace"), (os, "fsync"), (os, "write"))
"""What changes something on the disk that others can see."""


class Killed(BaseException):
    """What ends a writer of a test, past whatever would mend an error."""


def compact(folder: Path, *, now: float) -> int:
    """Put small segments together; gives how many are fewer."""
    chain = read_chain(folder)
    assert chain.problems == ()
    rewrite = put_together(folder, chain, now=now)
    if rewrite is None:
        return 0
    assert carry_out(rewrite)
    return len(rewrite.replaced) - len(rewrite.made)


@contextmanager
def dying_at(step: int) -> Iterator[list[str]]:
    """Die before the step of this number; gives the steps that were taken."""
    taken: list[str] = []

    def counting(real: Callable[..., object], name: str) -> Callable[..., object]:
        def counted(*given: object, **named: object) -> object:
            if len(taken) >= step:
                raise Killed
            taken.append(name)
            return real(*given, **named)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for where, name in STEPS:
            patch.setattr(where, name, counting(getattr(where, name), name))
        yield taken
