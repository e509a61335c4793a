"""`flywheel waivers`: which gates' findings are tolerated, by whom and up to which day."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.asking import asked_code, asked_owner_code
from flywheel.console.commands.authority import Code, OwnerCode, day
from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table

if TYPE_CHECKING:
    from flywheel.catalog.waiver import GrantedWaiver
    from flywheel.services.people.proof import Proof
    from flywheel.services.workbench import Workbench

CHANNEL = "cli"
waivers = typer.Typer(help="Which gates' findings are tolerated up to a day: list, grant, end.", no_args_is_help=True)
Person = Annotated[str, typer.Option("--as", metavar="EMAIL", help="The validator who decides; no author.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(waivers, name="waivers")


@waivers.command("list")
def list_waivers(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")],
    as_json: AsJson = False,
) -> None:
    """List a project's waivers, ended ones too."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import waivers as service

        found = service.list_waivers(bench.catalog, project=project)
    if as_json:
        print_json(found)
        return
    rows = [
        (one.id, one.subject_id, one.waiver.code, one.waiver.subject, one.waiver.until, _state(one), one.waiver.owner)
        for one in found
    ]
    headings = ("waiver", "on", "gate", "finding", "last day", "state", "accountable")
    print_table(headings, rows, empty="nothing is waived")


@waivers.command()
def grant(
    subject: Annotated[str, typer.Argument(help="A version (card:3), a dataset version (card/data@...), a project.")],
    person: Person,
    gate: Annotated[str, typer.Option(metavar="CODE", help="The gate, such as PERF-011.")],
    owner: Annotated[str, typer.Option(metavar="EMAIL", help="Who is accountable for it.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day, such as 2027-06-30.")],
    reason: Reason,
    about: Annotated[
        str, typer.Option(help="What the finding is about, such as a column; empty: nothing in particular.")
    ] = "",
    code: Code = "",
    owner_code: OwnerCode = "",
    as_json: AsJson = False,
) -> None:
    """Tolerate one finding of one gate up to a day; it stays visible, and from the next day the gate closes again.

    The finding must be there now. A gate that could not judge, and a missing gate, cannot be waived.
    A person other than the validator who is accountable shows a one-time code as well.
    """
    last = day(until)
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import waivers as service

        wanted = service.NewWaiver(subject, gate, about, owner, reason, last)
        made = service.grant_waiver(
            bench.catalog,
            wanted=wanted,
            proof=_proof(bench, person, code),
            owner_code=asked_owner_code(person, owner, owner_code),
        )
    _say(made, as_json)


@waivers.command()
def end(
    waiver: Annotated[str, typer.Argument(metavar="WAIVER", help="The waiver's id, as listed.")],
    person: Person,
    reason: Reason,
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Take a waiver back before its day: the gate closes again."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import waivers as service

        ended = service.end_waiver(bench.catalog, waiver=waiver, reason=reason, proof=_proof(bench, person, code))
    _say(ended, as_json)


def _proof(bench: Workbench, person: str, code: str) -> Proof:
    from flywheel.services.people.proof import Proof as Shown  # only with a catalog

    return Shown(bench.identity, person, asked_code(code), CHANNEL, f"{CHANNEL}:{uuid.uuid4()}")


def _state(granted: GrantedWaiver) -> str:
    if granted.ended_by:
        return f"ended by {granted.ended_by}"
    return "holds" if granted.holds(datetime.now(UTC)) else "over"


def _say(granted: GrantedWaiver, as_json: bool) -> None:
    if as_json:
        print_json(granted)
        return
    waiver = granted.waiver
    place = f" about {waiver.subject}" if waiver.subject else ""
    print(f"{granted.id}: {waiver.code}{place} on {granted.subject_id} up to {waiver.until}: {_state(granted)}")
