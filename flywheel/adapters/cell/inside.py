"""The program of a cell: it closes itself in, and only then imports libraries and runs the project's code.

Nothing of the flow's is here: the interpreter is a fresh one, its environment is written by hand, and the only open
files are the rows, the answer and a pipe for words. Neither the rows nor the answer is ever pickled.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from flywheel.adapters.cell.closing import enclose
from flywheel.adapters.cell.landlock import readable_places
from flywheel.adapters.cell.own_text import line_of, module_of
from flywheel.adapters.cell.terms import OPEN, REFUSED, Terms
from flywheel.adapters.parquet import table_of
from flywheel.domain.own_code import HOOKS_FILE
from flywheel.errors import FlywheelError, InputRefused

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def main() -> NoReturn:
    """Close the cell, let the code shape the rows, and end without taking anything apart."""
    with os.fdopen(0, "rb", closefd=False) as rows:
        terms = Terms.read(rows)
        with os.fdopen(os.dup(1), "wb") as answer:
            os.dup2(2, 1)  # what the code prints is no part of the answer
            status = _closed(terms) or _answered(terms.text, rows, answer)
    sys.stdout.flush()
    os._exit(status)


def _closed(terms: Terms) -> int:
    """Close the cell, or say why it stays open; then nothing runs in it."""
    try:
        enclose(terms, readable_places)
    except (FlywheelError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return OPEN
    return 0


def _answered(text: str, rows: BinaryIO, answer: BinaryIO) -> int:
    """Write the shaped rows, or the words of a refusal in their place."""
    try:
        _write(_shaped(text, _frame(rows)), answer)
    except FlywheelError as error:
        refusal = error
    except BaseException as error:  # noqa: BLE001  whatever the project's code raises, its author reads it
        refusal = _told(error)
    else:
        return 0
    gc.collect()  # memory may have been what lacked
    answer.seek(0)
    answer.truncate()
    said = {name: str(getattr(refusal, name)) for name in ("what", "allowed", "next_step")}
    answer.write(json.dumps(said | {"found": None if refusal.found is None else str(refusal.found)}).encode())
    return REFUSED


def _frame(rows: BinaryIO) -> pd.DataFrame:
    # heavy, and only once the cell is closed: libraries may start threads, which the guards would not hold
    import pyarrow as pa

    pa.set_cpu_count(1)
    with pa.ipc.open_stream(rows) as stream:
        frame: pd.DataFrame = stream.read_all().to_pandas()
    return frame


def _shaped(text: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Run the registered text and its hook; what it gives back is looked at, since nobody but its author typed it."""
    import pandas as pd  # heavy, and only once the cell is closed

    given: object = module_of(text).prepare(frame)
    if not isinstance(given, pd.DataFrame):
        raise InputRefused(
            "the hook prepare did not give back a table",
            found=type(given).__name__,
            allowed="a pandas DataFrame",
            next_step="end it with `return frame`",
        )
    return given


def _write(frame: pd.DataFrame, answer: BinaryIO) -> None:
    import pyarrow as pa  # heavy, and only once the cell is closed

    table: pa.Table = table_of(frame)
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
    with pa.ipc.new_stream(answer, table.schema) as stream:
        stream.write_table(table)


def _told(error: BaseException) -> InputRefused:
    """Say what the code raised, and the line of its own that was running."""
    line = line_of(error)
    where = f"{HOOKS_FILE}:{line}: " if line else ""
    closed = isinstance(error, PermissionError)
    cure = "a hook opens no files and connections and starts no programs (docs/cell.md)" if closed else ""
    name = type(error).__name__
    return InputRefused(f"{where}the project's own code raised {name}", found=str(error), next_step=cure)


if __name__ == "__main__":
    main()
