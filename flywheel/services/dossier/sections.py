"""The parts of a dossier as a reader sees them: each a layout of its own, in the order of reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from markupsafe import Markup

from flywheel.domain.digests import Json
from flywheel.domain.gate_catalogue import CATALOGUE
from flywheel.pages.charts import share_chart
from flywheel.pages.figures import figure, percent
from flywheel.pages.flow import Step, lineage_picture
from flywheel.pages.pieces import Cell, cell, code, folded, heading, lines, link, pairs, paragraph, row_of, table
from flywheel.services.dossier.earnings import as_number, params
from flywheel.services.dossier.evidence import evidence_name
from flywheel.services.dossier.summary import Document, part, parts
from flywheel.services.dossier.telling import told

Layout = Callable[[Document], Markup]
PURPOSE = ("problem", "objective", "process", "decision", "predicts", "decides", "volume", "out_of_scope")
MISSING_SHOWN = 12
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")


def purpose(document: Document) -> Markup:
    """Say what it decides."""
    said = part(document, "purpose")
    return pairs({key: said[key] for key in PURPOSE if said.get(key)})


def purposes(document: Document) -> Markup:
    """Show for what each source may be used."""
    return pairs({name: use or "none declared" for name, use in part(document, "purposes").items()})


def split(document: Document) -> Markup:
    """Show how rows were parted: by what, where the cuts lie, how many rows each part has."""
    said = part(document, "split")
    unit, rows, cuts, periods = (part(said, name) for name in ("unit", "rows", "cuts", "periods"))
    by = f"each {unit['entity']}" if unit.get("entity") else "each row, known by its content"
    return pairs(
        {
            "kept together": by,
            **{f"rows of {name}": _of_period(count, periods.get(name)) for name, count in rows.items()},
            **({"rows left out": said["apart"]} if said.get("apart") else {}),
            **{name.replace("_", " "): moment for name, moment in cuts.items()},
            "rule": said.get("rule"),
            "validation rows": said.get("chosen_on"),
            "test rows": said.get("judged_on"),
        }
    )


def _of_period(rows: Json, period: Json) -> Json:
    """Say of how many rows of its period a part holds these, where it does not hold all."""
    return rows if period in {None, rows} else f"{figure(rows)} of the {figure(period)} of its period"


def gates(key: str) -> Layout:
    """Lay out what the gates of one kind said, those that did not pass first."""

    def lay_out(document: Document) -> Markup:
        found = sorted(parts(document, key), key=lambda gate: gate.get("verdict") in {"passed", "not_applicable"})
        rows = [
            row_of(Cell(gate.get("code", ""), "name"), _asked(gate), cell(gate.get("verdict")), _seen(gate))
            for gate in found
        ]
        return table(("Gate", "Looks at", "Verdict", "Found"), rows) if rows else paragraph("none")

    return lay_out


def data(document: Document) -> Markup:
    """Show the data card: what it is, what is missing in it, and each column."""
    kept = part(document, "data")
    facts = part(kept, "facts")
    columns = facts.get("columns")
    about = {key: kept[key] for key in ("id", "digest", "sources") if key in kept}
    about |= {key: value for key, value in facts.items() if key != "columns" or not isinstance(value, dict)}
    return pairs(about) + (_columns(columns) if isinstance(columns, dict) else Markup())


def version(document: Document) -> Markup:
    """Show how it was made."""
    said = dict(part(document, "version"))
    recipe = part(said, "recipe")
    features = recipe.get("features")
    made = {
        "kind": recipe.get("kind"),
        "features used": ", ".join(map(str, features)) if isinstance(features, list) else None,
        "derived features": lines(_derived(name, one) for name, one in part(said, "derived").items()),
        "parameters": params(recipe),
        "seed": recipe.get("seed"),
    }
    for key in ("recipe", "derived"):
        said.pop(key, None)
    return pairs({**said, **{key: value for key, value in made.items() if value not in (None, "")}})


def _derived(name: str, said: Json) -> Markup:
    """Show a derived feature as its author wrote it."""
    one = said if isinstance(said, dict) else {}
    expected = f"expected: {one['expect']}" if one.get("expect") else ""
    beside = ", ".join(filter(None, (str(one.get("unit") or ""), expected)))
    behind = f" ({beside})" if beside else ""
    return Markup("<code>{} = {}</code>{}").format(name, one.get("is", ""), behind)


def policy(document: Document) -> Markup:
    """Show under which rules it is signed."""
    said = dict(part(document, "policy"))
    quorum = ", ".join(f"{count} x {role}" for role, count in part(said, "quorum").items())
    return pairs({**said, "quorum": f"to be signed by {quorum}"} if quorum else said)


def lineage(document: Document) -> Markup:
    """Draw what the version came from."""
    steps: list[Step] = []
    for row in parts(document, "lineage"):
        source, target = part(row, "source"), part(row, "target")
        ends = [(str(one.get("kind")), str(one.get("id"))) for one in (source, target)]
        steps.append((ends[0], str(row.get("relation")), ends[1]))
    return lineage_picture(steps)


def _asked(gate: Document) -> Markup:
    """Say what a gate looks at, and what it can miss: a pass vouches for nothing else."""
    facts = CATALOGUE.get(str(gate.get("code")))
    misses = folded("what it can miss", paragraph(facts.can_miss)) if facts else Markup()
    return Markup.escape(str(gate.get("title", ""))) + misses


def _seen(gate: Document) -> Markup:
    findings, asked = gate.get("findings"), gate.get("questions")
    questions = {str(one) for one in asked} if isinstance(asked, list) else set()
    found = [str(one) for one in findings] if isinstance(findings, list) else []
    judge = Markup("<strong>To judge:</strong> {}")
    said = [judge.format(one) if one in questions else Markup.escape(one) for one in found]
    figures, kept = part(gate, "figures"), part(gate, "evidence").items()
    links = lines((link(str(name), evidence_name(str(name), str(digest))) for name, digest in kept), " · ")
    pair = Markup("{} {}").format
    behind = [pair(key.replace("_", " "), cell(value)) for key, value in figures.items()]
    behind += [pair(name, code(str(digest))) for name, digest in kept]
    more = folded("figures and digests", paragraph(lines(behind, " · "))) if behind else Markup()
    telling = Markup.escape(told(str(gate.get("code")), figures))
    return lines(text for text in (telling, *said, links) if text) + more


def _columns(columns: Mapping[str, Json]) -> Markup:
    rows, missing = [], []
    for name, facts in columns.items():
        one = facts if isinstance(facts, dict) else {}
        about = "about " if one.get("distinct_is_estimate") else ""
        ends = (Cell(_day_of(one.get(key)), "number") for key in ("least", "mean", "most"))
        rows.append(
            row_of(
                Cell(name, "name"),
                str(one.get("type", "")).partition("[")[0],
                Cell(percent(one.get("missing_share")), "number"),
                *ends,
                Cell(f"{about}{figure(one.get('distinct'))}", "number"),
            )
        )
        if as_number(one.get("missing_share")) > 0:
            missing.append((name, as_number(one.get("missing_share"))))
    worst = sorted(missing, key=lambda one: -one[1])[:MISSING_SHOWN]
    picture = share_chart(worst, title="Share of missing values by column")
    above = heading("Missing values, highest share first") + picture if picture else Markup()
    numbers = ("Missing", "Minimum", "Mean", "Maximum", "Distinct")
    return above + heading("Every column") + table(("Column", "Type", *numbers), rows, numbers)


def _day_of(value: Json) -> str:
    """Write a figure, and of a moment its day: a table of columns is no place for seconds."""
    return value[:10] if isinstance(value, str) and MOMENT.match(value) else figure(value)
