"""`flywheel people`: who may act; invited by an administrator, enrolled by their own hand."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console import keeping
from flywheel.console.asking import asked_code
from flywheel.console.commands.authority import CHANNEL, Code
from flywheel.console.opening import Acting, opened, proof_of
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.signoffs import Role
from flywheel.errors import InputRefused

if TYPE_CHECKING:
    from flywheel.services.people.enrolment import Enrolment
    from flywheel.services.people.signers import Signer
    from flywheel.services.workbench import Workbench

people = typer.Typer(help="Who may act: begin, invite, redeem, grant roles, reset, list.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")]
Name = Annotated[str, typer.Option(help="The person's name.")]
Roles = Annotated[list[str] | None, typer.Option("--role", metavar="PROJECT:ROLE", help="Repeatable; * is every one.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(people, name="people")


@people.command()
def begin(email: Email, name: Name, as_json: AsJson = False) -> None:
    """Set up a new installation: become its first person and administrator. This works once.

    Somebody who will write models should not be this person: an author cannot grant anybody the right to judge.
    """
    with opened() as bench:
        made = begin_here(bench, email, name)
    if as_json:
        print_json(made)
    else:
        print("\n".join(words_of(made)))


@people.command()
def invite(
    email: Email, name: Name, role: Roles = None, actor: Acting = "", code: Code = "", as_json: AsJson = False
) -> None:
    """As an administrator, invite a person, with roles; the person redeems the invitation and sees the secret alone.

    Validators and administrators are named by an administrator who is no author there. Each invitation takes a code of
    its own, and a code counts once: the next comes within 30 seconds.
    """
    roles = roles_from(role or [])
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import people as service

        proof = proof_of(bench, actor, asked_code(code))
        guest = service.Guest(email, name, roles)
        (made,) = service.invite(bench.catalog, guests=[guest], proof=proof)
        strange = _unregistered(bench, roles)
    if strange:
        print(f"not registered yet: {', '.join(strange)}; the role counts once it is", file=sys.stderr)
    if as_json:
        print_json(made)
        return
    until = f"{made.until_at:%Y-%m-%d %H:%M} UTC"
    if not made.token:
        print(f"{made.person} was sent an invitation, which holds once, until {until}")
        return
    print(f"give this to {made.person} and nobody else; it holds once, until {until}:")
    print(f"  flywheel people redeem {made.person} --invitation {made.token}")


def _unregistered(bench: Workbench, places: Iterable[str]) -> list[str]:
    """Name the projects of roles that nobody has registered."""
    # only with a catalog
    from flywheel.services.walk import projects

    known = {one.slug for one in projects.list_projects(bench.catalog)}
    return sorted(place for place in places if place != "*" and place not in known)


@people.command()
def redeem(
    email: Email,
    invitation: Annotated[str, typer.Option(metavar="WORDS", help="The invitation; asked for when not given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Redeem your own invitation: your secret and your recovery codes are shown this once, and to you alone."""
    token = invitation or str(typer.prompt("invitation", hide_input=True, err=True))
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import people as service

        made = service.redeem(bench.catalog, identity=bench.identity, person=email, token=token, channel=CHANNEL)
    if as_json:
        print_json(made)
    else:
        print("\n".join(words_of(made)))


@people.command()
def grant(email: Email, role: Roles = None, actor: Acting = "", code: Code = "", as_json: AsJson = False) -> None:
    """As an administrator, give a known person more roles."""
    roles = roles_from(role or [])
    if not roles:
        raise typer.BadParameter("name the roles (--role PROJECT:ROLE)")
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import people as service

        proof = proof_of(bench, actor, asked_code(code))
        service.grant(bench.catalog, person=email, roles=roles, proof=proof)
    if as_json:
        print_json({"person": email, "roles": roles})
    else:
        print(f"{email}: granted {', '.join(role or [])}")


@people.command()
def reset(
    email: Email,
    actor: Annotated[str, typer.Option("--as", metavar="EMAIL", help="An administrator who consents to it.")] = "",
    recovery_code: Annotated[str, typer.Option(help="One of your recovery codes, where your secret is lost.")] = "",
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Get a new secret: by your present code, by a recovery code, or by two administrators (--as) who consent.

    Neither of the two may be an author of anything that the person may sign. A lock after wrong codes stays.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import resets

        shown = "" if recovery_code and not actor else asked_code(code)
        proof = proof_of(bench, actor or email, shown)
        if not actor:
            mine = resets.renew(bench.catalog, proof=proof, recovery_code=recovery_code)
            print_json(mine) if as_json else print("\n".join(words_of(mine)))
            return
        made = resets.consent(bench.catalog, identity=bench.identity, person=email, proof=proof)
    if as_json:
        print_json(made)
    elif made is None:
        print(f"your consent is recorded; a second administrator: `flywheel people reset {email} --as EMAIL`")
    elif made.token:
        print(f"give this to {email} and nobody else: flywheel people redeem {email} --invitation {made.token}")
    else:
        print(f"{email} was sent an invitation to a new secret")


@people.command("list")
def list_people(as_json: AsJson = False) -> None:
    """List people, the roles they hold, and where they can sign: never a version that they are an author of."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import signers

        known = signers.everybody(bench.catalog)
    if as_json:
        print_json(known)
        return
    rows = [(one.person, one.name, _held(one), one.sentence()) for one in known]
    print_table(("person", "name", "roles", "can sign"), rows, empty="nobody yet; `flywheel people begin EMAIL`")


def begin_here(bench: Workbench, person: str, name: str) -> Enrolment:
    """Enrol the first person of an installation, who is logged in at once on this machine."""
    # only with a catalog
    from flywheel.services.people import people as service

    made = service.found(bench.catalog, identity=bench.identity, person=person, name=name, channel=CHANNEL)
    keeping.keep(bench.settings.session_file, keeping.Kept(made.session.person, made.session.token))
    return made.enrolment


def words_of(made: Enrolment) -> tuple[str, ...]:
    """Say what a person is shown once."""
    first, *others = made.recovery_codes
    return (
        f"{made.person} is enrolled. Give this to nobody; it is not shown again.",
        f"  secret for an authenticator app: {made.secret}",
        f"  the same as a link:              {made.uri}",
        f"  recovery codes, each good once:  {first}",
        *(f"{' ' * 35}{code}" for code in others),
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


def _held(holder: Signer) -> str:
    return ", ".join(f"{project}:{role.value}" for project, held in holder.roles.items() for role in held)
