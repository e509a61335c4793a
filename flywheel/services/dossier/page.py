"""A dossier's document as one offline HTML page: every text escaped, no script, nothing fetched."""

from __future__ import annotations

from html import escape
from pathlib import Path

from flywheel.services.dossier import sections
from flywheel.services.dossier.figures import between, brought, money, percent, within, words
from flywheel.services.dossier.headings import index_by_headings
from flywheel.services.dossier.html import block, code
from flywheel.services.dossier.judgement import to_judge
from flywheel.services.dossier.summary import Document, part, parts

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
INDEX = "supervisors"

SECTIONS: tuple[tuple[str, str, sections.Layout], ...] = (
    ("purpose", "What it decides", sections.purpose),
    ("changes", "What the charter says otherwise since it was last signed", lambda d: block(d["changes"])),
    ("measured", "What it earns on rows that had no part in making it", sections.measured),
    ("payoff", "What each decision brings", sections.payoff),
    ("leaderboard", "Candidates on the rows that chose among them, best first", sections.leaderboard),
    ("apart", "Candidates measured on other rows, not to be compared", sections.apart),
    ("split", "How rows were parted", sections.split),
    ("gates", "Gates on the version", sections.gates("gates")),
    ("behaviour_diff", "What changes against the model in use", lambda d: block(d["behaviour_diff"])),
    ("data_gates", "Gates on its data", sections.gates("data_gates")),
    ("data", "Data", sections.data),
    ("purposes", "What its data may be used for", sections.purposes),
    ("lineage", "Where it came from", sections.lineage),
    ("version", "How it was made", sections.version),
    ("reproduction", "Can it be made again", lambda d: block(d["reproduction"])),
    ("return", "Return in the first year, as the charter expects it", sections.expected_return),
    ("risk", "How much can go wrong", lambda d: block(d["risk"])),
    ("plan", "What happens once it serves", lambda d: block(d["plan"])),
    ("findings", "Findings", lambda d: block(d["findings"])),
    ("waivers", "Waivers", lambda d: block(d["waivers"])),
    ("notes", "Discussion", lambda d: block(d["notes"])),
    ("people", "People", lambda d: block(d["people"])),
    ("policy", "Policy", sections.policy),
)
_AT_THE_TOP = frozenset({"title", "summary", "gaps"})


def render(document: Document, *, digest: str) -> str:
    """Lay a dossier out in the order in which a signer reads; a part without a layout of its own comes last."""
    known = {key for key, _, _ in SECTIONS}
    shown = [(key, heading, lay_out(document)) for key, heading, lay_out in SECTIONS if document.get(key)]
    shown += [
        (key, words(key), block(value)) for key, value in document.items() if key not in known | _AT_THE_TOP and value
    ]
    there = [(key, heading, body) for key, heading, body in shown if body]
    titles = {key: heading for key, heading, _ in there}
    there.append((INDEX, "Index by supervisors' headings", index_by_headings(document, titles=titles)))
    body = "".join(_section(key, heading, text) for key, heading, text in there)
    return frame(str(document.get("title", "Dossier")), _head(document, digest) + _contents(there) + body)


def frame(title: str, body: str) -> str:
    """Put a body into a page that fetches and runs nothing."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><main>{body}</main></body></html>
"""


def _head(document: Document, digest: str) -> str:
    tier = part(document, "policy").get("tier")
    badge = f'<span class="badge {escape(str(tier))}">{escape(str(tier))} risk</span>' if tier else ""
    summary = "".join(f"<p>{escape(text)}</p>" for text in str(document.get("summary", "")).split("\n\n") if text)
    return (
        f"<header><h1>{escape(str(document.get('title', 'Dossier')))} {badge}</h1>"
        f'<div class="tiles">{"".join(_tiles(document))}</div><div class="lead">{summary}</div>'
        f'<p class="soft">A signature covers exactly {code(digest)}. In an exported folder, '
        '<a href="record.html">who signed and what happened since</a> is beside this page, with verify.py.</p></header>'
        f"{_judgement(document)}"
    )


def _tiles(document: Document) -> list[str]:
    said = part(document, "purpose")
    unit, currency = str(said.get("unit", "row")), str(said.get("currency", "points"))
    earned = part(part(document, "measured"), "kpi")
    results = [*parts(document, "gates"), *parts(document, "data_gates")]
    passed = sum(gate.get("verdict") == "passed" for gate in results)
    apart = sum(gate.get("verdict") == "not_applicable" for gate in results)
    questions = to_judge(document)
    shown = []
    if earned:
        value = earned.get("value")
        verb, _, amount = brought("earns", value, currency).partition(" ")
        span = within(earned.get("low"), earned.get("high"), of=value)
        shown.append(_tile(f"{verb.capitalize()} per {unit}", amount, f"90 % confidence interval: {span}"))
    gain = next((part(gate, "figures") for gate in results if gate.get("code") == "PERF-001"), {})
    if "gain_per_row" in gain:
        low, high = gain.get("gain_per_row_low"), gain.get("gain_per_row_high")
        note = f"{percent(gain.get('confidence'), digits=0)} confidence interval: {between(low, high)}"
        shown.append(_tile("More than the baseline", money(gain.get("gain_per_row"), currency), note))
    note = f"{apart} had nothing to look at" if apart else "data and version"
    shown.append(_tile("Gates passed", f"{passed} of {len(results) - apart}", note))
    shown.append(
        _tile("For you to judge", str(len(questions)), "below, worst first" if questions else "nothing is open")
    )
    return shown


def _tile(name: str, value: str, note: str) -> str:
    return (
        f'<div class="tile"><div class="name">{escape(name)}</div><div class="value">{escape(value)}</div>'
        f'<div class="note">{escape(note)}</div></div>'
    )


def _judgement(document: Document) -> str:
    questions = to_judge(document)
    if not questions:
        calm = "<h2>Needs your judgement</h2><p>No check left a question.</p>"
        return f'<section id="gaps" class="judge none">{calm}</section>'
    rows = "".join(
        f'<li class="{one.weight.value}"><span class="mark">{one.weight.value}</span> '
        f'<span>{escape(one.text)} <a href="#{one.section}">see</a></span></li>'
        for one in questions
    )
    return f'<section id="gaps" class="judge"><h2>Needs your judgement first</h2><ul>{rows}</ul></section>'


def _contents(there: list[tuple[str, str, str]]) -> str:
    links = "".join(f'<li><a href="#{escape(key)}">{escape(heading)}</a></li>' for key, heading, _ in there)
    return f"<nav><h2>In this dossier</h2><ol>{links}</ol></nav>"


def _section(key: str, heading: str, body: str) -> str:
    return f'<section id="{escape(key)}"><h2>{escape(heading)}</h2>{body}</section>\n'
