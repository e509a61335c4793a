"""Freshness: what makes the parent stale, and what must not end it."""

from __future__ import annotations

from pathlib import Path

from deployments.warm_runner.freshness import fingerprint


def test_a_changed_file_is_noticed_and_a_link_to_nowhere_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.py").write_text("one", encoding="utf-8")
    before = fingerprint(tmp_path)
    (tmp_path / "flows" / ".#a.py").symlink_to("who@host.4711")  # as Emacs marks a file that is being edited
    assert fingerprint(tmp_path) == before
    (tmp_path / "flows" / "a.py").write_text("another", encoding="utf-8")
    assert fingerprint(tmp_path) != before
