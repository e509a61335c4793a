"""P4: a version serves only if every gate of its policy passed and the quorum of distinct non-authors signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from flywheel.catalog.engine import Catalog
from flywheel.services.people.identity import Identity
from tests.fakes.clock import SettableClock
from tests.promises.door import Door, numbers
from tests.promises.door_guards import GUARDS, Removal
from tests.promises.door_stories import STORIES, Story

RUNS = settings(
    max_examples=12,
    stateful_step_count=24,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate,),
)


@pytest.fixture
def door(catalog: Catalog, identity: Identity, clock: SettableClock) -> Iterator[Callable[[], None]]:
    Door.catalog, Door.identity, Door.clock = catalog, identity, clock
    yield lambda: run_state_machine_as_test(Door, settings=RUNS)
    del Door.catalog, Door.identity, Door.clock


def test_only_what_may_serve_serves(door: Callable[[], None]) -> None:
    door()
    assert next(numbers) > 100, "the machine has hardly moved"


@pytest.mark.usefixtures("door")
def test_every_story_goes_as_the_model_says() -> None:
    before = next(numbers)
    tell(*STORIES.values())
    assert next(numbers) > before + len(STORIES)


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("remove", "seen", "story"),
    [(remove, *caught) for remove, caught in GUARDS.items()],
    ids=[removal.__name__ for removal in GUARDS],
)
def test_each_guards_removal_is_caught(monkeypatch: pytest.MonkeyPatch, remove: Removal, seen: str, story: str) -> None:
    remove(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        tell(STORIES[story])


def tell(*stories: Story) -> None:
    """Live through stories, one after another, with a version of their own."""
    machine = Door()
    machine.begin()
    for story in stories:
        machine.live_through(story)
