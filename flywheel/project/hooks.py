"""A project's own code: what it may define, and how it is looked at without being run; it runs in a cell alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import packages_distributions
from pathlib import Path

from flywheel.domain.digests import Digest, digest_bytes
from flywheel.domain.own_code import HOOKS_FILE, Hook
from flywheel.errors import Problem, holds_secret
from flywheel.project.charter.toml_text import read_text

SIGNATURES: dict[str, tuple[str, ...]] = {
    Hook.PREPARE.value: ("frame",),
    Hook.FEATURES.value: ("frame",),
    Hook.CANDIDATES.value: (),
}
"""Every hook and the names of its arguments."""


@dataclass(frozen=True)
class HookSource:
    """The text of `hooks.py`, the hooks that it defines, and its digest."""

    text: str = field(repr=False)
    names: tuple[str, ...]
    digest: Digest

    def has(self, hook: Hook) -> bool:
        """Whether it defines a hook."""
        return hook.value in self.names


def read_hooks(path: Path) -> tuple[HookSource | None, tuple[Problem, ...]]:
    """Look at `hooks.py` without running it."""
    return look_at_hooks(read_text(path))


def look_at_hooks(text: str) -> tuple[HookSource | None, tuple[Problem, ...]]:
    """Look at the text of a `hooks.py` without running it."""
    try:
        tree = ast.parse(text, filename=HOOKS_FILE)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        what = f"is not valid Python: {error.msg if isinstance(error, SyntaxError) else 'too deeply nested'}"
        return None, (Problem(HOOKS_FILE, "", what, line=line),)
    problems = (*_problems(tree), *_secrets(text))
    names = tuple(
        sorted(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in SIGNATURES)
    )
    return HookSource(text, names, digest_bytes(text.encode())), problems


def libraries_of(text: str) -> tuple[str, ...]:
    """Name the installed packages that the code imports, and pandas, by which it is given its rows."""
    names = {"pandas"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    known = packages_distributions()
    return tuple(sorted({package for name in names for package in known.get(name, ())}))


def _problems(tree: ast.Module) -> Iterator[Problem]:
    defined: set[str] = set()
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if node.name not in SIGNATURES:
            close = get_close_matches(node.name, SIGNATURES, n=1)
            allowed = f"{', '.join(SIGNATURES)}; a function of your own begins with _"
            yield Problem(
                HOOKS_FILE, node.name, "is not a hook", allowed=allowed, suggestion="".join(close), line=node.lineno
            )
            continue
        if node.name in defined:
            yield Problem(HOOKS_FILE, node.name, "is defined twice", line=node.lineno)
        defined.add(node.name)
        yield from _signature_problems(node)
    if not defined:
        yield Problem(HOOKS_FILE, "", "defines no hook", allowed=f"{', '.join(SIGNATURES)}; or leave the file out")


def _secrets(text: str) -> Iterator[Problem]:
    """Tell the passwords in the text: the record would keep it for ever, and keeps none, so that it would change."""
    what = "holds a password, which the record would show to everybody for ever"
    allowed = "no addresses with passwords: a hook reaches nothing that would ask for one"
    for number, line in enumerate(text.splitlines(), 1):
        if holds_secret(line):
            yield Problem(HOOKS_FILE, "", what, allowed=allowed, line=number)


def _signature_problems(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Problem]:
    expected = SIGNATURES[node.name]
    arguments = node.args
    names = tuple(argument.arg for argument in (*arguments.posonlyargs, *arguments.args))
    allowed = f"def {node.name}({', '.join(expected)})"
    has_more = bool(arguments.vararg or arguments.kwarg or arguments.kwonlyargs)
    if names != expected or has_more:
        yield Problem(HOOKS_FILE, node.name, "has other arguments", ", ".join(names), allowed, line=node.lineno)
    if isinstance(node, ast.AsyncFunctionDef):
        yield Problem(HOOKS_FILE, node.name, "is async", "async def", allowed, line=node.lineno)
