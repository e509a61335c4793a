"""How often gates speak where nothing is wrong, and how soon where something is: simulated, beside what is promised."""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.gate_page import PAGE, between, table
from benchmarks.null_models import SUBJECTS
from benchmarks.null_worlds import FAULTS, asked_again, clean_world, drawn, rules_of, several
from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.errors import counted
from flywheel.project.tabular.certainty import ALONE, Units
from validators import drift_evidently, drift_own, input_contract, sentinels
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.repeats import cases_of
from validators.statistics import share_at_most

WORLD = clean_world()
RULES = rules_of(WORLD)
SORT_OF = {one.rule.name: one.sort for one in WORLD}
SIZES = (20, 100, 300, 900, 2_000, 20_000)
REFERENCES = (1_000, 5_000, 20_000)
ANY = "any of them"
OWN = ("INPUT-001", "DATA-003", "DRIFT-001")
SECOND = ("dense_0", "sparse_3", "heavy_lognormal", "heavy_pareto", "ties_mostly_zero", "rare_60", "missing_coded")
"""Evidently costs as much as all others together: it is shown a column or two of each sort."""


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
        "rates": (_rates, [*_window_jobs(asked.share), *_crowded_jobs(asked.share), *_second_jobs(asked.share)]),
        "model rates": (_rates, list(_model_jobs(asked.share))),
        "power": (_power, [(planted, (size, 4)) for size in SIZES]),
    }
    with ProcessPoolExecutor(asked.processes) as pool:
        for name in [asked.only] if asked.only else jobs:
            page, wanted = jobs[name]
            written(name, page(_added(pool.map(_run, wanted))))


def written(name: str, text: str) -> None:
    """Put a table between its marks in docs/gates.md, and show it."""
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), name, text), encoding="utf-8")
    sys.stdout.write(text)


def clean_windows(rows: int, *, reference: int, windows: int, seed: int) -> list[Rate]:
    """Judge windows of a world in which nothing changes by our own examiners, against one reference."""
    rng = np.random.default_rng([1, rows, seed])
    profile = make_profile(drawn(WORLD, rng, reference), rules=RULES)
    spoken = Counter(said for window in several(WORLD, rng, rows, windows) for said in _words(window, profile))
    sorts = dict.fromkeys(SORT_OF.values())
    codes = [code for code in OWN if CATALOGUE[code].minimum_rows <= rows]
    return [
        *(Rate(code, rows, windows, spoken[code]) for code in (*codes, ANY)),
        *(Rate(ANY, rows, windows, spoken[sort], world=f"{sort} columns") for sort in sorts),
    ]


def crowded_windows(entities: int, times: int, *, reference: tuple[int, int], windows: int, seed: int) -> list[Rate]:
    """Judge windows in which each entity comes many times, against a reference of other entities."""
    rng = np.random.default_rng([5, entities, times, seed])
    before, whose = asked_again(WORLD, rng, *reference)
    profile = make_profile(before.assign(entity=whose), rules=RULES, entity="entity")
    cases = (cases_of(*asked_again(WORLD, rng, entities, times), profile) for _ in range(windows))
    wrong = sum(ANY in _words(one.rows, profile, one.units) for one in cases)
    return [Rate(ANY, entities * times, windows, wrong, world=f"{entities} entities come {times} times each")]


def second_looks(rows: int, *, reference: int, windows: int, seed: int) -> list[Rate]:
    """Let Evidently judge windows of the same world, as it does once a week."""
    rng = np.random.default_rng([4, rows, seed])
    world = tuple(one for one in WORLD if one.rule.name in SECOND)
    before, rules = drawn(world, rng, reference), rules_of(world)
    judged = [drift_evidently.check(window, before, rules=rules) for window in several(world, rng, rows, windows)]
    return [Rate("DRIFT-002", rows, windows, sum(bool(_locators(one)) for one in judged))]


def planted(rows: int, windows: int, *, seed: int = 2) -> list[Rate]:
    """Plant each fault into windows and count those in which a gate speaks."""
    rng = np.random.default_rng([seed, rows])
    profile = make_profile(drawn(WORLD, rng, 5_000), rules=RULES)
    return [
        Rate(name, rows, windows, sum(bool(_words(plant(drawn(WORLD, rng, rows)), profile)) for _ in range(windows)))
        for name, plant in FAULTS.items()
    ]


def sound_models(name: str, rows: int, *, tries: int, seed: int) -> list[Rate]:
    """Judge models of which nothing wrong can be said, or that gain nothing."""
    rng, one = np.random.default_rng([3, rows, seed]), SUBJECTS[name]
    wrong = sum(one.is_wrong(rng, rows) for _ in range(tries))
    return [Rate(one.code, rows, tries, wrong, one.world, one.wrong)]


Job = tuple[Callable[..., list[Rate]], tuple[object, ...]]


def _run(job: Job) -> list[Rate]:
    function, arguments = job
    return function(*arguments)


