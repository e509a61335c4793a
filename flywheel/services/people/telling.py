"""Telling a person: what happens to what they prove themselves with, over a channel that reaches nobody else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from cryptography.fernet import InvalidToken

from flywheel.adapters.channels import Page, send_page
from flywheel.catalog.engine import Catalog, UnitOfWork
from flywheel.domain.digests import Json
from flywheel.errors import Tampered
from flywheel.services.people.identity import Identity
from flywheel.services.people.notary import notarised
from flywheel.settings import Settings

TOPIC = "tell"
PLACEHOLDER = "{person}"


@dataclass(frozen=True)
class Word:
    """What a person is told."""

    title: str
    body: str


def tell(work: UnitOfWork, identity: Identity, *, person: str, word: Word, key: str) -> bool:
    """Have a person told, sealed until it is sent; say whether a channel is set up that reaches them."""
    if not identity.can_tell:
        return False
    sealed = identity.cipher.encrypt(json.dumps([person, word.title, word.body]).encode()).decode()
    work.enqueue(TOPIC, f"{TOPIC}:{person}:{key}", {"person": person, "sealed": sealed})
    return True


@notarised
def send(catalog: Catalog, *, settings: Settings, identity: Identity, payload: Mapping[str, Json]) -> None:
    """Carry a word to the person for whom it was sealed, at the address that the settings make of theirs."""
    del catalog
    from pydantic import SecretStr  # only who sends

    try:
        person, title, body = json.loads(identity.cipher.decrypt(str(payload["sealed"]).encode()))
    except InvalidToken as error:
        raise Tampered(
            "the message to a person cannot be read with this key", next_step="restore identity.key"
        ) from error
    if person != payload["person"]:
        raise Tampered(
            "a message to one person was to be sent to another",
            found=str(payload["person"]),
            next_step="find out who can write to the database, and change its passwords",
        )
    address = settings.identity.mail.get_secret_value() if settings.identity.mail else ""
    channels = {"mail": SecretStr(address.replace(PLACEHOLDER, quote(person)))} if address else {}
    send_page(channels, channel="mail", page=Page(title, body))
