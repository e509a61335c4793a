"""Which of our own modules a service needs: its imports, followed to the end, and nothing besides."""

from __future__ import annotations

import ast
from pathlib import Path

OURS = ("flywheel", "deployments")


def sources_of(module: str, home: Path) -> dict[str, bytes]:
    """Read the files of a module and of all of ours that it imports, at its top or inside functions."""
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        path = _file_of(waiting.pop(), home)
        name = path.relative_to(home).as_posix() if path else ""
        if path is None or name in found:
            continue
        found[name] = path.read_bytes()
        waiting.extend(_imports(found[name]))
        waiting.extend(_packages_above(name))
    return found


def _file_of(module: str, home: Path) -> Path | None:
    if module.split(".", maxsplit=1)[0] not in OURS:
        return None
    stem = home.joinpath(*module.split("."))
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _imports(source: bytes) -> list[str]:
    modules = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return modules


def _packages_above(name: str) -> list[str]:
    folders = name.split("/")[:-1]
    return [".".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
