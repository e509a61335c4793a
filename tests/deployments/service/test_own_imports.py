"""Nothing of ours is imported once a package has been proven."""

from __future__ import annotations

import importlib
import sys

import pytest

from deployments.service.own_imports import NoMoreOfOurs, bar_own_imports


def test_ours_is_refused_and_all_else_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in ("deployments.service.values", "colorsys"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    bar_own_imports()
    bar_own_imports()
    assert sum(isinstance(finder, NoMoreOfOurs) for finder in sys.meta_path) == 1
    importlib.import_module("colorsys")
    with pytest.raises(ImportError, match="was not imported when the package was proven"):
        importlib.import_module("deployments.service.values")
