"""A dossier's document as one offline HTML page: every text escaped, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from flywheel.domain.digests import Json
from flywheel.services.dossier_figures import between, figure, money, percent, ratio, words
from flywheel.services.dossier_summary import Document, part, parts

_STYLE = """
:root { --ink: #1d2430; --soft: #5c6675; --line: #dfe3e9; --good: #1a7f4b; --bad: #b3261e; --warn: #9a6700; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 64rem; margin: 2.5rem auto;
  padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .75rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p { margin: 0 0 .6rem; max-width: 48rem; } p.lead { font-size: 1.05rem; }
code { font-size: .8em; color: var(--soft); overflow-wrap: anywhere; } .soft { color: var(--soft); font-size: .88em; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { border-bottom: 1px solid var(--line); padding: .4rem 1rem .4rem 0; vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.name, td.number { white-space: nowrap; }
tr.chosen td { font-weight: 600; } ul { margin: 0; padding-left: 1.2rem; } table.pairs th { width: 12rem; }
.passed, .granted { color: var(--good); font-weight: 600; } .failed, .error { color: var(--bad); font-weight: 600; }
.warned, .not_evaluated, .missing { color: var(--warn); font-weight: 600; } ul.gaps { color: var(--bad); }
@media print { body { margin: 0; max-width: none; } section { break-inside: avoid; } }
"""

_WORDS_WITH_COLOUR = frozenset({"passed", "granted", "failed", "error", "warned", "not_evaluated", "missing"})


def render(document: Document, *, digest: str) -> str:
    """Lay a dossier out in the order in which a signer reads; a part without a layout of its own comes last."""
    title = escape(str(document.get("title", "Dossier")))
    summary = "".join(f'<p class="lead">{escape(text)}</p>' for text in str(document.get("summary", "")).split("\n\n"))
    known = {key for key, _, _ in _SECTIONS}
    sections = [_section(heading, lay_out(document)) for key, heading, lay_out in _SECTIONS if key in document]
    others = [_section(words(key), _block(value)) for key, value in document.items() if key not in known | _AT_THE_TOP]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{_STYLE}</style></head>
<body><h1>{title}</h1>{summary}<p class="soft">Who signs, signs exactly <code>{escape(digest)}</code></p>
{"".join([*sections, *others])}
</body></html>
"""


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>{body}</section>\n" if body else ""


def _gaps(document: Document) -> str:
    gaps = document["gaps"]
    if not isinstance(gaps, list) or not gaps:
        return ""
    return '<ul class="gaps">' + "".join(f"<li>{escape(str(gap))}</li>" for gap in gaps) + "</ul>"


def _purpose(document: Document) -> str:
    purpose = part(document, "purpose")
    shown = ("problem", "objective", "decision", "predicts", "out_of_scope")
    return _pairs({key: purpose[key] for key in shown if purpose.get(key)})


def _leaderboard(document: Document) -> str:
    purpose = part(document, "purpose")
    unit, currency = purpose.get("unit", "row"), str(purpose.get("currency", "points"))
    rows = []
    for place, entry in enumerate(parts(document, "leaderboard"), start=1):
        mark = ' class="chosen"' if entry.get("is_this_version") else ""
        cells = (
            _td(str(place), "number"),
            _td(str(entry.get("candidate", entry.get("experiment")))),
            _td(money(entry.get("kpi"), currency), "number"),
            _td(between(entry.get("low"), entry.get("high")), "number"),
            _td(ratio(part(entry, "metrics").get("auc")), "number"),
            _td(_params(part(entry, "recipe"))),
        )
        rows.append(f"<tr{mark}>{''.join(cells)}</tr>")
    numbers = {"Place", f"Money per {unit}", "90 % sure", "AUC"}
    return _table(("Place", "Candidate", f"Money per {unit}", "90 % sure", "AUC", "Made with"), rows, numbers)


def _gates(key: str) -> Callable[[Document], str]:
    def lay_out(document: Document) -> str:
        rows = [
            "<tr>"
            f'<td class="name">{escape(str(gate.get("code", "")))}</td><td>{escape(str(gate.get("title", "")))}</td>'
            f"<td>{_cell(gate.get('verdict'))}</td><td>{_seen(gate)}</td></tr>"
            for gate in parts(document, key)
        ]
        return _table(("Gate", "Looks at", "Verdict", "Found"), rows) if rows else "<p>none</p>"

    return lay_out


def _seen(gate: Document) -> str:
    findings = gate.get("findings")
    said = "<br>".join(escape(str(one)) for one in findings) if isinstance(findings, list) else ""
    figures = " · ".join(f"{key.replace('_', ' ')} {figure(value)}" for key, value in part(gate, "figures").items())
    kept = "<br>".join(
        f"{escape(name)} <code>{escape(str(digest))}</code>" for name, digest in part(gate, "evidence").items()
    )
    soft = "<br>".join(text for text in (escape(figures), kept) if text)
    return f"{said}{'<br>' if said and soft else ''}" + (f'<span class="soft">{soft}</span>' if soft else "")


def _return(document: Document) -> str:
    estimate, currency = part(document, "return"), str(part(document, "purpose").get("currency", ""))
    if not estimate:
        return "<p>Nobody has estimated the return.</p>"
    span = estimate.get("interval")
    ends = span if isinstance(span, list) and len(span) == 2 else [None, None]
    amounts = {words(key): money(estimate.get(key), currency) for key in ("low", "likely", "high", "value_at_stake")}
    return _pairs(
        {
            **amounts,
            "80 % sure": between(ends[0], ends[1]),
            "chance of losing money": percent(estimate.get("chance_of_loss"), digits=0),
            "judged as": f"{estimate.get('quadrant')}: {estimate.get('reason')}",
        }
    )


def _data(document: Document) -> str:
    data = part(document, "data")
    facts = part(data, "facts")
    columns = facts.get("columns")
    about = {key: data[key] for key in ("id", "digest", "sources") if key in data}
    about |= {key: value for key, value in facts.items() if key != "columns" or not isinstance(value, dict)}
    return _pairs(about) + (_columns(columns) if isinstance(columns, dict) else "")


def _columns(columns: Mapping[str, Json]) -> str:
    rows = []
    for name, facts in columns.items():
        one = facts if isinstance(facts, dict) else {}
        shown = [_td(name, "name"), _td(str(one.get("type", "")))]
        shown.append(_td(percent(one.get("missing_share")), "number"))
        shown += [_td(figure(one.get(key)), "number") for key in ("least", "mean", "most", "distinct")]
        rows.append(f"<tr>{''.join(shown)}</tr>")
    numbers = {"Missing", "Least", "Mean", "Most", "Distinct"}
    return _table(("Column", "Type", "Missing", "Least", "Mean", "Most", "Distinct"), rows, numbers)


def _version(document: Document) -> str:
    version = dict(part(document, "version"))
    recipe = part(version, "recipe")
    features = recipe.get("features")
    made = {
        "kind": recipe.get("kind"),
        "columns used": ", ".join(map(str, features)) if isinstance(features, list) else None,
        "parameters": _params(recipe),
        "seed": recipe.get("seed"),
    }
    version.pop("recipe", None)
    return _pairs({**version, **{key: value for key, value in made.items() if value not in (None, "")}})


def _policy(document: Document) -> str:
    policy = dict(part(document, "policy"))
    quorum = ", ".join(f"{count} x {role}" for role, count in part(policy, "quorum").items())
    return _pairs({**policy, "quorum": f"to be signed by {quorum}"} if quorum else policy)


_AT_THE_TOP = frozenset({"title", "summary"})
_SECTIONS: tuple[tuple[str, str, Callable[[Document], str]], ...] = (
    ("gaps", "What is missing", _gaps),
    ("purpose", "What it decides", _purpose),
    ("leaderboard", "Candidates, best first", _leaderboard),
    ("gates", "Gates on the version", _gates("gates")),
    ("data_gates", "Gates on its data", _gates("data_gates")),
    ("return", "Return in the first year, as the charter expects it", _return),
    ("data", "Data", _data),
    ("version", "How it was made", _version),
    ("policy", "Policy", _policy),
)


def _params(recipe: Document) -> str:
    return ", ".join(f"{key.replace('_', ' ')} {figure(value)}" for key, value in part(recipe, "params").items())


def _td(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def _table(head: Sequence[str], rows: Sequence[str], numbers: set[str] | frozenset[str] = frozenset()) -> str:
    cells = "".join(
        f'<th class="number">{escape(one)}</th>' if one in numbers else f"<th>{escape(one)}</th>" for one in head
    )
    return f"<table><tr>{cells}</tr>{''.join(rows)}</table>"


def _block(value: Json) -> str:
    if isinstance(value, dict):
        return _pairs(value)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = [item for item in value if isinstance(item, dict)]
        columns = list(dict.fromkeys(key for item in items for key in item))
        rows = ["<tr>" + "".join(f"<td>{_cell(item.get(one))}</td>" for one in columns) + "</tr>" for item in items]
        return _table([words(one) for one in columns], rows)
    return f"<p>{_cell(value)}</p>"


def _pairs(values: Mapping[str, Json]) -> str:
    rows = "".join(f"<tr><th>{escape(words(key))}</th><td>{_cell(item)}</td></tr>" for key, item in values.items())
    return f'<table class="pairs">{rows}</table>' if rows else ""


def _cell(value: Json) -> str:
    if isinstance(value, dict):
        return "<br>".join(f"{escape(key)}: {_cell(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return "<br>".join(_cell(item) for item in value) or "none"
    text = escape(figure(value))
    if text.startswith("sha256:"):
        return f"<code>{text}</code>"
    return f'<span class="{text}">{words(text)}</span>' if text in _WORDS_WITH_COLOUR else text
