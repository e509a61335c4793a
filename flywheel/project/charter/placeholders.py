"""Tells answers that say nothing, since they repeat a key, its question or the example, from those that do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flywheel.project.charter.starter import read_template
from flywheel.project.charter.toml_text import Path, dotted, parse

_IN_WORDS = re.compile(r"title|problem\.(statement|objective)|data\.sources\..+\.purpose")
_SENTENCES = re.compile(r"problem\.(statement|objective)|data\.sources\..+\.purpose")
_OF_PEOPLE = re.compile(r"owner|stakeholders\..+")
_FILLERS = frozenset(
    re.findall(
        r"\w+",
        "title statement objective purpose problem decision process owner business value example placeholder text "
        "answer todo tbd fixme test xxx asdf foo bar none nothing na unknown lorem ipsum yes no ok",
    )
)
_EXAMPLES: tuple[Path, ...] = (
    ("title",),
    ("owner",),
    *(("problem", key) for key in ("statement", "objective", "decision", "process")),
    *(("stakeholders", key) for key in ("business", "validator")),
)
"""What a person must say, and a template can only show."""


def why_empty(key: str, question: str, answer: str) -> str:
    """Say why an answer in words says nothing; nothing where it does, or where no words are asked for."""
    if not _IN_WORDS.fullmatch(key):
        return ""
    words = _words(answer)
    if words <= _words(key) | _words(question) | _FILLERS:
        return "only repeats what is asked"
    return "says too little" if _SENTENCES.fullmatch(key) and len(answer.split()) < 2 else ""


def is_example(key: str, question: str, proposed: str) -> bool:
    """Whether what stands at a mark shows how an answer looks, and is none."""
    if _OF_PEOPLE.fullmatch(key):
        return any(address in proposed for address in re.findall(r"[a-z]+@example\.com", read_template()))
    return bool(proposed) and bool(why_empty(key, question, proposed))


def examples_in(document: Mapping[str, object]) -> tuple[str, ...]:
    """Name the keys of a charter that still say what the template shows."""
    template = parse(read_template(), file="project.toml")
    same = [dotted(path) for path in _EXAMPLES if _at(document, path) == _at(template, path) is not None]
    steps = ("problem", "process")
    if dotted(steps) not in same:  # of steps that are one's own, one may have the example's name
        same = [key for key in same if key != "problem.decision"]
    shown = {_at(source, ("purpose",)) for source in _sources(template).values()} - {None}
    kept = [name for name, source in _sources(document).items() if _at(source, ("purpose",)) in shown]
    return (*same, *(dotted(("data", "sources", name, "purpose")) for name in kept))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold().replace("_", " ")))


def _sources(document: Mapping[str, object]) -> Mapping[str, object]:
    found = _at(document, ("data", "sources"))
    return found if isinstance(found, Mapping) else {}


def _at(held: object, path: Path) -> object:
    for part in path:
        held = held.get(str(part)) if isinstance(held, Mapping) else None
    return held
