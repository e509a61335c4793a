"""`flywheel people`: who may act, and the secret of a person's one-time codes, shown once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.opening import Acting, actor_or_user, opened
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused

if TYPE_CHECKING:
    from flywheel.services.overview import Holder

people = typer.Typer(help="Who may act: add a person, list people and their roles.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(people, name="people")


@people.command()
def add(
    email: Annotated[str, typer.Argument(help="The person's e-mail address.")],
    name: Annotated[str, typer.Option(help="How the person is called.")],
    role: Annotated[
        list[str] | None, typer.Option(metavar="PROJECT:ROLE", help="Repeatable; * is every project.")
    ] = None,
    actor: Acting = "",
    as_json: AsJson = False,
) -> None:
    """Add a person, or give a new secret; the secret of the one-time codes is shown this once."""
    roles = roles_from(role or [])
    with opened() as bench:
        # only with a catalog
        from flywheel.services import people as service

        made = service.add_person(
            bench.catalog, identity=bench.identity, person=email, name=name, roles=roles, actor=actor_or_user(actor)
        )
    if as_json:
        print_json(made)
        return
    print(f"{made.person} is known. Give this to nobody else; it is not shown again.")
    print(f"  secret for an authenticator app: {made.secret}\n  the same as a link:              {made.uri}")


@people.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List people and the roles they hold."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services import overview

        known = overview.everybody(bench.catalog)
    if as_json:
        print_json(known)
        return
    rows = [(h.person, h.name, _held(h), "yes" if h.has_secret else "no: `flywheel people add`") for h in known]
    print_table(
        ("person", "name", "roles", "can sign"), rows, empty="nobody yet; `flywheel people add EMAIL --name NAME`"
    )


def roles_from(given: list[str]) -> dict[str, set[Role]]:
    """Read PROJECT:ROLE entries."""
    roles: dict[str, set[Role]] = defaultdict(set)
    for entry in given:
        project, separator, role = entry.rpartition(":")
        if not separator or not project or role not in set(Role):
            raise InputRefused(
                "a role is given as PROJECT:ROLE",
                found=entry,
                allowed=f"roles {', '.join(sorted(Role))}; * for every project",
            )
        roles[project].add(Role(role))
    return dict(roles)


def _held(holder: Holder) -> str:
    return ", ".join(f"{project}:{role.value}" for project, held in holder.roles.items() for role in held)
