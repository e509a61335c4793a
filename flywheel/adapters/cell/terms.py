"""What a cell is told before its rows: the code to run, how it is closed and how much it may take."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import BinaryIO

from flywheel.adapters.cell.guards import Guards

REFUSED = 3
"""The exit status of a cell whose answer is the words of a refusal."""
OPEN = 4
"""That of one that could not be closed, so that nothing ran."""
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Ration:
    """How much a cell may take."""

    cpu_seconds: int
    memory_bytes: int
    answer_bytes: int
    threads: int
    """With what else runs under its user: the kernel counts by user."""


@dataclass(frozen=True)
class Terms:
    """What a cell is told."""

    text: str
    guards: Guards
    ration: Ration
    parent: int
    places: tuple[str, ...] = ()
    """What it may read, where it cannot look for itself."""

    def write(self, file: BinaryIO) -> None:
        """Write them before the rows."""
        said = json.dumps(asdict(self)).encode()
        file.write(_LENGTH.pack(len(said)) + said)

    @classmethod
    def read(cls, file: BinaryIO) -> Terms:
        """Read them, and leave the file where the rows begin."""
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size))
        said = json.loads(file.read(length))
        return cls(
            said["text"], Guards(**said["guards"]), Ration(**said["ration"]), said["parent"], tuple(said["places"])
        )
