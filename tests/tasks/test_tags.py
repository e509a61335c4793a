"""Tags: outside a run nobody is asked; within one, what is there stays, and digests are cut short."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tasks import tags

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = uuid.UUID(int=7)


@pytest.fixture
def updates(monkeypatch: pytest.MonkeyPatch) -> list[tuple[uuid.UUID, list[str]]]:
    """What Prefect's client is asked to write about this run, which has one tag already."""
    asked: list[tuple[uuid.UUID, list[str]]] = []

    def update_flow_run(run: uuid.UUID, *, tags: list[str]) -> None:
        asked.append((run, tags))

    @contextmanager
    def get_or_create() -> Iterator[Any]:
        yield SimpleNamespace(client=SimpleNamespace(update_flow_run=update_flow_run))

    monkeypatch.setattr(tags, "SyncClientContext", SimpleNamespace(get_or_create=get_or_create))
    monkeypatch.setattr(
        tags, "flow_run", SimpleNamespace(get_id=lambda: str(RUN), get_tags=lambda: ["project:card-default"])
    )
    return asked


def test_tags_are_added_to_those_that_are_there_and_empty_ones_left_out(
    updates: list[tuple[uuid.UUID, list[str]]],
) -> None:
    tags.tag_run(version="card-default:1", dataset="")
    assert updates == [(RUN, ["project:card-default", "version:card-default:1"])]


def test_a_digest_is_cut_short(updates: list[tuple[uuid.UUID, list[str]]]) -> None:
    tags.tag_run(dossier=f"sha256:{'ab' * 32}")
    assert updates[0][1][0] == f"dossier:{'ab' * 6}"


def test_what_is_there_already_is_not_written_again(updates: list[tuple[uuid.UUID, list[str]]]) -> None:
    tags.tag_run(project="card-default")
    assert updates == []


def test_outside_a_run_nobody_is_asked(
    updates: list[tuple[uuid.UUID, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "flow_run", SimpleNamespace(get_id=lambda: None))
    tags.tag_run(version="card-default:1")
    assert updates == []
