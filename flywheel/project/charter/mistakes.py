"""Turns what pydantic says about a charter, or a signature, into sentences for its author."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flywheel.errors import Problem, shorten
from flywheel.project.charter.charter import Charter
from flywheel.project.charter.coming import coming_key, coming_value, present_name
from flywheel.project.charter.toml_text import Path, dotted

_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_FORMS = {
    "bool_type": "true or false, without quotes",
    "dict_type": "a table",
    "float_type": "a number, without quotes",
    "int_from_float": "a whole number",
    "int_type": "a whole number, without quotes",
    "mapping_type": "a table",
    "model_type": "a table",
    "string_type": "text in quotes",
    "tuple_type": "a list in brackets",
    "finite_number": "a finite number",
}


def mistakes_of(
    error: ValidationError, *, file: str, root: type[BaseModel] = Charter
) -> Iterator[tuple[Path, Problem]]:
    """Give each mistake with its path, once; `root` is what was being read."""
    details = error.errors(include_url=False)
    placed = [(*_path(detail["loc"], root), detail) for detail in details]
    seen: set[Path] = set()
    for path, model, detail in placed:
        is_echo = detail["type"] == "too_short" and any(path == other[: len(path)] != other for other, _, _ in placed)
        if path in seen or is_echo:  # a list is only too short because its entries are wrong
            continue
        seen.add(path)
        yield path, _problem(detail, path, model, file)


def _problem(detail: ErrorDetails, path: Path, annotation: object, file: str) -> Problem:
    key, kind, context = dotted(path), detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        if (coming := coming_key(path)) is not None:
            return Problem(file, key, coming.what, allowed=coming.meanwhile)
        choices = _keys(annotation)
        close = get_close_matches(str(path[-1]), choices, n=1)
        what = f"there is no key {shorten(path[-1])} here"
        return Problem(file, key, what, allowed=", ".join(choices), suggestion=close[0] if close else "")
    if kind == "missing":
        return Problem(file, key, "is missing", allowed=_described(annotation))
    found = shorten(detail["input"]) if not isinstance(detail["input"], dict | BaseModel) else ""
    if kind == "charter":
        return Problem(file, key, str(context["what"]), found=found, allowed=str(context["allowed"]))
    if kind in {"enum", "literal_error"}:
        return _not_a_choice(detail, path, annotation, file, found)
    return Problem(file, key, "is not allowed", found=found, allowed=_allowed(kind, context, detail["msg"]))


def _not_a_choice(detail: ErrorDetails, path: Path, annotation: object, file: str, found: str) -> Problem:
    key, value, choices = dotted(path), detail["input"], _choices(annotation)
    if (coming := coming_value(path, value)) is not None:
        return Problem(file, key, coming.what, found, coming.meanwhile)
    if name := present_name(path, value):
        return Problem(file, key, f"is called {name} now", found, f'write "{name}"')
    close = get_close_matches(str(value), choices, n=1)
    allowed = ", ".join(choices) or str(detail.get("ctx", {}).get("expected", ""))
    return Problem(file, key, "is not one of the choices", found, allowed, suggestion=close[0] if close else "")


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    bounds = [f"{word} {context[key]}" for key, word in _BOUNDS.items() if key in context]
    if bounds:
        return " and ".join(bounds)
    lengths = [
        f"{word} {context[key]}"
        for key, word in (("min_length", "at least"), ("max_length", "at most"))
        if key in context
    ]
    if lengths:
        return f"{' and '.join(lengths)} {'characters' if kind.startswith('string') else 'entries'}"
    return _FORMS.get(kind) or (f"text like {context['pattern']}" if "pattern" in context else message)


def _path(location: tuple[str | int, ...], root: type[BaseModel]) -> tuple[Path, object]:
    """Walk the models along a location; drop the parts that name a branch of a union and no key."""
    annotation: object = root
    parent: object = root
    path: list[str | int] = []
    for part in location:
        inner = _inner(annotation, part)
        if inner is None and isinstance(part, str) and path and not _models(annotation):
            continue
        parent = annotation
        annotation = inner
        path.append(part)
    return tuple(path), annotation if annotation is not None else parent


def _inner(annotation: object, part: str | int) -> object:
    for model in _models(annotation):
        hint = get_type_hints(model, include_extras=False).get(str(part))
        if hint is not None:
            return hint
    for option in _options(annotation):
        origin, arguments = get_origin(option), get_args(option)
        if origin is tuple and isinstance(part, int) and arguments:
            return arguments[0]
        if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(part, str) and part != "[key]":
            return arguments[1]
    return None


def _options(annotation: object) -> tuple[object, ...]:
    if get_origin(annotation) in {Union, types.UnionType}:
        return tuple(option for part in get_args(annotation) for option in _options(part))
    return (annotation,)


def _models(annotation: object) -> list[type[BaseModel]]:
    return [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]


def _keys(annotation: object) -> list[str]:
    return sorted(name for model in _models(annotation) for name in model.model_fields)


def _choices(annotation: object) -> list[str]:
    found: list[str] = []
    for option in _options(annotation):
        if isinstance(option, type) and issubclass(option, Enum):
            found += [str(member.value) for member in option]
        elif get_origin(option) is Literal:
            found += [str(choice) for choice in get_args(option)]
    return found


def _described(annotation: object) -> str:
    choices = _choices(annotation)
    keys = _keys(annotation)
    return ", ".join(choices) or (f"a table with {', '.join(keys)}" if keys else "")