def _windows(rows: int, reference: int, windows: int, seed: int) -> list[Rate]:
    return clean_windows(rows, reference=reference, windows=windows, seed=seed)


def _crowded(entities: int, times: int, reference: tuple[int, int], windows: int, seed: int) -> list[Rate]:
    return crowded_windows(entities, times, reference=reference, windows=windows, seed=seed)


def _seconds(rows: int, reference: int, windows: int, seed: int) -> list[Rate]:
    return second_looks(rows, reference=reference, windows=windows, seed=seed)


def _models(name: str, rows: int, tries: int, seed: int) -> list[Rate]:
    return sound_models(name, rows, tries=tries, seed=seed)


def _window_jobs(share: float) -> Iterator[Job]:
    for size in SIZES:
        for seed in range(math.ceil(_REPEATED * share)):
            yield _windows, (size, REFERENCES[seed % len(REFERENCES)], _windows_of(size), seed)


def _crowded_jobs(share: float) -> Iterator[Job]:
    for entities, times in ((50, 40), (100, 20), (300, 7), (700, 3)):
        for seed in range(math.ceil(_REPEATED * share)):
            yield _crowded, (entities, times, ((5_000, 1), (700, 7))[seed % 2], 32, seed)


def _second_jobs(share: float) -> Iterator[Job]:
    for size in (300, 2_000, 20_000):
        for seed in range(math.ceil(_REPEATED * share / 3)):
            yield _seconds, (size, (1_000, 5_000)[seed % 2], 25, seed)


def _model_jobs(share: float) -> Iterator[Job]:
    for name, one in SUBJECTS.items():
        jobs = math.ceil(_MODELS.get(one.code, 1_000) * share / _AT_ONCE)
        yield from ((_models, (name, rows, _AT_ONCE, seed)) for rows in one.rows for seed in range(jobs))


_REPEATED, _AT_ONCE = 12, 200
_MODELS = {"PERF-001": 4_000, "PERF-002": 4_000, "PERF-004": 2_000, "PERF-006": 4_000, "PERF-013": 2_000} | {
    "DRIFT-003": 400,
    "DRIFT-004": 400,
}
"""How many models each gate is asked about, where not 1,000."""


def _windows_of(rows: int) -> int:
    return 32 if rows <= 2_000 else 12


def _added(results: Iterable[list[Rate]]) -> Iterator[Rate]:
    """Add the rates of the same subjects up, in the order in which they first came."""
    tries: Counter[Rate] = Counter()
    times: Counter[Rate] = Counter()
    for rate in (rate for result in results for rate in result):
        kind = Rate(rate.code, rate.rows, 0, 0, rate.world, rate.wrong)
        tries[kind] += rate.tries
        times[kind] += rate.times
    yield from (Rate(k.code, k.rows, tries[k], times[k], k.world, k.wrong) for k in tries)


def _words(window: pd.DataFrame, profile: Profile, units: Units = ALONE) -> set[str]:
    """Name the gates that say anything, the sorts of columns of which they say it, and that any did."""
    judged = (
        input_contract.check(window, rules=RULES, profile=profile, units=units),
        sentinels.check(window, profile=profile, units=units),
        drift_own.check(window, profile=profile, units=units),
    )
    said = {one.result.code: _locators(one) for one in judged}
    told = {code for code, places in said.items() if places}
    sorts = {SORT_OF.get(place.partition(":")[0], "all") for places in said.values() for place in places}
    return told | sorts | ({ANY} if told else set())


def _locators(checked: Checked) -> set[str]:
    """Where something was found; that rows are too few is no word about them."""
    return {f.locator for f in checked.result.findings if f.locator != "rows" and f.severity.value != "info"}


def _rates(rates: Iterable[Rate]) -> str:
    head = ("code", "what is true", "wrong is", "rows", "tries", "wrong", "at most (95 %)", "promised")
    return table(head, map(_row, rates))


def _row(rate: Rate) -> tuple[str, ...]:
    counted = (f"{rate.rows:,}", f"{rate.tries:,}", str(rate.times), f"{rate.upper:.1%}", f"{_promised(rate):.1%}")
    return rate.code, rate.world, rate.wrong, *counted


def _promised(rate: Rate) -> float:
    subject, facts = SUBJECTS.get(f"{rate.code}: {rate.world}"), CATALOGUE.get(rate.code)
    if subject is not None and subject.promised is not None:
        return subject.promised
    return 0.01 if facts is None else facts.wrong_at_most or 0.0


def _power(given: Iterable[Rate]) -> str:
    rates = list(given)
    names = dict.fromkeys(rate.code for rate in rates)
    shares = {(rate.code, rate.rows): f"{rate.times / rate.tries:.0%}" for rate in rates}
    head = ("planted", *(counted(size, "row") for size in SIZES))
    return table(head, ((name, *(shares[name, size] for size in SIZES)) for name in names))


if __name__ == "__main__":
    main(sys.argv[1:])
