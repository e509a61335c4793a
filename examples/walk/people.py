"""The walk's people with their one-time codes, kept so that a second walk finds them again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

import pyotp

from flywheel.domain.signoffs import Role
from flywheel.services import people
from flywheel.services.workbench import Workbench

CAST = {
    "ana@bank.example": ("Ana, data scientist and owner", Role.OWNER),
    "vera@bank.example": ("Vera, validator", Role.VALIDATOR),
    "ivan@bank.example": ("Ivan, IT", Role.IT),
    "ben@bank.example": ("Ben, business", Role.BUSINESS),
}


@dataclass
class Cast:
    """Who plays in the walk; each holds an authenticator of their own."""

    secrets: dict[str, str]
    used: dict[str, int]

    @classmethod
    def gather(cls, bench: Workbench, *, project: str, file: Path) -> Cast:
        """Enrol everybody once; their secrets stay in a file that only this user reads."""
        secrets: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
        for person, (name, role) in CAST.items():
            if person not in secrets:
                enrolled = people.add_person(
                    bench.catalog,
                    identity=bench.identity,
                    person=person,
                    name=name,
                    roles={project: {role, Role.VALIDATOR} if role is Role.OWNER else {role}},
                    actor="admin@bank.example",
                )
                secrets[person] = enrolled.secret
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(secrets))
        return cls(secrets, {})

    def code_of(self, person: str) -> str:
        """Read the person's authenticator; a code that was used is waited out, as everybody must."""
        code = pyotp.TOTP(self.secrets[person])
        now = datetime.now(UTC)
        while self.used.get(person) == code.timecode(now):
            sleep(0.5)
            now = datetime.now(UTC)
        self.used[person] = code.timecode(now)
        return str(code.at(now))
