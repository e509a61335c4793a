"""The program of a cell: it closes itself in, and only then imports libraries and runs the project's code.

Nothing of the flow's is here: the interpreter is a fresh one, its environment is written by hand, and the only open
files are the rows, the answer and a pipe for words. Neither the rows nor the answer is ever pickled.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from flywheel.adapters.cell.guards import Guard
from flywheel.adapters.cell.landlock import confine, readable_places
from flywheel.adapters.cell.seccomp import filter_calls, forgo_privileges
from flywheel.adapters.cell.terms import OPEN, REFUSED, Ration, Terms
from flywheel.adapters.parquet import table_of
from flywheel.errors import FlywheelError, InputRefused
from flywheel.project.hooks import HOOKS_FILE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

DIE_WITH_PARENT = 1
GIVE_UP_CAPABILITIES, VERSION_3 = "capset", 0x2008_0522
READ_SEARCH = 1 << 2
"""CAP_DAC_READ_SEARCH."""
OPEN_FILES = 256
SPARE_ADDRESSES = 16_000_000_000
"""What libraries reserve and never fill; counts as address space alone."""


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
        enclose(terms)
    except (FlywheelError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return OPEN
    return 0


def enclose(terms: Terms) -> None:
    """Take everything away from this program that its code does not need; whatever cannot be had ends it."""
    _ration(terms.ration)
    os.umask(0o077)
    with suppress(OSError):  # some containers show it read-only
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # where memory ends, this goes first
    if terms.guards.user is not None:
        os.setgroups([])
        os.setresgid(terms.guards.user, terms.guards.user, terms.guards.user)
        os.setresuid(terms.guards.user, terms.guards.user, terms.guards.user)
        if set(os.getresuid() + os.getresgid()) != {terms.guards.user}:
            raise OSError(f"this program is not the user {terms.guards.user}")
    elif terms.guards.is_root:
        _give_up_capabilities(but=READ_SEARCH if not {Guard.LANDLOCK, Guard.SECCOMP} & {*terms.guards.lacking} else 0)
    _die_with(terms.parent)
    forgo_privileges()
    if terms.guards.landlock:
        confine(terms.guards.landlock, readable_places())
    if terms.guards.has_seccomp:
        filter_calls(with_landlock=terms.guards.landlock)


def _ration(ration: Ration) -> None:
    cpu, most = ration.cpu_seconds, ration.memory_bytes + SPARE_ADDRESSES
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_DATA, ration.memory_bytes, ration.memory_bytes),
        (resource.RLIMIT_AS, most, most),
        (resource.RLIMIT_FSIZE, ration.answer_bytes, ration.answer_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_NPROC, ration.threads, ration.threads),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
        allowed = resource.getrlimit(kind)[1]
        fits = [one if allowed == resource.RLIM_INFINITY else min(one, allowed) for one in (soft, hard)]
        resource.setrlimit(kind, (fits[0], fits[1]))


def _give_up_capabilities(*, but: int) -> None:
    """Be root in name alone; libraries in somebody's closed folder are still read, where Landlock allows no others."""
    head = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    left = (ctypes.c_uint32 * 6)(but, but)
    if ctypes.CDLL(None, use_errno=True).capset(head, left):
        raise OSError(ctypes.get_errno(), GIVE_UP_CAPABILITIES)


def _die_with(parent: int) -> None:
    """Be killed when the run ends that waits for the answer, however it ends."""
    if ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os._exit(1)


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

    code = compile(text, HOOKS_FILE, "exec")
    module = type(sys)("hooks")
    module.__file__ = HOOKS_FILE
    sys.modules["hooks"] = module  # dataclasses look their module up while it runs
    exec(code, module.__dict__)  # noqa: S102  a registered project's own code is meant to run, and here alone
    given: object = module.prepare(frame)
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
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == HOOKS_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    where = f"{HOOKS_FILE}:{line}: " if line else ""
    closed = isinstance(error, PermissionError)
    cure = "a hook opens no files and connections and starts no programs (docs/cell.md)" if closed else ""
    name = type(error).__name__
    return InputRefused(f"{where}the project's own code raised {name}", found=str(error), next_step=cure)


if __name__ == "__main__":
    main()
