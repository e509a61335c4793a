"""Reads what is left of a charter when its mistakes are cut out, so that the rest is still held together."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from flywheel.project.charter.charter import Charter
from flywheel.project.charter.mistakes import mistakes_of
from flywheel.project.charter.toml_text import Path

_PLACEHOLDERS = {"name": "unnamed", "title": "untitled", "owner": "nobody@nowhere.example"}
_MOST_ROUNDS = 8


def without(values: Mapping[str, Any], wrong: Iterable[Path]) -> tuple[Charter | None, frozenset[Path]]:
    """Cut out the wrong places, and what cannot stand without them; give what is left and what was cut."""
    rest: dict[str, Any] = _PLACEHOLDERS | copy.deepcopy(dict(values))
    cut: set[Path] = set()
    for _ in range(_MOST_ROUNDS):
        cut |= {_cut_out(rest, path) for path in sorted(wrong, key=_last_first)}
        rest = _PLACEHOLDERS | rest
        try:
            return Charter.model_validate(rest), frozenset(cut)
        except ValidationError as error:
            wrong = [path for path, _ in mistakes_of(error, file="")]
    return None, frozenset(cut)


def spoken_columns(values: Mapping[str, Any]) -> frozenset[str]:
    """Every column name that a document declares, wherever it is otherwise wrong."""
    data = values.get("data")
    data = data if isinstance(data, dict) else {}
    columns, sources = data.get("columns"), data.get("sources")
    keys = [data.get(key) for key in ("target", "entity", "time")]
    joins = [source.get("join") for source in _tables(sources) if isinstance(source, dict)]
    declared = list(columns) if isinstance(columns, dict) else []
    return frozenset(name for name in (*declared, *keys, *joins) if isinstance(name, str))


def _tables(node: object) -> list[object]:
    return list(node.values()) if isinstance(node, dict) else []


def _last_first(path: Path) -> tuple[tuple[bool, int, str], ...]:
    """Order list entries from the back, so that cutting one does not move the next."""
    return tuple((isinstance(part, str), -part if isinstance(part, int) else 0, str(part)) for part in path)


def _cut_out(rest: dict[str, Any], path: Path) -> Path:
    """Remove the value at a path, or the table that lacks it."""
    node: Any = rest
    for depth, part in enumerate(path):
        is_there = part in node if isinstance(node, dict) else isinstance(part, int) and 0 <= part < len(node)
        if not is_there:
            return _cut_out(rest, path[:depth]) if depth else path
        if depth == len(path) - 1 or not isinstance(node[part], dict | list):
            del node[part]
            return path[: depth + 1]
        node = node[part]
    return path
