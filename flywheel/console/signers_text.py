"""Who will have to sign, told on the terminal before anything is signed, and whom this installation has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flywheel.console.opening import opened
from flywheel.errors import Unavailable

if TYPE_CHECKING:
    from flywheel.domain.policy import Policy
    from flywheel.project.charter.charter import Charter
    from flywheel.services.workbench import Workbench
    from flywheel.settings import Settings


def signers_of(charter: Charter, settings: Settings, *, bench: Workbench | None = None) -> list[str]:
    """Say who signs, and seat by seat who is there and who is still to come; the record is read where there is one."""
    # only with a catalog
    from flywheel.adapters.postgres.postgres import has_begun

    # only with a charter
    from flywheel.domain.seats import asked_to_agree
    from flywheel.services.people.signers import told_of_signers

    policy = policy_of(charter, settings)
    first = asked_to_agree(policy, is_watched=charter.is_watched)
    said = [signers_asked(charter, settings), *([first] if first else [])]
    if bench is not None:
        return [*said, *told_of_signers(bench.catalog, charter=charter, policy=policy)]
    if not has_begun(settings):
        return [*said, "nobody is enrolled on this installation yet: the first `flywheel register` enrols the owner"]
    try:
        with opened() as own:
            return [*said, *told_of_signers(own.catalog, charter=charter, policy=policy)]
    except Unavailable as error:
        return [*said, f"the people of this installation cannot be read now: {error.sentence()}"]


def signers_asked(charter: Charter, settings: Settings) -> str:
    """Say how many people sign in which roles, from the charter and its tier alone."""
    # only with a charter
    from flywheel.domain.seats import asked_for

    return asked_for(policy_of(charter, settings))


def policy_of(charter: Charter, settings: Settings) -> Policy:
    """Read the policy of a charter's tier, made stricter as the charter asks."""
    # pydantic, which `--help` does without
    from flywheel.project.charter.tightening import tightened
    from flywheel.services.terms.policy_files import read_policy

    return tightened(read_policy(settings.home, charter.tier), charter)
