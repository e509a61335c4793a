"""`flywheel findings`: what somebody found about a version, and what a validator decided about it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.asking import asked_code, asked_owner_code
from flywheel.console.commands.authority import Code, OwnerCode, Version, after_day
from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.findings import FindingKind, FindingSeverity

if TYPE_CHECKING:
    from flywheel.domain.findings import Finding
    from flywheel.services.people.proof import Proof
    from flywheel.services.workbench import Workbench

CHANNEL = "cli"
findings = typer.Typer(help="What was found about a version: list, open, accept, close.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(metavar="FINDING", help="The finding's id, as listed.")]
Person = Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who is acting.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(findings, name="findings")


@findings.command("list")
def list_findings(version: Version, as_json: AsJson = False) -> None:
    """List the findings on a version; open ones of high severity block its release."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import findings as service

        found = service.findings_of(bench.catalog, version=version)
    if as_json:
        print_json(found)
        return
    now = datetime.now(UTC)
    rows = [(f.id, f.severity.value, f.kind.value, _state(f, now), f.owner, f.due_at, f.title) for f in found]
    print_table(("finding", "severity", "kind", "state", "owner", "due", "title"), rows, empty="nothing was found")


@findings.command("open")
def open_finding(
    version: Version,
    title: Annotated[str, typer.Argument(help="What was found, in one line.")],
    person: Person,
    kind: Annotated[FindingKind, typer.Option(help="What it is.")] = FindingKind.ISSUE,
    severity: Annotated[FindingSeverity, typer.Option(help="How severe it is.")] = FindingSeverity.MEDIUM,
    detail: Annotated[str, typer.Option(help="More about it.")] = "",
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Who is to fix it.")] = "",
    due: Annotated[str, typer.Option(metavar="DAY", help="By when, such as 2027-06-30.")] = "",
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Write down what you found; while it is open and of high severity, the version cannot be released."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import findings as service

        due_at = after_day(due) if due else None
        new = service.NewFinding(version, title, kind, severity, detail, owner, due_at)
        found = service.open_finding(bench.catalog, found=new, proof=_proof(bench, person, code))
    _say(found, as_json)


@findings.command()
def accept(
    finding: Which,
    person: Person,
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Who accepts the risk.", prompt="Who accepts the risk")],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day, such as 2027-06-30.", prompt="Until")],
    reason: Reason,
    code: Code = "",
    owner_code: OwnerCode = "",
    as_json: AsJson = False,
) -> None:
    """As a validator, record that a named person accepts the risk until a day; after it, the finding is open again.

    A person other than the validator who accepts the risk shows a one-time code as well.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import findings as service

        found = service.accept_finding(
            bench.catalog,
            finding=finding,
            owner=owner,
            until_at=after_day(until),
            reason=reason,
            proof=_proof(bench, person, code),
            owner_code=asked_owner_code(person, owner, owner_code),
        )
    _say(found, as_json)


@findings.command()
def close(finding: Which, person: Person, reason: Reason, code: Code = "", as_json: AsJson = False) -> None:
    """As a validator, close a finding and say how it was settled."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import findings as service

        found = service.close_finding(bench.catalog, finding=finding, reason=reason, proof=_proof(bench, person, code))
    _say(found, as_json)


def _proof(bench: Workbench, person: str, code: str) -> Proof:
    from flywheel.services.people.proof import Proof as Shown  # only with a catalog

    return Shown(bench.identity, person, asked_code(code), CHANNEL, f"{CHANNEL}:{uuid.uuid4()}")


def _state(finding: Finding, now: datetime) -> str:
    if finding.is_overdue(now):
        return "overdue"
    return "open" if finding.is_open(now) else finding.state.value


def _say(finding: Finding, as_json: bool) -> None:
    if as_json:
        print_json(finding)
    else:
        print(f"{finding.sentence(datetime.now(UTC))}: {finding.state.value}")
