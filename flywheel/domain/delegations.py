"""Delegation: a holder of a role lets another person sign for it, for a stated time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flywheel.domain.authority import RIGHTS, Permission
from flywheel.domain.signoffs import Role
from flywheel.errors import Refused

MAX_DAYS = 92
DELEGABLE = RIGHTS[Permission.DELEGATE].roles
"""Roles that sign; an owner or an administrator hands nothing on this way."""


@dataclass(frozen=True)
class Delegation:
    """A role in one project, lent by its holder to another person from one time to another."""

    project: str
    role: Role
    giver: str
    receiver: str
    since_at: datetime
    until_at: datetime
    reason: str

    def is_active(self, now: datetime) -> bool:
        """Whether it holds at a time."""
        return self.since_at <= now < self.until_at


def check_may_delegate(
    asked: Delegation, *, giver_roles: Collection[Role], authors: Collection[str], is_known: bool, now: datetime
) -> None:
    """Refuse a delegation that nobody may give or take, with the reason; an author can do neither."""
    barred = {author.casefold() for author in authors}
    for person, what in ((asked.giver, "give"), (asked.receiver, "receive")):
        if person.casefold() in barred:
            raise Refused(f"{person} is an author in {asked.project} and can {what} no delegation")
    if asked.giver.casefold() == asked.receiver.casefold():
        raise Refused("nobody may delegate to themselves", found=asked.receiver)
    if asked.role not in DELEGABLE:
        raise Refused("this role cannot be delegated", found=asked.role.value, allowed=", ".join(sorted(DELEGABLE)))
    if asked.role not in giver_roles:
        held = ", ".join(sorted(role.value for role in giver_roles)) or "none"
        raise Refused(f"{asked.giver} does not hold the role {asked.role.value} in {asked.project}", found=held)
    if not is_known:
        raise Refused(
            f"{asked.receiver} is not enrolled here", next_step=f"`flywheel people invite {asked.receiver} --name NAME`"
        )
    most = timedelta(days=MAX_DAYS)
    if not now < asked.until_at <= asked.since_at + most or asked.since_at > now + most:
        raise Refused(
            "the time of the delegation is not valid",
            found=f"{asked.since_at:%Y-%m-%d} to {asked.until_at:%Y-%m-%d}",
            allowed=f"it ends in the future, at most {MAX_DAYS} days after it begins",
        )


def lent_to(delegations: Iterable[Delegation], *, person: str, now: datetime) -> tuple[Delegation, ...]:
    """Pick what is lent to a person now."""
    who = person.casefold()
    return tuple(one for one in delegations if one.receiver.casefold() == who and one.is_active(now))
