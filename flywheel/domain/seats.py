"""Who will have to sign, known before anything is: the seats of a policy, and the people who could take them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flywheel.domain.authority import GIVEN_BY_OTHERS
from flywheel.domain.policy import Policy
from flywheel.domain.signoffs import Role
from flywheel.domain.standing import VOICES_OF_A_FRESH_SEAT
from flywheel.errors import counted


@dataclass(frozen=True)
class Candidate:
    """Somebody who holds signing roles in a project, or whom its charter names for them."""

    person: str
    roles: frozenset[Role]
    """Those that are held: a role that judges others is an administrator's to give, whoever is named."""
    named: frozenset[Role] = frozenset()
    enrolled_at: datetime | None = None
    """When the secret came; nothing for who has none yet."""


@dataclass(frozen=True)
class Seat:
    """One role of a quorum, and who is there for it."""

    role: Role
    wanted: int
    voices: int
    """How many people with new secrets take it together."""
    able: tuple[str, ...]
    young: Mapping[str, datetime]
    """Whose secret is new, and from when on it counts alone."""
    waiting: tuple[str, ...]
    """Who is named or holds the role and cannot sign yet."""

    @property
    def lacking(self) -> int:
        """How many more people this seat needs, all of whom come with a new secret."""
        alone, pairs, left = len(self.able) - len(self.young), *divmod(len(self.young), self.voices)
        still_open = max(0, self.wanted - alone - pairs)
        return still_open * self.voices - left if still_open else 0


def asked_for(policy: Policy) -> str:
    """Say how many people sign under a policy, in which roles, and what a new secret changes."""
    total, last = sum(policy.quorum.values()), policy.final_approver
    roles = ", ".join(f"{count} x {role.value}" for role, count in sorted(policy.quorum.items()) if role is not last)
    if last is not None:
        roles = ", then ".join(filter(None, (roles, f"{policy.quorum[last]} x {last.value}")))
    said = f"{policy.tier.value} risk: signed by {_people(total)}, {_no_author(total)}: {roles}"
    if not policy.fresh_secret_days:
        return said
    return (
        f"{said}. A secret younger than {counted(policy.fresh_secret_days, 'day')} counts only with a second signer of "
        f"the same role: while all secrets are new that is {_people(total * VOICES_OF_A_FRESH_SEAT)}"
    )


def asked_to_agree(policy: Policy, *, is_watched: bool) -> str:
    """Say how many people agree to the charter before work begins, and in which roles; nothing where nobody must."""
    quorum = policy.agreed_by(is_watched=is_watched)
    if not quorum:
        return ""
    roles = ", ".join(f"{count} x {role.value}" for role, count in sorted(quorum.items()))
    total = sum(quorum.values())
    return f"after ideation, what is agreed is signed by {_people(total)}, {_no_author(total)}: {roles}"


def seats_of(
    policy: Policy, candidates: Iterable[Candidate], *, barred: Collection[str], now: datetime
) -> tuple[Seat, ...]:
    """Seat the people who could sign, each once, the role that fewest hold first; authors take no seat."""
    people = [one for one in candidates if one.person.casefold() not in {name.casefold() for name in barred}]
    seasoning = timedelta(days=policy.fresh_secret_days)
    able = {role: [one for one in people if one.enrolled_at and role in one.roles] for role in policy.quorum}
    taken: set[str] = set()
    seats: dict[Role, Seat] = {}
    for role in sorted(policy.quorum, key=lambda role: (len(able[role]), role)):
        free = [one for one in able[role] if one.person not in taken]
        ripe = {one.person: one.enrolled_at + seasoning for one in free if one.enrolled_at}
        young = {person: at for person, at in ripe.items() if now < at}
        waiting = [one for one in people if role in one.roles | one.named and one not in able[role]]
        voices = VOICES_OF_A_FRESH_SEAT if policy.fresh_secret_days else 1
        seats[role] = Seat(role, policy.quorum[role], voices, _names(free), young, _names(waiting))
        taken |= {one.person for one in free[: policy.quorum[role] * VOICES_OF_A_FRESH_SEAT]}
    return tuple(seats[role] for role in sorted(policy.quorum))


def told_of(
    seats: Collection[Seat], candidates: Collection[Candidate], *, project: str, has_administrator: bool = True
) -> Iterator[str]:
    """Say of each seat who is there for it, and by which command who lacks is brought in.

    Where no administrator is free of the project, the first person who judges becomes one, and names the others.
    """
    if not has_administrator and any(seat.lacking and seat.role in GIVEN_BY_OTHERS for seat in seats):
        yield (
            "no administrator here is independent of this project: the founder of the installation (its first "
            "`flywheel register`) may name one person who judges; as administrator, that person names the "
            "others"
        )
    ways = ways_of(seats, candidates, project=project, has_administrator=has_administrator)
    for seat in seats:
        there = [_with_age(name, seat) for name in seat.able]
        lacks = f"lacks {seat.lacking}" if seat.lacking else "is complete"
        yield f"{seat.role.value} {lacks}: {', '.join(there) or 'nobody can sign yet'}"
        yield from (f"  {way}" for way in ways[seat.role])


def ways_of(
    seats: Iterable[Seat], candidates: Iterable[Candidate], *, project: str, has_administrator: bool = True
) -> Mapping[Role, tuple[str, ...]]:
    """Name by role the commands that bring in who lacks."""
    known, found = {one.person: one for one in candidates}, dict[Role, tuple[str, ...]]()
    for seat in seats:
        roles = [f"{project}:{seat.role.value}"]
        if seat.lacking and not has_administrator and seat.role in GIVEN_BY_OTHERS:
            roles, has_administrator = ["'*:admin'", *roles], True
        ways = [_way(known[name], roles) for name in seat.waiting] if seat.lacking else []
        more = seat.lacking - len(ways)
        found[seat.role] = (*ways, *([f"{_people(more)} more: {invitation('EMAIL', roles)}"] if more > 0 else []))
    return found


def invitation(person: str, roles: list[str]) -> str:
    """Name the command that invites a person to roles."""
    return f"`flywheel people invite {person} --name NAME {_options(roles)}`"


def _with_age(name: str, seat: Seat) -> str:
    until = seat.young.get(name)
    return name if until is None else f"{name} (counts by itself from {until:%Y-%m-%d} on)"


def _way(one: Candidate, roles: list[str]) -> str:
    """Name the command by which somebody who is named comes to sign."""
    if one.enrolled_at is None:
        return invitation(one.person, roles)
    return f"`flywheel people grant {one.person} {_options(roles)}`"


def _options(roles: list[str]) -> str:
    return " ".join(f"--role {role}" for role in roles)


def _names(people: Iterable[Candidate]) -> tuple[str, ...]:
    return tuple(sorted(one.person for one in people))


def _no_author(number: int) -> str:
    return "who is no author" if number == 1 else "none of them an author"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} different people"
