"""Notes on the command line: written once for each key, answered, settled, and listed in their order."""

from __future__ import annotations

from flywheel.catalog.engine import Catalog
from tests.factories.people import BEN, VERA
from tests.factories.projects import registered
from tests.factories.versions import registered_version
from tests.flywheel.console.conftest import Cli, LogIn


def test_what_is_said_is_listed_in_order_and_settled(cli: Cli, catalog: Catalog, log_in: LogIn) -> None:
    registered(catalog)
    log_in(VERA)
    version = registered_version(catalog).id
    words = ("notes", "write", version, "March looks odd", "--as", VERA, "--kind", "decision", "--about", "PERF-012")
    first = cli(*words, "--key", "one", "--json")
    assert first.code == 0, first.err
    asked = first.json
    assert cli(*words, "--key", "one", "--json").json["id"] == asked["id"]
    log_in(BEN)
    answered = cli("notes", "write", version, "a strike", "--as", BEN, "--reply-to", asked["id"])
    assert (answered.code, "kept" in answered.out) == (0, True)
    log_in(VERA)
    assert f"settled by {VERA}" in cli("notes", "resolve", asked["id"], "--as", VERA).out
    listed = cli("notes", "list", version, "--json").json
    assert [(one["text"], one["locator"], one["resolved_by"] or "") for one in listed] == [
        ("March looks odd", "PERF-012", VERA),
        ("a strike", "", ""),
    ]
    assert "March looks odd" in cli("notes", "list", version).out


def test_what_cannot_be_said_is_refused_in_one_line(cli: Cli, catalog: Catalog, log_in: LogIn) -> None:
    registered(catalog)
    log_in(VERA)
    version = registered_version(catalog).id
    for words in (
        ("notes", "write", "nobody:9", "text", "--as", VERA),
        ("notes", "write", version, "  ", "--as", VERA),
        ("notes", "write", version, "text", "--as", VERA, "--reply-to", "note-none"),
        ("notes", "resolve", "note-none", "--as", VERA),
    ):
        refused = cli(*words)
        assert (refused.code in {2, 3, 4}, refused.err.count("\n"), refused.out) == (True, 1, ""), words
    assert cli("notes", "list", version).out.strip() == "there are no notes"
