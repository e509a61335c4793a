"""Takes formats of dates as the answer to a question about a column: it holds times, and its source names them."""

from __future__ import annotations

import tomllib
from typing import Any

from flywheel.errors import InputRefused
from flywheel.project.charter.marks import Mark, decided
from flywheel.project.charter.toml_text import key_lines, parse
from flywheel.project.charter.toml_values import toml_of

_SOURCES = ("data", "sources")
_KEY = "date_format"


def are_formats(mark: Mark, answer: str) -> bool:
    """Whether an answer about a column names formats where its question speaks of them."""
    is_asked = mark.key.startswith("data.columns.") and _KEY in mark.question
    return is_asked and "%" in answer and "=" not in answer


def with_formats(text: str, mark: Mark, answer: str) -> str:
    """Read the column as times, and name the formats under the source, behind those that stand there."""
    after = decided(text, mark, 'kind = "time"')
    sources = parse(after, file="project.toml")["data"]["sources"]
    name, source = next(iter(sources.items()))
    held = source.get(_KEY, [])
    formats = list(dict.fromkeys([*([held] if isinstance(held, str) else held), *_formats(answer)]))
    line = f"{_KEY} = {toml_of(formats)}"
    rows, lines = after.splitlines(keepends=True), key_lines(after)
    if at := lines.get((*_SOURCES, name, _KEY)):
        _, apart, said = rows[at - 1].partition("  #")
        rows[at - 1] = f"{line}{apart}{said}" if apart else f"{line}\n"
    elif at := lines.get((*_SOURCES, name, "uri")):
        rows.insert(at, f"{line}\n")
    written = "".join(rows)
    if len(sources) > 1 or parse(written, file="project.toml")["data"]["sources"][name].get(_KEY) != formats:
        raise InputRefused(
            f"{mark.key} cannot be that: it is open which source these formats are of",
            found=answer,
            allowed=f'kind = "time" here, and {line} under one of {", ".join(sources)}',
        )
    return written


def _formats(answer: str) -> list[Any]:
    """Take one format as it stands, and several as a list in brackets."""
    if not answer.startswith(("[", '"', "'")):
        return [answer]
    try:
        read = tomllib.loads(f"x = {answer}\n")["x"]
    except tomllib.TOMLDecodeError as error:
        allowed = 'one, such as %d/%m/%Y %Hh%M, or a list, such as ["%d/%m/%Y", "%d/%m/%Y %Hh%M"]'
        raise InputRefused("these are no formats of dates", found=answer, allowed=allowed) from error
    return read if isinstance(read, list) else [read]
