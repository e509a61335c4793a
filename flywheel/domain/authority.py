"""Who may do what: one table of actions and roles for every channel, and who may give a role to whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flywheel.domain.signoffs import Role
from flywheel.errors import Refused


class Permission(StrEnum):
    """What a person can ask for that changes what may happen; said in words, as a refusal shows it."""

    FOUND = "set up an installation"
    BEGIN = "register a new project"
    REGISTER = "register a charter"
    START = "start a run"
    BRING_IN = "register an external model"
    JUDGE = "have checks recorded"
    REPRODUCE = "record a reproduction"
    MOVE_BACK = "send a project back"
    CLOSE = "close a project"
    TAKE_UP = "take up an incident"
    RESOLVE = "resolve an incident"
    MEND = "mend a package"
    ERASE = "erase predictions"
    SET_ASIDE = "set altered predictions aside"
    NOTE = "write a note"
    SIGN = "sign"
    WITHDRAW = "withdraw an approval"
    RESTORE = "restore a version"
    STOP = "stop an endpoint"
    DELEGATE = "delegate a role"
    BREAK_GLASS = "break the glass"
    OPEN_FINDING = "open a finding"
    SETTLE_FINDING = "settle a finding"
    WAIVE = "waive a finding"
    PROPOSE_POLICY = "propose a policy"
    DECIDE_POLICY = "decide on a policy"
    INVITE = "invite a person"
    GRANT = "grant a role"
    RESET = "reset a person's secret"
    LOG_IN = "log in"
    ENROL = "enrol"


@dataclass(frozen=True)
class Right:
    """Which roles an action takes, one of them being enough, and whether it asks for a code of that very moment."""

    roles: frozenset[Role]
    needs_code: bool = False
    is_everywhere: bool = False
    """Whether the role must be held in all projects."""
    leads_to_safety: bool = False
    """Whether it opens nothing, so that it is possible also where the tables are not what the record says."""


SIGNING = frozenset({Role.BUSINESS, Role.VALIDATOR, Role.IT, Role.LEGAL})
ANY_ROLE = frozenset(Role)
ANYBODY: frozenset[Role] = frozenset()
"""Whoever is enrolled, with whatever role or none."""

GIVEN_BY_OTHERS = frozenset({Role.VALIDATOR, Role.ADMIN})
"""A charter may name who should hold these; only an administrator who is no author in their scope gives them."""

RIGHTS: Mapping[Permission, Right] = {
    Permission.FOUND: Right(ANYBODY),
    Permission.BEGIN: Right(ANYBODY),
    Permission.REGISTER: Right(frozenset({Role.OWNER, Role.ADMIN})),
    Permission.START: Right(ANY_ROLE),
    Permission.BRING_IN: Right(ANY_ROLE),
    Permission.JUDGE: Right(ANY_ROLE),
    Permission.REPRODUCE: Right(ANY_ROLE),
    Permission.MOVE_BACK: Right(frozenset({Role.OWNER, Role.VALIDATOR, Role.BUSINESS, Role.ADMIN})),
    Permission.CLOSE: Right(frozenset({Role.OWNER, Role.BUSINESS, Role.ADMIN})),
    Permission.TAKE_UP: Right(ANY_ROLE, leads_to_safety=True),
    Permission.RESOLVE: Right(ANY_ROLE),
    Permission.MEND: Right(frozenset({Role.OWNER, Role.IT, Role.ADMIN})),
    Permission.ERASE: Right(frozenset({Role.OWNER, Role.LEGAL, Role.ADMIN}), needs_code=True),
    Permission.SET_ASIDE: Right(frozenset({Role.OWNER, Role.IT, Role.ADMIN}), needs_code=True),
    Permission.NOTE: Right(ANY_ROLE, leads_to_safety=True),
    Permission.SIGN: Right(SIGNING, needs_code=True),
    Permission.WITHDRAW: Right(SIGNING, needs_code=True, leads_to_safety=True),
    Permission.RESTORE: Right(ANY_ROLE, needs_code=True),
    Permission.STOP: Right(ANY_ROLE, needs_code=True, leads_to_safety=True),
    Permission.DELEGATE: Right(SIGNING, needs_code=True),
    Permission.BREAK_GLASS: Right(ANY_ROLE, needs_code=True),
    Permission.OPEN_FINDING: Right(ANY_ROLE, needs_code=True, leads_to_safety=True),
    Permission.SETTLE_FINDING: Right(frozenset({Role.VALIDATOR}), needs_code=True),
    Permission.WAIVE: Right(frozenset({Role.VALIDATOR}), needs_code=True),
    Permission.PROPOSE_POLICY: Right(ANYBODY, needs_code=True),
    Permission.DECIDE_POLICY: Right(frozenset({Role.VALIDATOR, Role.ADMIN}), needs_code=True, is_everywhere=True),
    Permission.INVITE: Right(frozenset({Role.ADMIN}), needs_code=True),
    Permission.GRANT: Right(frozenset({Role.ADMIN}), needs_code=True),
    Permission.RESET: Right(frozenset({Role.ADMIN}), needs_code=True, is_everywhere=True),
    Permission.LOG_IN: Right(ANYBODY, needs_code=True, leads_to_safety=True),
    Permission.ENROL: Right(ANYBODY),
}
"""The roles are those of the project that an action is about; what a policy asks for beyond it is its own business."""


def check_may(action: Permission, *, person: str, is_known: bool, roles: Collection[Role], place: str = "") -> None:
    """Refuse an action to whoever is not known here, or holds none of the roles that it takes."""
    where = f" in {place}" if place else ""
    if not is_known:
        raise Refused(
            f"{person or 'nobody'} is not known here and cannot {action.value}{where}",
            next_step="ask an administrator for an invitation: `flywheel people invite EMAIL`",
        )
    wanted = RIGHTS[action].roles
    if wanted and not wanted & set(roles):
        held = ", ".join(sorted(role.value for role in roles)) or "none"
        raise Refused(
            f"{person} holds no role{where} that may {action.value}",
            found=held,
            allowed=", ".join(sorted(role.value for role in wanted)),
            next_step="ask somebody who does",
        )


def check_may_give(
    roles: Mapping[str, Collection[Role]], *, giver: str, authors: Mapping[str, Collection[str]]
) -> None:
    """Refuse to give a role that judges others where the giver is an author of what it judges.

    The authors are those in the scope of each grant: of the project, or of all where the role is held everywhere.
    """
    for place, given in roles.items():
        judging = sorted(role.value for role in GIVEN_BY_OTHERS & set(given))
        if judging and giver in authors.get(place, ()):
            where = "some project" if place == "*" else place
            raise Refused(
                f"{giver} is an author in {where} and may grant no role there that judges others",
                found=" and ".join(judging),
                next_step="ask an administrator who is no author there; where there is none, whoever began the "
                "installation makes the one person whom they named one: `flywheel people grant WHO --role '*:admin'`",
            )
