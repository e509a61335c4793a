"""A project's own text, made a module inside a cell, and the line of it at which something went wrong."""

from __future__ import annotations

import sys
from types import ModuleType

from flywheel.domain.own_code import HOOKS_FILE


def module_of(text: str) -> ModuleType:
    """Run the text that was registered; nothing but a cell may call this."""
    code = compile(text, HOOKS_FILE, "exec")
    module = ModuleType("hooks")
    module.__file__ = HOOKS_FILE
    sys.modules["hooks"] = module  # dataclasses look their module up while it runs
    exec(code, module.__dict__)  # noqa: S102  a registered project's own code is meant to run, and here alone
    return module


def line_of(error: BaseException) -> int:
    """Find the line of the project's own code that was running; 0 where none was."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == HOOKS_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
