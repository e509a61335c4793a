"""Great Expectations and Evidently, imported once for all tests here."""

from __future__ import annotations

import importlib
import warnings

import pytest


@pytest.fixture(scope="session")
def foreign_examiners() -> None:
    """Import both where warnings are no errors: what they say while being imported (deprecations) is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("great_expectations", "evidently", "evidently.metrics"):
            importlib.import_module(name)
