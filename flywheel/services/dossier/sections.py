"""The parts of a dossier as a reader sees them: each a layout of its own, in the order of reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

from flywheel.domain.digests import Json
from flywheel.services.dossier.charts import Span, interval_chart, share_chart
from flywheel.services.dossier.evidence import evidence_name
from flywheel.services.dossier.figures import between, brought, figure, money, percent, ratio, within, words
from flywheel.services.dossier.html import cell, code, pairs, table, td
from flywheel.services.dossier.lineage import Step, lineage_picture
from flywheel.services.dossier.summary import Document, part, parts

Layout = Callable[[Document], str]
PURPOSE = ("problem", "objective", "process", "decision", "predicts", "decides", "volume", "out_of_scope")
MISSING_SHOWN = 12
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")


def purpose(document: Document) -> str:
    """Say what it decides."""
    said = part(document, "purpose")
    return pairs({key: said[key] for key in PURPOSE if said.get(key)})


def measured(document: Document) -> str:
    """Show what the version and the baseline brought on the test rows, and who had met these before."""
    met, said = part(document, "measured"), part(document, "purpose")
    unit, currency = said.get("unit", "row"), str(said.get("currency", "points"))
    named = (("this version", part(met, "kpi")), ("the baseline", part(met, "naive")))
    shown = {
        f"{name} {verb} per {unit}": f"{amount} (90 % confidence interval: {span})"
        for name, kpi in named
        if kpi
        for verb, _, amount in (brought("earns", kpi.get("value"), currency).partition(" "),)
        for span in (within(kpi.get("low"), kpi.get("high"), of=kpi["value"]),)
    }
    counted = ("rows", "rows_left_out_as_seen")
    told = {key: met[key] for key in counted if key in met}
    told |= _decided(met, part(document, "payoff"))
    told |= {f"categories of {name} learned as one": ", ".join(map(str, rare)) for name, rare in _rare(met)}
    told |= {
        f"values of {name} that the trees do not tell apart": f"in {percent(share)} of the rows learned from; "
        "numbers beyond seven digits whose last ones count: take a fixed number off them at the source"
        for name, share in part(met, "read_as_one").items()
    }
    before = {
        "other models that met exactly these rows before": met.get("others_before"),
        "looks before it, since the project began, at test rows parted or paid otherwise": met.get("otherwise_before"),
        "those of them since the last release": met.get("since_release"),
        "looks of other projects at test rows of the same table": met.get("elsewhere_before"),
    }
    auc = ratio(part(met, "metrics").get("auc"))
    return pairs({**shown, **told, "AUC": auc, **{key: value for key, value in before.items() if value is not None}})


def _rare(met: Document) -> list[tuple[str, list[Json]]]:
    """Give the categories that the model does not tell apart, as its contract lists them."""
    return [(name, rare) for name, rare in part(met, "learned_as_one").items() if isinstance(rare, list)]


def _decided(met: Document, paid: Document) -> dict[str, Json]:
    """Count the decisions at the threshold, each way, and how many of them were wrong."""
    made = part(met, "decided")
    if not made:
        return {}
    sides = ((paid.get("act", "yes"), "tp", "fp"), (paid.get("leave", "no"), "tn", "fn"))
    both = {
        f"decided “{word}”": f"{_float(made[right]) + _float(made[wrong]):,.0f}, {_float(made[wrong]):,.0f} wrong"
        for word, right, wrong in sides
    }
    return {"threshold": figure(met.get("threshold")), **both}


def payoff(document: Document) -> str:
    """Show the money of each decision, by what was decided and what was true."""
    paid, currency = part(document, "payoff"), str(part(document, "purpose").get("currency", "points"))
    cases = (("act", "true_positive", "false_positive"), ("leave", "true_negative", "false_negative"))
    rows = [
        f"<tr>{td(str(paid.get(word)), 'name')}{td(money(paid.get(right), currency), 'number')}"
        f"{td(money(paid.get(wrong), currency), 'number')}</tr>"
        for word, right, wrong in cases
    ]
    note = "" if paid.get("is_stated") else "<p>The charter states no money: these are points.</p>"
    return note + table(("Decision", "Right", "Wrong"), rows, {"Right", "Wrong"})


def purposes(document: Document) -> str:
    """Show for what each source may be used."""
    return pairs({name: use or "none declared" for name, use in part(document, "purposes").items()})


def leaderboard(document: Document) -> str:
    """Show the candidates with their intervals, and what they were made with."""
    said = part(document, "purpose")
    unit, currency = said.get("unit", "row"), str(said.get("currency", "points"))
    board, rows, spans = parts(document, "leaderboard"), [], []
    for place, entry in enumerate(board, start=1):
        is_chosen = bool(entry.get("is_this_version"))
        name = str(entry.get("candidate", entry.get("experiment")))
        amount = money(entry.get("kpi"), currency)
        label = f"{name} (this version)" if is_chosen else name
        cells = (td(str(place), "number"), td(label), *_measured_as(entry, currency))
        mark = ' class="chosen"' if is_chosen else ""
        rows.append(f"<tr{mark}>{''.join(cells)}</tr>")
        ends = [_float(entry.get(key)) for key in ("kpi", "low", "high")]
        spans.append(Span(name, ends[0], ends[1], ends[2], amount, is_chosen=is_chosen))
    axis = f"{currency} per {unit} on validation rows; the line is where the figure lies with 90 % certainty"
    picture = interval_chart(spans, axis=axis, title="Money by candidate")
    note = "<p>These rows chose the candidate and set its threshold, so its figure here flatters it.</p>"
    return note + picture + table(("Place", "Candidate", *_as_measured(unit)), rows, _numbers(unit) | {"Place"})


def apart(document: Document) -> str:
    """Show candidates that were measured on other rows or in other money, each by its date and in no order of merit."""
    said = part(document, "purpose")
    unit, currency = said.get("unit", "row"), str(said.get("currency", "points"))
    rows = [
        f"<tr>{td(str(entry.get('recorded')))}{td(str(entry.get('candidate')))}"
        f"{''.join(_measured_as(entry, currency))}</tr>"
        for entry in parts(document, "apart")
    ]
    return table(("Recorded", "Candidate", *_as_measured(unit)), rows, _numbers(unit))


def split(document: Document) -> str:
    """Show how rows were parted: by what, where the cuts lie, how many rows each part has."""
    said = part(document, "split")
    unit, rows, cuts, periods = (part(said, name) for name in ("unit", "rows", "cuts", "periods"))
    by = f"each {unit['entity']}" if unit.get("entity") else "each row, known by its content"
    return pairs(
        {
            "kept together": by,
            **{f"rows of {name}": _of_period(count, periods.get(name)) for name, count in rows.items()},
            **({"rows left apart": said["apart"]} if said.get("apart") else {}),
            **{name.replace("_", " "): moment for name, moment in cuts.items()},
            "rule": said.get("rule"),
            "rows that chose": said.get("chosen_on"),
            "rows that judge": said.get("judged_on"),
        }
    )


def _of_period(rows: Json, period: Json) -> Json:
    """Say of how many rows of its period a part holds these, where it does not hold all."""
    return rows if period in {None, rows} else f"{figure(rows)} of the {figure(period)} of its period"


def _measured_as(entry: Document, currency: str) -> tuple[str, ...]:
    return (
        td(money(entry.get("kpi"), currency), "number"),
        td(between(entry.get("low"), entry.get("high")), "number"),
        td(ratio(part(entry, "metrics").get("auc")), "number"),
        td(params(part(entry, "recipe")), "made"),
    )


def _as_measured(unit: Json) -> tuple[str, ...]:
    return (f"Money per {unit}", "90 % confidence interval", "AUC", "Made with")


def _numbers(unit: Json) -> set[str]:
    return {f"Money per {unit}", "90 % confidence interval", "AUC"}


def gates(key: str) -> Layout:
    """Lay out what the gates of one kind said, those that did not pass first."""

    def lay_out(document: Document) -> str:
        found = sorted(parts(document, key), key=lambda gate: gate.get("verdict") in {"passed", "not_applicable"})
        rows = [
            "<tr>"
            f'<td class="name">{escape(str(gate.get("code", "")))}</td><td>{escape(str(gate.get("title", "")))}</td>'
            f"<td>{cell(gate.get('verdict'))}</td><td>{_seen(gate)}</td></tr>"
            for gate in found
        ]
        return table(("Gate", "Looks at", "Verdict", "Found"), rows) if rows else "<p>none</p>"

    return lay_out


def expected_return(document: Document) -> str:
    """Show the charter's estimate of the first year."""
    estimate, currency = part(document, "return"), str(part(document, "purpose").get("currency", ""))
    if not estimate:
        return "<p>Nobody has estimated the return.</p>"
    span = estimate.get("interval")
    ends = span if isinstance(span, list) and len(span) == 2 else [None, None]
    amounts = {words(key): money(estimate.get(key), currency) for key in ("low", "likely", "high", "value_at_stake")}
    return pairs(
        {
            **amounts,
            "80 % range": between(ends[0], ends[1]),
            "chance of losing money": percent(estimate.get("chance_of_loss"), digits=0),
            "judged as": f"{estimate.get('quadrant')}: {estimate.get('reason')}",
        }
    )


