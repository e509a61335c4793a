"""Findings: anybody with a role opens one, only an uninvolved validator settles it, and a grave one shuts the door."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flywheel.catalog.engine import Catalog
from flywheel.domain.events import Verb
from flywheel.domain.findings import Finding, FindingKind, FindingSeverity, FindingState
from flywheel.errors import NotFound, Refused
from flywheel.services.approval import findings
from flywheel.services.approval.findings import NewFinding
from flywheel.services.dossier import dossiers
from flywheel.services.people.identity import Identity
from flywheel.services.people.proof import Proof
from flywheel.services.record import record
from tests.factories.desk import Desk, make_desk
from tests.factories.people import BEN, OWNER, VERA, VIKTOR, code_of
from tests.fakes.clock import SettableClock


@pytest.fixture
def desk(catalog: Catalog, identity: Identity, clock: SettableClock) -> Desk:
    """A version that waits for signatures."""
    return make_desk(catalog, identity, clock)


def proof(desk: Desk, person: str, *, key: str = "", code: str = "") -> Proof:
    desk.clock.move(timedelta(seconds=30))
    shown = code or code_of(desk.people[person], desk.clock())
    return Proof(desk.identity, person, shown, "cli", key or f"{person}:{desk.clock()}")


def opened(desk: Desk, severity: FindingSeverity = FindingSeverity.HIGH, *, by: str = VERA) -> Finding:
    new = NewFinding(desk.version.id, "income is missing for the self-employed", severity=severity, owner=OWNER)
    return findings.open_finding(desk.catalog, found=new, proof=proof(desk, by))


def borne(
    desk: Desk, finding: Finding, *, owner: str = BEN, days: float = 10, owner_code: str | None = None, by: str = VERA
) -> Finding:
    """Have somebody bear a finding, who says so with a code of their own unless told otherwise."""
    until_at = desk.clock() + timedelta(days=days)
    shown = proof(desk, by)
    mine = code_of(desk.people[owner], desk.clock()) if owner in desk.people else ""
    return findings.accept_finding(
        desk.catalog,
        finding=finding.id,
        owner=owner,
        until_at=until_at,
        reason="few of them",
        proof=shown,
        owner_code=mine if owner_code is None else owner_code,
    )


def signed(desk: Desk) -> None:
    desk.sign(BEN)
    desk.sign(VERA)


def test_an_open_grave_finding_shuts_the_door_though_everybody_signed(desk: Desk) -> None:
    signed(desk)
    found = opened(desk)
    with pytest.raises(Refused, match=found.id):
        desk.release()
    findings.close_finding(desk.catalog, finding=found.id, reason="filled in at the source", proof=proof(desk, VERA))
    desk.release()


@pytest.mark.parametrize("severity", [FindingSeverity.LOW, FindingSeverity.MEDIUM])
def test_lighter_findings_are_shown_and_let_it_pass(desk: Desk, severity: FindingSeverity) -> None:
    signed(desk)
    opened(desk, severity)
    desk.release()
    document = dossiers.assemble(desk.catalog, version=desk.version.id)
    assert isinstance(document["findings"], list)
    assert len(document["findings"]) == 1


def test_a_borne_risk_opens_the_door_until_its_day_and_no_longer(desk: Desk) -> None:
    signed(desk)
    found = opened(desk)
    accepted = borne(desk, found)
    assert (accepted.state, accepted.owner) == (FindingState.ACCEPTED, BEN)
    desk.release()
    desk.clock.move(timedelta(days=11))
    now = findings.findings_of(desk.catalog, version=desk.version.id)[0]
    assert now.is_open(desk.clock())
    assert now.closes_the_door(desk.clock())


@pytest.mark.parametrize(("person", "why"), [(OWNER, "is an author"), (BEN, "only a validator may settle")])
def test_authors_and_others_settle_nothing_and_the_attempt_is_kept(desk: Desk, person: str, why: str) -> None:
    found = opened(desk)
    with pytest.raises(Refused, match=why):
        findings.close_finding(desk.catalog, finding=found.id, reason="fine", proof=proof(desk, person))
    assert findings.findings_of(desk.catalog, version=desk.version.id)[0].state is FindingState.OPEN
    assert any(event.verb is Verb.SIGNOFF_REFUSED for event in record.list_events(desk.catalog))


@pytest.mark.parametrize(
    ("owner", "days", "why"), [("", 10, "name the person"), (BEN, 0, "until that day"), (BEN, 400, "until that day")]
)
def test_a_risk_is_borne_by_somebody_and_until_a_day_near_enough(desk: Desk, owner: str, days: int, why: str) -> None:
    found = opened(desk)
    with pytest.raises(Refused, match=why):
        borne(desk, found, owner=owner, days=days)


@pytest.mark.parametrize(
    ("owner", "owner_code", "why"),
    [
        (BEN, "", "has not said so with a code of their own"),
        (BEN, "000000", "code is wrong"),
        ("eve@elsewhere.example", "123456", "holds no role"),
    ],
)
def test_nobody_bears_a_risk_without_saying_so(desk: Desk, owner: str, owner_code: str, why: str) -> None:
    found = opened(desk)
    with pytest.raises(Refused, match=why):
        borne(desk, found, owner=owner, owner_code=owner_code)
    assert findings.findings_of(desk.catalog, version=desk.version.id)[0].state is FindingState.OPEN


def test_a_wrong_code_counts_against_whoever_it_should_have_been_of(desk: Desk) -> None:
    found = opened(desk)
    for _ in range(desk.identity.max_wrong_codes):
        with pytest.raises(Refused, match=f"code is wrong for {BEN}; next"):
            borne(desk, found, owner_code="000000")
    with pytest.raises(Refused, match=f"{BEN} is locked after too many wrong codes"):
        borne(desk, found)
    findings.close_finding(desk.catalog, finding=found.id, reason="mine counts", proof=proof(desk, VERA))


def test_a_validator_who_bears_it_shows_one_code(desk: Desk) -> None:
    assert borne(desk, opened(desk), owner=VERA, owner_code="").owner == VERA


def test_the_owners_code_is_used_up_with_the_decision(desk: Desk) -> None:
    first, second = opened(desk), opened(desk)
    code = code_of(desk.people[BEN], desk.clock() + timedelta(seconds=30))
    borne(desk, first, owner_code=code)
    with pytest.raises(Refused, match="code"):
        borne(desk, second, owner_code=code, by=VIKTOR)


def test_a_wrong_code_opens_nothing(desk: Desk) -> None:
    new = NewFinding(desk.version.id, "made up")
    with pytest.raises(Refused, match="code"):
        findings.open_finding(desk.catalog, found=new, proof=proof(desk, VERA, code="000000"))
    assert findings.findings_of(desk.catalog, version=desk.version.id) == ()


def test_a_stranger_opens_nothing(desk: Desk) -> None:
    new = NewFinding(desk.version.id, "made up")
    stranger = Proof(desk.identity, "eve@elsewhere.example", "123456", "cli", "k")
    with pytest.raises(Refused, match="not known here"):
        findings.open_finding(desk.catalog, found=new, proof=stranger)


def test_the_same_key_opens_one_finding(desk: Desk) -> None:
    new = NewFinding(desk.version.id, "once", kind=FindingKind.LIMITATION)
    first = findings.open_finding(desk.catalog, found=new, proof=proof(desk, VERA, key="k"))
    assert findings.open_finding(desk.catalog, found=new, proof=proof(desk, VERA, key="k")) == first
    assert len(findings.findings_of(desk.catalog, version=desk.version.id)) == 1


def test_a_closed_finding_stays_closed(desk: Desk) -> None:
    found = opened(desk)
    findings.close_finding(desk.catalog, finding=found.id, reason="done", proof=proof(desk, VERA))
    with pytest.raises(Refused, match="closed already"):
        findings.close_finding(desk.catalog, finding=found.id, reason="again", proof=proof(desk, VERA))


def test_a_finding_that_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        findings.close_finding(
            desk.catalog, finding=f"{desk.version.id}-finding-9", reason="x", proof=proof(desk, VERA)
        )


def test_overdue_is_computed(desk: Desk) -> None:
    due_at = desk.clock() + timedelta(days=5)
    new = NewFinding(desk.version.id, "late", due_at=due_at)
    found = findings.open_finding(desk.catalog, found=new, proof=proof(desk, VERA))
    assert not found.is_overdue(desk.clock())
    assert found.is_overdue(due_at)


def test_a_rebuild_gives_the_same_findings(desk: Desk) -> None:
    found = opened(desk)
    borne(desk, found, days=3)
    before = findings.findings_of(desk.catalog, version=desk.version.id)
    record.rebuild(desk.catalog)
    assert findings.findings_of(desk.catalog, version=desk.version.id) == before
