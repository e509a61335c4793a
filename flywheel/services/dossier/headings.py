"""An index of a dossier by the headings of three supervisors' texts: where each is answered, or that it is not."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from flywheel.pages.pieces import lines, link, mark, row_of, table
from flywheel.services.dossier.summary import Document


@dataclass(frozen=True)
class Heading:
    """One heading, and the parts of a dossier that answer it; none where no record of ours can."""

    text: str
    parts: tuple[str, ...] = ()


SR_26_2 = (
    Heading("Purpose, use and what it is not for", ("purpose",)),
    Heading("Materiality: exposure and purpose", ("risk", "policy")),
    Heading("Data: relevance, quality, lineage", ("data", "data_gates", "lineage")),
    Heading("Development and conceptual soundness", ("version", "measured", "split", "leaderboard")),
    Heading("Testing and outcomes analysis", ("gates",)),
    Heading("Behaviour against the model in use", ("behaviour_diff",)),
    Heading("Independent validation and effective challenge", ("people", "policy", "reproduction")),
    Heading("Limitations, findings and their treatment", ("findings", "waivers")),
    Heading("Ongoing monitoring", ("plan",)),
    Heading("Governance, roles and approvals", ("people", "policy")),
)
SS1_23 = (
    Heading("1 Model identification and risk classification", ("purpose", "risk")),
    Heading("2 Governance", ("people", "policy")),
    Heading("3 Model development, implementation and use", ("version", "data", "measured", "leaderboard", "plan")),
    Heading("4 Independent model validation", ("gates", "data_gates", "reproduction")),
    Heading("5 Model risk mitigants", ("findings", "waivers", "plan")),
)
ANNEX_IV = (
    Heading("1 General description", ("purpose", "version")),
    Heading("2 Elements and development process", ("version", "data", "split", "lineage", "leaderboard")),
    Heading("3 Monitoring, functioning and control", ("plan",)),
    Heading("4 Appropriateness of the performance metrics", ("measured", "leaderboard", "gates")),
    Heading("5 Risk management system", ("risk", "policy", "findings")),
    Heading("6 Changes through the lifecycle", ("behaviour_diff", "changes")),
    Heading("7 Harmonised standards applied"),
    Heading("8 EU declaration of conformity"),
    Heading("9 Post-market monitoring plan", ("plan",)),
)
TEXTS = (
    ("SR 26-2 (Federal Reserve, OCC, FDIC 2026), by topic", SR_26_2),
    ("SS1/23 (PRA), by principle", SS1_23),
    ("EU AI Act, Annex IV, by number", ANNEX_IV),
)


def index_by_headings(document: Document, *, titles: dict[str, str]) -> Markup:
    """Lay the index out: a link for each part that is there, a gap for what nothing answers."""
    shown = []
    for name, headings in TEXTS:
        rows = [row_of(one.text, _answers(document, one, titles)) for one in headings]
        shown.append(table((name, "Answered in"), rows))
    return Markup().join(shown)


def _answers(document: Document, heading: Heading, titles: dict[str, str]) -> Markup:
    there = [key for key in heading.parts if document.get(key)]
    if not there:
        why = "nothing is recorded" if heading.parts else "kept outside Flywheel"
        return Markup("{} {}").format(mark("Gap", "verdict missing"), why)
    return lines((link(titles.get(key, key), f"#{key}") for key in there), ", ")
