"""The tables of docs/gates.md: what each gate is, made from the catalogue, and how often it is wrong, as measured."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flywheel.domain.gate_catalogue import CATALOGUE, GateFacts

PAGE = Path(__file__).parents[1] / "docs" / "gates.md"


def main() -> None:
    """Write the tables of the page again."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"written: {PAGE}")


def with_tables(page: str) -> str:
    """Give the page with its tables made again from the catalogue."""
    page = between(page, "gates", table(("code", "title", "asked for in", "looks at"), map(_what, CATALOGUE.values())))
    head = ("code", "the question", "whose", "rows at least", "promised wrong at most", "can miss")
    return between(page, "promises", table(head, map(_promise, CATALOGUE.values())))


def between(page: str, name: str, text: str) -> str:
    """Put a text between the marks of a name; a page without them is refused."""
    before, start, rest = page.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->")
    if not (start and end):
        raise ValueError(f"docs/gates.md has no marks of {name}")
    return f"{before}{start}{text}{end}{after}"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write rows as a table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _what(facts: GateFacts) -> tuple[str, ...]:
    return facts.code, facts.title, facts.asked, facts.looks_at


def _promise(facts: GateFacts) -> tuple[str, ...]:
    marks = ("asks only",) * (not facts.can_close) + ("never waived",) * (not facts.can_be_waived)
    whose = ", ".join((facts.owner.value, *marks))
    rows = str(facts.minimum_rows) if facts.minimum_rows else "any"
    wrong = "–" if facts.wrong_at_most is None else f"{facts.wrong_at_most:.1%}"
    return facts.code, facts.question, whose, rows, wrong, facts.can_miss
