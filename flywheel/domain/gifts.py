"""Roles that judge others, and by whose word they are held: whoever an author named is no judge of that author."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flywheel.domain.signoffs import Role


@dataclass(frozen=True)
class Gift:
    """An administrator's word that somebody holds a role that judges others."""

    person: str
    place: str
    role: Role
    giver: str
    is_founding: bool = False
    """Whether it is the founder's one gift: without it nobody could ever judge a founder who is an author."""


def holding(gifts: Iterable[Gift], *, authors: Collection[str]) -> frozenset[Gift]:
    """Pick the gifts that hold against these authors: their way back to the founding one leads through none of them.

    They are weighed at each use and not when they were given: a giver may have become an author since.
    """
    said, barred = frozenset(gifts), {author.casefold() for author in authors}
    held = frozenset(gift for gift in said if gift.is_founding)
    while True:
        free = {gift.person for gift in held if gift.role is Role.ADMIN} - barred
        more = frozenset(gift for gift in said - held if gift.giver in free)
        if not more:
            return held
        held |= more