def data(document: Document) -> str:
    """Show the data card: what it is, what is missing in it, and each column."""
    kept = part(document, "data")
    facts = part(kept, "facts")
    columns = facts.get("columns")
    about = {key: kept[key] for key in ("id", "digest", "sources") if key in kept}
    about |= {key: value for key, value in facts.items() if key != "columns" or not isinstance(value, dict)}
    return pairs(about) + (_columns(columns) if isinstance(columns, dict) else "")


def version(document: Document) -> str:
    """Show how it was made."""
    said = dict(part(document, "version"))
    recipe = part(said, "recipe")
    features = recipe.get("features")
    made = {
        "kind": recipe.get("kind"),
        "columns used": ", ".join(map(str, features)) if isinstance(features, list) else None,
        "parameters": params(recipe),
        "seed": recipe.get("seed"),
    }
    said.pop("recipe", None)
    return pairs({**said, **{key: value for key, value in made.items() if value not in (None, "")}})


def policy(document: Document) -> str:
    """Show under which rules it is signed."""
    said = dict(part(document, "policy"))
    quorum = ", ".join(f"{count} x {role}" for role, count in part(said, "quorum").items())
    return pairs({**said, "quorum": f"to be signed by {quorum}"} if quorum else said)


def lineage(document: Document) -> str:
    """Draw what the version came from."""
    steps: list[Step] = []
    for row in parts(document, "lineage"):
        source, target = part(row, "source"), part(row, "target")
        ends = [(str(one.get("kind")), str(one.get("id"))) for one in (source, target)]
        steps.append((ends[0], str(row.get("relation")), ends[1]))
    return lineage_picture(steps)


