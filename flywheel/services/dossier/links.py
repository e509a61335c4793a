"""Links that open one dossier for some days: whoever holds one may read it, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from flywheel.adapters.machine_keys import key_of_machine
from flywheel.domain.digests import Digest, canonical_json
from flywheel.errors import Refused
from flywheel.settings import Settings

KEY_FILE = "links.key"
KEY_BYTES = 32
PLACE = "dossier"


@dataclass(frozen=True)
class DossierLink:
    """What a link opens: the dossier of a version, or what is agreed in a project, under its digest, until a second."""

    version: str
    dossier: Digest
    until: int

    @property
    def is_agreement(self) -> bool:
        """Whether it opens what is agreed in a project, which has its name alone; a version has a number behind it."""
        return ":" not in self.version


def link_to(settings: Settings, *, version: str, dossier: str, now: datetime) -> str:
    """Make a link that opens this dossier from now on for as many days as the settings say."""
    until = int((now + timedelta(days=settings.console.link_days)).timestamp())
    link = DossierLink(version, Digest(dossier), until)
    parts = (PLACE, quote(version, safe=":"), dossier.removeprefix("sha256:"), f"{until}-{_proof(settings, link)}")
    return f"{settings.console.base_url}/{'/'.join(parts)}/"


def opened_by(settings: Settings, *, version: str, dossier: str, ticket: str, now: datetime) -> DossierLink:
    """Read a link's parts, and refuse what was not made here or is over."""
    until, _, proof = ticket.partition("-")
    if not (until.isascii() and until.isdecimal() and len(until) < len("1" * 12) and proof.isascii()):
        raise Refused(
            "this link is not from this installation", next_step="open the question again, and take the link in it"
        )
    link = DossierLink(version, Digest(f"sha256:{dossier}"), int(until))
    if not hmac.compare_digest(proof, _proof(settings, link)):
        raise Refused(
            "this link is not from this installation", next_step="open the question again, and take the link in it"
        )
    if now.timestamp() >= link.until:
        raise Refused("this link has expired", next_step=f"`flywheel sign {version} --show`, or ask for a new one")
    return link


def _proof(settings: Settings, link: DossierLink) -> str:
    said = canonical_json([PLACE, link.version, link.dossier, link.until]).encode()
    return hmac.new(_key(settings), said, hashlib.sha256).hexdigest()


def _key(settings: Settings) -> bytes:
    given = settings.console.key
    if given:
        return given.get_secret_value().encode()
    return key_of_machine(settings, name=KEY_FILE, draw=lambda: secrets.token_hex(KEY_BYTES).encode())
