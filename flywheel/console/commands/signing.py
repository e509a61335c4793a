"""`flywheel inbox` and `flywheel sign`: what a person is asked, and the answer, bound to what was shown."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from flywheel.console.agreeing import Word, agree
from flywheel.console.asking import asked_code
from flywheel.console.dossier_text import print_dossier
from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.answers import read_answer
from flywheel.domain.conditions import WHOLE
from flywheel.domain.signoffs import Answer, Feedback, Role
from flywheel.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flywheel.domain.digests import Digest, Json
    from flywheel.services.workbench import Workbench

CHANNEL = "cli"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(inbox)
    app.command()(sign)


def inbox(
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Whose inbox; everybody's by default.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the versions, and what is agreed in projects, that wait for a sign-off."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.approval import inboxes

        items = inboxes.inbox(bench.catalog, person=person or None)
    if as_json:
        print_json(items)
        return
    rows = [
        (
            i.version,
            ", ".join(role.value for role in i.roles) + (", to renew" if i.is_renewal else ""),
            i.requested_at,
            i.standing.sentence(),
        )
        for i in items
    ]
    print_table(("to sign", "sign as", "asked", "now"), rows, empty="nothing waits for a sign-off")
    for words in filter(None, (i.refused for i in items)):
        print(f"\nan answer was not accepted: {words}")
    if items:
        print(f"\nnext: `flywheel sign {items[0].version} --show`")


def sign(
    version: Annotated[str, typer.Argument(help="The version, such as card-default:3, or a project.")],
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who signs.")] = "",
    answer: Annotated[Answer | None, typer.Option(help="The decision.")] = None,
    role: Annotated[Role | None, typer.Option(help="Your role; by default the one that is still missing.")] = None,
    feedback: Annotated[Feedback, typer.Option(help="Remarks with an approval: minor or major.")] = Feedback.APPROVED,
    until: Annotated[str, typer.Option(metavar="DAY", help="Last day of the approval, such as 2027-06-30.")] = "",
    share: Annotated[float, typer.Option(metavar="SHARE", help="Share of the traffic it is for.")] = 1.0,
    only: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN=VALUE,...", help="Repeatable: cases it is for.")
    ] = None,
    comment: Annotated[str, typer.Option(help="Why you decide so, and what you checked.")] = "",
    code: Annotated[str, typer.Option(help="The one-time code; asked for when it is not given.")] = "",
    dossier: Annotated[str, typer.Option(metavar="DIGEST", help="Sign only if the dossier is still this one.")] = "",
    show: Annotated[bool, typer.Option("--show", help="Only show what there is to sign.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a dossier, or what is agreed in a project, and sign exactly that; the one-time code is asked for."""
    if not show and (not person or answer is None):
        raise typer.BadParameter("name who signs (--as EMAIL) and the decision (--answer), or give --show to read only")
    with opened() as bench:
        if ":" not in version:
            _must_be_whole(feedback, until, share, only)
            agree(bench, version, Word(person, answer, role, comment, code, dossier), show=show, as_json=as_json)
            return
        from flywheel.services.approval import signoffs  # only with a catalog

        digest, document, standing_now = read_dossier(bench, version)
        barred = hindrances_of(bench, version)
        if show and as_json:
            print_json({"version": version, "digest": digest, "hindrances": barred, "dossier": document})
        if not as_json and not code:
            print_dossier(standing_now, digest=digest)
            print_hindrances(barred)
        if show or answer is None:
            return
        said = read_answer(
            answer, feedback=feedback, until=until, traffic_share=share, only=only or (), comment=comment
        )
        standing = signoffs.sign(
            bench.catalog,
            identity=bench.identity,
            version=version,
            dossier_digest=dossier or digest,
            person=person,
            role=role,
            answer=answer,
            feedback=said.feedback,
            conditions=said.conditions,
            comment=said.comment,
            code=asked_code(code),
            channel=CHANNEL,
            key=f"{CHANNEL}:{uuid.uuid4()}",
        )
    if as_json:
        print_json(standing)
    else:
        if code:
            print_dossier(standing_now, digest=digest)
        print(f"\n{person}: {answer.value} is recorded. {version} is {standing.sentence()}\n{said.told}".rstrip())


def _must_be_whole(feedback: Feedback, until: str, share: float, only: Sequence[str] | None) -> None:
    """Refuse with what is agreed what only a version's approval can bear."""
    if feedback is not Feedback.APPROVED or until or share != WHOLE or only:
        raise typer.BadParameter("what is agreed is signed whole: without feedback, day, share or cases")


def hindrances_of(bench: Workbench, version: str) -> tuple[str, ...]:
    """Read what would keep the version from serving though everybody approved it."""
    from flywheel.services.standing import worth_signing  # only with a catalog

    return worth_signing.hindrances(bench.catalog, version=version)


def print_hindrances(barred: Sequence[str]) -> None:
    """Say what would keep the version from serving though everybody approved it."""
    for words in barred:
        print(f"\nan approval would not let it serve yet: {words}")


def read_dossier(bench: Workbench, version: str) -> tuple[Digest, Mapping[str, Json], Mapping[str, Json]]:
    """Read the filed dossier, byte for byte what its digest names, and the same as it stands now."""
    # only with a catalog
    from flywheel.services.dossier.since_filed import as_it_stands
    from flywheel.services.modelling import versions

    digest = versions.get_version(bench.catalog, version=version).dossier_digest
    if digest is None:
        raise Refused(f"{version} has no dossier yet", next_step="run validation first")
    document = json.loads(bench.artifacts.get_bytes(digest))
    return digest, document, as_it_stands(bench.catalog, version=version, document=document)