def params(recipe: Document) -> str:
    """Write a recipe's parameters in one line."""
    return ", ".join(f"{key.replace('_', ' ')} {_short(value)}" for key, value in part(recipe, "params").items())


def _short(value: Json) -> str:
    return f"{value[:19]}…" if isinstance(value, str) and value.startswith("sha256:") else figure(value)


def _seen(gate: Document) -> str:
    findings, asked = gate.get("findings"), gate.get("questions")
    questions = {str(one) for one in asked} if isinstance(asked, list) else set()
    found = [str(one) for one in findings] if isinstance(findings, list) else []
    said = [f"<strong>To judge:</strong> {escape(one)}" if one in questions else escape(one) for one in found]
    kept = part(gate, "evidence").items()
    links = " · ".join(
        f'<a href="{escape(evidence_name(str(name), str(digest)))}">{escape(str(name))}</a>' for name, digest in kept
    )
    folded = [f"{escape(key.replace('_', ' '))} {cell(value)}" for key, value in part(gate, "figures").items()]
    folded += [f"{escape(str(name))} {code(str(digest))}" for name, digest in kept]
    more = f"<details><summary>figures and digests</summary><p>{' · '.join(folded)}</p></details>" if folded else ""
    return "<br>".join(text for text in (*said, links) if text) + more


def _columns(columns: Mapping[str, Json]) -> str:
    rows, missing = [], []
    for name, facts in columns.items():
        one = facts if isinstance(facts, dict) else {}
        shown = [td(name, "name"), td(str(one.get("type", "")).partition("[")[0])]
        shown.append(td(percent(one.get("missing_share")), "number"))
        shown += [td(_day_of(one.get(key)), "number") for key in ("least", "mean", "most")]
        about = "about " if one.get("distinct_is_estimate") else ""
        shown.append(td(f"{about}{figure(one.get('distinct'))}", "number"))
        rows.append(f"<tr>{''.join(shown)}</tr>")
        if _float(one.get("missing_share")) > 0:
            missing.append((name, _float(one.get("missing_share"))))
    worst = sorted(missing, key=lambda one: -one[1])[:MISSING_SHOWN]
    picture = share_chart(worst, title="Share of missing values by column")
    heading = "<h3>Missing values, the most first</h3>" if picture else ""
    numbers = {"Missing", "Minimum", "Mean", "Maximum", "Distinct"}
    head = ("Column", "Type", "Missing", "Minimum", "Mean", "Maximum", "Distinct")
    return heading + picture + f"<h3>Every column</h3>{table(head, rows, numbers)}"


def _day_of(value: Json) -> str:
    """Write a figure, and of a moment its day: a table of columns is no place for seconds."""
    return value[:10] if isinstance(value, str) and MOMENT.match(value) else figure(value)


def _float(value: Json) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")
