"""A page arrives, or the attempt says why not; an address is never written to a log."""

from __future__ import annotations

import logging
import smtplib
from email import message_from_string

import pytest
from pydantic import SecretStr

from examples.walk.receiver import Receiver
from flywheel.adapters.channels import Page, send_page
from flywheel.errors import SettingsError, Unavailable
from flywheel.settings import KEPT
from tests.fakes.json_server import json_server

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise imports it
PAGE = Page("Card applications: input alarm", "100 % of bureau_score lies outside its range.")


def channels(address: str) -> dict[str, SecretStr]:
    return {"on-call": SecretStr(address)}


def test_a_page_arrives_word_for_word() -> None:
    with Receiver() as receiver:
        send_page(channels(receiver.channel), channel="on-call", page=PAGE)
        arrived = receiver.next_page(within_seconds=10)
    assert (arrived["title"], arrived["message"], arrived["type"]) == (PAGE.title, PAGE.body, "failure")


def test_a_page_that_can_wait_is_marked_as_news() -> None:
    with Receiver() as receiver:
        send_page(channels(receiver.channel), channel="on-call", page=Page("All well", "again", is_urgent=False))
        assert receiver.next_page(within_seconds=10)["type"] == "info"


def test_a_receiver_that_refuses_is_tried_again() -> None:
    with json_server(page=(503, {})) as server, pytest.raises(Unavailable, match="did not arrive"):
        send_page(channels(f"json://127.0.0.1:{server.port}/page"), channel="on-call", page=PAGE)
    assert len(server.sent) == 1


def test_a_receiver_that_is_gone_is_tried_again() -> None:
    with json_server() as server:
        address = f"json://127.0.0.1:{server.port}/page"
    with pytest.raises(Unavailable, match="it is tried again"):
        send_page(channels(address), channel="on-call", page=PAGE)


def test_a_page_over_a_channel_of_the_console_goes_nowhere_else() -> None:
    with json_server(page=(200, {})) as server:
        set_up = {**channels(KEPT), "night": SecretStr(f"json://127.0.0.1:{server.port}/page")}
        send_page(set_up, channel="on-call", page=PAGE)
    assert server.sent == []


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been sent by e-mail."""
    sent: list[str] = []

    class Mailer:
        """A mail server that takes everything."""

        def __init__(self, *_: object, **__: object) -> None: ...

        def sendmail(self, _from: str, _to: object, message: str) -> None:
            sent.append(message)

        def __getattr__(self, _: str) -> object:
            return lambda *_, **__: None

    for name in ("SMTP", "SMTP_SSL"):
        monkeypatch.setattr(smtplib, name, Mailer)
    return sent


@pytest.mark.parametrize("options", ["", "&format=html", "&format=markdown"])
@pytest.mark.parametrize(
    "said", ["<a href=//evil.example>Open dossier</a>", "<!--", "<textarea>", "<18", "[open](//evil.example)"]
)
def test_what_callers_wrote_is_text_in_an_e_mail_and_cuts_nothing(mails: list[str], said: str, options: str) -> None:
    page = Page(
        "Cards: input alarm", f"Cause: the model does not know {said!r}.\nMoney: 13,354.83 EUR\nIncident: cards-1"
    )
    address = f"mailtos://user:word@mail.example?to=vera@bank.example{options}"
    send_page(channels(address), channel="on-call", page=page)
    parts = [one for one in message_from_string(mails[0]).walk() if not one.is_multipart()]
    assert [one.get_content_type() for one in parts] == ["text/plain"]
    body = parts[0].get_payload(decode=True)
    assert isinstance(body, bytes)
    assert body.decode().replace("\r\n", "\n").strip() == page.body


def test_an_unknown_channel_is_named_with_those_that_are_set_up() -> None:
    with pytest.raises(SettingsError, match=r"'night' is not set up; allowed: on-call"):
        send_page(channels("json://127.0.0.1:9/page"), channel="night", page=PAGE)


@pytest.mark.parametrize("address", ["nonsense://hunter2@example", "slack://hunter2", "hunter2"])
def test_a_wrong_address_is_refused_and_stays_secret(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(SettingsError) as refusal:
        send_page(channels(address), channel="on-call", page=PAGE)
    assert "hunter2" not in caplog.text + str(refusal.value)
    assert not logging.getLogger("apprise").disabled
