"""Charters for tests: the smallest that stands, a whole one, and either with a piece replaced."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MINIMAL = """\
name = "tiny"
title = "A tiny project"
owner = "ana@bank.example"
"""


def whole() -> str:
    """The charter of the card example: every block."""
    return (ROOT / "examples" / "card_default" / "project.toml").read_text(encoding="utf-8")


def write(folder: Path, text: str) -> Path:
    """Put a charter into a folder and give that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(text, encoding="utf-8")
    return folder


def changed(old: str, new: str) -> str:
    """The whole charter with one piece replaced, which must be there."""
    text = whole()
    assert old in text, old
    return text.replace(old, new, 1)
