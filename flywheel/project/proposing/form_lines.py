"""Writes how a text file is written: its signs, its words for missing, its days."""

from __future__ import annotations

from dataclasses import fields

from flywheel.project.charter.toml_values import toml_of
from flywheel.project.proposing.column_lines import behind
from flywheel.project.proposing.proposal import Proposal
from flywheel.project.reading.text_form import TextForm


def form_lines(proposal: Proposal) -> list[str]:
    """Say of a text file what differs from the usual, and what is open about it."""
    if proposal.form is None:
        return []
    plain, form = TextForm(), proposal.form
    said = [(field.name, getattr(form, field.name)) for field in fields(TextForm)]
    asked = {"encoding": proposal.asked_encoding, "header": proposal.asked_header}
    asked = {name: question for name, question in asked.items() if question}
    lines = []
    if proposal.dates.asked:
        said = [(name, value) for name, value in said if name != "date_format"]
        lines = [_open_format(form.date_format, proposal.dates.asked)]
    for name, value in said:
        if value == getattr(plain, name) and name not in asked and name not in {"delimiter", "encoding"}:
            continue
        if isinstance(value, tuple):
            note = (
                behind(f"does each of these mean missing, in every column? {proposal.missing_seen}".rstrip())
                if name == "missing" and any(map(str.strip, value))
                else ""
            )
            note = f"  # {proposal.dates.shown}" if name == "date_format" and proposal.dates.shown else note
            lines.append(f"{name} = {toml_of(value)}{note}")
        else:
            note = behind(asked[name]) if name in asked else ""
            lines.append(f"{name} = {toml_of(value)}{note}")
    return lines


def _open_format(formats: tuple[str, ...], asked: str) -> str:
    """Ask how days are read; until that is answered they are not, so that nothing is read otherwise than meant."""
    line = f"date_format = {toml_of(formats)}" if formats else '# date_format = ""'
    return line + behind(asked)
