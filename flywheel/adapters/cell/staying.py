"""The program of a lasting cell: it closes itself in, reads the project's code once, and answers call by call.

Its own modules come over the line with the code, so that it reads no file of ours, whatever becomes of them meanwhile.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from flywheel.adapters.cell.closing import enclose
from flywheel.adapters.cell.own_text import line_of, module_of
from flywheel.adapters.cell.terms import Terms
from flywheel.adapters.cell.wire import DONE, EXHAUSTED, OPEN, READY, REFUSED, SIZES, message
from flywheel.domain.own_code import HOOKS_FILE
from flywheel.errors import FlywheelError, ending_of


def main() -> NoReturn:
    """Answer until nothing more is asked."""
    asked, answered = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the code prints is no part of an answer
    terms = Terms.read(asked)
    try:
        enclose(terms, lambda: [Path(place) for place in terms.places if os.access(place, os.R_OK)])
    except (FlywheelError, OSError, ValueError) as error:
        _say(answered, {"said": OPEN, "words": str(error)})
        os._exit(1)
    try:
        module = module_of(terms.text)
        _warm_up()
    except BaseException as error:  # noqa: BLE001  whatever the project's code raises, its author reads it
        _say(answered, _raised(error))
        os._exit(1)
    _say(answered, {"said": READY})
    while sizes := asked.read(SIZES.size):
        head, values = SIZES.unpack(sizes)
        question = json.loads(asked.read(head))
        answer = _answer_workshop if "op" in question else _answer
        answer(module, question, _writable(asked, values), answered)
    os._exit(0)


def _warm_up() -> None:
    """Do once what takes long the first time, so that the first caller does not wait for it."""
    # heavy, and only once the cell is closed
    from flywheel.adapters.cell.frames import frame_of

    columns = [["a", "number", None], ["b", "text", ["x"]], ["c", "time", None], ["d", "boolean", None]]
    frame_of({"rows": 1, "columns": columns}, memoryview(bytearray(8 * len(columns))))


def _answer(module: Any, question: dict[str, Any], values: memoryview, answered: BinaryIO) -> None:
    # heavy, and only once the cell is closed
    from flywheel.adapters.cell.frames import Changed, added_to, frame_of, values_of

    try:
        frame = frame_of(question, values)
        if question["adds"] is None:
            given = module.features(frame)
            adds = added_to(frame_of(question, values), given)
            _say(answered, {"said": DONE, "adds": adds})
            return
        levels, columns = values_of(frame, module.features(frame), question["adds"])
    except MemoryError:
        os._exit(EXHAUSTED)
    except Changed as changed:
        _say(answered, {"said": REFUSED, "why": changed.why, "column": changed.column, "words": changed.words})
    except BaseException as error:  # noqa: BLE001  whatever the project's code raises, its author reads it
        _say(answered, _raised(error))
    else:
        _say(answered, {"said": DONE, "levels": levels}, *columns)


def _answer_workshop(module: Any, question: dict[str, Any], values: memoryview, answered: BinaryIO) -> None:
    """Answer what is asked about candidates; the first question has them made."""
    # heavy, and only once the cell is closed
    from flywheel.adapters.cell.workshop import Unfit, Workshop

    try:
        shop = _SHOPS.get("one") or _SHOPS.setdefault("one", Workshop(module, says_amounts=question["says_amounts"]))
        match question["op"]:
            case "list":
                _say(answered, {"said": DONE, "candidates": shop.listed()})
            case "rows":
                shop.take_rows(question, values)
                _say(answered, {"said": DONE})
            case "try":
                params, chances = shop.tried(question)
                _say(answered, {"said": DONE, "params": params}, chances.tobytes())
            case "write":
                _say(answered, {"said": DONE}, shop.written(question["form"]))
    except MemoryError:
        os._exit(EXHAUSTED)
    except Unfit as unfit:
        _say(answered, {"said": REFUSED, "words": ending_of(unfit.words), "next_step": unfit.next_step})
    except BaseException as error:  # noqa: BLE001  whatever the project's code raises, its author reads it
        _say(answered, _raised(error))


_SHOPS: dict[str, Any] = {}
"""The candidates of this cell, once they were asked for."""


def _raised(error: BaseException) -> dict[str, Any]:
    line = line_of(error)
    where = f"{HOOKS_FILE}:{line}: " if line else ""
    return {
        "said": REFUSED,
        "why": "raised",
        "column": None,
        "words": ending_of(f"{where}{type(error).__name__}: {error}"),
    }


def _writable(asked: BinaryIO, size: int) -> memoryview:
    """Read values into memory that the code may write over."""
    room = memoryview(bytearray(size))
    if asked.readinto(room) != size:  # type: ignore[attr-defined]  # a buffered reader fills it whole
        os._exit(0)
    return room


def _say(answered: BinaryIO, head: dict[str, Any], *values: bytes | memoryview) -> None:
    for piece in message(json.dumps(head).encode(), *values):
        answered.write(piece)
    answered.flush()


if __name__ == "__main__":
    main()
