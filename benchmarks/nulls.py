"""How often gates speak where nothing is wrong, and how soon where something is: simulated, beside what is promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.gate_page import PAGE, between, table
from benchmarks.null_worlds import FAULTS, clean_world, drawn, rules_of
from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.domain.gates import Verdict
from flywheel.project.kinds import Kind
from validators import calibration, drift_own, input_contract, leakage, money, sentinels
from validators.batches import observe
from validators.profiles import Profile, make_profile
from validators.protocol import Checked
from validators.specs import ColumnRule
from validators.statistics import share_at_most

WORLD = clean_world()
RULES = rules_of(WORLD)
SIZES = (20, 100, 300, 900, 2_000, 20_000)


@dataclass(frozen=True)
class Rate:
    """How often something happened to subjects of one size."""

    code: str
    rows: int
    tries: int
    times: int

    @property
    def upper(self) -> float:
        """The share that the true one exceeds in one of twenty such simulations at most."""
        return share_at_most(self.times, self.tries, level=0.05)


def main() -> None:
    """Simulate, print, and write the tables of docs/gates.md."""
    nulls = [rate for size in SIZES for rate in clean_windows(size, references=6, windows=_fewer(size))]
    nulls += [rate for size in (100, 200, 1_000, 10_000) for rate in sound_models(size, tries=150)]
    found = [rate for size in SIZES for rate in planted(size, windows=2)]
    page = between(PAGE.read_text(encoding="utf-8"), "rates", _rates(nulls))
    PAGE.write_text(between(page, "power", _power(found)), encoding="utf-8")
    print(_rates(nulls), _power(found), sep="\n")


def clean_windows(rows: int, *, references: int, windows: int, seed: int = 1) -> Iterator[Rate]:
    """Judge windows of a world in which nothing changes, against references of 1,000 and of 5,000 rows in turn."""
    spoken = dict.fromkeys((*_WATCHING, "any of them"), 0)
    for place in range(references):
        rng = np.random.default_rng([seed, rows, place])
        profile = make_profile(drawn(WORLD, rng, (1_000, 5_000)[place % 2]), rules=RULES)
        for _ in range(windows):
            said = _words(drawn(WORLD, rng, rows), profile)
            for code in said:
                spoken[code] += 1
            spoken["any of them"] += bool(said)
    yield from (Rate(code, rows, references * windows, times) for code, times in spoken.items())


def planted(rows: int, *, windows: int, seed: int = 2) -> Iterator[Rate]:
    """Plant each fault into windows and count those in which a gate speaks."""
    rng = np.random.default_rng([seed, rows])
    profile = make_profile(drawn(WORLD, rng, 5_000), rules=RULES)
    for name, plant in FAULTS.items():
        found = sum(bool(_words(plant(drawn(WORLD, rng, rows)), profile)) for _ in range(windows))
        yield Rate(name, rows, windows, found)


def sound_models(rows: int, *, tries: int, seed: int = 3) -> Iterator[Rate]:
    """Judge models that earn nothing more, whose words are all true, and whose features know nothing."""
    rng = np.random.default_rng([seed, rows])
    for code, judged in _MODELS.items():
        yield Rate(code, rows, tries, sum(judged(rng, rows) for _ in range(tries)))


_WATCHING = ("INPUT-001", "DATA-003", "DRIFT-001")


def _words(window: pd.DataFrame, profile: Profile) -> set[str]:
    """Name the gates that say anything but that the rows are too few."""
    state = observe(window, profile)
    judged = (
        input_contract.check(window, rules=RULES, profile=profile),
        sentinels.check(state, profile=profile),
        drift_own.check(state, profile=profile),
    )
    return {one.result.code for one in judged if any(f.locator != "rows" for f in one.result.findings)}


def _passes_for_nothing(rng: np.random.Generator, rows: int) -> bool:
    gain = rng.choice([-140.0, 0.0, 140.0], rows, p=[0.1, 0.8, 0.1])
    return _is_passed(money.check_baseline(gain, np.zeros(rows), must_beat=0.0))


def _accuses_the_calibrated(rng: np.random.Generator, rows: int) -> bool:
    low, high = ((1.0, 8.0), (2.0, 2.0), (0.5, 0.5), (8.0, 8.0))[int(rng.integers(4))]
    said = rng.beta(low, high, rows)
    return not _is_passed(calibration.check(said, rng.random(rows) < said))


_BLIND = tuple(ColumnRule(f"x{place}", Kind.NUMBER) for place in range(5))


def _suspects_the_blind(rng: np.random.Generator, rows: int) -> bool:
    frame = pd.DataFrame({rule.name: rng.normal(size=rows) for rule in _BLIND})
    return not _is_passed(leakage.check(frame, np.arange(rows) % 10 == 0, rules=_BLIND))


def _is_passed(checked: Checked) -> bool:
    return checked.result.verdict is Verdict.PASSED


_MODELS: Mapping[str, Callable[[np.random.Generator, int], bool]] = {
    "PERF-001": _passes_for_nothing,
    "PERF-004": _accuses_the_calibrated,
    "PERF-005": _suspects_the_blind,
}


def _rates(rates: Iterable[Rate]) -> str:
    head = ("code", "rows", "tries", "wrong", "at most (95 %)", "promised")
    return table(head, (_row(rate) for rate in rates))


def _row(rate: Rate) -> tuple[str, ...]:
    facts = CATALOGUE.get(rate.code)
    promised = "1.0%" if facts is None else f"{facts.wrong_at_most or 0:.1%}"
    return rate.code, f"{rate.rows:,}", str(rate.tries), str(rate.times), f"{rate.upper:.1%}", promised


def _power(rates: list[Rate]) -> str:
    names = dict.fromkeys(rate.code for rate in rates)
    shares = {(rate.code, rate.rows): f"{rate.times / rate.tries:.0%}" for rate in rates}
    head = ("planted", *(f"{size:,} rows" for size in SIZES))
    return table(head, ((name, *(shares[name, size] for size in SIZES)) for name in names))


def _fewer(rows: int) -> int:
    return 12 if rows < 2_000 else 8 if rows < 20_000 else 2


if __name__ == "__main__":
    main()
