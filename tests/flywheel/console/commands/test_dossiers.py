"""A dossier on the command line: a folder that verifies itself, or one line that says why there is none."""

from __future__ import annotations

from pathlib import Path

from tests.flywheel.console.conftest import Cli


def test_without_a_version_or_the_key_it_says_what_to_name(cli: Cli) -> None:
    refused = cli("dossier")
    assert (refused.code, "name a version" in refused.err) == (2, True)


def test_a_version_that_nobody_knows_has_no_dossier(cli: Cli, tmp_path: Path) -> None:
    refused = cli("dossier", "nobody:9", "--out", str(tmp_path / "out"))
    assert (refused.code, refused.err.count("\n"), (tmp_path / "out").exists()) == (4, 1, False)
