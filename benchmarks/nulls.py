"""How often gates speak where nothing is wrong, and how soon where something is: simulated, beside what is promised."""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.gate_page import PAGE, between, table
from benchmarks.null_calendar import CALENDAR
from benchmarks.null_models import SUBJECTS
from benchmarks.null_seasons import MISSED, SEASONS
from benchmarks.null_windows import ANY, NOTHING, SITUATIONS, SORT_OF
from benchmarks.null_worlds import FAULTS
from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.errors import counted
from validators.statistics import share_at_most

WORLDS = {**SITUATIONS, **CALENDAR, **SEASONS}
OWN = ("INPUT-001", "DATA-003", "DRIFT-001")
SEEN_TWICE = {
    NOTHING: (200, 400, 2_000, 20_000),
    "each entity comes 7 times": (2_100,),
    "few entities have most rows": (2_000, 20_000),
}
"""Where Evidently looks too."""
PLANTED_INTO = {
    NOTHING: (20, 100, 300, 900, 2_000, 20_000),
    "each entity comes 20 times": (2_000,),
    "each case of nobody is asked 5 times": (2_000,),
    "a weekend, the reference with times": (900,),
}


@dataclass(frozen=True)
class Rate:
    """How often something wrong was said of subjects of one size."""

    code: str
    rows: int
    tries: int
    times: int
    world: str = "nothing changes"
    wrong: str = "any word"

    @property
    def upper(self) -> float:
        """The share that the true one exceeds in one of twenty such simulations at most."""
        return share_at_most(self.times, self.tries, level=0.05)


