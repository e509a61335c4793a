"""P21: what people are shown and whose work it is, the notary finds out itself: the record's key makes up neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
import pytest

from flywheel.adapters.notary_line import Line
from flywheel.adapters.postgres import postgres
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.catalog.ground import Footing
from flywheel.catalog.version import read_version
from flywheel.domain.digests import Digest, Json, digest_bytes, digest_of
from flywheel.domain.events import Draft, SubjectKind, Verb
from flywheel.domain.logins import Login
from flywheel.domain.payloads.making import DossierFiled, VersionResubmitted
from flywheel.errors import Conflict, FlywheelError, Refused, Tampered
from flywheel.services.dossier import dossiers
from flywheel.services.dossier.page import render
from flywheel.services.people.identity import Identity
from flywheel.services.record.sealing import SealAtHand
from flywheel.services.serving import releases
from flywheel.services.standing import weighing, worth_signing
from flywheel.settings import Settings
from tests.factories.desk import Desk, make_desk
from tests.factories.notaries import at_work
from tests.factories.people import BEN, OWNER, VERA
from tests.factories.versions import RUN, make_package
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    return make_desk(catalog, identity, clock)


@pytest.fixture
def flow(desk: Desk, settings: Settings, database_url: str, clock: SettableClock) -> Iterator[Catalog]:
    """The record as any process of ours holds it but the notary."""
    opened = Catalog.open(database_url, sealer=SealAtHand(settings), clock=clock, notary=Line(settings))
    with at_work(settings, clock=desk.clock):
        yield opened
    opened.close()


@dataclass(frozen=True)
class Papers:
    """A document and its page, by their digests."""

    digest: Digest
    page: Digest

    @classmethod
    def of(cls, document: dict[str, Json]) -> Papers:
        digest = digest_of(document)
        return cls(digest, digest_bytes(render(document, digest=digest).encode()))

    def file(self, catalog: Catalog, desk: Desk) -> None:
        dossiers.file_dossier(
            catalog, version=desk.version.id, digest=self.digest, evidence_digest=self.page, run_id=RUN, actor="flow:x"
        )


def assembled(catalog: Catalog, desk: Desk) -> dict[str, Json]:
    return dossiers.assemble(catalog, version=desk.version.id)


def test_the_dossier_of_the_record_is_filed_for_whoever_assembled_it_too(desk: Desk, flow: Catalog) -> None:
    papers = Papers.of(assembled(flow, desk))
    papers.file(flow, desk)
    with desk.catalog.look() as work:
        filed = read_version(work.session, desk.version.id)
    assert (filed.dossier_digest, filed.evidence_digest) == (papers.digest, papers.page)


@pytest.mark.parametrize("what", ["a figure", "a page of another"])
def test_another_document_or_page_is_not_filed(desk: Desk, flow: Catalog, what: str) -> None:
    true = Papers.of(assembled(flow, desk))
    made_up = Papers.of({**assembled(flow, desk), "gaps": []})
    assert made_up != true
    shown = made_up if what == "a figure" else replace(true, page=made_up.page)
    with pytest.raises(Conflict, match="is not the dossier that the record yields"):
        shown.file(flow, desk)


def test_who_cannot_attest_files_none_past_the_notary(desk: Desk, flow: Catalog) -> None:
    said = DossierFiled(desk.version.project, digest_of("page"), desk.version.terms, RUN)
    with pytest.raises(Refused, match="may attest no decision"), flow.begin() as work:
        work.append(Draft(Verb.DOSSIER_FILED, "flow:x", SubjectKind.VERSION, desk.version.id, digest_of("x"), said))


ALTERED = {
    "experiment": "UPDATE experiment SET kpi = 999",
    "test_look": "UPDATE test_look SET sequence = sequence + 1",
    "dataset": "DELETE FROM dataset",
    "edge": "DELETE FROM edge",
    "gate_result": "UPDATE gate_result SET verdict = 'warned'",
}


@pytest.mark.parametrize("table", ALTERED)
def test_a_table_that_was_altered_is_told_before_it_is_shown(
    desk: Desk, flow: Catalog, server: Settings, settings: Settings, table: str
) -> None:
    url = postgres.database_url(server, settings.database.name, driver="", login=Login.RECORD)
    with psycopg.connect(url) as connection:
        connection.execute(ALTERED[table])
    try:
        papers = Papers.of(assembled(flow, desk))
    except (FlywheelError, LookupError):
        papers = Papers(digest_of("x"), digest_of("y"))
    with pytest.raises(Tampered, match="the tables are not what the record says"):
        papers.file(flow, desk)


def test_without_a_look_at_what_is_shown_altered_figures_would_be_filed(
    desk: Desk, server: Settings, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UnitOfWork, "stand_on_all_shown", lambda *_: None)
    url = postgres.database_url(server, settings.database.name, driver="", login=Login.RECORD)
    with psycopg.connect(url) as connection:
        connection.execute(ALTERED["experiment"])
    Papers.of(assembled(desk.catalog, desk)).file(desk.catalog, desk)


def registered_for(desk: Desk, catalog: Catalog, *authors: str) -> Desk:
    """The version, as if it had been registered by others than those who made it, under the record's key."""
    said = VersionResubmitted(
        project=desk.version.project,
        policy_digest=desk.version.policy_digest,
        project_digest=desk.version.project_digest,
        authors=authors,
        authorship={},
    )
    with catalog.begin() as work:
        work.append(
            Draft(
                Verb.VERSION_RESUBMITTED,
                "flow:x",
                SubjectKind.VERSION,
                desk.version.id,
                desk.version.model_digest,
                said,
            )
        )
    return replace(desk, catalog=replace(desk.catalog, footing=Footing()))


LACKS = f"was registered without {OWNER}, an author by the record"


def test_an_author_who_is_left_out_bars_approvals_and_the_door(desk: Desk, flow: Catalog) -> None:
    forged = registered_for(desk, flow, "nobody@bank.example")
    with pytest.raises(Refused, match=LACKS):
        forged.sign(VERA)
    with pytest.raises(Refused, match=LACKS):
        releases.make_release(
            forged.catalog, version=desk.version.id, run_id="r", actor="flow:x", package=make_package(desk.version)
        )


def test_without_that_look_approvals_of_a_work_that_is_nobodys_would_count(
    desk: Desk, flow: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (weighing, worth_signing):
        monkeypatch.setattr(module, "authors_lack", lambda *_: ())
    forged = registered_for(desk, flow, "nobody@bank.example")
    forged.sign(BEN)
    assert forged.sign(VERA).is_granted
