"""Writes a value as TOML on one line, as a person would."""

from __future__ import annotations

from datetime import date, time


def quoted(text: str) -> str:
    """Write a text in quotes, with everything escaped that would not be seen."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else _escape(c) for c in escaped) + '"'


def toml_of(value: object) -> str:
    """Write any value that TOML can say."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {toml_of(item)}' for key, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_of, value))}]"
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _key(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() and key.isascii() else quoted(key)


def _escape(character: str) -> str:
    place = ord(character)
    return f"\\u{place:04X}" if place <= 0xFFFF else f"\\U{place:08X}"
