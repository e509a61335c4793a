"""Segments made a second time: whoever attests a rewrite of a log trusts nobody who says what became of its rows.

A program of its own, `python -m flywheel.adapters.predictions.remaking`, since it reads what others wrote: it knows no
key, and where the kernel has Landlock it reads nothing but the log and its libraries.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from flywheel.adapters.cell.landlock import confine, readable_places
from flywheel.adapters.cell.seccomp import forgo_privileges
from flywheel.adapters.clean_python import run_clean
from flywheel.adapters.machine import landlock_version
from flywheel.adapters.predictions.chain import Line, content_of
from flywheel.adapters.predictions.chaining import Part
from flywheel.adapters.predictions.segments import content_from, joined, parse, without
from flywheel.domain.digests import Json, digest_bytes, json_of, plain
from flywheel.domain.forms import read_as
from flywheel.errors import FlywheelError, Unavailable

SECONDS = 100.0
"""Less than a decision may take."""


def is_remade(part: Part, said: tuple[int, int, str] | None) -> bool:
    """Whether a part brings just what was made again of what it replaces, under a name that tells its times."""
    if part.made is None or said is None:
        return part.made is None and said is None
    spans = [line.span for line in part.replaced]
    whole = min(first for first, _ in spans), max(last for _, last in spans)
    return (part.made.rows, part.made.size, part.made.digest) == said and part.made.span == whole


def remade(
    folder: Path, parts: Sequence[Part], *, entity: str | None, home: Path, logs: Path
) -> tuple[tuple[int, int, str] | None, ...]:
    """Make what replaces segments anew, without an entity's rows where one is named: its rows, size and digest."""
    asked = json_of({"folder": str(folder), "entity": entity, "replaced": plain([one.replaced for one in parts])})
    answer = json.loads(run_clean(MODULE, "", home=home, logs=logs, seconds=SECONDS, given=asked))
    return tuple(None if one is None else (int(one[0]), int(one[1]), str(one[2])) for one in answer)


MODULE = "flywheel.adapters.predictions.remaking"


def main() -> int:
    """Make what was asked for on the standard input, and say what it came to."""
    asked = json.load(sys.stdin)
    folder, entity = Path(asked["folder"]), asked["entity"]
    groups: tuple[tuple[Line, ...], ...] = read_as(tuple[tuple[Line, ...], ...], asked["replaced"])
    import pyarrow as pa  # heavy, and read before nothing more can be

    forgo_privileges()
    if version := landlock_version():
        confine(version, (*readable_places(), folder))
    del pa
    try:
        sys.stdout.write(json_of([_made_of(folder, group, entity) for group in groups]))
    except FlywheelError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _made_of(folder: Path, group: Sequence[Line], entity: str | None) -> Json:
    contents = [(line.name, content_of(folder, line)) for line in group]
    tables = [parse(name, content) for name, content in contents if content is not None]
    if len(tables) < len(group):
        raise Unavailable(
            f"some of {folder} cannot be read, or is not what was written",
            found=os.geteuid(),
            next_step="let the notary's user read the folder of predictions (docs/running.md)",
        )
    table = joined(tables) if entity is None else without(tables[0], entity)
    if table.num_rows == 0:
        return None
    content = content_from(table)
    return [table.num_rows, content.size, digest_bytes(content)]


if __name__ == "__main__":
    sys.exit(main())
