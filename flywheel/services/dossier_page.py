"""A dossier's document as one offline HTML page: every text escaped, no script, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from flywheel.domain.digests import Json

_STYLE = """
:root { --ink: #1d2430; --soft: #5c6675; --line: #dfe3e9; --good: #1a7f4b; --bad: #b3261e; --warn: #9a6700; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 62rem; margin: 2.5rem auto;
  padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p.lead { color: var(--soft); margin: 0; } code { font-size: .85em; color: var(--soft); overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .8rem .4rem 0; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } ul { margin: 0; padding-left: 1.2rem; }
.passed, .granted { color: var(--good); font-weight: 600; } .failed, .error { color: var(--bad); font-weight: 600; }
.warned, .not_evaluated, .missing { color: var(--warn); font-weight: 600; }
"""

_WORDS_WITH_COLOUR = frozenset({"passed", "granted", "failed", "error", "warned", "not_evaluated", "missing"})


def render(document: Mapping[str, Json], *, digest: str) -> str:
    """Lay a dossier out as a page: one section a key, in the document's order."""
    title = escape(str(document.get("title", "Dossier")))
    sections = "\n".join(
        f"<section><h2>{escape(_words(key))}</h2>{_block(value)}</section>"
        for key, value in document.items()
        if key not in {"title", "summary"}
    )
    summary = escape(str(document.get("summary", "")))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>{_STYLE}</style></head>
<body><h1>{title}</h1><p class="lead">{summary}</p><p><code>{escape(digest)}</code></p>
{sections}
</body></html>
"""


def _block(value: Json) -> str:
    if isinstance(value, Mapping):
        return _pairs(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            return "<p>none</p>"
        if all(isinstance(item, Mapping) for item in value):
            return _rows([item for item in value if isinstance(item, Mapping)])
        return "<ul>" + "".join(f"<li>{_cell(item)}</li>" for item in value) + "</ul>"
    return f"<p>{_cell(value)}</p>"


def _pairs(values: Mapping[str, Json]) -> str:
    rows = "".join(f"<tr><th>{escape(_words(key))}</th><td>{_inner(item)}</td></tr>" for key, item in values.items())
    return f"<table>{rows}</table>"


def _rows(items: list[Mapping[str, Json]]) -> str:
    columns = list(dict.fromkeys(key for item in items for key in item))
    head = "".join(f"<th>{escape(_words(column))}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td{_align(item.get(c))}>{_inner(item.get(c))}</td>" for c in columns) + "</tr>"
        for item in items
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _inner(value: Json) -> str:
    if isinstance(value, Mapping):
        return "<br>".join(f"{escape(_words(key))}: {_cell(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return "<br>".join(_inner(item) for item in value) or "none"
    return _cell(value)


def _cell(value: Json) -> str:
    if value is None:
        return "&mdash;"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"
    text = escape(str(value))
    if text.startswith("sha256:"):
        return f"<code>{text}</code>"
    return f'<span class="{text}">{_words(text)}</span>' if text in _WORDS_WITH_COLOUR else text


def _align(value: Json) -> str:
    return ' class="number"' if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _words(key: str) -> str:
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]
