"""Marks in a charter that was proposed: what only its author can decide stands as `# decide: ...` behind its line."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass

from flywheel.errors import InputRefused, Problem
from flywheel.project.toml_text import Path, dotted, key_lines, statements

MARK = "  # decide: "
"""What stands between a line and its question."""
_MARK = re.compile(r"""^(?P<said>(?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'#])*)#\s*decide:\s*(?P<question>.*?)\s*$""")
_LEFT_OUT = re.compile(r"^#\s*(?P<key>[A-Za-z_]+)\s*=\s*\"\"\s*#\s*decide:\s*(?P<question>.*)$")


@dataclass(frozen=True)
class Mark:
    """A decision that is left to a person: where it stands, what is proposed, and the question."""

    line: int
    key: str
    proposed: str
    question: str

    def problem(self, file: str) -> Problem:
        """Name it as what keeps a charter from being registered."""
        what = f"is for you to decide: {self.question}"
        allowed = "your answer, with the mark `# decide: ...` deleted; `flywheel decide` asks for each"
        return Problem(file, self.key, what, found=self.proposed or "nothing", allowed=allowed, line=self.line)


def open_marks(text: str) -> tuple[Mark, ...]:
    """Find what is still to be decided, in the order of the text; a mark in a string is none."""
    found: list[Mark] = []
    table: Path = ()
    paths = {line: path for path, line in key_lines(text).items()}
    for statement in statements(text):
        at = paths.get(statement.line, ())
        if statement.text.lstrip().startswith("["):
            table = at
        elif left_out := _LEFT_OUT.match(statement.text):
            key = dotted((*table, left_out["key"]))
            found.append(Mark(statement.line, key, "", left_out["question"].strip()))
        elif at and (mark := _MARK.match(statement.text)):
            found.append(Mark(statement.line, dotted(at), mark["said"].split("=", 1)[1].strip(), mark["question"]))
    return tuple(found)


def decided(text: str, mark: Mark, answer: str = "") -> str:
    """Write an answer in a mark's place; without one what is proposed stands. Refuse what cannot be written there."""
    rows = text.splitlines(keepends=True)
    key, value = rows[mark.line - 1].split("=", 1)[0].strip("# \t"), mark.proposed
    if answer:
        value = _as_toml(answer, mark)
    rows[mark.line - 1] = f"{key} = {value}\n" if value else ""
    return "".join(rows)


def _as_toml(answer: str, mark: Mark) -> str:
    """Read an answer as its place wants it: words without quotes, lists with commas, `key = value` for a column."""
    answer, proposed = answer.strip(), _value(mark.proposed) if mark.proposed else ""
    if isinstance(proposed, dict) and not answer.startswith("{") and "=" in answer:
        answer = f"{mark.proposed.rstrip()[:-1].rstrip()}, {answer} }}"
    elif isinstance(proposed, str) and not answer.startswith(('"', "'")):
        answer = json.dumps(answer, ensure_ascii=False)
    elif isinstance(proposed, list) and not answer.startswith("["):
        answer = json.dumps([part.strip() for part in answer.split(",") if part.strip()], ensure_ascii=False)
    read = _value(answer)
    if type(read) is not type(proposed) and not {type(read), type(proposed)} <= {int, float}:
        raise InputRefused(f"{mark.key} cannot be that", found=answer, allowed=f"such as {mark.proposed}")
    return answer


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"x = {text}\n")["x"]
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(f"this is no value of a charter: {error}", found=text) from error
