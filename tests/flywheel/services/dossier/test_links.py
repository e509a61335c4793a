"""A link opens one dossier until its day, and nothing that was altered in it opens anything."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from flywheel.errors import Refused
from flywheel.services.dossier.links import DossierLink, link_to, opened_by
from flywheel.settings import Settings
from tests.fakes.clock import START

DOSSIER = "sha256:" + hashlib.sha256(b"dossier").hexdigest()


def parts(settings: Settings) -> dict[str, str]:
    """A fresh link's parts."""
    link = link_to(settings, version="card:1", dossier=DOSSIER, now=START)
    assert link.startswith(f"{settings.console.base_url}/dossier/card:1/")
    version, dossier, ticket = link.rstrip("/").split("/")[-3:]
    return {"version": version, "dossier": dossier, "ticket": ticket}


def test_a_link_opens_what_it_was_made_for_until_its_last_day(settings: Settings) -> None:
    link = parts(settings)
    last = START + timedelta(days=settings.console.link_days)
    opened = opened_by(settings, **link, now=last - timedelta(seconds=1))
    assert opened == DossierLink("card:1", DOSSIER, int(last.timestamp()))  # type: ignore[arg-type]  # a digest as text
    with pytest.raises(Refused, match="has expired"):
        opened_by(settings, **link, now=last)


@pytest.mark.parametrize("part", ["version", "dossier", "ticket"])
def test_every_letter_of_a_link_counts(settings: Settings, part: str) -> None:
    link = parts(settings)
    for place in range(len(link[part])):
        letter = link[part][place]
        other = "1" if letter != "1" else "2"
        altered = link | {part: link[part][:place] + other + link[part][place + 1 :]}
        with pytest.raises(Refused, match="not from this installation"):
            opened_by(settings, **altered, now=START)


@pytest.mark.parametrize("ticket", ["", "-", "1", "é-x", "²-x", "9" * 40 + "-x", "-1-x", "1e3-x", "\x00-\x00"])
def test_what_is_no_ticket_is_refused_in_words(settings: Settings, ticket: str) -> None:
    with pytest.raises(Refused, match="not from this installation"):
        opened_by(settings, **(parts(settings) | {"ticket": ticket}), now=START)


def test_another_installations_link_opens_nothing(settings: Settings) -> None:
    other = settings.model_copy(update={"data_root": settings.data_root / "other"})
    with pytest.raises(Refused, match="not from this installation"):
        opened_by(settings, **parts(other), now=START)
