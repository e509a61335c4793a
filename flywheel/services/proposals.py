"""`flywheel new NAME --from FILE`: a charter proposed from a look at the data, beside a copy of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from flywheel.adapters.source_look import Look, look_at
from flywheel.errors import InputRefused
from flywheel.project.charter_source import DATA_FILES
from flywheel.project.proposing.charter_text import Proposal, charter_text
from flywheel.project.proposing.columns import names_for, plainly, propose
from flywheel.project.proposing.keys import keys_of
from flywheel.project.starter import read_template, write_new
from flywheel.project.text_form import TextForm


def proposal_of(file: Path, *, uri: str, target: str = "", seed: int = 7) -> Proposal:
    """Look at a file and propose what a charter says of it; `target` is a header or a column's name."""
    look = look_at(file, seed=seed)
    names = names_for([column.header for column in look.columns])
    form = look.form or TextForm()
    columns = tuple(
        propose(name, seen.header, seen.values, given=seen.kind, form=form, is_whole=look.is_whole)
        for name, seen in zip(names, look.columns, strict=True)
    )
    values = {name: seen.values for name, seen in zip(names, look.columns, strict=True)}
    wanted = _named(target, names, look) if target else None
    formats = tuple(dict.fromkeys(form for one in columns for form in one.date_formats))
    known = None if look.form is None else replace(look.form, date_format=formats)
    return Proposal(uri, known, columns, keys_of(columns, values, target=wanted), look.rows, look.is_whole)


def write_proposed(name: str, folder: Path, file: Path, *, target: str = "", owner: str = "") -> Proposal:
    """Write the project: `project.toml` with everything proposed, and the data under `data/`."""
    inside = file.resolve().is_relative_to(folder.resolve()) if folder.exists() else False
    uri = file.resolve().relative_to(folder.resolve()).as_posix() if inside else f"data/{_plain_name(file)}"
    proposal = proposal_of(file, uri=uri, target=target)
    text = charter_text(read_template(), proposal, owner=owner)
    write_new(name, folder, text, data=None if inside else (file, uri), has_data=inside)
    return proposal


def decisions(proposal: Proposal) -> Iterator[str]:
    """Say what a person must decide about the keys, before anything else."""
    keys = proposal.keys
    yield f"target: {keys.target or 'none was found'}" + _others(keys.other_targets)
    yield f"entity: {keys.entity or 'none was found; without one, rows have no name'}" + _others(keys.other_entities)
    yield f"time: {keys.time or 'none was found'}" + _others(keys.other_times)


def _others(names: tuple[str, ...]) -> str:
    return f" (or {', '.join(names[:6])})" if names else ""


def _named(target: str, names: tuple[str, ...], look: Look) -> str:
    for name, seen in zip(names, look.columns, strict=True):
        if target in {name, seen.header}:
            return name
    raise InputRefused("the data hold no such column", found=target, allowed=", ".join(names[:30]))


def _plain_name(file: Path) -> str:
    """Give the copy a name that a charter may hold; text by whatever ending is CSV."""
    ending = next((end for end in sorted(DATA_FILES, key=len, reverse=True) if file.name.lower().endswith(end)), ".csv")
    stem = file.name[: -len(ending)] if file.name.lower().endswith(ending) else file.stem
    return (plainly(stem, between="-") or "data") + ending
