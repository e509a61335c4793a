"""Once a package is proven and opened, nothing more is imported from its files: they may have changed since."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

OURS = frozenset({"flywheel", "deployments", "sitecustomize", "usercustomize"})


class NoMoreOfOurs(MetaPathFinder):
    """Refuses what was not imported when the package was proven."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse ours, and leave all else to the finders after it."""
        del path, target
        if fullname.partition(".")[0] in OURS:
            raise ImportError(f"{fullname} was not imported when the package was proven, and may have changed since")
        return None


def bar_own_imports() -> None:
    """Import nothing more of ours in this process and those it forks."""
    if not any(isinstance(finder, NoMoreOfOurs) for finder in sys.meta_path):
        sys.meta_path.insert(0, NoMoreOfOurs())
