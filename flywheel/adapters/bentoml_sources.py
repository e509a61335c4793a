"""Which of our own modules a service needs: its imports, followed to the end, and nothing besides."""

from __future__ import annotations

import ast
from pathlib import Path

OURS = ("flywheel", "deployments")


def sources_of(module: str, home: Path) -> dict[str, bytes]:
    """Read a module and all of ours that it imports, at its top or inside functions, but not for types alone."""
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
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        waiting.extend(ast.iter_child_nodes(node))
    return modules


def _packages_above(name: str) -> list[str]:
    folders = name.split("/")[:-1]
    return [".".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
