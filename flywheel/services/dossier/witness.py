"""An exported dossier as a witness: which events it saw, to hold the record against long afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flywheel.errors import InputRefused, Tampered
from flywheel.services.dossier.offline_verify import verify
from flywheel.services.dossier.offline_whole import NO_WHOLE

NAMED = 20


def events_seen(folder: Path, *, public_key: str, notary_key: str) -> Mapping[int, str]:
    """Give the hash of each event that the record held when a dossier was exported; an altered folder is refused."""
    try:
        found, _ = verify(folder, public_key=public_key, notary_key=notary_key)
        problems = [one for one in found if one != NO_WHOLE]  # an older folder saw the chain all the same
        seen = {int(number): str(said) for number, said, _ in json.loads((folder / "chain.json").read_bytes())}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(
            f"{folder} cannot be read as an exported dossier: {type(error).__name__}: {error}",
            allowed="a folder that `flywheel dossier VERSION --out FOLDER` wrote",
        ) from error
    if problems:
        raise Tampered(
            f"{folder} was altered after its export, and proves nothing",
            found="\n".join(problems[:NAMED]),
            next_step="compare the record with another copy of it",
        )
    return seen


def agreed(*witnesses: Mapping[int, str]) -> Mapping[int, str]:
    """Put together what heads and dossiers say of events; where two say otherwise, one of them lies."""
    said: dict[int, str] = {}
    for witness in witnesses:
        for sequence, digest in witness.items():
            if said.setdefault(sequence, digest) != digest:
                raise Tampered(
                    f"heads and dossiers contradict each other about event {sequence}",
                    found=sorted({said[sequence], digest}),
                    next_step="the record was rewritten between them: compare it with each alone, and with a backup",
                )
    return said
