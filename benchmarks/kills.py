"""How many kills (-9) of the worker are survived, by the code of the test.

`python -m benchmarks.kills [KILLS [SEED]]`.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from pathlib import Path

from tests.scenarios.kills import Ended, Killer, by_place, planned, walks_of
from tests.scenarios.lab import running_lab

EACH = 3
"""Kills a walk, at places far apart."""


def main(kills: int = 30, seed: int = 1) -> int:
    """Kill, and print survived/injected by place, what went wrong, and how quickly a stage ran again."""
    chance = random.Random(seed)
    walks: list[Ended] = []
    with tempfile.TemporaryDirectory(prefix="fw-") as folder, running_lab(Path(folder) / "lab") as lab:
        killer = Killer(lab, Path(folder))
        tell(killer.walk("undisturbed", (), seed=0))  # how long each place takes here and now
        print(f"   {', '.join(f'{place} {seconds:.1f} s' for place, seconds in killer.usual.items())}", flush=True)
        for number, some in enumerate(walks_of(planned(kills, chance=chance), each=EACH), start=1):
            walks.append(killer.walk(f"walk-{number}", some, seed=number))
            tell(walks[-1])
    summary(tuple(walks), seed=seed)
    return 1 if any(walk.faults for walk in walks) else 0


def tell(walk: Ended) -> None:
    """Print one walk."""
    print(f"{walk.project}: {walk.seconds:.0f} s, {'; '.join(walk.faults) or 'ended as it should'}")
    for hit in walk.hits:
        back = (
            "nothing was left to begin" if hit.back_seconds is None else f"running again after {hit.back_seconds:.1f} s"
        )
        print(f"   kill at {hit.kill.place} + {hit.kill.share:.0%} (found {hit.found}): {back}", flush=True)


def summary(walks: tuple[Ended, ...], *, seed: int) -> None:
    """Print the figures."""
    counted = by_place(walks)
    survived = sum(one for one, _ in counted.values())
    injected = sum(one for _, one in counted.values())
    print(f"\nseed {seed}: survived {survived}/{injected}")
    for place, (good, all_of_it) in counted.items():
        print(f"   {place}: {good}/{all_of_it}")
    backs = sorted(hit.back_seconds for walk in walks for hit in walk.hits if hit.back_seconds is not None)
    if backs:
        middle = statistics.median(backs)
        print(f"a stage ran again after: median {middle:.1f} s, longest {backs[-1]:.1f} s ({len(backs)} kills)")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
