"""A dossier's document as one offline HTML page: every text escaped, no script, nothing fetched."""

from __future__ import annotations

from typing import NamedTuple

from flywheel.pages.figures import between, estimated, money, percent, words
from flywheel.pages.pieces import block
from flywheel.pages.templating import filled
from flywheel.services.dossier import earnings, returns, sections
from flywheel.services.dossier.headings import index_by_headings
from flywheel.services.dossier.judgement import to_judge
from flywheel.services.dossier.summary import Document, part, parts

INDEX = "supervisors"

SECTIONS: tuple[tuple[str, str, sections.Layout], ...] = (
    ("purpose", "What it decides", sections.purpose),
    ("changes", "Changes of the charter since it was last signed", lambda d: block(d["changes"])),
    ("measured", "What it earns on unseen rows", earnings.measured),
    ("payoff", "What each decision brings", earnings.payoff),
    ("leaderboard", "Candidates on the validation rows, best first", earnings.leaderboard),
    ("apart", "Candidates measured on other rows, not to be compared", earnings.apart),
    ("split", "How rows were split", sections.split),
    ("gates", "Gates on the version", sections.gates("gates")),
    ("behaviour_diff", "What changes against the model in use", lambda d: block(d["behaviour_diff"])),
    ("data_gates", "Gates on its data", sections.gates("data_gates")),
    ("data", "Data", sections.data),
    ("purposes", "What its data may be used for", sections.purposes),
    ("lineage", "Where it came from", sections.lineage),
    ("version", "How it was made", sections.version),
    ("reproduction", "Can it be reproduced", lambda d: block(d["reproduction"])),
    ("return", "Return in the first year, as the charter expects it", returns.expected_return),
    ("feasibility", "What stands for and against the idea besides money", lambda d: block(d["feasibility"])),
    ("risk", "How much can go wrong", lambda d: block(d["risk"])),
    ("population", "Whom it is for", lambda d: block(d["population"])),
    ("targets", "What is to be reached", lambda d: block(d["targets"])),
    ("risks", "What may go wrong, and who answers for it", lambda d: block(d["risks"])),
    ("it_terms", "What IT allows", lambda d: block(d["it_terms"])),
    ("plan", "What happens once it serves", lambda d: block(d["plan"])),
    ("findings", "Findings", lambda d: block(d["findings"])),
    ("waivers", "Waivers", lambda d: block(d["waivers"])),
    ("notes", "Discussion", lambda d: block(d["notes"])),
    ("people", "People", lambda d: block(d["people"])),
    ("policy", "Policy", sections.policy),
)
_WITHIN_OTHERS = frozenset({"title", "summary", "gaps", "kind"})
"""Parts that have no section: they stand at the top, or in what other sections say."""


class Tile(NamedTuple):
    """One figure of the first screen."""

    name: str
    value: str
    note: str


def render(document: Document, *, digest: str) -> str:
    """Lay a dossier out in the order in which a signer reads; a part without a layout of its own comes last."""
    known = {key for key, _, _ in SECTIONS}
    shown = [(key, heading, lay_out(document)) for key, heading, lay_out in SECTIONS if document.get(key)]
    shown += [
        (key, words(key), block(value))
        for key, value in document.items()
        if key not in known | _WITHIN_OTHERS and value
    ]
    there = [(key, heading, body) for key, heading, body in shown if body]
    titles = {key: heading for key, heading, _ in there}
    there.append((INDEX, "Index by supervisors' headings", index_by_headings(document, titles=titles)))
    return filled(
        "dossier.html",
        title=str(document.get("title", "Dossier")),
        tier=part(document, "policy").get("tier"),
        tiles=_tiles(document),
        summary=[text for text in str(document.get("summary", "")).split("\n\n") if text],
        digest=digest,
        questions=to_judge(document),
        sections=there,
    )


def _tiles(document: Document) -> list[Tile]:
    said = part(document, "purpose")
    unit, currency = str(said.get("unit", "row")), str(said.get("currency", "points"))
    earned = part(part(document, "measured"), "kpi")
    results = [*parts(document, "gates"), *parts(document, "data_gates")]
    passed = sum(gate.get("verdict") == "passed" for gate in results)
    apart = sum(gate.get("verdict") == "not_applicable" for gate in results)
    questions = to_judge(document)
    shown = list[Tile]()
    if earned:
        verb, amount, span = estimated("earns", earned, currency)
        shown.append(Tile(f"{verb.capitalize()} per {unit}", amount, f"90 % confidence interval: {span}"))
    gain = next((part(gate, "figures") for gate in results if gate.get("code") == "PERF-001"), {})
    if "gain_per_row" in gain:
        low, high = gain.get("gain_per_row_low"), gain.get("gain_per_row_high")
        note = f"{percent(gain.get('confidence'), digits=0)} confidence interval: {between(low, high)}"
        shown.append(Tile("More than the baseline", money(gain.get("gain_per_row"), currency), note))
    note = f"{apart} did not apply" if apart else "data and version"
    shown.append(Tile("Gates passed", f"{passed} of {len(results) - apart}", note))
    shown.append(
        Tile("For you to judge", str(len(questions)), "below, worst first" if questions else "nothing is open")
    )
    return shown
