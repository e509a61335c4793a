"""Being asked and signing, on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from flywheel.adapters.artifacts import Artifacts
from flywheel.catalog.engine import Catalog
from flywheel.domain.digests import canonical_json
from flywheel.services.again.reproductions import record_reproduction
from flywheel.services.approval import signoffs
from flywheel.services.dossier import dossiers
from flywheel.services.modelling.versions import get_version
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import Enrolment
from flywheel.settings import Settings
from tests.factories.people import BEN, OWNER, VERA, code_of, enrol
from tests.factories.projects import registered
from tests.factories.versions import RUN, judged, put_dossier, registered_version
from tests.factories.walker import MADE_AGAIN
from tests.flywheel.console.conftest import Cli, Ran


@dataclass(frozen=True)
class Asked:
    """A version with a filed dossier, and the people who may sign it."""

    cli: Cli
    version: str
    digest: str
    people: dict[str, Enrolment]

    def sign(self, person: str, *more: str, code: str = "") -> Ran:
        """Sign with the code of this moment unless told otherwise."""
        code = code or code_of(self.people[person], datetime.now(UTC))
        return self.cli("sign", self.version, "--as", person, "--answer", "approve", "--code", code, *more)


@pytest.fixture
def asked(cli: Cli, catalog: Catalog, identity: Identity, settings: Settings) -> Asked:
    """A question that waits in the inboxes."""
    registered(catalog)
    version = registered_version(catalog)
    judged(catalog, version)
    document = dossiers.assemble(catalog, version=version.id)
    digest = Artifacts(settings.artifacts_root).put_bytes(canonical_json(document).encode())
    put_dossier(catalog, version=version.id, digest=digest, evidence_digest=digest)
    signoffs.request_signoff(catalog, version=version.id, dossier_digest=digest, run_id=RUN, actor="flow:validation")
    return Asked(cli, version.id, digest, enrol(catalog, identity, OWNER, BEN, VERA))


def test_inbox_holds_what_a_person_may_sign(asked: Asked) -> None:
    items = asked.cli("inbox", "--as", VERA, "--json").json
    assert [(item["version"], item["roles"]) for item in items] == [(asked.version, ["validator"])]


def test_inbox_of_the_author_is_empty(asked: Asked) -> None:
    assert "nothing waits" in asked.cli("inbox", "--as", OWNER).out


def test_showing_names_the_digest_and_what_it_stands_for(asked: Asked) -> None:
    shown = asked.cli("sign", asked.version, "--show")
    assert shown.code == 0
    assert f"you sign exactly this dossier: {asked.digest}" in shown.out
    assert "PERF-001" in shown.out
    assert "[question] Missing: nobody has estimated the return (value.loss_per_year" in shown.out


def test_showing_says_what_was_made_again_since_the_dossier_was_filed(asked: Asked, catalog: Catalog) -> None:
    nobody = "[gap] Missing: nobody has reproduced it"
    assert nobody in asked.cli("sign", asked.version, "--show").out
    digest = get_version(catalog, version=asked.version).model_digest
    record_reproduction(catalog, version=asked.version, model_digest=digest, made=MADE_AGAIN, actor=VERA)
    shown = asked.cli("sign", asked.version, "--show").out
    assert "nobody has reproduced it" not in shown
    assert "Since this dossier was filed, it was reproduced from the record: passed (20" in shown
    assert f"you sign exactly this dossier: {asked.digest}" in shown
    assert asked.cli("sign", asked.version, "--show", "--json").json["dossier"]["reproduction"] == {"state": "none"}


def test_sign_off_shows_first_and_then_counts(asked: Asked) -> None:
    signed = asked.sign(VERA, "--comment", "read it")
    assert signed.code == 0
    assert signed.out.index(asked.digest) < signed.out.index("approve is recorded")
    assert asked.sign(BEN, "--json").json["is_granted"]


def test_author_is_refused_with_the_reason(asked: Asked) -> None:
    refused = asked.sign(OWNER, "--role", "owner")
    assert refused.code == 3
    assert "author" in refused.err


def test_wrong_code_is_refused(asked: Asked) -> None:
    right = code_of(asked.people[VERA], datetime.now(UTC))
    refused = asked.sign(VERA, code=f"{(int(right) + 1) % 1_000_000:06}")
    assert (refused.code, refused.out) == (3, ""), "the reason alone"


def test_without_a_terminal_the_option_for_the_code_is_named(asked: Asked) -> None:
    refused = asked.cli("sign", asked.version, "--as", VERA, "--answer", "approve")
    assert (refused.code, "give it with --code" in refused.err) == (2, True)


def test_another_dossier_than_the_one_that_was_read_is_refused(asked: Asked) -> None:
    refused = asked.sign(VERA, "--dossier", "sha256:" + "0" * 64)
    assert refused.code == 3
    assert "changed since it was shown" in refused.err


def test_decision_and_person_are_asked_for_before_anything_else(asked: Asked) -> None:
    assert asked.cli("sign", asked.version).code == 2


def test_version_without_a_dossier_cannot_be_signed(asked: Asked, catalog: Catalog) -> None:
    other = registered_version(catalog, name="m2")
    refused = asked.cli("sign", other.id, "--show")
    assert refused.code == 3
    assert "no dossier" in refused.err


def test_dossier_that_was_swapped_on_disk_is_not_shown(asked: Asked, settings: Settings) -> None:
    path = Artifacts(settings.artifacts_root).path_of(asked.digest)  # type: ignore[arg-type]  # a digest
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"PERF-001", b"PERF-009"))
    refused = asked.cli("sign", asked.version, "--show")
    assert refused.code == 6
    assert "PERF-009" not in refused.out
