"""The table of verbs is whole: each verb says one thing, and the nouns that it names are the nouns that move."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.catalog.projections import NOUNS
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.payloads import approval, making, people, serving, walk
from flywheel.domain.payloads.people import SessionEnded, SessionOpened
from flywheel.domain.payloads.serving import CostRecorded
from flywheel.domain.payloads.table import TOLD, read_payload
from flywheel.errors import InputRefused
from flywheel.services.record import record
from tests.fakes.clock import START

HOME = Path(__file__).resolve().parents[4]
MOVED = {
    verb: {noun.__name__.rpartition(".")[2]: noun.PROJECTIONS[verb] for noun in NOUNS if verb in noun.PROJECTIONS}
    for verb in Verb
}


def test_every_verb_says_something() -> None:
    assert set(TOLD) == set(Verb)


@pytest.mark.parametrize("verb", Verb)
def test_the_nouns_that_the_table_names_are_those_that_take_what_it_says(verb: Verb) -> None:
    assert sorted(TOLD[verb].moves) == sorted(MOVED[verb])
    for projection in MOVED[verb].values():
        _, _, said = inspect.signature(projection).parameters
        takes = get_type_hints(projection)[said]
        assert TOLD[verb].payload in (get_args(takes) or (takes,))


def test_every_verb_is_appended_by_the_code_and_every_class_is_said_by_a_verb() -> None:
    written = "\n".join(path.read_text() for path in (HOME / "flywheel" / "services").rglob("*.py"))
    named = {ast.unparse(node) for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Attribute)}
    assert [verb for verb in Verb if f"Verb.{verb.name}" not in named] == []
    there = {
        kind
        for module in (approval, making, people, serving, walk)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
    }
    assert there - {told.payload for told in TOLD.values()} == {making.Raw}


def test_a_payload_of_another_verb_is_refused() -> None:
    with pytest.raises(InputRefused, match=r"session\.opened: channel is missing"):
        read_payload(Verb.SESSION_OPENED, {})


@pytest.mark.parametrize(
    "draft",
    [
        Draft(Verb.SESSION_OPENED, "a", SubjectKind.PERSON, "a", "", SessionEnded()),
        Draft(Verb.SESSION_ENDED, "a", SubjectKind.PERSON, "a", "", SessionOpened("cli", START)),
        Draft(Verb.COST_RECORDED, "a", SubjectKind.PROJECT, "p", "", CostRecorded("r", "cpu", "much", 1)),  # type: ignore[arg-type]  # the point
    ],
    ids=["missing", "unknown", "another type"],
)
def test_what_an_event_may_not_say_is_refused_and_nothing_is_written(catalog: Catalog, draft: Draft) -> None:
    with pytest.raises(InputRefused), catalog.begin() as work:
        work.append(draft)
    assert record.head(catalog).sequence == 0
