"""`flywheel incidents`: what has gone wrong, who has it in hand, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.asking import asked
from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.errors import InputRefused

if TYPE_CHECKING:
    from flywheel.services.incidents.incidents import IncidentRecord

incidents = typer.Typer(help="What has gone wrong: list, acknowledge, resolve.", no_args_is_help=True)
Incident = Annotated[str, typer.Argument(metavar="INCIDENT", help="The incident's id, as listed.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(incidents, name="incidents")


@incidents.command("list")
def list_incidents(
    project: Annotated[str, typer.Option(help="Only of this project.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List incidents that are not resolved."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.incidents import incidents as service

        found = service.list_incidents(bench.catalog, project=project or None, is_unresolved=not everything)
        told = {one.id: service.faults_of(bench.catalog, incident=one.id) for one in found}
    if as_json:
        print_json([{**vars(one), "faults": told[one.id]} for one in found])
        return
    rows = [(i.id, i.severity.value, i.state.value, i.opened_at, i.occurrences, i.title) for i in found]
    print_table(("incident", "severity", "state", "opened", "times", "title"), rows, empty="no incident is open")
    for incident in found:
        print(f"\n{incident.id}{_about(incident)}: {incident.cause}")
        for action in incident.actions:
            print(f"  - {action}")
        if len(told[incident.id]) > 1:
            for fault in told[incident.id]:
                print(f"  fault {fault.number}: {fault.title}{' (over)' if fault.is_over else ''}")


@incidents.command()
def ack(incident: Incident, actor: Acting = "", code: ActingCode = "", as_json: AsJson = False) -> None:
    """Acknowledge an incident: it is no longer escalated."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.incidents import incidents as service

        record = service.acknowledge(bench.catalog, incident=incident, proof=proof_of(bench, actor, code))
    _say(record.id, record.state.value, record, as_json)


@incidents.command()
def resolve(
    incident: Incident,
    resolution: Annotated[str, typer.Option(help="What was wrong and what was done.", prompt="What was done")],
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Which of several faults that stand in it, by its number as listed, or all; may be repeated."
        ),
    ] = None,
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """End an incident, or some of its faults, saying what was done."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.incidents import incidents as service

        before = [one for one in service.faults_of(bench.catalog, incident=incident) if not one.is_over]
        faults = _chosen(fault or [], {one.number: one.title for one in before}, incident)
        proof = proof_of(bench, actor, code)
        record = service.resolve(bench.catalog, incident=incident, resolution=resolution, proof=proof, faults=faults)
        after = [one for one in service.faults_of(bench.catalog, incident=incident) if not one.is_over]
    closed = ", ".join(one.title for one in before if one not in after)
    left = ", ".join(one.title for one in after)
    stands = f"; {left} {'stands' if len(after) == 1 else 'stand'}" if left else ""
    _say(record.id, f"{record.state.value}; closed: {closed}{stands}", record, as_json)


def _chosen(said: list[str], standing: Mapping[int, str], incident: str) -> tuple[int, ...]:
    """Read which faults are over; where several stand and none is named, ask."""
    if not said and len(standing) > 1:
        typer.echo("\n".join(f"fault {number}: {title}" for number, title in standing.items()), err=True)
        said = asked("which of these are over? Numbers, or all", option="--fault").replace(",", " ").split()
    if said == ["all"]:
        return tuple(standing)
    if not all(map(str.isdecimal, said)):
        allowed = "; ".join(f"{number}: {title}" for number, title in standing.items())
        raise InputRefused(f"no such fault stands in {incident}", found=", ".join(said), allowed=f"all; {allowed}")
    return tuple(map(int, said))


def _about(incident: IncidentRecord) -> str:
    """Name the version, and from when to when in its traffic it was seen."""
    version = f" ({incident.version}" if incident.version else ""
    if version and incident.window_from and incident.window_until:
        version += f", traffic from {incident.window_from:%Y-%m-%d %H:%M} to {incident.window_until:%Y-%m-%d %H:%M} UTC"
    return f"{version})" if version else ""


def _say(incident: str, state: str, record: object, as_json: bool) -> None:
    if as_json:
        print_json(record)
    else:
        print(f"{incident} is {state}")
