"""Every experiment is tracked with all that made it: code, data, lock, seed, machine and cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import digest_bytes, digest_of
from flywheel.services.again.tracking import CPU_SECOND_PRICE, provenance
from flywheel.services.workbench import Workbench, code_state
from flywheel.settings import Settings
from tests.factories.charters import ROOT


@pytest.fixture
def bench(settings: Settings, catalog: Catalog) -> Iterator[Workbench]:
    code_state.cache_clear()
    yield Workbench(settings, catalog, Artifacts(settings.artifacts_root))
    code_state.cache_clear()


def test_an_experiment_keeps_what_is_needed_to_make_it_again(bench: Workbench) -> None:
    kept = provenance(bench, dataset_digest=digest_of("data"), seed=7, seconds=2.5)
    lock = (ROOT / "requirements.lock").read_bytes()
    assert (kept.data_digest, kept.seed, kept.lock_digest) == (digest_of("data"), 7, digest_bytes(lock))
    assert kept.cost == CPU_SECOND_PRICE * Decimal("2.5")
    assert "cores" in kept.hardware


def test_a_missing_lock_is_said_and_not_made_up(bench: Workbench, tmp_path: Path) -> None:
    elsewhere = Workbench(bench.settings.model_copy(update={"home": tmp_path}), bench.catalog, bench.artifacts)
    kept = provenance(elsewhere, dataset_digest=digest_of("data"), seed=7, seconds=0.0)
    assert (kept.lock_digest, kept.code_commit, kept.cost) == ("no lock", "not in git", Decimal(0))
