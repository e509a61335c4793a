"""Pages to people through Apprise: one attempt that says whether it arrived; retrying is the outbox's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from flywheel.errors import SettingsError, Unavailable
from flywheel.settings import KEPT


@dataclass(frozen=True)
class Page:
    """What a person is told when a model needs them."""

    title: str
    body: str
    is_urgent: bool = True


def send_page(channels: Mapping[str, SecretStr], *, channel: str, page: Page) -> None:
    """Send one page, or raise so that it is tried again; one over a channel of the console stays in the record."""
    address = channels.get(channel)
    if address is None:
        raise SettingsError(
            f"the paging channel {channel!r} is not set up",
            allowed=", ".join(sorted(channels)) or "none is set up",
            next_step="add it under [paging.channels] in config/settings.toml",
        )
    if address.get_secret_value() == KEPT:
        return
    import apprise  # half a second, and only who pages needs it

    sender = apprise.Apprise()
    with _without_its_log():
        is_understood = sender.add(address.get_secret_value())
    if not is_understood:
        raise SettingsError(
            f"the address of paging channel {channel!r} is not one that Apprise understands",
            next_step="correct it under [paging.channels] in config/settings.toml",
        )
    for service in sender:
        service.notify_format = (
            apprise.NotifyFormat.TEXT
        )  # it holds words of callers: nowhere are they HTML or Markdown
    kind = apprise.NotifyType.FAILURE if page.is_urgent else apprise.NotifyType.INFO
    if not sender.notify(title=page.title, body=page.body, body_format=apprise.NotifyFormat.TEXT, notify_type=kind):
        raise Unavailable(f"the page over {channel!r} did not arrive", next_step="it is tried again")


_QUIET = threading.Lock()
"""One thread at a time: another one's end would let the log speak again."""


@contextmanager
def _without_its_log() -> Iterator[None]:
    """Keep an address out of the log: Apprise writes one that it cannot read there, token and all."""
    log = logging.getLogger("apprise")
    with _QUIET:
        log.disabled = True
        try:
            yield
        finally:
            log.disabled = False
