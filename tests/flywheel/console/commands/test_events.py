"""The record on the command line: listed, verified, and the present made again from it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from flywheel.catalog.engine import Catalog
from flywheel.settings import Settings
from tests.factories.projects import SLUG, registered
from tests.flywheel.adapters.predictions.test_segments import log
from tests.flywheel.console.conftest import Cli


@pytest.fixture(autouse=True)
def history(catalog: Catalog) -> None:
    """Something has happened."""
    registered(catalog)


def test_events_are_listed_oldest_first(cli: Cli) -> None:
    listed = cli("events", "list", "--json").json
    assert [event["sequence"] for event in listed] == [1, 2]
    assert listed[-1]["verb"] == "charter.submitted"


def test_last_cuts_from_the_newest(cli: Cli) -> None:
    assert f"project {SLUG}" in cli("events", "list", "--last", "1").out


def test_whole_record_verifies(cli: Cli) -> None:
    assert cli("events", "verify").out.startswith("2 events hold together; head sha256:")


def test_edited_event_is_named_and_has_its_own_exit_code(cli: Cli, owned: Catalog) -> None:
    with owned.engine.begin() as connection:
        connection.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        connection.execute(text("UPDATE event SET actor = 'mallory@bank.example' WHERE sequence = 1"))
        connection.execute(text("ALTER TABLE event ENABLE TRIGGER event_only_grows"))
    verified = cli("events", "verify", "--json")
    assert verified.code == 6
    assert verified.json["first_bad"] == 1
    assert "broken at event 1" in verified.err


def test_a_record_that_was_cut_is_told_by_the_heads_that_were_kept(cli: Cli, owned: Catalog) -> None:
    assert cli("events", "head").code == 0
    assert cli("events", "verify").out.startswith("2 events hold together and agree with 1 sealed head;")
    with owned.engine.begin() as connection:
        connection.execute(text("ALTER TABLE event DISABLE TRIGGER event_only_grows"))
        connection.execute(text("DELETE FROM event WHERE sequence = 2"))
        connection.execute(text("ALTER TABLE event ENABLE TRIGGER event_only_grows"))
    cut = cli("events", "verify")
    assert (cut.code, "the chain ends at 1, but 2 events were exported" in cut.err) == (6, True)


def test_altered_predictions_are_named_whole_and_have_the_exit_code_of_an_altered_record(
    cli: Cli, settings: Settings
) -> None:
    path = log(settings.predictions_root, 1)
    assert "1 segment is as written, 1 row in 1 prediction log" in cli("events", "verify").out
    path.write_bytes(b"something else")
    verified = cli("events", "verify")
    at = "2026-01-02 00:00:00"
    words = f"segment {path.name} (1 row of {at} to {at} UTC) was altered"
    assert f"the prediction log of card-default: {words}" in verified.out
    assert (verified.code, "1 thing is not as written" in verified.err) == (6, True)


def test_rebuild_says_what_was_wrong(cli: Cli, catalog: Catalog) -> None:
    with catalog.engine.begin() as connection:
        connection.execute(text("UPDATE project SET title = 'something else'"))
    assert "was wrong before: project" in cli("rebuild").out
    assert cli("rebuild", "--json").json["differing"] == []


def test_a_key_without_heads_to_hold_it_against_is_not_passed_over(cli: Cli, catalog: Catalog) -> None:
    assert catalog
    refused = cli("events", "verify", "--public-key", "rubbish")
    assert (refused.code, "give --heads or --dossier" in refused.err) == (2, True)