def main(arguments: Sequence[str] = ()) -> None:
    """Simulate, and write the tables of docs/gates.md as each is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nulls", description=__doc__)
    parser.add_argument("--only", choices=("rates", "model rates", "power"), help="one of the tables")
    parser.add_argument("--share", type=float, default=1.0, help="this share of the repetitions, for a quick look")
    parser.add_argument("--processes", type=int, help="by default as many as there are processors")
    asked = parser.parse_args(arguments)
    jobs: dict[str, tuple[Callable[[Iterable[Rate]], str], list[Job]]] = {
        "rates": (_rates, [*_window_jobs(asked.share), *_second_jobs(asked.share)]),
        "model rates": (_rates, list(_model_jobs(asked.share))),
        "power": (_power, list(_planted_jobs())),
    }
    with ProcessPoolExecutor(asked.processes) as pool:
        for name in [asked.only] if asked.only else jobs:
            page, wanted = jobs[name]
            written(name, page(_added(pool.map(_run, wanted))))


def written(name: str, text: str) -> None:
    """Put a table between its marks in docs/gates.md, and show it."""
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")
    sys.stdout.write(text)


def clean_windows(world: str, rows: int, *, windows: int, seed: int) -> list[Rate]:
    """Judge windows in which nothing is wrong by our own examiners, against one reference."""
    rng, one = np.random.default_rng([1, rows, seed, _place(world)]), WORLDS[world]
    known = one.known(rng, seed)
    spoken = Counter(said for _ in range(windows) for said in known.words(one.draws(rng, rows)))
    codes = [code for code in OWN if CATALOGUE[code].minimum_rows <= rows]
    sorts = dict.fromkeys(SORT_OF.values())
    return [
        *(Rate(code, rows, windows, spoken[code], world, one.wrong) for code in (*codes, ANY)),
        *(Rate(ANY, rows, windows, spoken[sort], f"{world}: {sort} columns", one.wrong) for sort in sorts),
    ]


def second_looks(world: str, rows: int, *, windows: int, seed: int) -> list[Rate]:
    """Let Evidently judge windows of the same world, as it does once a week."""
    rng, one = np.random.default_rng([4, rows, seed, _place(world)]), SITUATIONS[world]
    known = one.known(rng, seed)
    return [
        Rate("DRIFT-002", rows, windows, sum(known.second_word(one.draws(rng, rows)) for _ in range(windows)), world)
    ]


def planted(world: str, rows: int, *, windows: int, seed: int = 1) -> list[Rate]:
    """Plant each fault into windows and count those in which a gate speaks."""
    rng, one = np.random.default_rng([2, rows, seed, _place(world)]), SITUATIONS[world]
    known = one.known(rng, seed)

    def found(plant: Plant) -> int:
        drawn = (one.draws(rng, rows) for _ in range(windows))
        return sum(bool(known.words(replace(seen, rows=plant(seen.rows)))) for seen in drawn)

    return [Rate(name, rows, windows, found(plant), world) for name, plant in FAULTS.items()]


def sound_models(name: str, rows: int, *, tries: int, seed: int) -> list[Rate]:
    """Judge models of which nothing wrong can be said, or that gain nothing."""
    rng, one = np.random.default_rng([3, rows, seed]), SUBJECTS[name]
    wrong = sum(one.is_wrong(rng, rows) for _ in range(tries))
    return [Rate(one.code, rows, tries, wrong, one.world, one.wrong)]


Plant = Callable[[pd.DataFrame], pd.DataFrame]
Job = Callable[[], list[Rate]]


def _place(world: str) -> int:
    return list(WORLDS).index(world)


def _run(job: Job) -> list[Rate]:
    return job()


def _window_jobs(share: float) -> Iterator[Job]:
    for world, one in WORLDS.items():
        for size in one.rows:
            for seed in range(math.ceil((_REPEATED if world == NOTHING else _FEWER) * share)):
                yield partial(clean_windows, world, size, windows=32 if size <= MANY else 12, seed=seed)


def _second_jobs(share: float) -> Iterator[Job]:
    for world, sizes in SEEN_TWICE.items():
        for size in sizes:
            for seed in range(math.ceil(_FEWER * share)):
                yield partial(second_looks, world, size, windows=100 if size <= MANY else 12, seed=seed)


def _planted_jobs() -> Iterator[Job]:
    for world, sizes in PLANTED_INTO.items():
        yield from (partial(planted, world, size, windows=4) for size in sizes)


def _model_jobs(share: float) -> Iterator[Job]:
    for name, one in SUBJECTS.items():
        jobs = math.ceil(_MODELS.get(one.code, 1_000) * share / _AT_ONCE)
        yield from (
            partial(sound_models, name, rows, tries=_AT_ONCE, seed=seed) for rows in one.rows for seed in range(jobs)
        )


_REPEATED, _FEWER, _AT_ONCE, MANY = 12, 4, 200, 2_100
_MODELS = {"PERF-001": 4_000, "PERF-002": 4_000, "PERF-004": 2_000, "PERF-006": 4_000, "PERF-013": 2_000} | {
    "DRIFT-003": 400,
    "DRIFT-004": 400,
}
"""How many models each gate is asked about, where not 1,000."""


def _added(results: Iterable[list[Rate]]) -> Iterator[Rate]:
    """Add the rates of the same subjects up, in the order in which they first came."""
    tries: Counter[Rate] = Counter()
    times: Counter[Rate] = Counter()
    for rate in (rate for result in results for rate in result):
        kind = Rate(rate.code, rate.rows, 0, 0, rate.world, rate.wrong)
        tries[kind] += rate.tries
        times[kind] += rate.times
    yield from (Rate(k.code, k.rows, tries[k], times[k], k.world, k.wrong) for k in tries)


def _rates(rates: Iterable[Rate]) -> str:
    """Write a table; a sort of columns, or a gate among several, stands there where it spoke."""
    head = ("code", "what is true", "wrong is", "rows", "tries", "wrong", "at most (95 %)", "promised")
    return table(head, (_row(rate) for rate in rates if rate.times or not _is_part(rate)))


def _is_part(rate: Rate) -> bool:
    is_sort = rate.code == ANY and rate.world not in WORLDS
    return is_sort or (rate.code in OWN and rate.world != NOTHING)


def _row(rate: Rate) -> tuple[str, ...]:
    counted = (f"{rate.rows:,}", f"{rate.tries:,}", str(rate.times), f"{rate.upper:.1%}")
    promised = "–" if rate.wrong == MISSED else f"{_promised(rate):.1%}"
    return rate.code, rate.world, rate.wrong, *counted, promised


def _promised(rate: Rate) -> float:
    subject, facts = SUBJECTS.get(f"{rate.code}: {rate.world}"), CATALOGUE.get(rate.code)
    if subject is not None and subject.promised is not None:
        return subject.promised
    return 0.01 if facts is None else facts.wrong_at_most or 0.0


def _power(given: Iterable[Rate]) -> str:
    rates = list(given)
    shares = {(rate.code, rate.world, rate.rows): f"{rate.times / rate.tries:.0%}" for rate in rates}
    columns = [(world, size) for world, sizes in PLANTED_INTO.items() for size in sizes]
    words = (counted(size, "row") + ("" if world == NOTHING else f", {world}") for world, size in columns)
    rows = ((name, *(shares[name, *column] for column in columns)) for name in FAULTS)
    return table(("planted", *words), rows)


if __name__ == "__main__":
    main(sys.argv[1:])
