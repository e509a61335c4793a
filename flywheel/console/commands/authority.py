"""`flywheel withdraw`, `restore`, `stop`, `delegate`, `break-glass`: versions back and forth, roles lent."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.asking import asked_code, hidden
from flywheel.console.opening import Acting, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused

if TYPE_CHECKING:
    from flywheel.services.people.proof import Proof
    from flywheel.services.workbench import Workbench

CHANNEL = "cli"
Code = Annotated[str, typer.Option(help="The one-time code; asked for when it is not given.")]
OwnerCode = Annotated[
    str,
    typer.Option(
        help="The one-time code of the person who accepts the risk, if another; asked for when it is not given."
    ),
]
Version = Annotated[str, typer.Argument(help="The model version, such as card-default:3.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(withdraw)
    app.command()(restore)
    app.command()(stop)
    app.command()(delegate)
    app.command("break-glass")(break_glass)


def withdraw(
    version: Version,
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Whose approval it is.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")],
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Take one's own approval back.

    Before release the others are asked again; in production the endpoint falls back as planned and the owner is asked.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import withdrawals

        standing = withdrawals.withdraw(
            bench.catalog,
            identity=bench.identity,
            version=version,
            person=person,
            reason=reason,
            code=asked_code(code),
            channel=CHANNEL,
            key=f"{CHANNEL}:{uuid.uuid4()}",
        )
    if as_json:
        print_json(standing)
    else:
        print(f"{person}: withdrawn. {version} is {standing.sentence()}")


def restore(
    version: Version,
    reason: Annotated[str, typer.Option(help="What was corrected.", prompt="What was corrected")],
    person: Acting = "",
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Let a version that was taken back serve again.

    It must pass the checks of a release again: incidents resolved, gates, findings and signatures valid.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import restoring

        proof = _by_code(bench, person, code)
        endpoint = restoring.restore(bench.catalog, version=version, reason=reason, proof=proof)
    if as_json:
        print_json(endpoint)
    else:
        print(
            f"{endpoint.project}: {endpoint.version} will answer again; until it is ready, usually half a "
            "minute, what answered before continues to (nobody, where it was stopped)\n"
            f"next: `flywheel status {endpoint.project}` says who answers"
        )


def stop(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")],
    person: Acting = "",
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Stop a project's endpoint: neither its model nor its rule answers.

    Connections are refused, since the port is released. `flywheel restore VERSION` lets a version that served
    answer again.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.serving import halting

        proof = _by_code(bench, person, code)
        endpoint = halting.halt(bench.catalog, project=project, reason=reason, proof=proof)
    if as_json:
        print_json(endpoint)
    else:
        print(f"the endpoint of {project} is stopped\nnext: `flywheel status {project}`")


def delegate(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="The project's short name.")],
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who delegates the role.")] = "",
    to: Annotated[str, typer.Option(metavar="EMAIL", help="Who signs instead.")] = "",
    role: Annotated[Role, typer.Option(help="The role that is delegated.")] = Role.VALIDATOR,
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day, such as 2027-06-30.")] = "",
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Take the role back now.")] = False,
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Delegate a role to another person for a time; without --as, list the delegations.

    Authors neither give nor receive delegations; each sign-off names the person it was given for.
    """
    if not person:
        _list(project, as_json)
        return
    if not to or not (end or until):
        raise typer.BadParameter("name the person (--to EMAIL) and the last day (--until DAY), or give --end")
    until_at = None if end else after_day(until)
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import delegations

        key, shown = f"{CHANNEL}:{uuid.uuid4()}", asked_code(code)
        if until_at is None:
            delegations.end_delegation(
                bench.catalog,
                identity=bench.identity,
                project=project,
                role=role,
                giver=person,
                receiver=to,
                code=shown,
                channel=CHANNEL,
                key=key,
            )
        else:
            delegations.delegate(
                bench.catalog,
                identity=bench.identity,
                project=project,
                role=role,
                giver=person,
                receiver=to,
                until_at=until_at,
                reason=reason,
                code=shown,
                channel=CHANNEL,
                key=key,
            )
    words = "is back" if until_at is None else f"is delegated to {to} until {until_at:%Y-%m-%d %H:%M} UTC"
    if as_json:
        print_json({"project": project, "role": role, "giver": person, "receiver": to, "until_at": until_at})
    else:
        print(f"{role.value} of {person} in {project} {words}")


def break_glass(
    version: Version,
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who takes responsibility.")],
    witness: Annotated[str, typer.Option(metavar="EMAIL", help="Another person of the project, no author.")],
    hours: Annotated[int, typer.Option(help="For how long at most; the policy has a limit.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")],
    code: Code = "",
    witness_code: Annotated[str, typer.Option(help="The witness's one-time code.")] = "",
    as_json: AsJson = False,
) -> None:
    """Release a version without its missing signatures, for some hours.

    It overrides no failed gate, no rejection and no swapped package. It pages, stays in the record, and the
    endpoint falls back when the hours are over and the signatures are still missing.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import break_glass as service

        standing = service.break_glass(
            bench.catalog,
            identity=bench.identity,
            version=version,
            person=person,
            code=asked_code(code),
            witness=witness,
            witness_code=witness_code or hidden("the witness's code", option="--witness-code"),
            reason=reason,
            hours=hours,
            channel=CHANNEL,
            key=f"{CHANNEL}:{uuid.uuid4()}",
        )
    if as_json:
        print_json(standing)
    else:
        print(f"{version} is {standing.sentence()}")


def _by_code(bench: Workbench, person: str, code: str) -> Proof:
    """Ask for the code of whoever is named, or else logged in: a session is not enough for what this does."""
    return proof_of(bench, person, code, is_fresh=True)


def after_day(text: str) -> datetime:
    """Read a last day as the moment at which it is over."""
    last = day(text)
    if last == date.max:
        raise InputRefused("there is no day after this one", found=text, allowed="such as 2027-06-30")
    return datetime.combine(last, time.min, tzinfo=UTC) + timedelta(days=1)


def day(text: str) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputRefused("this is not a day", found=text, allowed="such as 2027-06-30") from error


def _list(project: str, as_json: bool) -> None:
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import delegations

        lent = delegations.list_delegations(bench.catalog, project=project)
    if as_json:
        print_json(lent)
        return
    rows = [(one.role.value, one.giver, one.receiver, one.since_at, one.until_at, one.reason) for one in lent]
    print_table(("role", "from", "to", "since", "until", "why"), rows, empty=f"no role is delegated in {project}")
