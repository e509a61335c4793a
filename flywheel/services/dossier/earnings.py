"""The parts of a dossier about money: what it earned on unseen rows, what each decision brings, who else was tried."""

from __future__ import annotations

from markupsafe import Markup

from flywheel.domain.digests import Json
from flywheel.pages.charts import Span, interval_chart
from flywheel.pages.figures import between, declared, estimated, figure, money, percent
from flywheel.pages.pieces import Cell, Row, folded, pairs, paragraph, row_of, table
from flywheel.project.problems.telling import Headline
from flywheel.services.dossier.summary import Document, barred, part, parts

NAMES_SHOWN = 6


def measured(document: Document) -> Markup:
    """Show what the version and the baseline brought on the test rows, and who had met these before."""
    met, said = part(document, "measured"), part(document, "purpose")
    unit, currency = said.get("unit", "row"), str(said.get("currency", "points"))
    named = (("this version", part(met, "kpi")), ("the baseline", part(met, "naive")))
    shown = {
        f"{name} {verb} per {unit}": f"{amount} (90 % confidence interval: {span})"
        for name, kpi in named
        if kpi
        for verb, amount, span in (estimated("earns", kpi, currency),)
    }
    counted = ("rows", "rows_left_out_as_seen")
    known: dict[str, Json] = {key: met[key] for key in counted if key in met}
    known |= part(part(document, "kind"), "decided")
    known |= {f"categories of {name} learned as one": _names(rare) for name, rare in _rare(met)}
    known |= {
        f"values of {name} that the trees cannot distinguish": f"in {percent(share)} of the rows learned from; "
        "numbers of more than seven digits whose last ones matter: subtract a constant at the source"
        for name, share in part(met, "read_as_one").items()
    }
    before = {
        "other models tested on exactly these rows before": met.get("others_before"),
        "earlier tests in this project on test rows with another split or other money": met.get("otherwise_before"),
        "of these, since the last release": met.get("since_release"),
        "tests by other projects on rows of the same table": met.get("elsewhere_before"),
    }
    known |= _headline(document, met)
    return pairs({**shown, **known, **{key: value for key, value in before.items() if value is not None}})


def _headline(document: Document, measured: Document) -> dict[str, Json]:
    """Give the figure beside money by which the kind of problem knows its models, under its title."""
    said = part(part(document, "kind"), "headline")
    if not said:
        return {}
    headline = Headline(str(said["metric"]), str(said["title"]), bool(said["is_ratio"]))
    return {headline.title: headline.written(part(measured, "metrics"))}


def _rare(met: Document) -> list[tuple[str, list[Json]]]:
    """Give the categories that the model does not tell apart, as its contract lists them."""
    return [(name, rare) for name, rare in part(met, "learned_as_one").items() if isinstance(rare, list)]


def _names(rare: list[Json]) -> str:
    """List a few names, and of many the first ones, with all of them behind a click."""
    shown = ", ".join(map(str, rare[:NAMES_SHOWN]))
    if len(rare) <= NAMES_SHOWN:
        return shown
    return folded(f"{len(rare):,} categories: {shown} and others", paragraph(", ".join(map(str, rare))))


def payoff(document: Document) -> Markup:
    """Show what each way in which a decision turns out brings, how often it was so, and what it came to."""
    paid, currency = part(document, "payoff"), str(part(document, "purpose").get("currency", "points"))
    rows = [
        row_of(
            str(case.get("title")),
            Cell(declared(case.get("each"), currency), "number"),
            Cell(figure(case.get("cases")), "number"),
            Cell(money(case.get("together"), currency), "number"),
        )
        for case in parts(paid, "cases")
    ]
    note = Markup() if paid.get("is_stated") else paragraph("The charter states no money: these are points.")
    columns = ("Each", "Test cases", "Together")
    return note + table(("Decision", *columns), rows, columns)


def leaderboard(document: Document) -> Markup:
    """Show the candidates with their intervals, and what they were made with."""
    said = part(document, "purpose")
    unit, currency = said.get("unit", "row"), str(said.get("currency", "points"))
    board, rows, spans = parts(document, "leaderboard"), [], []
    for place, entry in enumerate(board, start=1):
        is_chosen = bool(entry.get("is_this_version"))
        name = str(entry.get("candidate", entry.get("experiment")))
        amount = money(entry.get("kpi"), currency)
        not_allowed = barred(entry)
        label = f"{name} (this version)" if is_chosen else f"{name}{not_allowed}"
        row = row_of(Cell("" if not_allowed else place, "number"), label, *_measured_as(document, entry))
        rows.append(Row(row.cells, "chosen" if is_chosen else ""))
        ends = [as_number(entry.get(key)) for key in ("kpi", "low", "high")]
        spans.append(
            Span(f"{name}, forbidden" if not_allowed else name, ends[0], ends[1], ends[2], amount, is_chosen=is_chosen)
        )
    axis = f"{currency} per {unit} on validation rows, with 90 % confidence intervals"
    picture = interval_chart(spans, axis=axis, title="Money by candidate", mark=0.0)
    set_here = f" and {tuned} set" if (tuned := part(document, "kind").get("tuned")) else ""
    note = paragraph(f"The candidate was chosen{set_here} on these rows, so its figure here is optimistic.")
    columns = _as_measured(document)
    return note + picture + table(("Place", "Candidate", *columns), rows, {"Place", *columns[:-1]})


def apart(document: Document) -> Markup:
    """Show candidates that were measured on other rows or in other money, each by its date and in no order of merit."""
    rows = [
        row_of(str(entry.get("recorded")), str(entry.get("candidate")), *_measured_as(document, entry))
        for entry in parts(document, "apart")
    ]
    columns = _as_measured(document)
    return table(("Recorded", "Candidate", *columns), rows, set(columns[:-1]))


def _measured_as(document: Document, entry: Document) -> tuple[Cell, ...]:
    return (
        Cell(money(entry.get("kpi"), str(part(document, "purpose").get("currency", "points"))), "number"),
        Cell(between(entry.get("low"), entry.get("high")), "number"),
        *(Cell(written, "number") for written in _headline(document, entry).values()),
        Cell(params(part(entry, "recipe")), "made"),
    )


def _as_measured(document: Document) -> tuple[str, ...]:
    """Name the figures of a candidate, and last what it was made with."""
    unit = part(document, "purpose").get("unit", "row")
    return (f"Money per {unit}", "90 % confidence interval", *_headline(document, {}), "Made with")


def params(recipe: Document) -> str:
    """Write a recipe's parameters in one line."""
    return ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in part(recipe, "params").items())


def _short(value: Json) -> str:
    return f"{value[:19]}…" if isinstance(value, str) and value.startswith("sha256:") else figure(value)


def as_number(value: Json) -> float:
    """Read a figure that may be written as a text; what is none is not a number."""
    try:
        return float(str(value))
    except ValueError:
        return float("nan")
