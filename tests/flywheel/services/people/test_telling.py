"""Telling a person: sealed until it is sent, over a channel that reaches this person alone, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pydantic import SecretStr

from examples.walk.receiver import Receiver
from flywheel.catalog.engine import Catalog
from flywheel.domain.signoffs import Role
from flywheel.errors import SettingsError, Tampered
from flywheel.services.people import people, telling
from flywheel.services.people.identity import Identity
from flywheel.services.people.people import EVERYWHERE, Guest
from flywheel.services.people.proof import Proof
from flywheel.settings import Settings
from tests.factories.people import ADMIN as ADA
from tests.factories.people import VERA, code_of, enrolled
from tests.fakes.clock import SettableClock
from tests.flywheel.services.outgoing import messages_of


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
def test_an_invitation_that_is_sent_is_seen_by_nobody_else(
    catalog: Catalog, identity: Identity, clock: SettableClock, settings: Settings
) -> None:
    ada = enrolled(catalog, identity, ADA, roles={EVERYWHERE: {Role.ADMIN}})
    sending = replace(identity, can_tell=True)
    proof = Proof(sending, ADA, code_of(ada, clock()), "test", "")
    (invited,) = people.invite(catalog, guests=[Guest(VERA, "Vera")], proof=proof)
    assert invited.token == ""
    (message,) = messages_of(catalog, telling.TOPIC)
    assert message["person"] == VERA
    assert "redeem" not in repr(message)
    with Receiver() as receiver:
        telling.send(catalog, settings=with_mail(settings, receiver.channel), identity=identity, payload=message)
        page = receiver.next_page(within_seconds=10)
    token = str(page["message"]).rpartition("--invitation ")[2].split()[0]
    assert people.redeem(catalog, identity=identity, person=VERA, token=token, channel="test").person == VERA


def test_without_a_channel_nothing_is_kept_and_the_record_says_so(catalog: Catalog, identity: Identity) -> None:
    enrolled(catalog, identity, VERA)
    assert messages_of(catalog, telling.TOPIC) == []


def test_a_word_that_cannot_be_sent_waits_for_the_setting(
    catalog: Catalog, settings: Settings, identity: Identity
) -> None:
    sealed = identity.cipher.encrypt(json.dumps([VERA, "t", "b"]).encode()).decode()
    with pytest.raises(SettingsError, match="not set up"):
        telling.send(catalog, settings=settings, identity=identity, payload={"person": VERA, "sealed": sealed})
    with pytest.raises(Tampered, match="cannot be read with this key"):
        telling.send(catalog, settings=settings, identity=identity, payload={"person": VERA, "sealed": "x"})


def test_a_word_sealed_for_one_person_is_sent_to_nobody_else(
    catalog: Catalog, settings: Settings, identity: Identity
) -> None:
    sealed = identity.cipher.encrypt(json.dumps([VERA, "t", "b"]).encode()).decode()
    with Receiver() as receiver:
        sending = with_mail(settings, receiver.channel)
        with pytest.raises(Tampered, match="was to be sent to another"):
            telling.send(catalog, settings=sending, identity=identity, payload={"person": ADA, "sealed": sealed})


def with_mail(settings: Settings, channel: str) -> Settings:
    """Settings by which words reach people."""
    mail = settings.identity.model_copy(update={"mail": SecretStr(channel)})
    return settings.model_copy(update={"identity": mail})
