"""The walk's people: an administrator begins and invites, each redeems for themselves; kept for a second walk."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pyotp

from flywheel.domain.signoffs import Role
from flywheel.services.people import people, sessions
from flywheel.services.people.proof import Proof
from flywheel.services.workbench import Workbench

CHANNEL = "demo"
ADMIN = "admin@bank.example"
CAST = {
    "ana@bank.example": ("Ana, data scientist and owner", Role.OWNER),
    "vera@bank.example": ("Vera, validator", Role.VALIDATOR),
    "viktor@bank.example": ("Viktor, validator", Role.VALIDATOR),
    "ivan@bank.example": ("Ivan, IT", Role.IT),
    "iris@bank.example": ("Iris, IT", Role.IT),
    "ben@bank.example": ("Ben, business", Role.BUSINESS),
    "bea@bank.example": ("Bea, business", Role.BUSINESS),
    "carla@bank.example": ("Carla, business, who wants it", Role.BUSINESS),
    "igor@bank.example": ("Igor, IT", Role.IT),
    "lea@bank.example": ("Lea, legal", Role.LEGAL),
}


@dataclass
class Cast:
    """Who plays in the walk; each holds an authenticator of their own."""

    bench: Workbench
    secrets: dict[str, str]
    used: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)

    @classmethod
    def gather(cls, bench: Workbench, *, project: str, file: Path) -> Cast:
        """Begin the installation and bring everybody in, once; secrets stay in a file that only this user reads."""
        secrets: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
        cast = cls(bench, secrets)
        if ADMIN not in secrets:
            begun = people.found(
                bench.catalog, identity=bench.identity, person=ADMIN, name="Administrator", channel=CHANNEL
            )
            secrets[ADMIN] = begun.enrolment.secret
        guests = [
            people.Guest(person, name, {project: {role, Role.VALIDATOR} if role is Role.OWNER else {role}})
            for person, (name, role) in CAST.items()
            if person not in secrets
        ]
        if guests:
            cast.bring_in(guests)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(secrets))
        return cast

    def bring_in(self, guests: list[people.Guest]) -> None:
        """Have the administrator invite people; each redeems the invitation, and alone sees the secret."""
        catalog, identity = self.bench.catalog, self.bench.identity
        code = Proof(identity, ADMIN, self.code_of(ADMIN), CHANNEL, "")
        for invited in people.invite(catalog, guests=guests, proof=code):
            made = people.redeem(
                catalog, identity=identity, person=invited.person, token=invited.token, channel=CHANNEL
            )
            self.secrets[invited.person] = made.secret

    def logged_in(self, person: str) -> Proof:
        """Log a person in once, as by `flywheel login`; gives what they show from then on."""
        identity, key = self.bench.identity, str(uuid.uuid4())
        if person not in self.sessions:
            code = Proof(identity, person, self.code_of(person), CHANNEL, key)
            self.sessions[person] = sessions.log_in(self.bench.catalog, proof=code).token
        return Proof(identity, person, "", CHANNEL, key, self.sessions[person])

    def code_of(self, person: str) -> str:
        """Read the person's authenticator; a code that was used is waited out, as everybody must."""
        code = pyotp.TOTP(self.secrets[person])
        now = datetime.now(UTC)
        while self.used.get(person) == code.timecode(now):
            sleep(0.5)
            now = datetime.now(UTC)
        self.used[person] = code.timecode(now)
        return str(code.at(now))
