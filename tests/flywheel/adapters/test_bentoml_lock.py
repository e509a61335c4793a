"""The part of the lock that goes into a package, and its bill of materials."""

from __future__ import annotations

import json
from pathlib import Path

from flywheel.adapters.bentoml_lock import bill_of_materials, locked_requirements

LOCK = Path(__file__).resolve().parents[3] / "requirements.lock"


def test_a_cpu_package_takes_its_part_of_the_lock_with_hashes_and_nothing_of_the_flows() -> None:
    text = locked_requirements(LOCK, "cpu")
    assert "xgboost-cpu==" in text
    assert "--hash=sha256:" in text
    assert "prefect==" not in text


def test_a_gpu_package_differs_by_the_xgboost_that_knows_cuda() -> None:
    text = locked_requirements(LOCK, "gpu")
    assert "\nxgboost==" in text
    assert "xgboost-cpu" not in text


def test_the_bill_of_materials_lists_every_pin_once() -> None:
    document = json.loads(bill_of_materials(locked_requirements(LOCK, "cpu"), "card-default", "card-default:3"))
    names = [component["name"] for component in document["components"]]
    assert document["bomFormat"] == "CycloneDX"
    assert len(names) == len(set(names)) > 30
    assert "bentoml" in names
