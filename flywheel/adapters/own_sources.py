"""Which of our own modules one of them needs: its imports, followed to the end, and nothing besides."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache
from pathlib import Path

OURS = ("flywheel", "tasks", "validators", "flows", "deployments")


def sources_of(
    module: str, home: Path, ours: Collection[str] = OURS, without: Collection[str] = ()
) -> dict[str, bytes]:
    """Read a module and all of ours that it imports or starts by name, also inside functions, not for types alone.

    Those that are to be left out are not followed either.
    """
    found: dict[str, bytes] = {}
    met = set(without)
    waiting = [module]
    while waiting:
        needed = waiting.pop()
        path = None if needed in met else _file_of(needed, home, ours)
        met.add(needed)
        if path is None:
            continue
        name = path.relative_to(home).as_posix()
        found[name] = path.read_bytes()
        waiting.extend(_imports(found[name]))
        waiting.extend(_packages_above(name))
    return found


def _file_of(module: str, home: Path, ours: Collection[str]) -> Path | None:
    if module.split(".", maxsplit=1)[0] not in ours:
        return None
    stem = home.joinpath(*module.split("."))
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


@cache
def _imports(source: bytes) -> tuple[str, ...]:
    modules: list[str] = []
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_dotted(node.value):
            modules.append(node.value)
        waiting.extend(ast.iter_child_nodes(node))
    return tuple(modules)


def _is_dotted(word: str) -> bool:
    """Whether it may be the name of a module, as `python -m` takes it."""
    return "." in word and word.replace(".", "").isidentifier()


def _packages_above(name: str) -> list[str]:
    folders = name.split("/")[:-1]
    return [".".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
