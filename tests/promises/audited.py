"""Stands in for the interpreter, with an audit hook armed before anything else runs; writes down what no model may do.

Called as: audited.py LOG OURS [-P] -m MODULE ARGUMENTS; OURS are patterns, between `:`, of files whose code may run.
"""

from __future__ import annotations

import os
import re
import runpy
import sys
import sysconfig
from collections.abc import Callable, Sequence
from fnmatch import translate
from types import CodeType, FrameType
from typing import Any

LIBRARIES = tuple({os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib")})
UNPICKLING = ("pickle.find_class", "marshal.loads", "marshal.load")
WATCHED = frozenset({*UNPICKLING, "exec", "compile"})


def main() -> None:
    """Arm the hook and become the module that was asked for."""
    log, ours, *asked = sys.argv[1:]
    arm(log, ours.split(":"))
    sys.path.pop(0)  # this script's own folder
    if asked[0] == "-P":
        asked.pop(0)
    else:
        sys.path.insert(0, os.getcwd())  # noqa: PTH109  as Python itself has it
    assert asked[0] == "-m"
    sys.argv = asked[1:]
    runpy.run_module(asked[1], run_name="__main__", alter_sys=True)


def arm(log: str, ours: Sequence[str]) -> None:
    """Write each offence to a log from now on; a hook cannot be taken away again."""
    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    trusted = re.compile(
        "|".join([r"<frozen .*", *(rf"{re.escape(one)}/.*" for one in LIBRARIES), *map(translate, ours)])
    )
    os.write(written, f"armed {' '.join(sys.argv[3:7])}\n".encode())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED and (offence := _offence(event, arguments, trusted)):
            os.write(written, f"{event} {offence}\n".encode())

    sys.addaudithook(hook)


def _offence(event: str, arguments: tuple[Any, ...], trusted: re.Pattern[str]) -> str:
    """Say what is wrong with an event: anything unpickled, and code that comes from elsewhere than libraries and us."""
    if event == "pickle.find_class":
        return f"{arguments[0]}.{arguments[1]}, asked by {_asker()}"
    if event in UNPICKLING:
        origin = _bytecode_path()
    else:
        said = arguments[0].co_filename if isinstance(arguments[0], CodeType) else arguments[-1]
        origin = os.fsdecode(said) if isinstance(said, str | bytes) else "<unknown>"
    if origin.startswith("<"):  # made at run time, such as a data class's methods: whoever made it must be trusted
        origin = _asker()
    return "" if trusted.fullmatch(origin) else origin


def _bytecode_path() -> str:
    """Name the file whose bytecode is being read; where no import reads it, who does."""
    frame = _frame(lambda one: one.f_code.co_filename.startswith("<frozen importlib"), limit=4)
    path = frame.f_locals.get("source_path") or frame.f_locals.get("bytecode_path") if frame else None
    return os.path.realpath(path) if isinstance(path, str) else _asker()


def _asker() -> str:
    """Name the nearest file in the stack that is a real one; code that was made at run time has none."""
    frame = _frame(lambda one: one.f_code.co_filename != __file__ and not one.f_code.co_filename.startswith("<"))
    return os.path.realpath(frame.f_code.co_filename) if frame else "<frozen start>"


def _frame(fits: Callable[[FrameType], bool], *, limit: int = 1_000) -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and limit:
        if fits(frame):
            return frame
        if frame.f_code.co_filename != __file__:
            limit -= 1
        frame = frame.f_back
    return None


if __name__ == "__main__":
    main()
