"""A dossier on the terminal: what a signer must see first, and the digest that the signature will name."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from flywheel.console.rendering import print_table, shown
from flywheel.domain.amounts import as_money
from flywheel.domain.digests import Json
from flywheel.errors import counted
from flywheel.services.dossier.judgement import questions_of
from flywheel.services.dossier.summary import barred


def print_dossier(document: Mapping[str, Json], *, digest: str) -> None:
    """Print the parts that a decision rests on: title, questions, gates, the leaderboard and the return."""
    print(f"{shown(document.get('title'))}\nyou sign exactly this dossier: {digest}")
    if document.get("summary"):
        print(f"\n{shown(document['summary'])}")
    asked = questions_of(document)
    print(
        f"\nfor you to judge: {counted(len(asked), 'question')}, worst first" if asked else "\nno check left a question"
    )
    for question in asked:
        print(f"  {shown(question)}")
    version = document.get("version")
    if isinstance(version, dict):
        authors = version.get("authors")
        print(f"\nby {', '.join(map(str, authors)) if isinstance(authors, list) else 'unknown authors'}")
    for key, title in (("data_gates", "gates on the data"), ("gates", "gates on the version")):
        print(f"\n{title}")
        rows = [
            (g.get("code"), g.get("title"), g.get("verdict"), _joined(g.get("findings"))) for g in _rows(document, key)
        ]
        print_table(("code", "gate", "verdict", "findings"), rows, empty="none ran")
    print("\ncandidates on the rows that chose among them, best first")
    board = [
        (
            f"{_recipe(e)}{barred(e)}",
            *(_money(e.get(key)) for key in ("kpi", "low", "high")),
            _short(e.get("experiment")),
        )
        for e in _rows(document, "leaderboard")
    ]
    print_table(("recipe", "money", "low", "high", "experiment"), board, empty="none")


def _items(document: Mapping[str, Json], key: str) -> list[Json]:
    value = document.get(key)
    return value if isinstance(value, list) else []


def _rows(document: Mapping[str, Json], key: str) -> list[dict[str, Json]]:
    return [row for row in _items(document, key) if isinstance(row, dict)]


def _recipe(experiment: Mapping[str, Json]) -> str:
    recipe = experiment.get("recipe")
    return str(recipe.get("kind", "")) if isinstance(recipe, dict) else ""


def _money(value: Json) -> str:
    return as_money(Decimal(str(value))) if value is not None else ""


def _short(digest: Json) -> str:
    return str(digest).removeprefix("sha256:")[:12]


def _joined(value: Json) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else ""
