"""A project's own code: what it may define, how it is looked at without being run, and how it is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from flywheel.domain.digests import Digest, digest_bytes
from flywheel.errors import CharterError, Problem
from flywheel.project.toml_text import read_text

if TYPE_CHECKING:
    import pandas as pd

HOOKS_FILE = "hooks.py"


class Prepare(Protocol):
    """Cleans the joined rows before they become a dataset version; pure, and never adds the target to features."""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Take the joined rows and give back the rows to learn from."""
        ...


@dataclass(frozen=True)
class Hooks:
    """The hooks of a project, ready to call; a missing hook is the tabular default."""

    prepare: Prepare | None = None


SIGNATURES: dict[str, tuple[str, ...]] = {"prepare": ("frame",)}
"""Every hook and the names of its arguments."""


@dataclass(frozen=True)
class HookSource:
    """The text of `hooks.py`, the hooks that it defines, and its digest."""

    text: str = field(repr=False)
    names: tuple[str, ...]
    digest: Digest


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
    problems = tuple(_problems(tree))
    names = tuple(
        sorted(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in SIGNATURES)
    )
    return HookSource(text, names, digest_bytes(text.encode())), problems


def load_hooks(source: HookSource | None) -> Hooks:
    """Run the text that was read, under a module name of its own, and hand out its hooks."""
    if source is None:
        return Hooks()
    if digest_bytes(source.text.encode()) != source.digest:
        raise CharterError((Problem(HOOKS_FILE, "", "is not the text that was registered"),))
    name = f"flywheel_hooks_{source.digest.removeprefix('sha256:')[:16]}"
    module = sys.modules.get(name) or _run(source, name)
    return Hooks(**{hook: getattr(module, hook) for hook in source.names})


def _run(source: HookSource, name: str) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = HOOKS_FILE
    code = compile(source.text, HOOKS_FILE, "exec")
    sys.modules[name] = module  # dataclasses and pickling look the module up while it runs
    try:
        exec(code, module.__dict__)  # noqa: S102  a registered project's own code is meant to run
    except BaseException:
        del sys.modules[name]
        raise
    return module


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
