"""What signers read of a charter: every agreed key shows, texts of authors stay texts, and changes are named."""

from __future__ import annotations

from typing import Any

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import plain
from flywheel.domain.stages import Stage
from flywheel.errors import NotFound
from flywheel.project.loader import charter_from
from flywheel.project.stage_inputs import stages_of
from flywheel.services.dossier.agreement import agreement_page, agreement_text, sections_of
from flywheel.services.people.identity import Identity
from tests.factories.agreeing import AGREEING, Table, make_table
from tests.factories.every_key import CHANGES, changed, document
from tests.factories.people import BEN, IVAN, OWNER
from tests.factories.projects import SLUG, submitted
from tests.fakes.clock import SettableClock

AGREED = [key for key in CHANGES if Stage.IDEATION in stages_of(key.partition(".[]")[0])]


@pytest.fixture
def table(catalog: Catalog, identity: Identity, clock: SettableClock) -> Table:
    return make_table(catalog, identity, clock)


def shown(said: dict[str, Any]) -> object:
    return plain(sections_of(charter_from(said)))


@pytest.mark.parametrize("key", AGREED)
def test_every_key_that_is_signed_can_be_read(key: str) -> None:
    assert shown(changed(key)) != shown(document())


def test_the_page_names_digest_authors_and_whoever_signed(table: Table) -> None:
    digest = table.ask(table.register())
    table.sign(BEN)
    page = agreement_page(table.catalog, project=SLUG, digest=digest)
    for words in (digest, OWNER, BEN, "approve", "What is to be decided better", "Money", "Who is touched"):
        assert words in page


def test_the_page_names_whoever_registered_since_as_an_author(table: Table) -> None:
    project = table.register()
    digest = table.ask(project)
    submitted(table.catalog, project=project, policy=AGREEING, actor=IVAN)
    assert IVAN in agreement_page(table.catalog, project=SLUG, digest=digest)


def test_a_text_of_the_charter_becomes_no_tag(table: Table) -> None:
    evil = "<script>alert(1)</script> hurts."
    digest = table.ask(table.register(problem=table.said["problem"] | {"statement": evil}))
    page = agreement_page(table.catalog, project=SLUG, digest=digest)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_whoever_is_asked_again_reads_first_what_changed(table: Table) -> None:
    project = table.register()
    table.ask(project)
    table.sign(BEN)
    table.sign(IVAN)
    table.conclude(project)
    digest = table.ask(table.register(value=table.said["value"] | {"volume_per_year": 7}), run_id="run-2")
    text = agreement_text(table.catalog, project=SLUG)
    assert text.digest == digest
    assert text.changes == ({"key": "value.volume_per_year", "before": "240000", "now": "7"},)
    assert "What changed since people last signed" in agreement_page(table.catalog, project=SLUG, digest=digest)


def test_what_was_never_asked_has_no_page(table: Table) -> None:
    with pytest.raises(NotFound, match="never asked"):
        agreement_page(table.catalog, project=SLUG, digest="sha256:" + "0" * 64)
