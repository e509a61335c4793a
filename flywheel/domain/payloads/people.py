"""What events about people, their roles and their sessions say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flywheel.domain.signoffs import Role


@dataclass(frozen=True)
class PersonInvited:
    """Somebody was invited, by what, until when, and whether a channel reached that person."""

    name: str
    how: str
    until_at: datetime
    is_told: bool


@dataclass(frozen=True)
class PersonEnrolled:
    """Somebody came to a secret, by what, and whether a channel told that person."""

    name: str
    how: str
    is_told: bool


@dataclass(frozen=True)
class PersonResetAsked:
    """An administrator consents to a new secret of somebody."""


@dataclass(frozen=True)
class SessionOpened:
    """A person logged in, until when."""

    channel: str
    until_at: datetime


@dataclass(frozen=True)
class SessionEnded:
    """A person logged out everywhere."""


@dataclass(frozen=True)
class ActRefused:
    """Somebody asked for what they may not."""

    action: str
    project: str
    channel: str
    reason: str


@dataclass(frozen=True)
class RoleGranted:
    """Somebody holds these roles from now on: place to roles."""

    roles: Mapping[str, tuple[Role, ...]]
    is_founding: bool = False


@dataclass(frozen=True)
class DelegationGiven:
    """A role is lent for a time."""

    project: str
    role: Role
    receiver: str
    since_at: datetime
    until_at: datetime
    reason: str
    channel: str


@dataclass(frozen=True)
class DelegationEnded:
    """A lent role was taken back before its time."""

    project: str
    role: Role
    receiver: str


@dataclass(frozen=True)
class DelegationRefused:
    """Somebody could not lend a role, or take it back."""

    project: str
    role: Role
    reason: str
