"""`flywheel policy`: what is in force for each tier, and how a weaker one comes into force."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from flywheel.console.asking import asked_code
from flywheel.console.commands.authority import CHANNEL, Code
from flywheel.console.opening import opened
from flywheel.console.rendering import AsJson, print_json, print_table
from flywheel.domain.policy import Tier

policy = typer.Typer(help="What each risk tier requires, and proposals to require less.", no_args_is_help=True)
TierName = Annotated[Tier, typer.Argument(metavar="TIER", help="low, medium or high.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(policy, name="policy")


@policy.command("list")
def list_policies(as_json: AsJson = False) -> None:
    """List the policy in force for each tier, and the pending changes."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.terms import policies

        present = {tier: policies.in_force(bench.catalog, tier=tier) for tier in Tier}
        changes = policies.list_changes(bench.catalog)
    if as_json:
        print_json({"in_force": present, "changes": changes})
        return
    rows = [
        (
            tier.value,
            ", ".join(f"{count} x {role.value}" for role, count in one.quorum.items()),
            one.final_approver.value if one.final_approver else "",
            one.validity_days,
            one.digest,
        )
        for tier, one in present.items()
        if one is not None
    ]
    print_table(("tier", "signed by", "last", "days", "digest"), rows, empty="nothing was submitted yet")
    for change in changes:
        print(f"\n{change.state.value}: {change.tier.value} -> {change.digest}, by {', '.join(change.editors)}")
        print("\n".join(f"  {words}" for words in change.weakenings))


@policy.command()
def propose(
    tier: TierName,
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who asks for it.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence.", prompt="Why")],
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Propose the tier's edited file, which requires less than the policy in force.

    It takes effect when a validator or administrator of all projects, who has not edited it, accepts the change.
    """
    with opened() as bench:
        # only with a catalog
        from flywheel.services.people import authors
        from flywheel.services.terms import policies
        from flywheel.services.terms.policy_files import read_policy

        edited = authors.commits_to_policy(bench.catalog, home=bench.settings.home, tier=tier)
        change = policies.propose_change(
            bench.catalog,
            identity=bench.identity,
            policy=read_policy(bench.settings.home, tier),
            person=person,
            reason=reason,
            code=asked_code(code),
            channel=CHANNEL,
            key=f"{CHANNEL}:{uuid.uuid4()}",
            editors=edited.authors,
        )
    if as_json:
        print_json(change)
        return
    print("proposed, and not in force yet:\n" + "\n".join(f"  {words}" for words in change.weakenings))
    print(f"next: another person: `flywheel policy sign {change.digest} --as EMAIL`")


@policy.command()
def sign(
    digest: Annotated[str, typer.Argument(help="The proposed policy, as `flywheel policy list` shows it.")],
    person: Annotated[str, typer.Option("--as", metavar="EMAIL", help="Who decides.")],
    reject: Annotated[bool, typer.Option("--reject", help="Reject it.")] = False,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    code: Code = "",
    as_json: AsJson = False,
) -> None:
    """Accept a proposed policy, or reject it; it holds for what is submitted from then on."""
    with opened() as bench:
        # only with a catalog
        from flywheel.services.terms import policies

        change = policies.decide_change(
            bench.catalog,
            identity=bench.identity,
            digest=digest,
            person=person,
            is_accepted=not reject,
            comment=comment,
            code=asked_code(code),
            channel=CHANNEL,
            key=f"{CHANNEL}:{uuid.uuid4()}",
        )
    if as_json:
        print_json(change)
    else:
        print(f"{change.state.value}: {change.tier.value} {change.digest}")
