"""The card of a dataset version as Markdown: what it is, may be used for, holds, came from and led to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flywheel.console.rendering import shown
from flywheel.errors import counted

if TYPE_CHECKING:
    from flywheel.domain.digests import Json
    from flywheel.services.data.data_usage import DataCard


def card_text(card: DataCard) -> str:
    """Write a card."""
    return "\n".join([*_head(card), *_columns(card), *_sources(card), *_use(card)])


def _head(card: DataCard) -> Iterator[str]:
    record = card.record
    yield f"# {record.id}\n"
    yield f"{_cell(card.title)}. {_cell(card.description) if card.description else ''}".rstrip() + "\n"
    yield f"- owner: {card.owner}"
    yield f"- may be used for: {_listed(card.purposes, 'no purpose is stated')}"
    yield f"- withheld from others: {_listed(card.withheld, 'no column')}"
    yield f"- content: {record.digest}"
    yield f"- recorded: {record.recorded_at:%Y-%m-%d %H:%M} UTC by run {record.run_id}"
    judged = (f"{code} {verdict}" for code, verdict in card.gates.items())
    yield f"- data gates: {_listed(judged, 'none has judged it')}"


def _columns(card: DataCard) -> Iterator[str]:
    columns = card.record.facts.get("columns")
    columns = columns if isinstance(columns, dict) else {}
    yield f"\n## What is in it\n\n{card.record.facts.get('rows')} rows, {counted(len(columns), 'column')}\n"
    yield (
        "| column | type | missing | distinct | minimum | median | mean | maximum |\n|---|---|---|---|---|---|---|---|"
    )
    for name, facts in columns.items():
        facts = facts if isinstance(facts, dict) else {}  # noqa: PLW2901  as a table
        quantiles = facts.get("quantiles")
        median = quantiles.get("0.5") if isinstance(quantiles, dict) else None
        about = "about " if facts.get("distinct_is_estimate") else ""
        figures = [facts.get("least"), median, facts.get("mean"), facts.get("most")]
        gaps = facts.get("missing_share")
        endless = f", {facts['infinite']:,} infinite" if isinstance(facts.get("infinite"), int) else ""
        cells = [name, facts.get("type"), f"{gaps:.1%}{endless}" if isinstance(gaps, float) else gaps]
        cells.append(f"{about}{facts.get('distinct', '-')}")
        yield f"| {' | '.join(_figure(value) for value in [*cells, *figures])} |"


def _sources(card: DataCard) -> Iterator[str]:
    yield "\n## Where it comes from\n\n| source | address | purpose | cost a year | late by |\n|---|---|---|---|---|"
    for name, source in card.sources.items():
        late = counted(source.available_after_days, "day")
        cells = [name, source.uri, source.purpose, source.cost_per_year, late]
        yield f"| {' | '.join(_cell(value) for value in cells)} |"
    yield "\nRead from, with the digest of the content:\n"
    yield from (f"- {node.kind} {_cell(node.id)}" for node in card.raw)


def _use(card: DataCard) -> Iterator[str]:
    use = card.use
    yield "\n## What came of it\n"
    yield f"- projects: {_listed(use.projects, 'none')}"
    yield f"- model versions: {_listed(use.versions, 'none')}"
    yield f"- endpoints that serve: {_listed(use.endpoints, 'none')}"
    cost, value = (f"{amount:,} {use.currency}".rstrip() for amount in (use.cost_per_year, use.value_per_year))
    yield f"- cost a year: {cost}; likely return a year by the charters: {value}"
    if use.unvalued:
        yield f"- without an estimate, or in another money, and not in that sum: {', '.join(use.unvalued)}"


def _figure(value: Json) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else _cell(value)


def _cell(value: object) -> str:
    return shown(value).replace("|", "\\|")


def _listed(items: Iterable[str], nothing: str) -> str:
    return ", ".join(_cell(item) for item in items) or nothing
