"""Rewrites of prediction logs: with the record's key nobody has other rows count than those that were answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy.exc import IntegrityError

from flywheel.adapters.predictions.chain import Chain, Line, content_of
from flywheel.adapters.predictions.chaining import Part, Rewrite, carry_out, plan_rewrite
from flywheel.adapters.predictions.segments import joined, parse, put_together, write_draft
from flywheel.catalog.engine import Catalog
from flywheel.domain.events import READ_ONLY, Draft, SubjectKind, Verb
from flywheel.domain.payloads.serving import PredictionsRewritten
from flywheel.errors import Conflict, FlywheelError, Refused
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from flywheel.services.record.sealing import SealAtHand
from flywheel.services.watching import prediction_rewrites
from flywheel.services.watching.prediction_logs import check_logs, examine, seal_log
from flywheel.services.watching.prediction_rewrites import (
    Asked,
    attest_compaction,
    attest_erasure,
    attest_set_aside,
    complete,
)
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk
from tests.factories.people import OWNER, code_of
from tests.fakes.clock import SettableClock
from tests.flywheel.adapters.predictions.test_segments import PROJECT, later, log

DAYS = 10
Making = Callable[[Path, Chain], Part]


@pytest.fixture
def folder(catalog: Catalog, settings: Settings) -> Path:
    """A sealed log of some days, which can be put together."""
    for day in range(DAYS):
        log(settings.predictions_root, day)
    made = settings.predictions_root / PROJECT
    assert seal_log(catalog, made, generation=1, actor="steward")
    return made


@pytest.fixture
def program(settings: Settings, folder: Path, database_url: str, clock: SettableClock) -> Iterator[Catalog]:
    """The record as any program of ours holds it but the notary."""
    del folder
    opened = Catalog.open(database_url, sealer=SealAtHand(settings), clock=clock)
    yield opened
    opened.close()


def tables(folder: Path, lines: tuple[Line, ...]) -> list[pa.Table]:
    contents = [(line.name, content_of(folder, line)) for line in lines]
    return [parse(name, content) for name, content in contents if content is not None]


def written(folder: Path, table: pa.Table, lines: tuple[Line, ...]) -> Line:
    return write_draft(table, folder, first=lines[0].span[0], last=lines[-1].span[1])


def rescored(folder: Path, chain: Chain) -> Part:
    table = joined(tables(folder, chain.lines))
    return Part(
        chain.lines, written(folder, table.set_column(5, table.schema.field(5), pa.array([0.0] * DAYS)), chain.lines)
    )


def shortened(folder: Path, chain: Chain) -> Part:
    return Part(chain.lines, written(folder, joined(tables(folder, chain.lines)).slice(1), chain.lines))


def doubled(folder: Path, chain: Chain) -> Part:
    found = tables(folder, chain.lines)
    return Part(chain.lines, written(folder, joined([*found, found[0]]), chain.lines))


def moved_in_time(folder: Path, chain: Chain) -> Part:
    made = write_draft(joined(tables(folder, chain.lines)), folder, first=1, last=2)
    return Part(chain.lines, made)


def left_out(folder: Path, chain: Chain) -> Part:
    del folder
    return Part(chain.lines[:3])


def of_no_log(folder: Path, chain: Chain) -> Part:
    lines = tuple(replace(line, digest="sha256:0") for line in chain.lines)
    return Part(lines, written(folder, joined(tables(folder, chain.lines)), chain.lines))


FALSE: dict[str, Making] = {
    one.__name__: one for one in (rescored, shortened, doubled, moved_in_time, left_out, of_no_log)
}


def planned(catalog: Catalog, folder: Path, making: Making) -> Rewrite:
    chain = examine(catalog, folder).chain
    return plan_rewrite(folder, chain, parts=[making(folder, chain)])


@pytest.mark.parametrize("making", FALSE.values(), ids=FALSE)
def test_what_does_not_come_of_the_rows_that_it_replaces_is_not_attested(
    catalog: Catalog, settings: Settings, folder: Path, making: Making
) -> None:
    rewrite, before = planned(catalog, folder, making), record.head(catalog)
    with pytest.raises(FlywheelError):
        attest_compaction(catalog, settings=settings, asked=Asked.of(rewrite))
    assert record.head(catalog) == before


def test_a_rewrite_that_is_true_is_attested_and_holds(catalog: Catalog, settings: Settings, folder: Path) -> None:
    rewrite = put_together(folder, examine(catalog, folder).chain, now=later())
    assert rewrite is not None
    attest_compaction(catalog, settings=settings, asked=Asked.of(rewrite))
    complete(rewrite)
    assert check_logs(catalog, settings.predictions_root).problems == ()


@pytest.mark.parametrize("making", [rescored, shortened])
def test_without_the_notarys_own_making_other_rows_would_count(
    catalog: Catalog, settings: Settings, folder: Path, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prediction_rewrites, "is_remade", lambda *_: True)
    rewrite = planned(catalog, folder, making)
    attest_compaction(catalog, settings=settings, asked=Asked.of(rewrite))
    complete(rewrite)
    assert check_logs(catalog, settings.predictions_root).problems == ()


@pytest.mark.parametrize("verb", [Verb.PREDICTIONS_REPLACED, *READ_ONLY])
def test_no_program_tells_the_record_of_a_rewrite(program: Catalog, folder: Path, verb: Verb) -> None:
    rewrite = planned(program, folder, rescored)
    said = PredictionsRewritten(
        PROJECT,
        prediction_rewrites.COMPACTION,
        rewrite.before.lines,
        rewrite.before.digest,
        rewrite.after.lines,
        rewrite.after.digest,
        *(DAYS, DAYS, "x", 1, DAYS, "x"),
    )
    with pytest.raises((Refused, IntegrityError)), program.begin() as work:
        work.append(Draft(verb, "steward", SubjectKind.ENDPOINT, PROJECT, rewrite.after.digest, said))


def test_a_rewrite_that_the_record_was_not_told_of_is_named(catalog: Catalog, settings: Settings, folder: Path) -> None:
    assert carry_out(planned(catalog, folder, rescored))
    (problem, *_) = check_logs(catalog, settings.predictions_root).problems
    assert "the chain differs there" in problem or "the chain ends before that" in problem


def test_what_was_planned_on_a_chain_that_has_gone_is_asked_for_again(
    catalog: Catalog, settings: Settings, folder: Path
) -> None:
    rewrite = planned(catalog, folder, rescored)
    asked = Asked.of(rewrite)
    with pytest.raises(Conflict, match="changed meanwhile"):
        attest_compaction(
            catalog, settings=settings, asked=replace(asked, before=replace(asked.before, digest="sha256:0"))
        )


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_desk(catalog, identity, clock)


def shown(desk: Desk) -> Proof:
    return Proof(desk.identity, OWNER, code_of(desk.people[OWNER], desk.clock()), "test", "k")


def test_an_erasure_leaves_every_other_row_as_it_was(desk: Desk, settings: Settings, folder: Path) -> None:
    def one_rescored(folder: Path, chain: Chain) -> Part:
        (table,), line = tables(folder, chain.lines[:1]), chain.lines[:1]
        return Part(line, written(folder, table.set_column(5, table.schema.field(5), pa.array([0.0])), line))

    asked = (Asked.of(planned(desk.catalog, folder, one_rescored)),)
    with pytest.raises(Refused, match="holds other rows"):
        attest_erasure(
            desk.catalog, settings=settings, proof=shown(desk), project=PROJECT, entity="x", reason="y", asked=asked
        )


def test_nothing_sound_is_set_aside(desk: Desk, settings: Settings, folder: Path) -> None:
    asked = (Asked.of(planned(desk.catalog, folder, left_out)),)
    with pytest.raises(Refused, match="was altered"):
        attest_set_aside(desk.catalog, settings=settings, proof=shown(desk), project=PROJECT, reason="y", asked=asked)
