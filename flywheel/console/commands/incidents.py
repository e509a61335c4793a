"""`flywheel incidents`: what has gone wrong, who has it in hand, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.opening import Acting, ActingCode, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table

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
    if as_json:
        print_json(found)
        return
    rows = [(i.id, i.severity.value, i.state.value, i.opened_at, i.occurrences, i.title) for i in found]
    print_table(("incident", "severity", "state", "opened", "times", "title"), rows, empty="no incident is open")
    for incident in found:
        print(f"\n{incident.id}{_about(incident)}: {incident.cause}")
        for action in incident.actions:
            print(f"  - {action}")


@incidents.command()
def ack(incident: Incident, actor: Acting = "", code: ActingCode = "", as_json: AsJson = False) -> None:
    """Take an incident in hand: it is not escalated any more."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.incidents import incidents as service

        record = service.acknowledge(bench.catalog, incident=incident, proof=proof_of(bench, actor, code))
    _say(record.id, record.state.value, record, as_json)


@incidents.command()
def resolve(
    incident: Incident,
    resolution: Annotated[str, typer.Option(help="What was wrong and what was done.", prompt="What was done")],
    actor: Acting = "",
    code: ActingCode = "",
    as_json: AsJson = False,
) -> None:
    """End an incident, saying what was done."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.incidents import incidents as service

        proof = proof_of(bench, actor, code)
        record = service.resolve(bench.catalog, incident=incident, resolution=resolution, proof=proof)
    _say(record.id, record.state.value, record, as_json)


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
